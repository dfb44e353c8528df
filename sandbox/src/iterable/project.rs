//! The project itself: its fields and channels, and what this key may not touch.

use super::{
    fields::Fields,
    profile::CHANNEL,
    refusal::{Refusal, Result},
    request::{Answer, Call},
    work::Ctx,
};
use serde_json::json;

pub(super) fn fields(ctx: &mut Ctx<'_>, _: &Call) -> Result<Answer> {
    Ok(Answer::Json(json!({"fields": Fields::load(ctx, None)?.all()})))
}

pub(super) fn channels(_: &mut Ctx<'_>, _: &Call) -> Result<Answer> {
    let channel = |id: i64, kind: &str| json!({"id": id, "name": format!("{kind} Channel"), "channelType": kind, "messageMedium": "Email"});
    Ok(Answer::Json(json!({"channels": [channel(CHANNEL, "Marketing"), channel(CHANNEL + 1, "Transactional")]})))
}

/// Subscriptions are consent: whoever keeps lists has no business with them.
pub(super) fn no_consent(_: &mut Ctx<'_>, _: &Call) -> Result<Answer> {
    let refusal = Refusal::new(403, "Forbidden", "This key may not change subscriptions.");
    Err(refusal.violates("403 a change of subscriptions").into())
}
