//! Leavers of a reading that was not of one moment: who is in no segment is taken out only if a second reading says so too. Pure.
//!
//! | first reading | second | then |
//! |---|---|---|
//! | in another segment | not asked | leaves as planned |
//! | in none | in none | leaves as planned |
//! | in none | in one | stays as it is; the next run settles it |
//! | suppressed | not asked | leaves as planned |

use super::diff::{DiffTally, Leaver};
use crate::member::Key;

/// Who is to be taken out for being in no segment, sorted. `seen`: whom the first reading showed in one, sorted.
pub fn absent(leavers: &[Leaver], seen: &[Key]) -> Vec<Key> {
    let unseen = leavers.iter().filter(|leaver| !leaver.suppressed && seen.binary_search(&leaver.key).is_err());
    let mut absent = unseen.map(|leaver| leaver.key).collect::<Vec<_>>();
    absent.sort_unstable();
    absent
}

/// Strikes off those of the leavers who are `present` after all, which is sorted; gives how many.
pub fn keep(leavers: &mut Vec<Leaver>, tally: &mut DiffTally, present: &[Key]) -> u64 {
    let before = leavers.len();
    leavers.retain(|leaver| {
        let stays = present.binary_search(&leaver.key).is_ok();
        if stays {
            strike(tally, leaver);
        }
        !stays
    });
    (before - leavers.len()) as u64
}

fn strike(tally: &mut DiffTally, leaver: &Leaver) {
    tally.leavers -= 1;
    tally.leaving -= u64::from(leaver.segments.is_empty());
    for bit in leaver.segments.bits() {
        if let Some(leaves) = tally.leaves.get_mut(&bit) {
            *leaves -= 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::member::SegmentMask;
    use std::collections::BTreeMap;

    fn leaver(key: u128, segments: u64, suppressed: bool) -> Leaver {
        Leaver {
            key: Key(key),
            segments: SegmentMask(segments),
            whole: true,
            suppressed,
            withdrawn: false,
            only_leaves: false,
            archive: false,
        }
    }

    #[test]
    fn who_was_seen_in_a_segment_and_who_is_suppressed_is_in_no_doubt() {
        let leavers = [leaver(1, 1, false), leaver(2, 1, false), leaver(3, 1, true)];
        assert_eq!(absent(&leavers, &[Key(2), Key(9)]), [Key(1)]);
    }

    #[test]
    fn who_is_back_stays_and_is_counted_nowhere() {
        let mut leavers = vec![leaver(1, 0b11, false), leaver(2, 0b01, false), leaver(3, 0, false)];
        let mut tally = DiffTally { leavers: 3, leaving: 1, leaves: BTreeMap::from([(0, 2), (1, 1)]), ..DiffTally::default() };
        assert_eq!(keep(&mut leavers, &mut tally, &[Key(1), Key(3)]), 2);
        assert_eq!(leavers, [leaver(2, 0b01, false)]);
        assert_eq!(tally, DiffTally { leavers: 1, leaving: 0, leaves: BTreeMap::from([(0, 1), (1, 0)]), ..DiffTally::default() });
    }
}
