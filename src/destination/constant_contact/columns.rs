//! An export's attributes as an import writes them: as columns of a CSV file, or as properties of JSON objects.
//!
//! CSV takes about half the bytes, since it does not repeat the names; JSON takes fields that a file has no column for. Whether a blank
//! cell of a file keeps or clears what the contact has is not documented, and a line of a file cannot leave a column out. So a file
//! holds no blank cell: an import with a row that has no value for one of the columns goes as JSON, where that row leaves it out.

use super::{
    super::{BatchRow, Error, RowSize},
    standard::{self, BIRTHDAY},
};
use crate::{definition::FieldType, member::Value};
use serde_json::{Map, Value as Json};
use std::borrow::Cow;

/// Custom fields that one contact may have.
const CUSTOM_MAX: usize = 25;
const EMAIL: &str = "email";
const CUSTOM: &str = "cf:";

/// The same for every batch of an export, so that a row's bytes are known before its batch is.
#[derive(Debug)]
pub(super) struct Columns {
    columns: Vec<Column>,
    /// All of them may be in a CSV file.
    pub in_csv: bool,
    /// Some of them are fields that the account made.
    pub any_custom: bool,
}

#[derive(Debug)]
struct Column {
    /// As definitions write it.
    tag: String,
    names: Names,
}

/// As an import writes it.
#[derive(Debug, PartialEq, Eq)]
enum Names {
    One(String),
    Birthday,
}

/// What the vendor makes of a custom field's label.
pub(super) fn custom_name(label: &str) -> String {
    label.replace(' ', "_")
}

impl Columns {
    pub(super) fn of<'a>(tags: impl Iterator<Item = &'a str>) -> Result<Self, Error> {
        let mut all = Self { columns: Vec::new(), in_csv: true, any_custom: false };
        for tag in tags {
            let standard = standard::of(tag);
            all.in_csv &= standard.as_ref().is_none_or(|field| field.in_csv);
            all.any_custom |= standard.is_none();
            let names = match standard {
                Some(field) if field.tag == BIRTHDAY => Names::Birthday,
                Some(field) => Names::One(field.name),
                None => Names::One(format!("{CUSTOM}{}", custom_name(tag))),
            };
            if let Some(other) = all.columns.iter().find(|column| column.names == names) {
                return Err(Error::stall(format!("the attributes {} and {tag} are one field at Constant Contact", other.tag))
                    .hint("remove one of them"));
            }
            all.columns.push(Column { tag: tag.to_owned(), names });
        }
        all.check()
    }

    fn check(self) -> Result<Self, Error> {
        let custom = self.columns.iter().filter(|column| matches!(&column.names, Names::One(name) if name.starts_with(CUSTOM))).count();
        if custom <= CUSTOM_MAX {
            return Ok(self);
        }
        Err(Error::stall(format!("{custom} attributes are custom fields, and a contact at Constant Contact has at most {CUSTOM_MAX}"))
            .hint("remove some of them"))
    }

    /// The first line of a CSV file.
    pub(super) fn headings(&self) -> String {
        let names = self.columns.iter().flat_map(|column| match &column.names {
            Names::One(name) => vec![name.as_str()],
            Names::Birthday => vec!["birthday_month", "birthday_day"],
        });
        line(std::iter::once(EMAIL).chain(names))
    }

    /// A row of a CSV file.
    pub(super) fn line(&self, row: &BatchRow) -> String {
        let mut cells = vec![Cow::Borrowed(row.email.as_str())];
        for column in &self.columns {
            let text = column.text(row);
            match column.names {
                Names::One(_) => cells.push(text.into()),
                Names::Birthday => cells.extend(month_and_day(text).map(Cow::Owned)),
            }
        }
        line(cells.iter().map(AsRef::as_ref))
    }

    /// A contact of a JSON import.
    pub(super) fn object(&self, row: &BatchRow) -> String {
        let mut object = Map::from_iter([(EMAIL.to_owned(), Json::from(row.email.as_str()))]);
        for column in &self.columns {
            match (&column.names, column.text(row)) {
                (_, "") => {}
                (Names::One(name), text) => drop(object.insert(name.clone(), text.into())),
                (Names::Birthday, text) => {
                    let numbers = month_and_day(text).map(|number| number.parse::<u8>().unwrap_or_default().into());
                    object.extend(["birthday_month".to_owned(), "birthday_day".to_owned()].into_iter().zip(numbers));
                }
            }
        }
        Json::Object(object).to_string()
    }

    /// Whether the row has a value for every column, as a file needs it.
    pub(super) fn fills(&self, row: &BatchRow) -> bool {
        self.columns.iter().all(|column| !column.text(row).is_empty())
    }

    /// Whether these rows go as a file.
    pub(super) fn take_file(&self, rows: &[&BatchRow]) -> bool {
        self.in_csv && rows.iter().all(|row| self.fills(row))
    }

    /// Bytes that a row takes in an import's body: shortly in a file, the long way in JSON, there at most.
    pub(super) fn size(&self, row: &BatchRow) -> RowSize {
        let long = self.object_bytes(row);
        let short = if self.in_csv { self.line(row).len() } else { long };
        RowSize { short, long, needs_long: !self.in_csv || !self.fills(row) }
    }

    /// Of an object and the comma behind it, at most.
    fn object_bytes(&self, row: &BatchRow) -> usize {
        let told = self.columns.iter().map(|column| match (&column.names, column.text(row)) {
            (_, "") => 0,
            (Names::One(name), text) => quoted(name) + quoted(text) + 2,
            (Names::Birthday, _) => "\"birthday_month\":12,\"birthday_day\":31,".len(),
        });
        "{},".len() + quoted(EMAIL) + 1 + quoted(row.email.as_str()) + told.sum::<usize>()
    }

    /// Whether a phone is mapped: imports take no international numbers.
    pub(super) fn any_phone(&self) -> bool {
        self.columns.iter().any(Column::is_phone)
    }

    /// Whether the row carries a phone number that says it is of another country than the vendor's.
    pub(super) fn is_abroad(&self, row: &BatchRow) -> bool {
        self.columns.iter().filter(|column| column.is_phone()).any(|column| is_international(column.text(row)))
    }
}

/// With a country's code that is not 1.
fn is_international(phone: &str) -> bool {
    let digits: String = phone.chars().filter(|c| c.is_ascii_digit() || *c == '+').collect();
    let country = digits.strip_prefix('+').or_else(|| digits.strip_prefix("00"));
    country.is_some_and(|country| !country.starts_with('1'))
}

/// Bytes of a text in JSON.
fn quoted(text: &str) -> usize {
    let bytes = |byte: u8| match byte {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 0x08 | 0x0c => 2,
        0..0x20 => 6,
        _ => 1,
    };
    2 + text.bytes().map(bytes).sum::<usize>()
}

impl Column {
    fn is_phone(&self) -> bool {
        standard::of(&self.tag).is_some_and(|field| field.field_type == FieldType::Phone)
    }

    /// Blank where the row says nothing of it.
    fn text<'a>(&self, row: &'a BatchRow) -> &'a str {
        match row.attributes.iter().find(|(tag, _)| *tag == self.tag) {
            Some((_, Value::Text(text) | Value::Number(text))) => text,
            _ => "",
        }
    }
}

/// `MM/DD` in two, without leading zeros; two blanks for none.
fn month_and_day(text: &str) -> [String; 2] {
    let (month, day) = text.split_once('/').unwrap_or_default();
    [month, day].map(|part| part.trim_start_matches('0').to_owned())
}

fn line<'a>(cells: impl Iterator<Item = &'a str>) -> String {
    let mut line = String::new();
    for (at, cell) in cells.enumerate() {
        if at > 0 {
            line.push(',');
        }
        push(&mut line, cell);
    }
    line.push('\n');
    line
}

/// Quoted where a reader would take it apart, or trim it.
fn push(line: &mut String, cell: &str) {
    if !cell.contains(['"', ',', '\n', '\r']) {
        line.push_str(cell);
        return;
    }
    line.push('"');
    for (at, part) in cell.split('"').enumerate() {
        if at > 0 {
            line.push_str("\"\"");
        }
        line.push_str(part);
    }
    line.push('"');
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        destination::constant_contact::tests::{row, with},
        member::Value,
    };
    use proptest::prelude::*;
    use rstest::rstest;

    fn columns(tags: &[&str]) -> Result<Columns, Error> {
        Columns::of(tags.iter().copied())
    }

    #[test]
    fn a_file_has_a_column_for_each_attribute_and_blanks_where_nothing_is_told() {
        let columns = columns(&["Favourite fruit", "birthday", "first_name"]).unwrap();
        let told =
            with(row("a@example.com"), &[("birthday", Value::Text("04/09".into())), ("first_name", Value::Text("O\"Hara, A".into()))]);
        assert_eq!(columns.headings(), "email,cf:Favourite_fruit,birthday_month,birthday_day,first_name\n");
        assert_eq!(columns.line(&told), "a@example.com,,4,9,\"O\"\"Hara, A\"\n");
        assert_eq!(columns.line(&row("b@example.com")), "b@example.com,,,,\n");
    }

    #[test]
    fn an_object_has_only_what_is_told() {
        let columns = columns(&["birthday", "home_country", "points"]).unwrap();
        let told = [("birthday", "04/09"), ("home_country", "FR")].map(|(tag, text)| (tag, Value::Text(text.into())));
        let told = with(with(row("a@example.com"), &told), &[("points", Value::Number("7.5".into()))]);
        let object = r#"{"birthday_day":9,"birthday_month":4,"cf:points":"7.5","email":"a@example.com","home country":"FR"}"#;
        assert_eq!(columns.object(&told), object);
        assert_eq!(columns.object(&row("b@example.com")), r#"{"email":"b@example.com"}"#);
    }

    #[rstest]
    #[case(&["first_name", "phone", "city", "anything"], true, true)]
    #[case(&["first_name", "work_phone"], false, false)]
    #[case(&["home_city"], false, false)]
    fn files_where_all_columns_may_be_in_one(#[case] tags: &[&str], #[case] in_csv: bool, #[case] any_custom: bool) {
        let columns = columns(tags).unwrap();
        assert_eq!((columns.in_csv, columns.any_custom), (in_csv, any_custom));
    }

    #[test]
    fn one_field_twice_and_too_many_custom_fields_are_refused() {
        let error = columns(&["Favourite fruit", "Favourite_fruit"]).unwrap_err();
        assert_eq!(error.message, "the attributes Favourite fruit and Favourite_fruit are one field at Constant Contact");
        let tags: Vec<String> = (0..26).map(|n| format!("c{n}")).collect();
        assert!(Columns::of(tags.iter().map(String::as_str)).unwrap_err().message.starts_with("26 attributes are custom fields"));
        assert!(Columns::of(tags.iter().take(25).map(String::as_str)).is_ok());
    }

    fn texts_of(row: &BatchRow) -> impl Iterator<Item = &str> {
        row.attributes.iter().map(|(_, value)| if let Value::Text(text) = value { text.as_str() } else { "" })
    }

    #[rstest]
    #[case("+31 6 1234", true)]
    #[case("0031612345678", true)]
    #[case("+1 555 0100", false)]
    #[case("(555) 010-0100", false)]
    #[case("", false)]
    fn numbers_of_other_countries(#[case] phone: &str, #[case] expected: bool) {
        let columns = columns(&["first_name", "phone"]).unwrap();
        let told = with(row("a@example.com"), &[("phone", Value::Text(phone.into())), ("first_name", Value::Text("+31".into()))]);
        assert_eq!((columns.any_phone(), columns.is_abroad(&told)), (true, expected));
    }

    #[test]
    fn a_file_holds_no_blank_cell() {
        let columns = columns(&["first_name", "birthday"]).unwrap();
        let whole = with(row("a@example.com"), &[("first_name", Value::Text("A".into())), ("birthday", Value::Text("04/09".into()))]);
        let half = with(row("b@example.com"), &[("first_name", Value::Text("B".into())), ("birthday", Value::Empty)]);
        assert!(columns.take_file(&[&whole]) && !columns.take_file(&[&whole, &half]));
        assert!(columns.size(&whole).long > columns.object(&whole).len() && columns.size(&half).needs_long);
    }

    proptest! {
        /// What another program reads is what was written, and the bytes counted are the bytes sent.
        #[test]
        fn files_are_read_back_as_written(texts in proptest::collection::vec(proptest::collection::vec("[ -~é\"\n\r,]{0,12}", 2), 1..8)) {
            let columns = columns(&["first_name", "fruit"]).unwrap();
            let rows: Vec<_> = texts.iter().map(|texts| {
                with(row("a@example.com"), &[("first_name", Value::Text(texts[0].clone())), ("fruit", Value::Text(texts[1].clone()))])
            }).collect();
            let file = columns.headings() + &rows.iter().map(|row| columns.line(row)).collect::<String>();
            prop_assert_eq!(columns.headings().len() + rows.iter().map(|row| columns.size(row).short).sum::<usize>(), file.len());
            for row in &rows {
                let (object, size) = (columns.object(row), columns.size(row));
                prop_assert_eq!((object.len() + 1, size.needs_long), (size.long, texts_of(row).any(str::is_empty)));
            }
            let mut reader = csv::Reader::from_reader(file.as_bytes());
            let read: Vec<Vec<String>> = reader.records().map(|r| r.unwrap().iter().skip(1).map(str::to_owned).collect()).collect();
            prop_assert_eq!(read, texts);
        }
    }
}
