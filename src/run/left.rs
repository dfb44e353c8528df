//! Who left by themselves (E18): a recorded member whose contact someone else archived or deleted, or who is in none of the
//! containers that we put them into any more. In every export of the place.

use super::{Failure, back::Back};
use crate::{
    destination::{ContactRecord, ContainerId, Reading},
    member::{Key, SegmentMask},
    platform::SubscriptionStatus,
    state::{ExportId, MemberState, PlaceRow, Seen, View},
};

/// The exports of a place with their containers.
#[derive(Default)]
pub struct Left {
    exports: Vec<(ExportId, Vec<(u8, ContainerId)>)>,
    /// Of those that miss people: who is back.
    back: Vec<Back>,
    /// Whoever is seen on no list is on none: where only who changed is read, our own last writes are to be seen by now.
    tells_absence: bool,
}

impl Left {
    pub fn of(view: &View, place: PlaceRow, reading: Reading) -> Result<Self, Failure> {
        let (mut exports, mut back) = (Vec::new(), Vec::new());
        for (name, id) in view.exports()? {
            let Some(state) = view.export(&name)? else { continue };
            if state.place.as_ref().is_some_and(|p| p.row == place) {
                let containers = state.segments.into_iter().filter_map(|s| Some((s.bit, s.container?.remote)));
                let containers: Vec<_> = containers.collect();
                back.push(Back::of(view, id, containers.clone())?);
                exports.push((id, containers));
            }
        }
        back.retain(|back| !back.is_empty());
        Ok(Self { exports, back, tells_absence: reading == Reading::Changes })
    }

    /// Of a page, by export: who is on lists again that they were removed from.
    pub fn back(&self, contacts: &[ContactRecord]) -> Vec<(ExportId, Vec<Seen>)> {
        self.back.iter().map(|back| (back.export, back.among(contacts))).collect()
    }

    /// Those of a page, by export.
    pub fn among(&self, view: &View, place: PlaceRow, contacts: &[ContactRecord]) -> Result<Vec<(ExportId, Key)>, Failure> {
        let mut left = Vec::new();
        for contact in contacts {
            let key = Key::of(&contact.email);
            for (export, containers) in &self.exports {
                if self.has_left(view, place, contact, key, *export, containers)? {
                    left.push((*export, key));
                }
            }
        }
        Ok(left)
    }

    fn has_left(
        &self,
        view: &View,
        place: PlaceRow,
        contact: &ContactRecord,
        key: Key,
        export: ExportId,
        containers: &[(u8, ContainerId)],
    ) -> Result<bool, Failure> {
        let elsewhere = |inside: &Vec<ContainerId>| containers.iter().any(|(_, container)| !inside.contains(container));
        let archived = contact.standing == SubscriptionStatus::Archived;
        let absent = self.tells_absence && contact.containers.as_ref().is_some_and(elsewhere);
        if !archived && !absent {
            return Ok(false);
        }
        let Some(member) = view.member(export, key)?.filter(|m| m.fingerprint.is_some()) else { return Ok(false) };
        if archived {
            // Whom we archived ourselves has not left, whether or not we heard of it.
            return Ok(member.state != MemberState::Leaving && view.contact(place, key)?.is_some_and(|c| c.archived_from.is_none())
                || (self.tells_absence && contact.containers.is_some()));
        }
        let inside = contact.containers.iter().flatten().filter_map(|c| containers.iter().find(|(_, id)| id == c));
        let inside = inside.fold(SegmentMask::NONE, |mask, (bit, _)| mask.union(SegmentMask::of(*bit)));
        Ok(member.segments != 0 && SegmentMask(member.segments).and(inside).is_empty())
    }
}
