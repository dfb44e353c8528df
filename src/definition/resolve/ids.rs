//! Whose ids are whose: known only when every export and source is (`match.idSpace`).

use super::known::Known;
use crate::definition::{Export, Name, SharedIds, Source};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// Tells each export which sources there are, and which of them share its ids.
pub fn settle(exports: &mut Known<'_, Export>, sources: &Known<'_, Source>) {
    // A source that is broken is still another one.
    let defined: BTreeSet<Name> = sources.items.values().filter_map(|item| item.name.clone()).collect();
    let mut spaces: BTreeMap<Name, BTreeSet<Name>> = BTreeMap::new();
    for export in exports.items.values().filter_map(|item| item.value.as_ref()) {
        if let Some(space) = &export.matching.ids.space {
            spaces.entry(space.clone()).or_default().extend(export.sources());
        }
    }
    for value in exports.items.values_mut().filter_map(|item| item.value.as_mut()) {
        let space = value.matching.ids.space.clone();
        let joined = space.as_ref().and_then(|space| spaces.get(space)).cloned().unwrap_or_default();
        Arc::make_mut(value).matching.ids = SharedIds { space, joined, defined: defined.clone() };
    }
}
