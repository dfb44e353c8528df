//! Whether a row is evidence of consent, and what a reading met in its consent column (E13).

use super::{ValueError, text_of, value};
use crate::{
    definition::{Consent, ConsentWords, Evidence, consent_word},
    source::{Cell, date_advice},
};
use chrono::{DateTime, Datelike, Duration, NaiveDate, Utc};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Nobody consented to mail before: earlier dates are what databases write for nothing (1900-01-01, 1970-01-01).
const FIRST_YEAR: i32 = 1995;
/// Clocks of other zones are ahead of ours by less.
const AHEAD: Duration = Duration::hours(24);
/// Unknown values that are counted one by one; of more, the first by their text.
const VALUES: usize = 200;
/// Dates that cannot be read, of which as many are kept, and characters of each.
const EXAMPLES: usize = 3;
const EXAMPLE: usize = 40;

/// Where an export's consent stands in a row, and how it is understood.
#[derive(Clone, Debug)]
pub struct ConsentColumns {
    pub column: usize,
    /// The column that says when, and its name.
    pub at: Option<(usize, String)>,
    words: ConsentWords,
    now: DateTime<Utc>,
}

/// What a row says of consent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    Yes {
        /// When, RFC 3339; where the definition names a column for it.
        at: Option<String>,
        /// That was written without a zone.
        zoneless: bool,
    },
    No,
    /// Neither a known yes nor a known no; the value as it may be shown.
    Unknown(String),
    /// Yes; but when cannot be read.
    Undated {
        error: ValueError,
        /// The date as it may be shown, where it is in a form that cannot be read.
        unread: Option<String>,
    },
}

impl Given {
    /// Where nothing is asked of consent.
    pub const UNASKED: Self = Self::Yes { at: None, zoneless: false };

    /// Whether a person may be added for this row.
    pub fn is_consent(&self) -> bool {
        matches!(self, Self::Yes { .. } | Self::Undated { .. })
    }
}

/// What a reading met in the consent column.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConsentNotes {
    /// The column's name; empty: no consent is asked for.
    pub column: String,
    /// People whose rows say yes, and those whose rows do not.
    pub consented: u64,
    pub without: u64,
    /// Values that are neither a known yes nor a known no, with how many rows have each.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub unknown: BTreeMap<String, u64>,
    /// Rows with one of those, and with others that are not among them.
    pub unknown_rows: u64,
    /// Rows whose date has a time and no zone: read as UTC.
    pub zoneless: u64,
    /// The column of dates, rows whose date cannot be taken, and a few such dates: the first by their text.
    pub at: Option<String>,
    pub undated: u64,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    pub unread: BTreeSet<String>,
}

impl ConsentColumns {
    /// `at` gives a column's place; `now` is when the rows are read.
    pub fn new(consent: &Consent, now: DateTime<Utc>, mut at: impl FnMut(&String) -> usize) -> Self {
        let column = at(&consent.column);
        let dated = consent.at.as_ref().map(|name| (at(name), name.clone()));
        Self { column, at: dated, words: consent.words.clone(), now }
    }

    /// What two cells say: the answer, and when it was given.
    pub fn given(&self, answer: Cell<'_>, at: Option<Cell<'_>>) -> Given {
        let text = text_of(answer);
        match self.evidence(&text) {
            Evidence::No => Given::No,
            Evidence::Unknown => Given::Unknown(value::shown(text.trim())),
            Evidence::Yes => at.map_or(Given::UNASKED, |at| self.dated(&text_of(at))),
        }
    }

    fn evidence(&self, text: &str) -> Evidence {
        match self.words.evidence(&consent_word(text)) {
            Evidence::Unknown if self.words.dates_say_yes() => self.date(text.trim()),
            known => known,
        }
    }

    /// A date in the past says yes. Numbers without separators may be anything.
    fn date(&self, text: &str) -> Evidence {
        if is_zero(text) {
            return Evidence::No;
        }
        let days: Vec<DateTime<Utc>> = match value::timestamp::read(text) {
            Some(read) => vec![read.at],
            None => either_way(text),
        };
        match (days.is_empty(), days.iter().all(|at| at.year() < FIRST_YEAR)) {
            (true, _) => Evidence::Unknown,
            (false, true) => Evidence::No,
            (false, false) if days.iter().all(|at| self.is_past(*at)) => Evidence::Yes,
            (false, false) => Evidence::Unknown,
        }
    }

    fn is_past(&self, at: DateTime<Utc>) -> bool {
        at.year() >= FIRST_YEAR && at <= self.now + AHEAD
    }

    /// A yes whose date is to be known. A date of nothing is none, and then there is no evidence.
    fn dated(&self, text: &str) -> Given {
        let text = text.trim();
        if is_zero(text) || ConsentWords::default().evidence(&consent_word(text)) == Evidence::No {
            return Given::No;
        }
        match value::timestamp::read_counted(text) {
            None => self.unread(text),
            Some(read) if read.at.year() < FIRST_YEAR => Given::No,
            // A clock without a zone may be ahead of UTC.
            Some(read) if read.at > self.now && (read.zoned || read.at > self.now + AHEAD) => self.undated(text, "is in the future"),
            Some(read) => Given::Yes { at: Some(value::rfc3339(read.at.min(self.now))), zoneless: !read.zoned },
        }
    }

    fn undated(&self, text: &str, why: &str) -> Given {
        let column = self.at.as_ref().map_or("", |(_, name)| name.as_str());
        let error = ValueError(format!("the date of consent in {column}: {} {why}", value::shown(text)));
        Given::Undated { error, unread: None }
    }

    fn unread(&self, text: &str) -> Given {
        let column = self.at.as_ref().map_or("", |(_, name)| name.as_str());
        let cell = value::shown(text);
        let advice = date_advice(column, &[text.to_owned()]);
        let error = ValueError(format!(
            "the date of consent in {column}: {cell} is not a moment: write it YYYY-MM-DDTHH:MM:SSZ, or as a date YYYY-MM-DD; or {advice}"
        ));
        Given::Undated { error, unread: Some(text.chars().take(EXAMPLE).collect()).filter(|_| !cell.contains("an @ in it")) }
    }
}

/// `0000-00-00`, and what else is made of nothing but zeros.
fn is_zero(text: &str) -> bool {
    text.starts_with("0000-00-00") || (text.contains('0') && text.bytes().all(|b| matches!(b, b'0' | b'-' | b'/' | b'.' | b':' | b' ')))
}

/// `01/05/2024`, `1.5.2024 10:00`: a date whichever number is the month; all readings.
fn either_way(text: &str) -> Vec<DateTime<Utc>> {
    let day = text.split([' ', 'T']).next().unwrap_or_default();
    let parts: Vec<&str> = day.split(['/', '.', '-']).collect();
    let [one, other, year] = parts[..] else { return Vec::new() };
    let number = |part: &str, digits: std::ops::RangeInclusive<usize>| {
        (digits.contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit())).then(|| part.parse::<u32>().ok()).flatten()
    };
    let (Some(one), Some(other), Some(year)) = (number(one, 1..=2), number(other, 1..=2), number(year, 4..=4)) else { return Vec::new() };
    let of = |month, day| NaiveDate::from_ymd_opt(i32::try_from(year).ok()?, month, day);
    [of(one, other), of(other, one)].into_iter().flatten().map(|day| day.and_time(chrono::NaiveTime::MIN).and_utc()).collect()
}

impl ConsentNotes {
    /// One more row.
    pub fn note(&mut self, given: &Given) {
        match given {
            Given::Unknown(value) => {
                self.unknown_rows += 1;
                *self.unknown.entry(value.clone()).or_default() += 1;
                if self.unknown.len() > VALUES {
                    self.unknown.pop_last();
                }
            }
            Given::Yes { zoneless, .. } => self.zoneless += u64::from(*zoneless),
            Given::Undated { unread, .. } => {
                self.undated += 1;
                self.unread.extend(unread.clone());
                if self.unread.len() > EXAMPLES {
                    self.unread.pop_last();
                }
            }
            Given::No => {}
        }
    }

    /// Whether there are more unknown values than those that were counted.
    pub fn has_more(&self) -> bool {
        self.unknown.values().sum::<u64>() < self.unknown_rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn columns(at: bool) -> ConsentColumns {
        let consent = Consent::of("OptIn", at.then(|| "At".to_owned()));
        ConsentColumns::new(&consent, "2026-11-22T10:00:00Z".parse().unwrap(), |name| usize::from(name == "At"))
    }

    fn says(cell: Cell<'_>) -> Evidence {
        match columns(false).given(cell, None) {
            Given::Yes { .. } => Evidence::Yes,
            Given::No => Evidence::No,
            Given::Unknown(_) => Evidence::Unknown,
            Given::Undated { error, .. } => panic!("{error}"),
        }
    }

    #[rstest]
    // Truth values and numbers of NDJSON, Parquet and databases.
    #[case(Cell::Integer(1), Evidence::Yes)]
    #[case(Cell::Integer(0), Evidence::No)]
    #[case(Cell::Integer(2), Evidence::Unknown)]
    #[case(Cell::Integer(-1), Evidence::Unknown)]
    #[case(Cell::Real(1.0), Evidence::Yes)]
    #[case(Cell::Real(0.0), Evidence::No)]
    #[case(Cell::Real(-0.0), Evidence::No)]
    #[case(Cell::Real(0.5), Evidence::Unknown)]
    #[case(Cell::Real(f64::NAN), Evidence::No)]
    #[case(Cell::Null, Evidence::No)]
    #[case(Cell::Text(" YES "), Evidence::Yes)]
    #[case(Cell::Text("nein"), Evidence::No)]
    #[case(Cell::Text("maybe"), Evidence::Unknown)]
    // Dates.
    #[case(Cell::Text("2024-05-01"), Evidence::Yes)]
    #[case(Cell::Text("2024-05-01 10:00:00+02"), Evidence::Yes)]
    #[case(Cell::Text("01.05.2024"), Evidence::Yes)]
    #[case(Cell::Text("5/31/2024 10:00"), Evidence::Yes)]
    #[case(Cell::Text("0000-00-00 00:00:00"), Evidence::No)]
    #[case(Cell::Text("1970-01-01T00:00:00Z"), Evidence::No)]
    #[case(Cell::Text("1900-01-01"), Evidence::No)]
    #[case(Cell::Text("0001-01-01 00:00:00"), Evidence::No)]
    #[case(Cell::Text("30.12.1899"), Evidence::No)]
    #[case(Cell::Text("00/00/0000"), Evidence::No)]
    #[case(Cell::Text("9999-12-31"), Evidence::Unknown)]
    #[case(Cell::Text("2026-11-24"), Evidence::Unknown)]
    #[case(Cell::Text("11/12/2026"), Evidence::Unknown)]
    #[case(Cell::Text("2026-11-23"), Evidence::Yes)]
    #[case(Cell::Text("31.02.2024"), Evidence::Unknown)]
    // A number may be a customer's.
    #[case(Cell::Text("20240501"), Evidence::Unknown)]
    #[case(Cell::Integer(1_714_557_600), Evidence::Unknown)]
    fn a_cell_says_yes_or_no_or_nothing_known(#[case] cell: Cell<'_>, #[case] expected: Evidence) {
        assert_eq!(says(cell), expected);
    }

    #[rstest]
    #[case("2024-05-01 10:00:00+02", Some("2024-05-01T08:00:00Z"), false)]
    #[case("2024-05-01 10:00:00", Some("2024-05-01T10:00:00Z"), true)]
    #[case("1714557600", Some("2024-05-01T10:00:00Z"), false)]
    // A local clock that is ahead of UTC.
    #[case("2026-11-22 12:00:00", Some("2026-11-22T10:00:00Z"), true)]
    #[case("", None, false)]
    #[case("NULL", None, false)]
    #[case("0", None, false)]
    #[case("1900-01-01", None, false)]
    fn a_date_of_consent(#[case] at: &str, #[case] expected: Option<&str>, #[case] zoneless: bool) {
        let expected = expected.map_or(Given::No, |at| Given::Yes { at: Some(at.to_owned()), zoneless });
        assert_eq!(columns(true).given(Cell::Text("yes"), Some(Cell::Text(at))), expected);
    }

    #[rstest]
    #[case("28/02/2024", "the date of consent in At: \"28/02/2024\" is not a moment")]
    #[case("13.05.2024 10:00", "columns: {At: {type: datetime, format: \"%d.%m.%Y %H:%M\"}}")]
    #[case("2026-11-22T12:00:00Z", "is in the future")]
    #[case("2027-01-01", "is in the future")]
    #[case("a@b.co", "a value with an @ in it is not a moment")]
    fn a_date_of_consent_that_cannot_be(#[case] at: &str, #[case] expected: &str) {
        let Given::Undated { error, .. } = columns(true).given(Cell::Text("yes"), Some(Cell::Text(at))) else { panic!("undated") };
        assert!(error.to_string().contains(expected), "{error}");
        // Who says no needs no date.
        assert_eq!(columns(true).given(Cell::Text("no"), Some(Cell::Text(at))), Given::No);
    }

    #[test]
    fn unknown_values_are_counted_and_never_show_an_address() {
        let mut notes = ConsentNotes::default();
        for text in ["bestätigt", " bestätigt ", "Bestätigt", "x", "ana@x.com", "bo@x.com"] {
            notes.note(&columns(false).given(Cell::Text(text), None));
        }
        let counts: Vec<_> = notes.unknown.iter().map(|(value, rows)| (value.as_str(), *rows)).collect();
        assert_eq!(counts, [("\"Bestätigt\"", 1), ("\"bestätigt\"", 2), ("\"x\"", 1), ("a value with an @ in it", 2)]);
        assert_eq!((notes.unknown_rows, notes.has_more()), (6, false));
    }

    #[test]
    fn of_very_many_values_the_same_are_counted_in_any_order() {
        let noted = |order: &mut dyn Iterator<Item = usize>| {
            let mut notes = ConsentNotes::default();
            order.for_each(|n| notes.note(&Given::Unknown(format!("{:05}", n % 500))));
            notes
        };
        let (one, other) = (noted(&mut (0..2_000)), noted(&mut (0..2_000).rev()));
        assert_eq!(one, other);
        assert_eq!((one.unknown.len(), one.unknown.values().sum::<u64>(), one.unknown_rows), (VALUES, 800, 2_000));
        assert!(one.has_more());
    }
}
