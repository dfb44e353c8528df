//! Lists and mappings, entry by entry, without those that have a fault.

use super::{
    Entry, Fault, Node,
    key::KeyReader,
    reader::{Reader, Skip},
};
use crate::definition::Position;
use serde::de::{self, DeserializeSeed};

pub struct Items<'a> {
    pub items: std::slice::Iter<'a, Node>,
    pub skip: &'a Skip,
}

impl<'de> de::SeqAccess<'de> for Items<'de> {
    type Error = Fault;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Fault> {
        let skip = self.skip;
        let Some(node) = self.items.by_ref().find(|node| !skip.contains(&address(*node))) else { return Ok(None) };
        seed.deserialize(Reader { node, skip }).map(Some).map_err(|fault| owned_by(fault, address(node), node.at, None))
    }
}

pub struct Entries<'a> {
    pub entries: std::slice::Iter<'a, Entry>,
    pub value: Option<&'a Entry>,
    pub skip: &'a Skip,
}

impl<'de> de::MapAccess<'de> for Entries<'de> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Fault> {
        let skip = self.skip;
        self.value = self.entries.by_ref().find(|entry| !skip.contains(&address(*entry)));
        let Some(entry) = self.value else { return Ok(None) };
        seed.deserialize(KeyReader { entry }).map(Some).map_err(|fault| owned_by(fault, address(entry), entry.key_at, None))
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Fault> {
        let entry = self.value.take().ok_or_else(|| Fault::new("a value was asked for before its key", None))?;
        let read = seed.deserialize(Reader { node: &entry.value, skip: self.skip });
        read.map_err(|fault| owned_by(fault, address(entry), entry.key_at, Some(&entry.key)))
    }
}

/// The innermost entry or item around a fault is the one that reading leaves out.
fn owned_by(mut fault: Fault, entry: usize, at: Position, key: Option<&str>) -> Fault {
    if fault.entry.is_none() {
        fault.entry = Some(entry);
        fault.key = key.map(Box::from);
    }
    fault.at.get_or_insert(at);
    fault
}

fn address<T>(of: *const T) -> usize {
    of as usize
}
