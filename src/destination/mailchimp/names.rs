//! What tags are called now. A create names the tags of its rows, and a name that nobody carries any more would make another tag:
//! so only names that this run saw are used, and one that led elsewhere is not used again. Everything else goes by ids.

use super::super::{BatchRow, ContainerId, RemoteContainer};
use crate::platform::Platform;
use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Names by id.
pub(super) type TagNames = HashMap<ContainerId, String>;

/// The tags of the audience, as the latest answers showed them.
#[derive(Debug, Default)]
pub(super) struct Names(Mutex<TagNames>);

/// Equal when folded, one name.
pub(super) fn fold(name: &str) -> String {
    Platform::Mailchimp.fold(name)
}

impl Names {
    /// All there are.
    pub(super) fn seen(&self, tags: &[RemoteContainer]) {
        *self.lock() = tags.iter().map(|tag| (tag.id.clone(), tag.name.clone())).collect();
    }

    /// One that was made or renamed.
    pub(super) fn changed(&self, tag: &RemoteContainer) {
        self.lock().insert(tag.id.clone(), tag.name.clone());
    }

    /// Nobody can be put onto these by name.
    pub(super) fn forget<'t>(&self, tags: impl IntoIterator<Item = &'t ContainerId>) {
        let mut names = self.lock();
        tags.into_iter().for_each(|tag| _ = names.remove(tag));
    }

    /// Of the tags that these rows join: those that have a name of their own.
    pub(super) fn of(&self, rows: &[BatchRow]) -> TagNames {
        let names = self.lock();
        let mut wanted: Vec<_> = rows.iter().flat_map(|row| &row.joins).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let own = |id: &ContainerId, name: &str| !names.iter().any(|(other, named)| other != id && fold(named) == fold(name));
        let named = wanted.into_iter().filter_map(|id| Some((id.clone(), names.get(id)?.clone())));
        named.filter(|(id, name)| own(id, name)).collect()
    }

    fn lock(&self) -> MutexGuard<'_, TagNames> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::member::{Email, Key};

    fn tag(id: &str, name: &str) -> RemoteContainer {
        RemoteContainer::new(id, name, None)
    }

    fn joins(ids: &[&str]) -> BatchRow {
        let email = Email::parse("a@example.org").unwrap().unwrap();
        let joins = ids.iter().map(|id| ContainerId((*id).to_owned())).collect();
        let (key, attributes) = (Key::of(&email), Vec::new());
        BatchRow { key, email, attributes, standing: None, joins, consent_at: None, contact: None }
    }

    fn of(names: &Names, ids: &[&str]) -> Vec<(String, String)> {
        let mut found: Vec<_> = names.of(&[joins(ids)]).into_iter().map(|(id, name)| (id.0, name)).collect();
        found.sort();
        found
    }

    #[test]
    fn only_names_that_were_seen_and_lead_to_one_tag_are_used() {
        let names = Names::default();
        assert!(of(&names, &["1"]).is_empty(), "nothing was seen");
        names.seen(&[tag("1", "VIP"), tag("2", "Paris"), tag("3", "paris ")]);
        assert_eq!(of(&names, &["1", "2", "3", "9"]), [("1".into(), "VIP".into())]);
        names.changed(&tag("3", "London"));
        assert_eq!(of(&names, &["2", "3"]), [("2".into(), "Paris".into()), ("3".into(), "London".into())]);
        names.forget(&[ContainerId("2".into())]);
        assert_eq!(of(&names, &["2", "3"]), [("3".into(), "London".into())]);
        names.seen(&[tag("1", "VIP now")]);
        assert_eq!(of(&names, &["1", "3"]), [("1".into(), "VIP now".into())]);
    }
}
