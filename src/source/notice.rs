//! What a reading met that a person should know, and that did not end it.

use super::advice;
use crate::definition::{Name, is_invisible};
use serde::{Deserialize, Serialize};
use std::{borrow::Cow, cmp::Ordering};

/// Examples kept of each.
const EXAMPLES: usize = 3;
/// Of one reading.
const MOST: usize = 1_000;
/// Characters of an example.
const LONGEST: usize = 40;

/// One thing that is odd, wherever it was met and however often.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Notice {
    /// The segment whose query met it; `None`: it is in the source, whichever query reads it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub segment: Option<Name>,
    /// The column, file or table that it is in.
    pub subject: String,
    pub what: Oddity,
    /// Cells or rows; of a query those that it looked at.
    pub count: u64,
    /// The first distinct values, as [`Examples`] keeps them.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub examples: Vec<String>,
}

/// What is odd.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Oddity {
    /// A cell that is no number, where a query asks for one.
    NotANumber(Read),
    /// A cell that is no ISO date, where a query asks for one.
    NotADate(Read),
    /// A cell that is not what its column is declared to hold.
    NotAsDeclared(String),
    /// Half of a character, such as a part of an emoji.
    HalfCharacter,
    /// A file without a column that others of its table have.
    NoColumn,
    /// A first line `sep=;` of Excel's.
    SeparatorLine,
    /// A column's name with a character around it that nobody sees, by its code point.
    NameTrimmed(String),
    /// A cell with blanks around its quotes.
    BlanksAroundQuotes,
    /// A file without a line end at its end, of a table that is no longer checked for that.
    NoLineEnd,
    /// A file whose encoding was found out, by the encoding's name.
    ReadAs(String),
}

/// Where a query read something odd.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Read {
    /// In a column of a file, where `points` says that it has numbers with a decimal point.
    Column { points: bool },
    /// In what the query makes of its columns.
    Expression,
}

impl Notice {
    fn key(&self) -> (&Option<Name>, &str, &Oddity) {
        (&self.segment, &self.subject, &self.what)
    }

    /// How many of what, and their examples: `3 cells are not numbers ("n/a", "12,50", …)`.
    fn counted(&self, count: &str) -> String {
        let words = self.what.words(self.count == 1);
        let quoted = self.examples.iter().map(|example| format!("\"{example}\"")).collect::<Vec<_>>();
        let more = if self.examples.len() == EXAMPLES && self.count > EXAMPLES as u64 { ", …" } else { "" };
        if quoted.is_empty() { format!("{count} {words}") } else { format!("{count} {words} ({}{more})", quoted.join(", ")) }
    }

    /// What follows, and what to do.
    fn advice(&self) -> String {
        match self.what {
            Oddity::NotANumber(Read::Column { points }) => {
                format!("no comparison with a number holds for them; {}", advice::of_numbers(&self.subject, &self.examples, points))
            }
            Oddity::NotANumber(Read::Expression) => {
                "no comparison with a number holds for them; see what the query makes of them".to_owned()
            }
            Oddity::NotADate(Read::Column { .. }) => {
                format!("no comparison with a date holds for them; {}", advice::of_dates(&self.subject, &self.examples))
            }
            Oddity::NotADate(Read::Expression) => {
                "no comparison with a date holds for them; let the query make ISO dates of them, YYYY-MM-DD".to_owned()
            }
            Oddity::NotAsDeclared(_) => "read as empty; correct them, or the declaration under `columns`".to_owned(),
            Oddity::HalfCharacter => "each is U+FFFD: the program that wrote them cut a character in two".to_owned(),
            Oddity::NoColumn => "it is empty there".to_owned(),
            Oddity::SeparatorLine => "it is taken for the delimiter, as Excel takes it, and not for the header".to_owned(),
            Oddity::NameTrimmed(_) => "it is invisible, and not a part of the name".to_owned(),
            Oddity::BlanksAroundQuotes => "they are not a part of the cell".to_owned(),
            Oddity::NoLineEnd => "that was approved, so a cut at the end would not be noticed".to_owned(),
            Oddity::ReadAs(_) => "by what the bytes look like (`encoding: detect`)".to_owned(),
        }
    }
}

impl Oddity {
    /// Whether a query could not tell, so that a person may be in a segment who is not, or out of it.
    pub fn is_unknown_comparison(&self) -> bool {
        matches!(self, Self::NotANumber(_) | Self::NotADate(_))
    }

    /// What cells are, for people: one, or several.
    pub fn words(&self, one: bool) -> Cow<'static, str> {
        match (self, one) {
            (Self::NotAsDeclared(kind), true) => format!("cell is not one of {kind}").into(),
            (Self::NotAsDeclared(kind), false) => format!("cells are not {kind}").into(),
            (Self::NotADate(_), true) => "cell is not an ISO date".into(),
            (Self::NotADate(_), false) => "cells are not ISO dates".into(),
            (Self::NotANumber(_), true) => "cell is not a number".into(),
            (Self::NotANumber(_), false) => "cells are not numbers".into(),
            (Self::HalfCharacter, true) => "half character".into(),
            (Self::HalfCharacter, false) => "half characters".into(),
            (Self::NoColumn, true) => "file does not have this column".into(),
            (Self::NoColumn, false) => "files do not have this column".into(),
            (Self::SeparatorLine, true) => "file has a first line that says its separator (sep=)".into(),
            (Self::SeparatorLine, false) => "files have a first line that says their separator (sep=)".into(),
            (Self::NameTrimmed(code), true) => format!("name of a column has {code} around it").into(),
            (Self::NameTrimmed(code), false) => format!("names of columns have {code} around them").into(),
            (Self::BlanksAroundQuotes, true) => "cell has blanks around its quotes".into(),
            (Self::BlanksAroundQuotes, false) => "cells have blanks around their quotes".into(),
            (Self::NoLineEnd, true) => "file ends without a line end".into(),
            (Self::NoLineEnd, false) => "files end without a line end".into(),
            (Self::ReadAs(encoding), true) => format!("file is read as {encoding}").into(),
            (Self::ReadAs(encoding), false) => format!("files are read as {encoding}").into(),
        }
    }

    /// The same where a stranger's process said it.
    fn checked(self) -> Self {
        match self {
            Self::ReadAs(encoding) => Self::ReadAs(shown(&encoding)),
            Self::NotAsDeclared(kind) => Self::NotAsDeclared(shown(&kind)),
            Self::NameTrimmed(code) => Self::NameTrimmed(shown(&code)),
            Self::SeparatorLine | Self::BlanksAroundQuotes => self,
            Self::NotANumber(_) | Self::NotADate(_) | Self::HalfCharacter | Self::NoColumn | Self::NoLineEnd => self,
        }
    }
}

impl Notice {
    /// All of it as one line, with its count written as `count`.
    pub fn text(&self, count: &str) -> String {
        let segment = self.segment.as_ref().map(|segment| format!("segment {segment}: ")).unwrap_or_default();
        format!("{segment}{}: {}: {}", self.subject, self.counted(count), self.advice())
    }
}

/// Notices in order, each subject once.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Notices(Vec<Notice>);

impl Notices {
    /// Keeps it, or of two readings of the same the one that met more: a table that is read for several segments has its odd cells once.
    pub fn add(&mut self, notice: Notice) {
        match self.0.binary_search_by(|known| known.key().cmp(&notice.key())) {
            Ok(at) if self.0[at].count.cmp(&notice.count) == Ordering::Less => self.0[at] = notice,
            Ok(_) => {}
            Err(at) => self.0.insert(at, notice),
        }
    }

    pub fn extend(&mut self, more: Self) {
        more.0.into_iter().for_each(|notice| self.add(notice));
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = &Notice> {
        self.0.iter()
    }

    /// The same where a stranger's process gave them: few, short, harmless.
    #[must_use]
    pub fn checked(self) -> Self {
        let mut checked = Self::default();
        for notice in self.0.into_iter().take(MOST) {
            let mut examples = Examples::default();
            notice.examples.iter().for_each(|example| examples.add(example));
            let (subject, what) = (shown(&notice.subject), notice.what.checked());
            checked.add(Notice { subject, what, examples: examples.into_inner(), ..notice });
        }
        checked
    }

    /// The same, without values of rows.
    pub fn clear_examples(&mut self) {
        self.0.iter_mut().for_each(|notice| notice.examples.clear());
    }
}

/// The first distinct values of something odd: short, without addresses, harmless on a terminal.
#[derive(Clone, Debug, Default)]
pub struct Examples(Vec<String>);

impl Examples {
    #[inline]
    pub fn add(&mut self, value: &str) {
        if self.0.len() < EXAMPLES {
            let shown = shown(value);
            if !self.0.contains(&shown) {
                self.0.push(shown);
            }
        }
    }

    pub fn into_inner(self) -> Vec<String> {
        self.0
    }
}

/// A value as people see it.
fn shown(value: &str) -> String {
    if value.contains(['@', '\u{ff20}', '\u{fe6b}']) || value.contains("%40") {
        return "…@…".to_owned();
    }
    let harmless = |c: char| if c.is_control() || is_invisible(c) { '\u{fffd}' } else { c };
    let mut shown = value.chars().take(LONGEST).map(harmless).collect::<String>();
    if value.chars().nth(LONGEST).is_some() {
        shown.push('…');
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    fn notice(segment: Option<&str>, subject: &str, count: u64) -> Notice {
        let segment = segment.map(|name| Name::new(name).unwrap());
        Notice {
            segment,
            subject: subject.into(),
            what: Oddity::NotANumber(Read::Column { points: false }),
            count,
            examples: vec!["n/a".into()],
        }
    }

    #[test]
    fn of_two_readings_of_the_same_the_greater_count_stays() {
        let mut notices = Notices::default();
        [notice(Some("b"), "Spent", 2), notice(None, "Age", 1), notice(Some("b"), "Spent", 3), notice(Some("a"), "Spent", 1)]
            .into_iter()
            .for_each(|notice| notices.add(notice));
        let counts: Vec<_> = notices.iter().map(|notice| (notice.subject.as_str(), notice.count)).collect();
        assert_eq!(counts, [("Age", 1), ("Spent", 1), ("Spent", 3)]);
    }

    #[test]
    fn attack_examples_hide_addresses_and_move_no_cursor() {
        let mut examples = Examples::default();
        ["a@x.test", "b@x.test", "red\u{1b}[31m", &"x".repeat(50), "later"].into_iter().for_each(|value| examples.add(value));
        assert_eq!(examples.into_inner(), ["…@…".to_owned(), "red\u{fffd}[31m".to_owned(), "x".repeat(40) + "…"]);
    }
}
