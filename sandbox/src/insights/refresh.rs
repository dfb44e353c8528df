//! The system's refresh: while it runs, one half of the people is as it was and the other as it will be.

use super::{
    Insights,
    store::{Change, Store, Table, Walk, broken},
};
use crate::{Error, draw};

/// One in so many memberships and non-memberships changes.
const CHANGED: f64 = 0.1;

#[derive(Clone, Copy, Debug)]
pub(super) struct Refresh {
    pub began_ms: i64,
    /// `None`: it is under way.
    pub ended_ms: Option<i64>,
    /// The last one that was whole.
    pub whole_ms: i64,
}

impl Refresh {
    pub(super) fn idle(at_ms: i64) -> Self {
        Self { began_ms: at_ms, ended_ms: Some(at_ms), whole_ms: at_ms }
    }

    pub(super) fn runs(&self) -> bool {
        self.ended_ms.is_none()
    }
}

impl Insights {
    pub(super) fn begin_refresh(&self) -> Result<(), Error> {
        let now_ms = self.now_ms();
        let mut refresh = self.refresh();
        if refresh.runs() {
            return Err(Error::Refused("a refresh is under way; end it first".to_owned()));
        }
        *refresh = Refresh { began_ms: now_ms, ended_ms: None, ..*refresh };
        drop(refresh);
        self.move_half(|middle| Walk { until: middle, ..Walk::all(Table::People) })
    }

    pub(super) fn end_refresh(&self) -> Result<(), Error> {
        let now_ms = self.now_ms();
        let mut refresh = self.refresh();
        if !refresh.runs() {
            return Err(Error::Refused("no refresh is under way; begin one first".to_owned()));
        }
        *refresh = Refresh { ended_ms: Some(now_ms), whole_ms: now_ms, ..*refresh };
        drop(refresh);
        self.move_half(|middle| Walk { after: middle, ..Walk::all(Table::People) })
    }

    fn move_half(&self, half: impl FnOnce(i64) -> Walk) -> Result<(), Error> {
        let moved = self.store().within(|store| {
            let names: Vec<String> = store.segments()?.into_iter().map(|segment| segment.name).collect();
            let (version, (greatest, _)) = (store.next_version()?, store.extent()?);
            move_some(store, half(greatest / 2), version, &names)
        });
        moved.map_err(broken)
    }
}

fn move_some(store: &Store, walk: Walk, version: i64, names: &[String]) -> rusqlite::Result<()> {
    store.change(walk, version, |person: &mut Change| {
        for (purpose, name) in names.iter().enumerate() {
            if draw::chance(version as u64, person.id as u64, purpose as u64) < CHANGED {
                person.toggle(name);
            }
        }
    })?;
    store.recount()
}
