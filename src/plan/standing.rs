//! What a new member's contact at the platform means for what is done (G2).
//!
//! | the platform | then |
//! |---|---|
//! | does not know the address | created with the status chosen for new contacts |
//! | … and the row lacks the evidence of consent | not created |
//! | … and the same person's earlier address is not subscribed, or unknown | refused: `person-unsubscribed-elsewhere` |
//! | knows it | attributes are told without a status; joins |
//! | has archived it, because we asked | restored to the status it had; joins |
//! | has archived it otherwise | refused: `archived` |

use crate::member::{ChangeFlags, Standing};

/// What the state knows of a contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownContact {
    pub standing: Standing,
    /// We archived it; this is the status it had.
    pub archived_from: Option<Standing>,
}

/// What the earlier addresses of the same person say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Elsewhere {
    /// No earlier address, or every one is subscribed.
    Fine,
    NotSubscribed,
}

/// What is done with someone who is new to the export.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    Create,
    Tell,
    Restore(Standing),
    NoConsent,
    Refuse(&'static str),
}

/// The table above.
pub fn arrival(flags: ChangeFlags, contact: Option<KnownContact>, elsewhere: Elsewhere) -> Arrival {
    match contact {
        None if elsewhere == Elsewhere::NotSubscribed => Arrival::Refuse("person-unsubscribed-elsewhere"),
        None if flags.has(ChangeFlags::NO_CONSENT) => Arrival::NoConsent,
        None => Arrival::Create,
        Some(KnownContact { standing: Standing::Archived, archived_from: Some(earlier) }) => Arrival::Restore(earlier),
        Some(KnownContact { standing: Standing::Archived, .. }) => Arrival::Refuse("archived"),
        Some(_) => Arrival::Tell,
    }
}

/// What a refusal by this table says to a person.
pub fn explain(code: &str) -> &'static str {
    match code {
        "archived" => "someone archived this contact at the platform; it is not brought back",
        "person-unsubscribed-elsewhere" => {
            "this person's earlier address is not subscribed (or unknown), so the new address is not subscribed either"
        }
        _ => "refused",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn known(standing: Standing, archived_from: Option<Standing>) -> Option<KnownContact> {
        Some(KnownContact { standing, archived_from })
    }

    #[rstest]
    #[case(ChangeFlags::NEW, None, Elsewhere::Fine, Arrival::Create)]
    #[case(ChangeFlags::NEW.with(ChangeFlags::NO_CONSENT), None, Elsewhere::Fine, Arrival::NoConsent)]
    #[case(ChangeFlags::NEW, None, Elsewhere::NotSubscribed, Arrival::Refuse("person-unsubscribed-elsewhere"))]
    #[case(ChangeFlags::NEW.with(ChangeFlags::NO_CONSENT), known(Standing::Subscribed, None), Elsewhere::Fine, Arrival::Tell)]
    #[case(ChangeFlags::NEW, known(Standing::Unsubscribed, None), Elsewhere::NotSubscribed, Arrival::Tell)]
    #[case(ChangeFlags::NEW, known(Standing::Cleaned, None), Elsewhere::Fine, Arrival::Tell)]
    #[case(ChangeFlags::NEW, known(Standing::Archived, None), Elsewhere::Fine, Arrival::Refuse("archived"))]
    #[case(
        ChangeFlags::NEW,
        known(Standing::Archived, Some(Standing::Unsubscribed)),
        Elsewhere::Fine,
        Arrival::Restore(Standing::Unsubscribed)
    )]
    fn every_row_of_the_table(
        #[case] flags: ChangeFlags,
        #[case] contact: Option<KnownContact>,
        #[case] elsewhere: Elsewhere,
        #[case] expected: Arrival,
    ) {
        assert_eq!(arrival(flags, contact, elsewhere), expected);
    }
}
