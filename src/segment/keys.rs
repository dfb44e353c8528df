//! The people of a segment, as a sorted list of 16 bytes each.

use super::{Asked, Input, Read, Unreadable, take::Columns};
use crate::{
    definition::Segment,
    member::{Email, Key, listed},
    source::{Access, SourceError},
};

/// Sorted, no one twice.
#[derive(Debug, Default)]
pub struct Keys(Vec<Key>);

impl Keys {
    pub fn new(mut keys: Vec<Key>) -> Self {
        keys.sort_unstable();
        keys.dedup();
        Self(keys)
    }

    pub fn len(&self) -> u64 {
        self.0.len() as u64
    }

    pub fn has(&self, email: &Email) -> bool {
        self.place(email).is_some()
    }

    /// Where in the list someone is.
    pub fn place(&self, email: &Email) -> Option<usize> {
        self.0.binary_search(&Key::of(email)).ok()
    }

    /// Those of either.
    pub fn with(mut self, mut other: Self) -> Self {
        self.0.append(&mut other.0);
        Self::new(self.0)
    }

    /// Those who are in both.
    pub fn within(mut self, other: &Self) -> Self {
        self.0.retain(|key| other.0.binary_search(key).is_ok());
        self
    }
}

/// How the addresses of a segment are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Addresses {
    /// One a cell, as members are read: who is in doubt is not in it.
    Strict,
    /// Whatever a person may have written: who is in doubt is in it.
    Listed,
}

/// Everyone in a segment that keeps people out, or that only lets its own people in; what it was made of comes first in the
/// inputs, the segment itself last.
pub fn of(segment: &Segment, email: &str, addresses: Addresses, access: &Access) -> Result<(Keys, Read), SourceError> {
    let columns = [email];
    let asked = Asked { columns: &columns, email };
    let at = Columns::with(asked, None);
    let (mut keys, mut unreadable) = (Vec::new(), Unreadable::default());
    let mut read = super::read(segment, asked, access, &mut |batch| {
        for row in 0..batch.len() {
            let cell = batch.cell(row, 0);
            let unread = match addresses {
                Addresses::Strict => {
                    let email = at.email_of(&batch, row);
                    keys.extend(email.iter().map(Key::of));
                    email.is_none()
                }
                Addresses::Listed => {
                    let found = listed(cell);
                    keys.extend(found.emails.iter().map(Key::of));
                    found.unread
                }
            };
            if unread {
                unreadable.add(cell);
            }
        }
        Ok(())
    })?;
    let keys = Keys::new(keys);
    read.inputs.iter_mut().for_each(|input| input.excludes = true);
    read.inputs.push(Input { excludes: true, unreadable: unreadable.finish(), ..Input::of(segment, &read, keys.len()) });
    Ok((keys, read))
}

impl Keys {
    pub fn into_inner(self) -> Vec<Key> {
        self.0
    }
}
