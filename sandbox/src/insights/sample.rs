//! Two hundred people who do not exist, for rehearsals without an export.

use super::store::{BETWEEN, Column, Kind, Store, broken};
use crate::{Error, draw};

const PEOPLE: u64 = 200;
const SEED: u64 = 5;
const COLUMNS: [(&str, Kind); 9] = [
    ("CustomerId", Kind::Text),
    ("FirstName", Kind::Text),
    ("LastName", Kind::Text),
    ("FullName", Kind::Text),
    ("EMail", Kind::Text),
    ("City", Kind::Text),
    ("Country", Kind::Text),
    ("PostalCode", Kind::Text),
    ("LifetimeValue", Kind::Number),
];
const FIRST: [&str; 8] = ["Alpha", "Bravo", "Charlie", "Delta", "Echo", "Foxtrot", "Golf", "Hotel"];
const LAST: [&str; 6] = ["Amber", "Cobalt", "Indigo", "Ochre", "Scarlet", "Teal"];
const PLACES: [(&str, &str, &str); 5] = [
    ("Paris", "FR", "75001"),
    ("Utrecht", "NL", "3511"),
    ("Aarhus", "DK", "8000"),
    ("Porto", "PT", "4000-013"),
    ("Seattle", "US", "98101"),
];

pub(super) fn fill(store: &mut Store) -> Result<(), Error> {
    let columns = COLUMNS.map(|(name, kind)| Column { name: name.to_owned(), kind }).to_vec();
    let filled = store.within(|store| {
        store.begin(columns)?;
        let version = store.version()?;
        (1..=PEOPLE).try_for_each(|number| {
            let cells = person(number);
            store.add_person(&cells[0], &cells.join(&BETWEEN.to_string()), version).map(drop)
        })
    });
    filled.map_err(broken)
}

/// Some have no value, some no address: every tenant has such people.
fn person(number: u64) -> [String; 9] {
    let pick = |purpose: u64, of: usize| (draw::chance(SEED, number, purpose) * of as f64) as usize;
    let (first, last) = (FIRST[pick(1, FIRST.len())], LAST[pick(2, LAST.len())]);
    let (city, country, code) = PLACES[pick(3, PLACES.len())];
    let email = if number.is_multiple_of(50) {
        String::new()
    } else {
        format!("{}.{}.{number}@contoso.test", first.to_lowercase(), last.to_lowercase())
    };
    let value = if number.is_multiple_of(9) { String::new() } else { format!("{}.5", pick(4, 2_000)) };
    let customer = format!("{:032x}", xxhash_rust::xxh3::xxh3_128_with_seed(&number.to_le_bytes(), SEED));
    [customer, first.into(), last.into(), format!("{first} {last}"), email, city.into(), country.into(), code.into(), value]
}
