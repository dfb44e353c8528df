//! The people of a segment, as a sorted list of 16 bytes each.

use super::{Asked, Read, take::Columns};
use crate::{
    definition::Segment,
    member::{Email, Key},
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

/// Everyone in a segment who has an address.
pub fn of(segment: &Segment, email: &str, access: &Access) -> Result<(Keys, Read), SourceError> {
    let columns = [email];
    let asked = Asked { columns: &columns, email };
    let at = Columns::with(asked, None);
    let mut keys = Vec::new();
    let read = super::read(segment, asked, access, &mut |batch| {
        keys.extend((0..batch.len()).filter_map(|row| at.email_of(&batch, row)).map(|email| Key::of(&email)));
        Ok(())
    })?;
    Ok((Keys::new(keys), read))
}
