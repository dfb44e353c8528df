//! Links to go on with: where a reading is, sealed, so that a link of another query is known for what it is.

use super::problem::Problem;
use url::form_urlencoded;

/// A reading under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Cursor {
    /// Rows up to this one were given.
    pub after: i64,
    /// Only what changed since then.
    pub since: i64,
    /// Changes are tracked from this one on: the newest when the reading began.
    pub tracked: Option<i64>,
    pub page: u32,
}

impl Cursor {
    pub(super) fn start(since: i64, tracked: Option<i64>) -> Self {
        Self { after: 0, since, tracked, page: 1 }
    }

    /// As `$skiptoken` has it; `seal` stands for the query.
    pub(super) fn skip_token(&self, seal: u64) -> String {
        let plain = format!("{}.{}.{}.{}.{seal}", self.page, self.after, self.since, self.tracked.unwrap_or(-1));
        let tracking = if self.tracked.is_some() { "True" } else { "False" };
        let cookie = format!("<cookie pagenumber=\"{}\" pagingcookie=\"{}\" istracking=\"{tracking}\" />", self.page, hex::encode(plain));
        form_urlencoded::byte_serialize(cookie.as_bytes()).collect()
    }

    pub(super) fn of_skip_token(token: &str, seal: u64) -> Result<Self, Problem> {
        Self::unseal(token, seal).ok_or_else(Problem::stale_link)
    }

    fn unseal(token: &str, seal: u64) -> Option<Self> {
        let (_, cookie) = token.split_once("pagingcookie=\"")?;
        let plain = String::from_utf8(hex::decode(cookie.split('"').next()?).ok()?).ok()?;
        let mut parts = plain.split('.');
        let mut next = || parts.next()?.parse::<i64>().ok();
        let (page, after, since, tracked) = (next()?, next()?, next()?, next()?);
        (parts.next()? == seal.to_string()).then_some(())?;
        Some(Self { after, since, tracked: (tracked >= 0).then_some(tracked), page: u32::try_from(page).ok()? })
    }
}

/// As `$deltatoken` has it.
pub(super) fn delta_token(version: i64, seal: u64) -> String {
    form_urlencoded::byte_serialize(format!("{version}!{seal}").as_bytes()).collect()
}

pub(super) fn of_delta_token(token: &str, seal: u64) -> Result<i64, Problem> {
    let version = || token.strip_suffix(&format!("!{seal}"))?.parse().ok();
    version().ok_or_else(Problem::stale_link)
}
