//! `POST /lists/unsubscribe`: users taken off the list, and from the channel too unless that is denied in so many words.

use super::{
    bulk,
    failures::Failures,
    lists::List,
    observed,
    refusal::Result,
    request::{Answer, Call},
    settings::Project,
    settle::{self, Change},
    work::Ctx,
};

pub(super) fn run(ctx: &mut Ctx<'_>, call: &Call) -> Result<Answer> {
    let list = List::writable(ctx, call.number("listId"))?;
    let channel_off = channel_off(ctx, call);
    let people = bulk::people(ctx, call, "subscribers")?;
    bulk::check_size(ctx, &people)?;
    let (mut taken, mut failures) = (Vec::new(), Failures::default());
    for mut person in people {
        match bulk::unfit(ctx, &mut person, ctx.settings.project != Project::Email)? {
            Some(why) => failures.add(&person, why),
            None => taken.push(person),
        }
    }
    if channel_off {
        observed::count(ctx, "channelUnsubscribes", taken.len() as i64)?;
    }
    let answer = failures.answer(taken.len(), None);
    settle::later(ctx, &Change::Leave { people: taken, list: list.id, channel_off })?;
    Ok(Answer::Json(answer))
}

/// What must never be asked of the vendor by a list's keeper is noted.
fn channel_off(ctx: &mut Ctx<'_>, call: &Call) -> bool {
    if call.body.contains_key("campaignId") {
        ctx.note("an unsubscribe that names a campaign");
    }
    let channel_off = call.flag("channelUnsubscribe").unwrap_or(true);
    if channel_off {
        ctx.note("an unsubscribe that is not denied for the channel");
    }
    channel_off
}
