//! Whether a contact may be written to, channel by channel: the statement with the latest date holds, an older one is
//! ignored.

use super::{settings::OlderDate, work::Ctx};
use std::cmp::Reverse;

/// A date within so much of now is no proof of an earlier consent.
const RECENT_MS: i64 = 3_600_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    NonSubscribed = 0,
    Subscribed = 1,
    Unsubscribed = 2,
}

impl Status {
    pub(super) const NAMES: &[&str] = &["nonSubscribed", "subscribed", "unsubscribed"];

    pub(super) fn name(self) -> &'static str {
        Self::NAMES[self as usize]
    }

    pub(super) fn parse(name: &str) -> Option<Self> {
        [Self::NonSubscribed, Self::Subscribed, Self::Unsubscribed].into_iter().find(|status| status.name() == name)
    }

    pub(super) fn of(number: i64) -> Self {
        match number {
            1 => Self::Subscribed,
            2 => Self::Unsubscribed,
            _ => Self::NonSubscribed,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    pub status: Status,
    /// Unix milliseconds.
    pub at: i64,
}

/// What a request says about a channel; without a date it means now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Said {
    pub status: Status,
    pub at: Option<i64>,
}

/// How the channel stands afterwards. What must not come about by a synchronisation is noted.
pub(super) fn weigh(ctx: &mut Ctx<'_>, before: Option<Standing>, said: &[Said]) -> Option<Standing> {
    let date = |said: &Said| said.at.unwrap_or(ctx.now);
    // Of statements with one date the first holds.
    let latest = said.iter().min_by_key(|said| Reverse(date(said)))?;
    let after = Standing { status: latest.status, at: date(latest) };
    match before {
        Some(before) if after.at <= before.at => match ctx.settings.older_date {
            OlderDate::Ignored => return Some(before),
            // The vendor's own doing, against its documents: counted, and no fault of the caller's.
            OlderDate::Overrides => {
                ctx.seen.status_changes += u64::from(after.status != before.status);
                return Some(after);
            }
        },
        Some(before) if after.status != before.status => changed(ctx, before.status),
        _ => {}
    }
    if after.status == Status::Subscribed && before.is_none_or(|before| before.status != Status::Subscribed) {
        subscribed(ctx, latest.at);
    }
    Some(after)
}

fn changed(ctx: &mut Ctx<'_>, before: Status) {
    ctx.seen.status_changes += 1;
    if before != Status::NonSubscribed {
        ctx.note(format!("the status of a contact that was {} was changed", before.name()));
    }
}

fn subscribed(ctx: &mut Ctx<'_>, at: Option<i64>) {
    ctx.seen.became_subscribed += 1;
    match at {
        None => ctx.note("a contact became subscribed without a date"),
        Some(at) if at > ctx.now - RECENT_MS => ctx.note("a contact became subscribed with a date of now"),
        Some(_) => {}
    }
}
