//! Rows from a child, many at once: how many cells, what each is, their values, then all text in one piece.

use super::super::rows::{RowBatch, Slot};

const NULL: u8 = 0;
const INTEGER: u8 = 1;
const REAL: u8 = 2;
const TEXT: u8 = 3;

/// Appends the rows to `to`.
pub fn encode(batch: &RowBatch, to: &mut Vec<u8>) {
    to.extend((batch.width as u32).to_le_bytes());
    to.extend((batch.slots.len() as u32).to_le_bytes());
    to.extend(batch.slots.iter().map(|slot| match slot {
        Slot::Null => NULL,
        Slot::Integer(_) => INTEGER,
        Slot::Real(_) => REAL,
        Slot::Text { .. } => TEXT,
    }));
    for slot in &batch.slots {
        match slot {
            Slot::Null => {}
            Slot::Integer(value) => to.extend(value.to_le_bytes()),
            Slot::Real(value) => to.extend(value.to_le_bytes()),
            Slot::Text { start, end } => to.extend((end - start).to_le_bytes()),
        }
    }
    to.extend(batch.text.as_bytes());
}

/// The rows that were written, or nothing if they are none: of a width, whole, of text.
pub fn decode(bytes: &[u8], width: usize) -> Option<RowBatch> {
    let (written, rest) = number(bytes)?;
    let (count, rest) = number(rest)?;
    if written as usize != width || !(count as usize).is_multiple_of(width.max(1)) {
        return None;
    }
    let (kinds, mut rest) = rest.split_at_checked(count as usize)?;
    let mut slots = Vec::with_capacity(kinds.len());
    let mut start = 0_u32;
    for kind in kinds {
        slots.push(match *kind {
            NULL => Slot::Null,
            INTEGER => Slot::Integer(i64::from_le_bytes(eight(&mut rest)?)),
            REAL => Slot::Real(f64::from_le_bytes(eight(&mut rest)?)),
            TEXT => {
                let (length, after) = number(rest)?;
                rest = after;
                let end = start.checked_add(length)?;
                Slot::Text { start: std::mem::replace(&mut start, end), end }
            }
            _ => return None,
        });
    }
    let text = std::str::from_utf8(rest).ok().filter(|text| text.len() == start as usize)?;
    let whole = |slot: &Slot| !matches!(slot, Slot::Text { end, .. } if !text.is_char_boundary(*end as usize));
    slots.iter().all(whole).then(|| RowBatch { width, text: text.to_owned(), slots, source: 0 })
}

fn number(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (number, rest) = bytes.split_first_chunk()?;
    Some((u32::from_le_bytes(*number), rest))
}

fn eight(bytes: &mut &[u8]) -> Option<[u8; 8]> {
    let (value, rest) = bytes.split_first_chunk()?;
    *bytes = rest;
    Some(*value)
}
