//! Whether a reading of the directory is taken as it is (SPEC 6). Pure.
//!
//! | the reading | then |
//! |---|---|
//! | has no definitions, where there were some | held whole |
//! | lacks more than 30 % of the exports, from 3 up | held whole |
//! | has no settings any more, or they no longer name a suppression list | held whole |
//! | anything else, broken documents included | taken; those go on with their last good text |
//!
//! An export that another one says it was before (`renamedFrom`) is not lacking; nor is one whose deletion was taken before
//! and is still being carried out.

use crate::definition::{Catalog, Kept, Name, suppression};
use std::collections::BTreeSet;

/// Share of the exports that a reading may lack, in percent, and from how many exports on that counts.
const MAY_LACK_PERCENT: usize = 30;
const FROM: usize = 3;

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judgement {
    Take,
    Hold { reason: String, missing: Vec<String> },
}

/// Judges a reading against what was last taken.
pub fn judge(catalog: &Catalog, last: &[Kept], deleting: &BTreeSet<Name>) -> Judgement {
    if catalog.unreadable.is_some() {
        // Everything goes on with its last good text; nothing is missing.
        return Judgement::Take;
    }
    let gone = |name: &str| deleting.iter().any(|deleted| deleted.as_str() == name);
    let known: Vec<_> = last.iter().filter(|kept| kept.id.kind == "Export" && !gone(&kept.id.name)).map(|kept| &kept.id).collect();
    let renamed = |name: &str| catalog.exports.values().any(|e| e.renamed_from.as_ref().is_some_and(|old| old.as_str() == name));
    let lacks = |name: &str| catalog.missing.iter().any(|id| id.kind == "Export" && id.name == name) && !renamed(name);
    let missing: Vec<_> = known.iter().filter(|id| lacks(&id.name)).map(|id| id.name.clone()).collect();
    if !known.is_empty() && catalog.good.is_empty() && missing.len() == known.len() {
        let reason = "the directory holds no definitions any more".to_owned();
        return Judgement::Hold { reason, missing };
    }
    if known.len() >= FROM && missing.len() * 100 > known.len() * MAY_LACK_PERCENT {
        let reason = format!("{} of {} exports are missing, more than {MAY_LACK_PERCENT} %", missing.len(), known.len());
        return Judgement::Hold { reason, missing };
    }
    lost_suppression(catalog, last).map_or(Judgement::Take, |reason| Judgement::Hold { reason, missing: Vec::new() })
}

/// What keeps people out must not go unnoticed.
fn lost_suppression(catalog: &Catalog, last: &[Kept]) -> Option<String> {
    if !catalog.unclear && catalog.missing.iter().any(|id| id.kind == "Settings") {
        return Some("the settings are gone: limits and suppression lists would be gone with them".to_owned());
    }
    let named = |name: &String| catalog.settings.suppress.iter().any(|segment| segment.name.as_str() == name);
    let gone: Vec<_> = suppression(&catalog.root, last).into_iter().filter(|name| !named(name)).collect();
    // Settings that cannot be used stall every export by themselves.
    let broken = !catalog.good.iter().any(|kept| kept.id.kind == "Settings");
    (!gone.is_empty() && !broken).then(|| format!("the settings no longer name the suppression list {}", gone.join(", ")))
}
