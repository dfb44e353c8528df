//! Consent: which status may follow which. Pure.

/// A member's status as the vendor names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Status {
    Subscribed,
    Unsubscribed,
    Cleaned,
    Pending,
    Transactional,
    Archived,
}

/// What a client may ask for; `archived` is reached by DELETE only.
pub(super) const WRITABLE: &[&str] = &["subscribed", "unsubscribed", "cleaned", "pending", "transactional"];
pub(super) const READABLE: &[&str] = &["subscribed", "unsubscribed", "cleaned", "pending", "transactional", "archived"];

impl Status {
    pub(super) const ALL: [Self; 6] =
        [Self::Subscribed, Self::Unsubscribed, Self::Cleaned, Self::Pending, Self::Transactional, Self::Archived];

    /// The number in the database.
    pub(super) fn code(self) -> i64 {
        self as i64
    }

    pub(super) fn from_code(code: i64) -> Self {
        Self::ALL.into_iter().find(|status| status.code() == code).unwrap_or(Self::Transactional)
    }

    pub(super) fn name(self) -> &'static str {
        READABLE[self as usize]
    }

    pub(super) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.name() == name)
    }
}

/// Where a member stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    pub status: Status,
    /// Archived: the status before.
    pub prior: Option<Status>,
    /// The person left, or the address bounced: no client may subscribe it again, whatever came in between.
    pub blocked: bool,
}

/// The change is refused: "in a compliance state".
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Compliance;

impl Standing {
    pub(super) fn new(status: Status) -> Self {
        Self { status, prior: None, blocked: status == Status::Cleaned }
    }

    pub(super) fn is_subscribed(self) -> bool {
        self.status == Status::Subscribed
    }

    /// A client writes a status (or none, which leaves everything). Any status brings an archived member back.
    pub(super) fn set(self, wanted: Option<Status>) -> Result<Self, Compliance> {
        let Some(status) = wanted else { return Ok(self) };
        if status == Status::Subscribed && self.blocked {
            return Err(Compliance);
        }
        Ok(Self { status, prior: None, blocked: self.blocked || status == Status::Cleaned })
    }

    /// `None` where the vendor answers 405.
    pub(super) fn archive(self) -> Option<Self> {
        match self.status {
            Status::Archived | Status::Cleaned | Status::Pending => None,
            before => Some(Self { status: Status::Archived, prior: Some(before), blocked: self.blocked }),
        }
    }

    /// What the vendor says of why somebody is unsubscribed.
    pub(super) fn unsubscribe_reason(self) -> Option<&'static str> {
        match (self.status, self.blocked) {
            (Status::Unsubscribed, true) => Some("None given"),
            (Status::Unsubscribed, false) => Some("N/A (Unsubscribed by admin)"),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Status::*, *};
    use rstest::rstest;

    const fn at(status: Status, blocked: bool) -> Standing {
        Standing { status, prior: None, blocked }
    }

    #[rstest]
    #[case::by_admin_is_overridden(at(Unsubscribed, false), Subscribed, Ok(at(Subscribed, false)))]
    #[case::by_self_is_not(at(Unsubscribed, true), Subscribed, Err(Compliance))]
    #[case::by_self_may_be_asked(at(Unsubscribed, true), Pending, Ok(at(Pending, true)))]
    #[case::asking_launders_nothing(at(Pending, true), Subscribed, Err(Compliance))]
    #[case::bounced(at(Cleaned, true), Subscribed, Err(Compliance))]
    #[case::pending_unconfirmed(at(Pending, false), Subscribed, Ok(at(Subscribed, false)))]
    #[case::subscribed_is_unsubscribed(at(Subscribed, false), Unsubscribed, Ok(at(Unsubscribed, false)))]
    #[case::transactional_launders_nothing(at(Transactional, true), Subscribed, Err(Compliance))]
    #[case::archived_comes_back(
        Standing { status: Archived, prior: Some(Subscribed), blocked: false }, Subscribed, Ok(at(Subscribed, false)))]
    #[case::archived_after_leaving(
        Standing { status: Archived, prior: Some(Unsubscribed), blocked: true }, Subscribed, Err(Compliance))]
    #[case::archived_after_leaving_may_come_back_unsubscribed(
        Standing { status: Archived, prior: Some(Unsubscribed), blocked: true }, Unsubscribed, Ok(at(Unsubscribed, true)))]
    fn statuses(#[case] from: Standing, #[case] wanted: Status, #[case] expected: Result<Standing, Compliance>) {
        assert_eq!(from.set(Some(wanted)), expected);
        assert_eq!(from.set(None), Ok(from));
    }

    #[rstest]
    #[case(Subscribed, true)]
    #[case(Unsubscribed, true)]
    #[case(Transactional, true)]
    #[case(Cleaned, false)]
    #[case(Pending, false)]
    #[case(Archived, false)]
    fn archiving(#[case] status: Status, #[case] possible: bool) {
        assert_eq!(Standing::new(status).archive().is_some(), possible);
    }
}
