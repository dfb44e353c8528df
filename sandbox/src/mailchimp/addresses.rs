//! Which member has which address. In memory: the addresses of one call are scattered over hundreds of pages of an index in
//! the database, and writing those took longer than all the rest of the call.

use super::email::Hash;
use rusqlite::Connection;
use std::collections::HashMap;

#[derive(Debug, Default)]
pub(super) struct Addresses {
    lists: HashMap<i64, HashMap<Hash, i64>>,
    /// What was there before, since the last [`Addresses::settle`].
    before: Vec<(i64, Hash, Option<i64>)>,
}

impl Addresses {
    pub(super) fn load(db: &Connection) -> rusqlite::Result<Self> {
        let mut lists: HashMap<i64, HashMap<Hash, i64>> = HashMap::new();
        let mut query = db.prepare("SELECT list, hash, id FROM members")?;
        let mut rows = query.query([])?;
        while let Some(row) = rows.next()? {
            lists.entry(row.get(0)?).or_default().insert(row.get(1)?, row.get(2)?);
        }
        Ok(Self { lists, before: Vec::new() })
    }

    pub(super) fn get(&self, list: i64, hash: &Hash) -> Option<i64> {
        self.lists.get(&list)?.get(hash).copied()
    }

    /// `None`: the address is nobody's any more.
    pub(super) fn set(&mut self, list: i64, hash: Hash, member: Option<i64>) {
        let before = self.put(list, hash, member);
        if before != member {
            self.before.push((list, hash, before));
        }
    }

    pub(super) fn remove_list(&mut self, list: i64) {
        let members = self.lists.remove(&list).unwrap_or_default();
        self.before.extend(members.into_iter().map(|(hash, member)| (list, hash, Some(member))));
    }

    /// A point to go back to.
    pub(super) fn mark(&self) -> usize {
        self.before.len()
    }

    pub(super) fn undo_to(&mut self, mark: usize) {
        for (list, hash, member) in self.before.split_off(mark).into_iter().rev() {
            self.put(list, hash, member);
        }
    }

    /// What was done is committed.
    pub(super) fn settle(&mut self) {
        self.before.clear();
    }

    fn put(&mut self, list: i64, hash: Hash, member: Option<i64>) -> Option<i64> {
        let members = self.lists.entry(list).or_default();
        match member {
            Some(member) => members.insert(hash, member),
            None => members.remove(&hash),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_undone_was_never_done() {
        let (mut addresses, [a, b]) = (Addresses::default(), [[1; 16], [2; 16]]);
        addresses.set(1, a, Some(10));
        addresses.settle();
        addresses.set(1, a, None);
        let mark = addresses.mark();
        addresses.set(1, b, Some(11));
        addresses.remove_list(1);
        addresses.set(1, a, Some(12));
        addresses.undo_to(mark);
        assert_eq!((addresses.get(1, &a), addresses.get(1, &b)), (None, None));
        addresses.undo_to(0);
        assert_eq!(addresses.get(1, &a), Some(10));
    }
}
