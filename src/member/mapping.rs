//! Which columns of a row become which parts of a member.

use super::{
    ConsentColumns, Email, EmailError, FieldKind, Given, Ids, Person, Value, ValueError,
    nothing::nothing_word,
    noticed::Noticed,
    orders::Orders,
    source_tag,
    spool::{EMPTY, encode_value},
    value::{self, DayOrder},
};
use crate::{
    definition::{AttributeSpec, Columns, Consent, FieldType, Matching, Name, OnEmpty, SharedIds},
    source::{Cell, RowBatch},
};
use chrono::{DateTime, Utc};
use std::collections::{BTreeMap, BTreeSet};
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

/// An export's `match` and `attributes`, by place in the rows asked of its source.
#[derive(Clone, Debug)]
pub struct Mapping {
    columns: Vec<String>,
    email: usize,
    id: Option<usize>,
    ids: Ids,
    prefer: Option<usize>,
    consent: Option<ConsentColumns>,
    fields: Vec<MappedField>,
    /// How the columns of dates are read.
    orders: Orders,
    /// Of the fields' names: another mapping gives other fingerprints.
    seed: u64,
}

/// One platform field and where its value comes from.
#[derive(Clone, Debug)]
pub struct MappedField {
    pub tag: String,
    pub kind: FieldKind,
    pub on_empty: OnEmpty,
    from: From,
}

#[derive(Clone, Debug)]
enum From {
    One(usize),
    Parts(Vec<(String, usize)>),
}

/// What one row gave; its values are in the buffer that [`Mapping::row`] was handed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RowResult {
    Member {
        email: Email,
        person: Option<Person>,
        consent: Given,
    },
    /// No address at all.
    NotAddressable,
    BadAddress {
        error: EmailError,
        person: Option<Person>,
    },
    BadValue {
        email: Email,
        person: Option<Person>,
        /// The platform's field; `None`: the date of consent is to blame.
        field: Option<String>,
        error: ValueError,
        consent: Given,
    },
}

impl Mapping {
    /// `kinds` holds a kind for every attribute: the platform's, or the one that will be created. With `consent`: when the rows
    /// are read, since nobody consented later.
    pub fn new(
        matching: &Matching,
        attributes: &BTreeMap<String, AttributeSpec>,
        kinds: &BTreeMap<String, FieldKind>,
        consent: Option<(&Consent, DateTime<Utc>)>,
    ) -> Self {
        let mut columns = Vec::new();
        let mut at = |name: &String| place(&mut columns, name);
        let email = at(&matching.email);
        let id = matching.id.as_ref().map(&mut at);
        let prefer = matching.prefer.as_ref().map(&mut at);
        let consent = consent.map(|(consent, now)| ConsentColumns::new(consent, now, &mut at));
        let fields: Vec<_> = attributes
            .iter()
            .filter_map(|(tag, spec)| {
                let from = match &spec.columns {
                    Columns::One(column) => From::One(at(column)),
                    Columns::Parts(parts) => From::Parts(parts.iter().map(|(part, column)| (part.clone(), at(column))).collect()),
                };
                Some(MappedField { tag: tag.clone(), kind: kinds.get(tag)?.clone(), on_empty: spec.on_empty, from })
            })
            .collect();
        let names: Vec<u8> = fields.iter().flat_map(|f| format!("{}\n{:?}\n", f.tag, f.on_empty).into_bytes()).collect();
        Self { columns, email, id, ids: ids(&matching.ids), prefer, consent, fields, orders: Orders::default(), seed: xxh3_64(&names) }
    }

    /// The columns to ask of the source, in the order that [`Mapping::row`] expects.
    pub fn columns(&self) -> Vec<&str> {
        self.columns.iter().map(String::as_str).collect()
    }

    /// The name of the consent column; empty: no consent is asked for.
    pub fn consent_column(&self) -> String {
        self.consent.as_ref().map(|consent| self.columns[consent.column].clone()).unwrap_or_default()
    }

    /// The name of the column of its dates.
    pub fn consent_at(&self) -> Option<String> {
        self.consent.as_ref().and_then(|consent| consent.at.as_ref()).map(|(_, name)| name.clone())
    }

    /// Whose ids are whose.
    pub fn ids(&self) -> &Ids {
        &self.ids
    }

    /// The row's id as it is written, where that shows that it was rounded: several people may have the same one.
    pub fn rounded_id(&self, batch: &RowBatch, row: usize) -> Option<String> {
        /// From here on a floating-point number stands for several whole ones.
        const INEXACT: f64 = 9_007_199_254_740_992.0;
        match batch.cell(row, self.id?) {
            Cell::Text(text) => super::is_scientific(text).then(|| text.to_owned()),
            Cell::Real(value) => (value.abs() >= INEXACT).then(|| format!("{value:E}")),
            Cell::Null | Cell::Integer(_) => None,
        }
    }

    /// The `match.id` of a row as text, where it has one.
    pub fn id_text(&self, batch: &RowBatch, row: usize) -> Option<String> {
        Some(text_of(batch.cell(row, self.id?))).filter(|id| !id.is_empty())
    }

    /// The attributes in the order of a record's values.
    pub fn fields(&self) -> &[MappedField] {
        &self.fields
    }

    /// xxh3-64 of canonical values under this mapping.
    pub fn fingerprint(&self, values: &[u8]) -> super::Fingerprint {
        super::Fingerprint(xxh3_64_with_seed(values, self.seed))
    }

    /// Whether canonical values leave every field as it is: nothing is to be sent.
    pub fn says_nothing(&self, values: &[u8]) -> bool {
        values.iter().all(|byte| *byte == EMPTY) && self.fields.iter().all(|field| field.on_empty == OnEmpty::Keep)
    }

    /// Reads one row: who it is, and its canonical values appended to `values`.
    pub fn row(&self, batch: &RowBatch, row: usize, values: &mut Vec<u8>) -> RowResult {
        let person = self.id.and_then(|column| Person::of(&text_of(batch.cell(row, column)), batch.source()));
        let email = match address(batch.cell(row, self.email)) {
            Ok(Some(email)) => email,
            Ok(None) => return RowResult::NotAddressable,
            Err(error) => return RowResult::BadAddress { error, person },
        };
        let consent = self.consent(batch, row);
        for (at, field) in self.fields.iter().enumerate() {
            match field.value(batch, row, self.orders.of(at, batch.source())) {
                Ok(value) => encode_value(values, &value),
                Err(error) => return RowResult::BadValue { email, person, field: Some(field.tag.clone()), error, consent },
            }
        }
        match consent {
            Given::Undated { ref error, .. } => RowResult::BadValue { email, person, field: None, error: error.clone(), consent },
            consent => RowResult::Member { email, person, consent },
        }
    }

    /// The address as it stands in the row, for reports of rejected rows.
    pub fn raw_address(&self, batch: &RowBatch, row: usize) -> String {
        text_of(batch.cell(row, self.email))
    }

    /// Order-preserving bytes of the `match.prefer` column.
    pub fn prefer(&self, batch: &RowBatch, row: usize, out: &mut Vec<u8>) {
        if let Some(column) = self.prefer {
            order_bytes(batch.cell(row, column), out);
        }
    }

    fn consent(&self, batch: &RowBatch, row: usize) -> Given {
        let Some(columns) = &self.consent else { return Given::UNASKED };
        let at = columns.at.as_ref().map(|(at, _)| batch.cell(row, *at));
        columns.given(batch.cell(row, columns.column), at)
    }
}

impl Mapping {
    /// The same, with its columns of dates read in these orders.
    pub fn with_orders(&self, orders: Orders) -> Self {
        Self { orders, ..self.clone() }
    }

    /// The same, after fields were made again: what members were sent before is not what they have.
    pub fn with_remade(mut self, remade: &BTreeMap<String, u32>) -> Self {
        for field in &self.fields {
            if let Some(times) = remade.get(&field.tag).filter(|times| **times > 0) {
                self.seed = xxh3_64_with_seed(format!("{}\n{times}", field.tag).as_bytes(), self.seed);
            }
        }
        self
    }

    pub fn orders(&self) -> &Orders {
        &self.orders
    }

    /// The column, or the first of several, that a field's value comes from.
    pub fn column_of(&self, field: usize) -> &str {
        let column = match &self.fields[field].from {
            From::One(column) => Some(column),
            From::Parts(parts) => parts.first().map(|(_, column)| column),
        };
        column.map_or("", |column| &self.columns[*column])
    }

    /// What the row's values tell of their columns, whatever becomes of the row.
    pub fn notice(&self, batch: &RowBatch, row: usize, noticed: &mut Noticed) {
        for (at, field) in self.fields.iter().enumerate() {
            match &field.from {
                From::One(column) => field.notice(at, batch.source(), batch.cell(row, *column), noticed),
                From::Parts(_) if field.kind.required => {}
                From::Parts(_) => {
                    let missing = value::missing_parts(field.parts(batch, row));
                    if !missing.is_empty() {
                        let (rows, parts) = noticed.incomplete.entry(at).or_default();
                        *rows += 1;
                        parts.extend(missing);
                    }
                }
            }
        }
    }
}

impl MappedField {
    fn value(&self, batch: &RowBatch, row: usize, order: DayOrder) -> Result<Value, ValueError> {
        match &self.from {
            From::One(column) => super::canonical(batch.cell(row, *column), &self.kind, order),
            From::Parts(_) => super::canonical_parts(self.parts(batch, row), &self.kind),
        }
    }

    /// The parts of an address with their cells.
    fn parts<'b>(&'b self, batch: &'b RowBatch, row: usize) -> impl Iterator<Item = (&'b str, Cell<'b>)> {
        let parts = if let From::Parts(parts) = &self.from { parts.as_slice() } else { &[] };
        parts.iter().map(move |(part, column)| (part.as_str(), batch.cell(row, *column)))
    }

    fn notice(&self, at: usize, source: u64, cell: Cell<'_>, noticed: &mut Noticed) {
        let Cell::Text(text) = cell else { return };
        match self.kind.field_type {
            FieldType::Date | FieldType::Datetime | FieldType::Birthday => {
                if let Some(reads) = value::reads(cell, self.kind.field_type) {
                    noticed.dates.add(at, source, text.trim(), reads);
                }
            }
            FieldType::Text => {
                if let Some(word) = nothing_word(text) {
                    let (cells, words) = noticed.words.entry(at).or_default();
                    *cells += 1;
                    words.insert(word);
                }
            }
            _ => {}
        }
    }
}

fn place(columns: &mut Vec<String>, name: &String) -> usize {
    columns.iter().position(|c| c == name).unwrap_or_else(|| {
        columns.push(name.clone());
        columns.len() - 1
    })
}

/// Bytes that sort as cells do: nothing < numbers < texts. Text that reads as a number is one.
pub fn order_bytes(cell: Cell<'_>, out: &mut Vec<u8>) {
    let number = |out: &mut Vec<u8>, value: f64| {
        let bits = value.to_bits();
        let ordered = if bits >> 63 == 1 { !bits } else { bits | (1 << 63) };
        out.push(1);
        out.extend_from_slice(&ordered.to_be_bytes());
    };
    match cell {
        Cell::Null | Cell::Text("") => {}
        Cell::Integer(value) => number(out, value as f64),
        Cell::Real(value) => number(out, value),
        Cell::Text(text) => match text.trim().parse::<f64>() {
            Ok(value) => number(out, value),
            Err(_) => {
                out.push(2);
                out.extend_from_slice(text.as_bytes());
            }
        },
    }
}

/// The address in a cell; `None` if there is nothing in it, or a word for nothing.
pub fn address(cell: Cell<'_>) -> Result<Option<Email>, EmailError> {
    match cell {
        Cell::Null => Ok(None),
        Cell::Text(text) if nothing_word(text).is_some() => Ok(None),
        Cell::Text(text) => Email::parse(text),
        Cell::Integer(_) | Cell::Real(_) => Err(EmailError::NoAt),
    }
}

fn ids(shared: &SharedIds) -> Ids {
    let tags = |names: &BTreeSet<Name>| names.iter().map(|name| source_tag(name.as_str())).collect();
    Ids { space: shared.space.as_ref().map(|name| source_tag(name.as_str())), joined: tags(&shared.joined), defined: tags(&shared.defined) }
}

/// A cell as text; nothing is empty text.
pub fn text_of(cell: Cell<'_>) -> String {
    match cell {
        Cell::Null => String::new(),
        Cell::Integer(value) => value.to_string(),
        Cell::Real(value) => value.to_string(),
        Cell::Text(text) => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mapping(consent: bool) -> Mapping {
        let matching = Matching { email: "mail".into(), id: Some("id".into()), prefer: Some("score".into()), ids: SharedIds::default() };
        let consent = consent.then(|| Consent::of("optin", None));
        let now = DateTime::UNIX_EPOCH;
        Mapping::new(&matching, &BTreeMap::new(), &BTreeMap::new(), consent.as_ref().map(|consent| (consent, now)))
    }

    fn one(cells: &[Cell<'_>]) -> RowBatch {
        let mut batch = RowBatch::new(cells.len());
        cells.iter().for_each(|c| batch.push(*c));
        batch
    }

    #[test]
    fn each_column_is_asked_for_once() {
        let matching = Matching { email: "a".into(), id: Some("a".into()), prefer: Some("b".into()), ids: SharedIds::default() };
        assert_eq!(Mapping::new(&matching, &BTreeMap::new(), &BTreeMap::new(), None).columns(), ["a", "b"]);
    }

    /// A row whose values are bad says no all the same.
    #[test]
    fn a_row_says_what_it_says_of_consent() {
        let consent = |cell| {
            let batch = one(&[Cell::Text("a@b.co"), Cell::Null, Cell::Null, cell]);
            let RowResult::Member { consent, .. } = mapping(true).row(&batch, 0, &mut Vec::new()) else { panic!("a member") };
            consent
        };
        assert_eq!(consent(Cell::Text("yes")), Given::UNASKED);
        assert_eq!(consent(Cell::Integer(0)), Given::No);
        assert_eq!(consent(Cell::Text("perhaps")), Given::Unknown("\"perhaps\"".into()));
    }

    #[test]
    fn preference_orders_nothing_then_numbers_then_texts() {
        let cells =
            [Cell::Null, Cell::Text("-5"), Cell::Integer(-1), Cell::Text("0"), Cell::Real(2.5), Cell::Text("10"), Cell::Text("2024-05-01")];
        let keys: Vec<Vec<u8>> = cells
            .iter()
            .map(|cell| {
                let mut out = Vec::new();
                mapping(false).prefer(&one(&[Cell::Null, Cell::Null, *cell]), 0, &mut out);
                out
            })
            .collect();
        assert!(keys.is_sorted(), "{keys:?}");
    }

    #[test]
    fn an_id_is_the_same_whatever_kind_of_cell_it_is_in() {
        let person = |id| match mapping(false).row(&one(&[Cell::Text("a@b.co"), id, Cell::Null]), 0, &mut Vec::new()) {
            RowResult::Member { person, .. } => person.unwrap(),
            other => panic!("{other:?}"),
        };
        for id in [Cell::Integer(3), Cell::Real(3.0), Cell::Text("3.0"), Cell::Text(" 3 ")] {
            assert_eq!(person(id), person(Cell::Text("3")), "{id:?}");
        }
        assert_ne!(person(Cell::Text("03")), person(Cell::Text("3")));
    }

    #[test]
    fn an_id_that_was_rounded_is_told() {
        let rounded = |id| mapping(false).rounded_id(&one(&[Cell::Null, id, Cell::Null]), 0);
        assert_eq!(rounded(Cell::Text("4.5E+11")).as_deref(), Some("4.5E+11"));
        assert_eq!(rounded(Cell::Real(1.2345678901234568e19)).as_deref(), Some("1.2345678901234567E19"));
        for exact in [Cell::Text("450"), Cell::Real(450.0), Cell::Integer(i64::MAX), Cell::Null] {
            assert_eq!(rounded(exact), None, "{exact:?}");
        }
    }

    #[test]
    fn rows_without_or_with_a_bad_address() {
        let row = |cell| mapping(false).row(&one(&[cell, Cell::Text("7"), Cell::Null]), 0, &mut Vec::new());
        assert_eq!(row(Cell::Text("  ")), RowResult::NotAddressable);
        for nothing in ["NULL", "null", "N/A", "#N/A", "\\N", " - "] {
            assert_eq!(row(Cell::Text(nothing)), RowResult::NotAddressable, "{nothing}");
        }
        assert!(matches!(row(Cell::Text("nobody")), RowResult::BadAddress { error: EmailError::NoAt, person: Some(_) }));
        assert!(matches!(row(Cell::Integer(5)), RowResult::BadAddress { .. }));
    }
}
