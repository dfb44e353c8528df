//! The fields that every contact has, as definitions and imports call them.

use crate::definition::FieldType;

/// One of them.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Standard {
    /// As definitions write it.
    pub tag: String,
    /// As an import writes it.
    pub name: String,
    pub field_type: FieldType,
    pub max_chars: usize,
    /// A CSV file may have such a column.
    pub in_csv: bool,
}

/// A day of the year; an import writes it as two columns.
pub(super) const BIRTHDAY: &str = "birthday";

const PLAIN: [(&str, FieldType, usize, bool); 11] = [
    ("first_name", FieldType::Text, 50, true),
    ("last_name", FieldType::Text, 50, true),
    ("job_title", FieldType::Text, 50, true),
    ("company_name", FieldType::Text, 50, true),
    (BIRTHDAY, FieldType::Birthday, 5, true),
    ("anniversary", FieldType::Date, 10, true),
    ("phone", FieldType::Phone, 50, true),
    ("home_phone", FieldType::Phone, 50, false),
    ("work_phone", FieldType::Phone, 50, false),
    ("mobile_phone", FieldType::Phone, 50, false),
    ("other_phone", FieldType::Phone, 50, false),
];

/// Of an address, one column each; the plain ones are those of the address at home.
const ADDRESS: [(&str, usize); 6] = [("street", 255), ("street2", 255), ("city", 50), ("state", 50), ("zip", 50), ("country", 50)];
const ADDRESSES: [&str; 4] = ["", "home_", "work_", "other_"];

/// All of them.
pub(super) fn all() -> impl Iterator<Item = Standard> {
    let plain = PLAIN.into_iter().map(|(tag, field_type, max_chars, in_csv)| Standard::new(tag.to_owned(), field_type, max_chars, in_csv));
    let part = |prefix: &str, (part, max_chars)| Standard::new(format!("{prefix}{part}"), FieldType::Text, max_chars, prefix.is_empty());
    plain.chain(ADDRESSES.into_iter().flat_map(move |prefix| ADDRESS.into_iter().map(move |each| part(prefix, each))))
}

pub(super) fn of(tag: &str) -> Option<Standard> {
    all().find(|field| field.tag == tag)
}

impl Standard {
    fn new(tag: String, field_type: FieldType, max_chars: usize, in_csv: bool) -> Self {
        // The vendor documents this one with a blank in it.
        let name = if tag == "home_country" { "home country".to_owned() } else { tag.clone() };
        Self { tag, name, field_type, max_chars, in_csv }
    }
}
