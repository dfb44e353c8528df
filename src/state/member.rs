//! What an export's members were told.

use super::{Result, StateError};
use crate::member::{Email, Fingerprint, Key};

/// One person of an export, as the platform was last told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Applied {
    pub key: Key,
    /// `None` for those who left, or are members no more: they are kept as hashes only (E15).
    pub address: Option<Email>,
    /// Of the attributes told; `None`: never told (found in a container, or rejected from the start).
    pub fingerprint: Option<Fingerprint>,
    /// Bits of the segments whose containers we put them in.
    pub segments: u64,
    /// Bits of the containers they were in before us; never taken out of those unless adopted (E7).
    pub found: u64,
    pub state: MemberState,
    /// xxh3-64 of `match.id`.
    pub person: Option<u64>,
}

/// What a platform was just told, or was asked to take, of one person. Segments are recorded apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    pub key: Key,
    pub address: Email,
    pub fingerprint: Fingerprint,
    pub person: Option<u64>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MemberState {
    Applied,
    /// The platform, or a check, refused what was last asked. What was told before still stands.
    Rejected(Refusal),
    /// Gone at the platform without us: not put back (E18).
    Left,
    /// Taken out of every container, and still to be archived.
    Leaving,
    /// Taken out by us. Kept as hashes, so that the same person under another address is recognised (E1).
    Former,
}

/// Why the last thing asked was refused; asked again when the data (the fingerprint) or the reason changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub code: String,
    pub detail: String,
    pub field: Option<String>,
    /// Of the attributes refused.
    pub fingerprint: Fingerprint,
}

/// What most plans need of a member: no text, no allocation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AppliedHead {
    pub key: Key,
    pub fingerprint: Option<Fingerprint>,
    pub segments: u64,
    pub found: u64,
    pub state: MemberStateKind,
    pub person: Option<u64>,
    /// Of the attributes refused, if they were, and not to be asked again.
    pub refused: Option<Fingerprint>,
    /// Bits of the lists that others took them off.
    pub left_from: u64,
    /// Bits of the lists that the platform does not take them onto.
    pub refused_from: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MemberStateKind {
    Applied,
    Rejected,
    Left,
    Leaving,
    Former,
}

/// A member as it is streamed; texts are valid until the next one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AppliedRow<'a> {
    pub head: AppliedHead,
    /// Empty for those who left, or are members no more.
    pub address: &'a str,
    pub refusal: Option<RefusalRef<'a>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RefusalRef<'a> {
    pub code: &'a str,
    pub detail: &'a str,
    pub field: Option<&'a str>,
}

impl MemberState {
    pub fn kind(&self) -> MemberStateKind {
        match self {
            Self::Applied => MemberStateKind::Applied,
            Self::Rejected(_) => MemberStateKind::Rejected,
            Self::Left => MemberStateKind::Left,
            Self::Leaving => MemberStateKind::Leaving,
            Self::Former => MemberStateKind::Former,
        }
    }

    pub fn refusal(&self) -> Option<&Refusal> {
        if let Self::Rejected(refusal) = self { Some(refusal) } else { None }
    }
}

impl MemberStateKind {
    pub(super) fn code(self) -> u8 {
        self as u8
    }

    pub(super) fn from_code(code: i64) -> Result<Self> {
        match code {
            0 => Ok(Self::Applied),
            1 => Ok(Self::Rejected),
            2 => Ok(Self::Left),
            3 => Ok(Self::Leaving),
            4 => Ok(Self::Former),
            other => Err(StateError::damaged(format!("a member in state {other}"))),
        }
    }

    /// Whether the address itself is kept.
    pub(super) fn keeps_address(self) -> bool {
        matches!(self, Self::Applied | Self::Rejected | Self::Leaving)
    }
}

impl AppliedRow<'_> {
    /// The same, owned.
    pub fn to_applied(self) -> Applied {
        let AppliedHead { key, fingerprint, segments, found, state, person, refused, left_from: _, refused_from: _ } = self.head;
        let refusal = |r: RefusalRef<'_>| Refusal {
            code: r.code.to_owned(),
            detail: r.detail.to_owned(),
            field: r.field.map(str::to_owned),
            fingerprint: refused.unwrap_or(Fingerprint(0)),
        };
        let state = match (state, self.refusal.map(refusal)) {
            (MemberStateKind::Rejected, Some(refusal)) => MemberState::Rejected(refusal),
            (MemberStateKind::Left, _) => MemberState::Left,
            (MemberStateKind::Leaving, _) => MemberState::Leaving,
            (MemberStateKind::Former, _) => MemberState::Former,
            _ => MemberState::Applied,
        };
        let address = (!self.address.is_empty()).then(|| Email::trusted(self.address));
        Applied { key, address, fingerprint, segments, found, state, person }
    }
}
