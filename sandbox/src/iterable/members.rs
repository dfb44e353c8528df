//! Who is on a list: plain text, a user a line.

use super::{
    lists::List,
    refusal::{Refusal, Result},
    request::{Answer, Call},
    work::Ctx,
};

/// Most users of a preview, and how many where the call does not say.
const PREVIEW: i64 = 5_000;

pub(super) fn every(ctx: &mut Ctx<'_>, call: &Call) -> Result<Answer> {
    lines(ctx, call, -1)
}

pub(super) fn some(ctx: &mut Ctx<'_>, call: &Call) -> Result<Answer> {
    match call.queried_number("size")?.unwrap_or(PREVIEW) {
        size if (0..=PREVIEW).contains(&size) => lines(ctx, call, size),
        _ => Err(Refusal::bad_params("size must be at most 5000").violates("400 a preview of more than 5000").into()),
    }
}

pub(super) fn size(ctx: &mut Ctx<'_>, call: &Call) -> Result<Answer> {
    let list = List::need(ctx, call.list_id()?)?;
    Ok(Answer::Text(list.size(ctx)?.to_string()))
}

/// By address, or by user id where that is preferred or all there is.
fn lines(ctx: &Ctx<'_>, call: &Call, most: i64) -> Result<Answer> {
    let list = List::need(ctx, call.list_id()?)?;
    let name = match call.queried("preferUserId") {
        Some("true") => "coalesce(user_id, email)",
        _ => "coalesce(email, user_id)",
    };
    let sql = format!("SELECT {name} FROM members JOIN users ON users.id = members.user WHERE list = ? LIMIT ?");
    let mut query = ctx.db.prepare_cached(&sql)?;
    let mut rows = query.query([list.id, most])?;
    let mut text = String::new();
    while let Some(row) = rows.next()? {
        text.push_str(row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?);
        text.push('\n');
    }
    Ok(Answer::Text(text))
}
