//! Who is in none of the segments, where those were not read at one moment: someone who moved from a segment that was read later
//! to one that had been read is in neither. They are read for once more before they are taken out (E20).

use super::{
    Context, Failure,
    early::{Reads, Shape},
};
use crate::{
    definition::Name,
    member::{Desired, Key, Mapping},
    plan::{
        diff::{DiffTally, Leaver},
        unconfirmed,
        words::counted,
    },
};
use std::sync::Arc;

/// What a reading leaves in doubt.
pub struct Doubt {
    /// Sources without a snapshot; none: nothing is in doubt.
    several: Vec<Name>,
    /// Whom the reading showed in a segment, sorted.
    seen: Vec<Key>,
}

/// Who turned out to be in a segment after all.
pub struct Back {
    people: u64,
    several: Vec<Name>,
}

impl Doubt {
    /// Remembers whom a reading showed, where that is needed: 16 bytes each.
    pub fn of(several: &[Name], desired: &Desired) -> Self {
        let seen = if several.is_empty() { Vec::new() } else { desired.entries.iter().map(|entry| entry.key()).collect() };
        Self { several: several.to_vec(), seen }
    }

    /// Reads again, if anyone is to be taken out for being in no segment, and strikes off those who are in one now.
    pub async fn confirm(
        self,
        context: &Context,
        shape: &Shape,
        mapping: &Arc<Mapping>,
        leavers: &mut Vec<Leaver>,
        tally: &mut DiffTally,
    ) -> Result<Back, Failure> {
        let Self { several, seen } = self;
        let absent = if several.is_empty() { Vec::new() } else { unconfirmed::absent(leavers, &seen) };
        if absent.is_empty() {
            return Ok(Back { people: 0, several });
        }
        let Context { export, watch, cancel, temp, hub, isolation, now, .. } = context;
        watch.phase("reading the segments again, for those who were in none of them", None);
        let present = Reads { export, watch, cancel, temp, hub, isolation: *isolation, now: *now }.present(shape, mapping, absent).await?;
        Ok(Back { people: unconfirmed::keep(leavers, tally, &present), several })
    }
}

impl Back {
    pub fn is_nobody(&self) -> bool {
        self.people == 0
    }

    /// For people.
    pub fn note(&self) -> Option<String> {
        let names = self.several.iter().map(Name::as_str).collect::<Vec<_>>().join(", ");
        (!self.is_nobody()).then(|| {
            let people = counted(self.people, "member was", "members were");
            format!("{people} in no segment when the segments were read, and in one when they were read again: kept ({names} shows no single moment)")
        })
    }
}

#[cfg(test)]
#[path = "confirm_tests.rs"]
mod tests;
