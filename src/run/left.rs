//! Who left by themselves (E18): a recorded member whose contact someone else archived or deleted, or who is in none of the
//! containers that we put them into any more. In every export of the place.

use super::Failure;
use crate::{
    destination::{ContactRecord, ContainerId},
    member::{Key, SegmentMask, Standing},
    state::{ExportId, MemberState, PlaceRow, View},
};

/// The exports of a place with their containers.
#[derive(Default)]
pub struct Left {
    exports: Vec<(ExportId, Vec<(u8, ContainerId)>)>,
}

impl Left {
    pub fn of(view: &View, place: PlaceRow) -> Result<Self, Failure> {
        let mut exports = Vec::new();
        for (name, id) in view.exports()? {
            let Some(state) = view.export(&name)? else { continue };
            if state.place.as_ref().is_some_and(|p| p.row == place) {
                let containers = state.segments.into_iter().filter_map(|s| Some((s.bit, s.container?.remote)));
                exports.push((id, containers.collect()));
            }
        }
        Ok(Self { exports })
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
        let archived = contact.standing == Standing::Archived;
        if !archived && !contact.containers.as_ref().is_some_and(elsewhere) {
            return Ok(false);
        }
        let Some(member) = view.member(export, key)?.filter(|m| m.fingerprint.is_some()) else { return Ok(false) };
        if archived {
            // Whom we archived ourselves has not left, whether or not we heard of it.
            return Ok(member.state != MemberState::Leaving && view.contact(place, key)?.is_some_and(|c| c.archived_from.is_none())
                || contact.containers.is_some());
        }
        let inside = contact.containers.iter().flatten().filter_map(|c| containers.iter().find(|(_, id)| id == c));
        let inside = inside.fold(SegmentMask::NONE, |mask, (bit, _)| mask.union(SegmentMask::of(*bit)));
        Ok(member.segments != 0 && SegmentMask(member.segments).and(inside).is_empty())
    }
}
