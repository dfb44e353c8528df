//! Ids of contacts: UUIDs made of the row, so that they need no room in the database.

const SALT: u64 = 0x006c_6b63_6f6e_7461;

/// A UUID from which the row can be found again.
pub(super) fn id_of(row: i64) -> String {
    uuid::Uuid::from_u64_pair(mixed(row), (row as u64 ^ SALT) | 1 << 63).to_string()
}

pub(super) fn row_of(id: &str) -> Option<i64> {
    let (high, low) = uuid::Uuid::parse_str(id).ok()?.as_u64_pair();
    let row = ((low & !(1 << 63)) ^ SALT) as i64;
    (mixed(row) == high && low >> 63 == 1).then_some(row)
}

/// Looks random, and like a UUID of version 4.
fn mixed(row: i64) -> u64 {
    xxhash_rust::xxh3::xxh3_64(&row.to_le_bytes()) & !0xf000 | 0x4000
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::constant_contact::shape::is_id;

    #[test]
    fn ids_are_uuids_that_lead_back() {
        for row in [1, 2, 1_000_000, i64::from(u32::MAX)] {
            let id = id_of(row);
            assert_eq!((row_of(&id), id.as_bytes()[14], is_id(&id)), (Some(row), b'4', true), "{id}");
        }
        assert_eq!(row_of("06526938-56dd-41e9-932a-fa163ea075fa"), None);
    }
}
