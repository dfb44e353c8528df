//! A stable part of a segment: each person has a number for each salt, and is in if it is below the share.

use super::take::Columns;
use crate::{
    definition::Sample,
    member::{Email, text_of},
    source::RowBatch,
};
use xxhash_rust::xxh3::xxh3_64;

const WHOLE: u128 = 1_000_000;

/// Whether the row's person is in. Who has nothing in the column `by` is known by address.
pub fn has(sample: &Sample, columns: &Columns<'_>, batch: &RowBatch, row: usize, email: &Email) -> bool {
    let id = sample.by.as_ref().map(|by| text_of(columns.cell(batch, row, by)));
    let id = id.as_deref().map(str::trim).filter(|id| !id.is_empty());
    number(&sample.salt, id.unwrap_or(email.as_str())) < sample.share
}

/// Evenly spread below a million. Changing this moves people from one side of every holdout to the other.
fn number(salt: &str, person: &str) -> u32 {
    let mut bytes = Vec::with_capacity(salt.len() + 1 + person.len());
    bytes.extend_from_slice(salt.as_bytes());
    bytes.push(0);
    bytes.extend_from_slice(person.as_bytes());
    ((u128::from(xxh3_64(&bytes)) * WHOLE) >> 64) as u32
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn numbers_never_change() {
        let numbers = ["ada@example.com", "bo@example.com", "7"].map(|person| number("spring", person));
        assert_eq!(numbers, [210_498, 362_300, 990_012]);
    }
}
