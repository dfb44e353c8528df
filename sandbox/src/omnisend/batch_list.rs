//! Many batches at once, newest first unless set otherwise, by offset: what is added in between moves the rest on.

use super::{
    BASE,
    batches::{Batch, State},
    problem::Result,
    request::{Answer, Call},
    settings::BatchOrder,
    work::Ctx,
};
use serde_json::json;

const NAMES: &[&str] = &["offset", "limit", "status", "dateFrom", "dateTo", "endpoint"];
const DAY_MS: i64 = 86_400_000;

pub(super) fn all(ctx: &mut Ctx<'_>, call: &Call, _: &[&str]) -> Result<Answer> {
    let mut query = call.query(NAMES);
    query.required("endpoint");
    let endpoint = query.word("endpoint", &["products", "contacts", "events"]);
    let (offset, limit) = (query.number("offset", 0, 0, i64::MAX), query.number("limit", 100, 1, 250));
    let status = query.word("status", State::NAMES);
    let (from, to) = (query.day("dateFrom"), query.day("dateTo"));
    query.done()?;
    let state = status.and_then(|status| State::NAMES.iter().position(|name| *name == status)).map(|state| state as i64);
    let any = |value: Option<i64>| value.unwrap_or(-1);
    let conditions =
        "?1 = 1 AND (?2 < 0 OR state = ?2) AND created >= ?3 AND (?4 < 0 OR created < ?4) ORDER BY row {order} LIMIT ?5 OFFSET ?6";
    let order = if ctx.settings.batch_order == BatchOrder::NewestFirst { "DESC" } else { "ASC" };
    let conditions = conditions.replace("{order}", order);
    let end = to.map(|to| to + DAY_MS);
    let values = [i64::from(endpoint == Some("contacts")), any(state), any(from), any(end), limit + 1, offset];
    let found = Batch::select(ctx, &conditions, &values)?;
    let page = |offset: i64| format!("{}{BASE}/batches?{}limit={limit}&offset={offset}", ctx.origin, query_text(call));
    let has_more = found.len() as i64 > limit;
    let next = if has_more { page(offset + limit) } else { String::new() };
    let previous = if offset > 0 { page((offset - limit).max(0)) } else { String::new() };
    let shown: Vec<_> = found.iter().take(usize::try_from(limit).unwrap_or_default()).map(Batch::to_json).collect();
    Ok(Answer::new(200, json!({"batches": shown, "paging": {"limit": limit, "offset": offset, "next": next, "previous": previous}})))
}

fn query_text(call: &Call) -> String {
    call.query(NAMES).without(&["limit", "offset"])
}
