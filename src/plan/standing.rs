//! What a new member's contact at the platform, and its person's other addresses, mean for what is done (G2, E1).
//!
//! Another address of the same person, in the state or in the same reading:
//!
//! | its contact | the new address |
//! |---|---|
//! | was removed externally, or refused for what the platform knows of the person | against it |
//! | unsubscribed, or bounced for good | against it |
//! | unsubscribed, created so by us, and `unsubscribed` is still what new contacts get | at most unsubscribed |
//! | archived, not by us | against it |
//! | archived by us | as the status that it had |
//! | pending, or never subscribed | at most that status |
//! | subscribed, or unknown to the platform | fine |
//!
//! Of several other addresses one that speaks against it decides; else the lowest status does. And then:
//!
//! | the platform | the other addresses | then |
//! |---|---|---|
//! | does not know the address | speak against it | rejected: `person-unsubscribed-elsewhere` |
//! | … | any, and the row lacks the evidence of consent | not created |
//! | … | fine | created with the status chosen for new contacts |
//! | … | at most a status | created with the lower of the two; rejected where the platform offers none as low |
//! | knows it, and the row lacks the evidence of consent | any | not added (E13) |
//! | knows it | any | attributes are updated without a status; joins |
//! | has archived it, because we asked; it was unsubscribed or bounced | any | restored to that; joins |
//! | … it had another status | speak against it | rejected: `person-unsubscribed-elsewhere` |
//! | … and the row lacks the evidence of consent | any other | not restored |
//! | … it had another status | fine | restored to the status it had; joins |
//! | … it had another status | at most a status | restored to the lower of the two |
//! | has archived it otherwise | any | rejected: `archived` |

use crate::{member::ChangeFlags, platform::SubscriptionStatus};

/// Why a new address of someone who said no is not taken.
pub const ELSEWHERE: &str = "person-unsubscribed-elsewhere";

/// What the state knows of a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownContact {
    pub standing: SubscriptionStatus,
    /// We archived it; this is the status it had.
    pub archived_from: Option<SubscriptionStatus>,
    /// We created it.
    pub ours: bool,
}

/// What is known of another address of the same person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Other {
    pub contact: Option<KnownContact>,
    /// Gone from a list without us, and no status says that it is only from there.
    pub removed: bool,
    /// The platform refused it for what it knows of the person ([`speaks_against`]).
    pub refused: bool,
}

/// What the other addresses of the same person say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Elsewhere {
    /// No other address, or nothing is known against any.
    Fine,
    /// The new address gets no higher status than this.
    AtMost(SubscriptionStatus),
    Against,
}

/// The statuses that new contacts may get.
#[derive(Clone, Copy, Debug)]
pub struct NewStatus<'a> {
    /// `None`: the platform decides.
    pub chosen: Option<SubscriptionStatus>,
    /// Those that the platform lets the caller give.
    pub possible: &'a [SubscriptionStatus],
}

/// What is done with someone who is new to the export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// With the status chosen, or with a lower one.
    Create(Option<SubscriptionStatus>),
    Tell,
    Restore(SubscriptionStatus),
    NoConsent,
    Refuse(&'static str),
}

/// The first table above, of one other address.
pub fn elsewhere(other: Other, chosen: Option<SubscriptionStatus>) -> Elsewhere {
    if other.removed || other.refused {
        return Elsewhere::Against;
    }
    let Some(contact) = other.contact else { return Elsewhere::Fine };
    let had = match (contact.standing, contact.archived_from) {
        (SubscriptionStatus::Archived, None) => return Elsewhere::Against,
        (SubscriptionStatus::Archived, Some(had)) => had,
        (standing, _) => standing,
    };
    match had {
        SubscriptionStatus::Subscribed => Elsewhere::Fine,
        SubscriptionStatus::Pending | SubscriptionStatus::NonSubscribed => Elsewhere::AtMost(had),
        SubscriptionStatus::Unsubscribed if contact.ours && chosen == Some(SubscriptionStatus::Unsubscribed) => Elsewhere::AtMost(had),
        SubscriptionStatus::Unsubscribed | SubscriptionStatus::Cleaned | SubscriptionStatus::Archived => Elsewhere::Against,
    }
}

impl Elsewhere {
    /// Of both addresses together.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Against, _) | (_, Self::Against) => Self::Against,
            (Self::AtMost(one), Self::AtMost(other)) => Self::AtMost(if rank(one) <= rank(other) { one } else { other }),
            (Self::AtMost(one), Self::Fine) | (Self::Fine, Self::AtMost(one)) => Self::AtMost(one),
            (Self::Fine, Self::Fine) => Self::Fine,
        }
    }
}

/// The second table above.
pub fn arrival(flags: ChangeFlags, contact: Option<KnownContact>, elsewhere: Elsewhere, new: NewStatus<'_>) -> Arrival {
    let no_consent = flags.has(ChangeFlags::NO_CONSENT);
    match contact {
        None if elsewhere == Elsewhere::Against => Arrival::Refuse(ELSEWHERE),
        None if no_consent => Arrival::NoConsent,
        None => create(elsewhere, new),
        Some(KnownContact { standing: SubscriptionStatus::Archived, archived_from: None, .. }) => Arrival::Refuse("archived"),
        Some(_) if no_consent => Arrival::NoConsent,
        Some(KnownContact { standing: SubscriptionStatus::Archived, archived_from: Some(had), .. }) => restore(had, elsewhere, new),
        Some(_) => Arrival::Tell,
    }
}

fn create(elsewhere: Elsewhere, new: NewStatus<'_>) -> Arrival {
    let Elsewhere::AtMost(most) = elsewhere else { return Arrival::Create(None) };
    match new.chosen {
        Some(chosen) if rank(chosen) <= rank(most) => Arrival::Create(None),
        _ => new.at_most(most).map_or(Arrival::Refuse(ELSEWHERE), |lower| Arrival::Create(Some(lower))),
    }
}

fn restore(had: SubscriptionStatus, elsewhere: Elsewhere, new: NewStatus<'_>) -> Arrival {
    match elsewhere {
        _ if rank(had) <= rank(SubscriptionStatus::Unsubscribed) => Arrival::Restore(had),
        Elsewhere::Against => Arrival::Refuse(ELSEWHERE),
        Elsewhere::AtMost(most) if rank(had) > rank(most) => new.at_most(most).map_or(Arrival::Refuse(ELSEWHERE), Arrival::Restore),
        Elsewhere::AtMost(_) | Elsewhere::Fine => Arrival::Restore(had),
    }
}

impl NewStatus<'_> {
    /// The highest status that the platform lets the caller give, up to this one.
    fn at_most(&self, most: SubscriptionStatus) -> Option<SubscriptionStatus> {
        self.possible.iter().copied().filter(|status| rank(*status) <= rank(most)).max_by_key(|status| rank(*status))
    }
}

/// The more mail, the higher.
fn rank(standing: SubscriptionStatus) -> u8 {
    match standing {
        SubscriptionStatus::Archived | SubscriptionStatus::Cleaned => 0,
        SubscriptionStatus::Unsubscribed => 1,
        SubscriptionStatus::NonSubscribed => 2,
        SubscriptionStatus::Pending => 3,
        SubscriptionStatus::Subscribed => 4,
    }
}

/// Whether a platform's refusal of a row is about the person. Refusals of an address or a value are not; what is not
/// known to be one of these may be.
pub fn speaks_against(code: &str) -> bool {
    let harmless = matches!(
        code,
        "invalid-address"
            | "fake-address"
            | "address-taken"
            | "address-too-long"
            | "merge-field"
            | "field-type"
            | "value"
            | "consent-date"
            | "busy"
            | "conflict"
            | "too-many-lists"
            | "not-archivable"
            | "not-tagged"
    );
    !harmless
}

/// What a refusal by this table says to a person.
pub fn explain(code: &str) -> &'static str {
    match code {
        "archived" => "someone archived this contact at the platform; it is not brought back",
        ELSEWHERE => {
            "another address of this person (the same match.id) is unsubscribed, bounced, archived or was removed at the platform, so \
             this one is not subscribed either"
        }
        _ => "refused",
    }
}

#[cfg(test)]
#[path = "standing_tests.rs"]
mod tests;
