//! Who is in a segment: sixteen bytes a person, however long the ids are.

use xxhash_rust::xxh3::xxh3_128;

/// What an id stands for.
pub fn hash(id: &str) -> u128 {
    xxh3_128(id.as_bytes())
}

/// Each person once, and whether they were met.
#[derive(Debug, Default)]
pub struct Roster {
    /// Sorted.
    people: Vec<u128>,
    /// A bit a person.
    met: Vec<u64>,
    left: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Met {
    First,
    Again,
    Stranger,
}

impl Roster {
    /// Of hashes, in any order, that may repeat.
    pub fn of(mut people: Vec<u128>) -> Self {
        people.sort_unstable();
        people.dedup();
        people.shrink_to_fit();
        let mut roster = Self { people, ..Self::default() };
        roster.forget();
        roster
    }

    pub fn len(&self) -> usize {
        self.people.len()
    }

    pub fn is_empty(&self) -> bool {
        self.people.is_empty()
    }

    pub fn meet(&mut self, id: &str) -> Met {
        let Ok(at) = self.people.binary_search(&hash(id)) else { return Met::Stranger };
        let (word, bit) = (at / 64, 1 << (at % 64));
        let Some(word) = self.met.get_mut(word) else { return Met::Stranger };
        if *word & bit != 0 {
            return Met::Again;
        }
        *word |= bit;
        self.left -= 1;
        Met::First
    }

    /// Those who were not met.
    pub fn left(&self) -> usize {
        self.left
    }

    /// From now on nobody was met.
    pub fn forget(&mut self) {
        self.met = vec![0; self.people.len().div_ceil(64)];
        self.left = self.people.len();
    }
}
