//! People with several addresses in one reading: found without keeping anything of the many who have one.

use super::{Key, Mapping, Person, Spool, WantedEntry};
use std::{
    collections::{BTreeMap, BTreeSet},
    io,
};

/// Examples kept of anything odd.
const EXAMPLES: usize = 3;

/// While rows come: eight bytes a row, half of the person and half of the address.
#[derive(Default)]
pub(super) struct IdIndex {
    halves: Vec<u64>,
    scientific: u64,
    examples: BTreeSet<String>,
}

/// Everyone who has several addresses in a reading.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shared {
    /// Person → addresses; sorted.
    by_person: Vec<(u64, Key)>,
    /// The same the other way round.
    by_key: Vec<(Key, u64)>,
}

/// What is odd about the ids of a reading, for people.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "camelCase")]
pub struct IdNotes {
    /// Ids that several addresses have, and how many addresses these are.
    pub shared: u64,
    pub shared_addresses: u64,
    /// Masked addresses of the first such ids.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub shared_examples: Vec<String>,
    /// Rows whose id a spreadsheet rounded.
    pub scientific: u64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub scientific_examples: Vec<String>,
}

impl IdIndex {
    pub fn add(&mut self, person: u64, key: Key) {
        self.halves.push((person & !0xffff_ffff) | u64::from(top(key)));
    }

    pub fn rounded(&mut self, text: &str) {
        self.scientific += 1;
        self.examples.insert(text.trim().to_owned());
        if self.examples.len() > EXAMPLES {
            self.examples.pop_last();
        }
    }

    /// Who has several addresses, by the rows themselves; `entries` are all rows, sorted by key.
    pub fn finish(self, entries: &[WantedEntry], spool: &Spool, mapping: &Mapping) -> io::Result<(Shared, IdNotes)> {
        let Self { mut halves, scientific, examples } = self;
        halves.sort_unstable();
        halves.dedup();
        let mut pairs = Vec::new();
        for person in halves.chunk_by(|a, b| a >> 32 == b >> 32).filter(|group| group.len() > 1) {
            for half in person {
                rows_of(*half, entries, spool, mapping, &mut pairs)?;
            }
        }
        pairs.sort_unstable();
        pairs.dedup();
        let shared = Shared::of(pairs);
        let mut notes = IdNotes { scientific, scientific_examples: examples.into_iter().collect(), ..IdNotes::default() };
        shared.count(&mut notes, entries, spool)?;
        Ok((shared, notes))
    }
}

/// Adds the rows whose person and address have these halves.
fn rows_of(half: u64, entries: &[WantedEntry], spool: &Spool, mapping: &Mapping, pairs: &mut Vec<(u64, Key)>) -> io::Result<()> {
    let address = half as u32;
    let first = entries.partition_point(|entry| top(entry.key()) < address);
    for entry in entries[first..].iter().take_while(|entry| top(entry.key()) == address) {
        let Some(person) = spool.read(entry.offset())?.person.map(|person| mapping.ids().same(person)) else { continue };
        if person >> 32 == half >> 32 {
            pairs.push((person, entry.key()));
        }
    }
    Ok(())
}

fn top(key: Key) -> u32 {
    (key.0 >> 96) as u32
}

impl Shared {
    /// Pairs sorted, none twice. Who has one address only is left out.
    fn of(pairs: Vec<(u64, Key)>) -> Self {
        let several = pairs.chunk_by(|a, b| a.0 == b.0).filter(|group| group.len() > 1);
        let by_person: Vec<(u64, Key)> = several.flatten().copied().collect();
        let mut by_key: Vec<(Key, u64)> = by_person.iter().map(|(person, key)| (*key, *person)).collect();
        by_key.sort_unstable();
        Self { by_person, by_key }
    }

    pub fn is_empty(&self) -> bool {
        self.by_person.is_empty()
    }

    /// The other addresses of those who have this one.
    pub fn others(&self, key: Key) -> Vec<Key> {
        let first = self.by_key.partition_point(|(k, _)| *k < key);
        let people = self.by_key[first..].iter().take_while(|(k, _)| *k == key).map(|(_, person)| *person);
        let mut others: Vec<Key> = people.flat_map(|person| self.of_person(person)).filter(|other| *other != key).collect();
        others.sort_unstable();
        others.dedup();
        others
    }

    /// Every address of those of whose addresses one is such; sorted.
    pub(super) fn groups_with(&self, mut is: impl FnMut(Key) -> bool) -> Vec<Key> {
        let groups = self.by_person.chunk_by(|a, b| a.0 == b.0);
        let found = groups.filter(|group| group.iter().any(|(_, key)| is(*key)));
        let mut keys: Vec<Key> = found.flatten().map(|(_, key)| *key).collect();
        keys.sort_unstable();
        keys.dedup();
        keys
    }

    fn of_person(&self, person: u64) -> impl Iterator<Item = Key> + '_ {
        let first = self.by_person.partition_point(|(p, _)| *p < person);
        self.by_person[first..].iter().take_while(move |(p, _)| *p == person).map(|(_, key)| *key)
    }

    fn count(&self, notes: &mut IdNotes, entries: &[WantedEntry], spool: &Spool) -> io::Result<()> {
        let mut examples = BTreeMap::new();
        for group in self.by_person.chunk_by(|a, b| a.0 == b.0) {
            notes.shared += 1;
            notes.shared_addresses += group.len() as u64;
            if examples.len() < EXAMPLES {
                let entry = entries.binary_search_by_key(&group[0].1, WantedEntry::key).map(|at| entries[at]);
                if let Ok(entry) = entry {
                    examples.insert(spool.read(entry.offset())?.email.masked(), ());
                }
            }
        }
        notes.shared_examples = examples.into_keys().collect();
        Ok(())
    }
}

impl IdNotes {
    pub fn is_empty(&self) -> bool {
        self.shared == 0 && self.scientific == 0
    }
}

/// Which sources' ids mean the same people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ids {
    /// What sources share their ids under.
    pub space: Option<u64>,
    /// Sources that share it.
    pub joined: Vec<u64>,
    /// Every source that is defined: an id of another one of these is another person's.
    pub defined: Vec<u64>,
}

impl Ids {
    /// One number for one person, within a reading.
    pub fn same(&self, person: Person) -> u64 {
        person.under(self.space.unwrap_or(person.source))
    }

    /// Under what the state may have recorded a person. `recorded` are the sources whose ids it holds. An id of a source that
    /// nobody defines any more, or of before sources were told apart, may be anyone's: on a doubt it is the same person's.
    pub fn recorded_as(&self, person: Person, recorded: &[u64]) -> Vec<u64> {
        let may_be = |source: &&u64| self.joined.contains(source) || !self.defined.contains(source);
        let mut ids = vec![person.id(), person.plain];
        ids.extend(recorded.iter().filter(may_be).map(|source| person.under(*source)));
        ids.sort_unstable();
        ids.dedup();
        ids
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::member::source_tag;

    #[test]
    fn an_id_is_its_sources_unless_sources_share_it_or_are_gone() {
        let [crm, shop, gone] = ["crm", "shop", "gone"].map(source_tag);
        let person = Person::of("7", crm).unwrap();
        let mut ids = Ids { space: None, joined: Vec::new(), defined: vec![crm, shop] };
        let recorded = [crm, shop, gone];
        let known_as = |ids: &Ids, source| ids.recorded_as(person, &recorded).contains(&person.under(source));
        assert!(known_as(&ids, crm) && known_as(&ids, gone) && !known_as(&ids, shop));
        assert!(ids.recorded_as(person, &[]).contains(&person.plain), "states of before know no source");
        ids = Ids { space: Some(source_tag("customers")), joined: vec![crm, shop], ..ids };
        assert!(known_as(&ids, shop));
        assert_eq!(ids.same(person), ids.same(Person::of("7", shop).unwrap()));
    }

    #[test]
    fn others_are_all_of_all_people_with_the_address() {
        let shared = Shared::of(vec![(1, Key(1)), (1, Key(2)), (2, Key(2)), (2, Key(3)), (3, Key(4))]);
        assert_eq!(shared.others(Key(2)), [Key(1), Key(3)]);
        assert_eq!(shared.others(Key(1)), [Key(2)]);
        assert!(shared.others(Key(4)).is_empty());
    }
}
