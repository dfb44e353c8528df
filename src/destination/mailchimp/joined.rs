//! Which tags a created contact is on: its answer shows them.
//!
//! Whom it shows on a tag needs no call for that. Who is not shown there may be on it all the same, or the platform took no notice of
//! `tags`: the tag's own call follows for them, which goes by id.
//!
//! An answer can also show a tag of a name that was sent, and that is none of ours: ours was renamed since this run saw its name, and
//! the name was another's, or made another. Nobody is left on that one, and the name is not used again.

use super::{
    super::{BatchRow, ContainerId, Outcome, PlaceId},
    api::Api,
    contacts::{Member, Tag},
    names::{Names, TagNames, fold},
    tags,
    wire::standing,
};
use std::collections::{BTreeMap, HashMap};

/// What the answers show of the tags of some rows.
pub(super) struct Joined<'n> {
    names: &'n Names,
    /// Folded name → ours, of the names that were sent.
    sent: HashMap<String, ContainerId>,
    missed: Vec<ContainerId>,
    /// Tags that are none of ours, and the rows that are on them.
    strange: BTreeMap<u64, (ContainerId, Vec<BatchRow>)>,
}

impl<'n> Joined<'n> {
    pub(super) fn new(names: &'n Names, sent: &TagNames) -> Self {
        let sent = sent.iter().map(|(id, name)| (fold(name), id.clone())).collect();
        Self { names, sent, missed: Vec::new(), strange: BTreeMap::new() }
    }

    /// A contact that was created by this row.
    pub(super) fn outcome(&mut self, row: &BatchRow, member: &Member<'_>) -> Outcome {
        let standing = standing(&member.status);
        let shown = member.tags.as_deref().unwrap_or_default();
        let is = |list: &ContainerId, tag: &Tag<'_>| list.0.parse() == Ok(tag.id);
        let on = |list: &&ContainerId| shown.iter().any(|tag| is(list, tag));
        for tag in shown.iter().filter(|tag| !row.joins.iter().any(|list| is(list, tag))) {
            if let Some(ours) = self.sent.get(&fold(&tag.name)).filter(|ours| row.joins.contains(ours)) {
                self.strange.entry(tag.id).or_insert_with(|| (ours.clone(), Vec::new())).1.push(row.clone());
            }
        }
        let containers: Vec<_> = row.joins.iter().filter(|list| !on(list)).cloned().collect();
        if containers.is_empty() {
            return Outcome::Done { standing };
        }
        self.missed.extend(containers.iter().filter(|list| !self.missed.contains(list)).cloned().collect::<Vec<_>>());
        Outcome::NotJoined { standing, containers }
    }

    /// Names that put nobody onto their tags are not sent again, and nobody stays on a tag that is not ours.
    pub(super) async fn settle(self, api: &Api, place: &PlaceId) {
        self.names.forget(&self.missed);
        for (id, (ours, rows)) in self.strange {
            let strange = ContainerId(id.to_string());
            tracing::warn!(tag = %ours, other = %strange, people = rows.len(), "a tag was renamed meanwhile, and its name leads to another one");
            for rows in rows.chunks(tags::ROWS) {
                if let Err(error) = tags::leave(api, place, &strange, rows).await {
                    tracing::warn!(tag = %strange, error = %error.message, "people who were put onto a tag that is not ours may still be on it");
                }
            }
        }
    }
}
