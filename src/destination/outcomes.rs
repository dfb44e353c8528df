//! Which rows of a batch an answer speaks of, where vendors name them by address.

use super::{BatchRow, Outcome};
use crate::member::Email;
use std::collections::HashMap;

/// Finds a batch's rows by the addresses in an answer, which may be spelt in another case; collects one outcome a row.
pub(super) struct Outcomes<'a> {
    by_address: HashMap<&'a str, usize>,
    outcomes: Vec<Option<Outcome>>,
}

impl<'a> Outcomes<'a> {
    pub(super) fn of(rows: impl IntoIterator<Item = &'a BatchRow, IntoIter: ExactSizeIterator>) -> Self {
        let rows = rows.into_iter();
        let outcomes = vec![None; rows.len()];
        Self { by_address: rows.enumerate().map(|(at, row)| (row.email.as_str(), at)).collect(), outcomes }
    }

    /// The first thing said of a row stands.
    pub(super) fn put(&mut self, address: &str, outcome: Outcome) {
        self.put_of(address, |_| outcome);
    }

    /// The same, as it depends on which row it is.
    pub(super) fn put_of(&mut self, address: &str, outcome: impl FnOnce(usize) -> Outcome) {
        if let Some(at) = self.find(address)
            && self.outcomes[at].is_none()
        {
            self.outcomes[at] = Some(outcome(at));
        }
    }

    pub(super) fn none_answered(&self) -> bool {
        self.outcomes.iter().all(Option::is_none)
    }

    pub(super) fn into_inner(self) -> Vec<Option<Outcome>> {
        self.outcomes
    }

    fn find(&self, address: &str) -> Option<usize> {
        self.by_address.get(address).copied().or_else(|| {
            let email = Email::parse(address).ok().flatten()?;
            self.by_address.get(email.as_str()).copied()
        })
    }
}
