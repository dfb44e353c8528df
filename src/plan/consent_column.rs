//! What an export's consent column says, for those who review the plan (E13).

use super::words::{counted, grouped, plain};
use crate::member::ConsentNotes;
use serde::Serialize;
use std::cmp::Reverse;

/// Unknown values that a plan shows.
const SHOWN: usize = 5;

/// The consent column in one plan.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ConsentPlan {
    pub column: String,
    /// People whose rows say yes, and those whose rows do not: nobody is added for those.
    pub consented: u64,
    pub without: u64,
    /// Values that are neither a known yes nor a known no, the most frequent ones first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unknown: Vec<UnknownValue>,
    /// How many such values there are, as far as they were counted, and rows with one.
    pub unknown_values: u64,
    pub unknown_rows: u64,
    /// There are more values than were counted.
    pub unknown_uncounted: bool,
    /// Rows whose date of consent has a time and no zone.
    pub zoneless: u64,
    /// The column of dates of consent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// Rows whose date of consent cannot be read, or is in the future, and a few of those that cannot be read.
    pub undated: u64,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unread: Vec<String>,
    /// Members whose consent is withdrawn and who are on no list after the plan; of the rows, those counted under no consent.
    pub withdrawn: u64,
    /// Members whose consent is withdrawn and who stay.
    pub kept: u64,
}

/// A value as it may be shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct UnknownValue {
    pub value: String,
    pub rows: u64,
}

impl ConsentPlan {
    /// `None`: no consent is asked for.
    pub fn of(notes: &ConsentNotes, withdrawn: u64, kept: u64) -> Option<Self> {
        let mut unknown: Vec<_> = notes.unknown.iter().map(|(value, rows)| UnknownValue { value: value.clone(), rows: *rows }).collect();
        unknown.sort_by_key(|value| Reverse(value.rows));
        let unknown_values = unknown.len() as u64;
        (!notes.column.is_empty()).then(|| Self {
            column: notes.column.clone(),
            consented: notes.consented,
            without: notes.without,
            unknown,
            unknown_values,
            unknown_rows: notes.unknown_rows,
            unknown_uncounted: notes.has_more(),
            zoneless: notes.zoneless,
            at: notes.at.clone(),
            undated: notes.undated,
            unread: notes.unread.iter().cloned().collect(),
            withdrawn,
            kept,
        })
    }

    /// What a person should know of it, a line each.
    pub(super) fn lines(&self, container: &str) -> Vec<String> {
        let mut lines: Vec<String> = self.unknown_line().into_iter().collect();
        lines.extend(self.unread_line());
        if self.kept > 0 {
            let people = counted(self.kept, "member", "members");
            lines.push(format!("! {people} without consent: kept, and added to no further {container} (consent.withdrawn)"));
        }
        if self.zoneless > 0 {
            lines.push(format!("  {} of consent without a time zone: read as UTC", counted(self.zoneless, "date", "dates")));
        }
        lines
    }

    fn unread_line(&self) -> Option<String> {
        let at = self.at.as_deref()?;
        let example = self.unread.first()?;
        let dates = counted(self.undated, "row has no date of consent that can be read", "rows have no date of consent that can be read");
        let advice = crate::source::date_advice(at, &self.unread);
        Some(format!("! {}: {dates}, such as \"{}\": rejected; {}", plain(at), plain(example), plain(&advice)))
    }

    fn unknown_line(&self) -> Option<String> {
        let most = || self.unknown.iter().take(SHOWN);
        let shown: Vec<String> = most().map(|value| format!("{} {}", plain(&value.value), grouped(value.rows))).collect();
        let rows: u64 = most().map(|value| value.rows).sum();
        let rest = self.unknown_rows.saturating_sub(rows);
        let more = if rest > 0 { format!(", others {}", grouped(rest)) } else { String::new() };
        let least = if self.unknown_uncounted { "more than " } else { "" };
        let values = match self.unknown_values {
            1 => "1 value is".to_owned(),
            many => format!("{least}{} values are", grouped(many)),
        };
        (self.unknown_rows > 0).then(|| {
            format!(
                "! {}: {values} neither a known yes nor a known no: {}{more}; write them under consent.yes or consent.no",
                plain(&self.column),
                shown.join(", ")
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn notes(values: &[(&str, u64)]) -> ConsentNotes {
        let unknown: BTreeMap<_, _> = values.iter().map(|(value, rows)| ((*value).to_owned(), *rows)).collect();
        let unknown_rows = unknown.values().sum();
        ConsentNotes { column: "OptIn".into(), unknown, unknown_rows, ..ConsentNotes::default() }
    }

    #[test]
    fn unknown_values_come_with_their_counts_and_the_way_out() {
        let plan = ConsentPlan::of(&notes(&[("\"maybe\"", 12), ("\"x\"", 3)]), 0, 0).unwrap();
        assert_eq!(
            plan.lines("tag"),
            ["! OptIn: 2 values are neither a known yes nor a known no: \"maybe\" 12, \"x\" 3; write them under consent.yes or consent.no"]
        );
    }

    #[test]
    fn dates_that_cannot_be_read_come_with_one_of_them_and_the_way_out() {
        let unread = ["13.05.2024 10:00".to_owned()].into();
        let notes = ConsentNotes { at: Some("At".into()), undated: 2, unread, ..notes(&[]) };
        assert_eq!(
            ConsentPlan::of(&notes, 0, 0).unwrap().lines("tag"),
            [
                "! At: 2 rows have no date of consent that can be read, such as \"13.05.2024 10:00\": rejected; declare the column: columns: \
              {At: {type: datetime, format: \"%d.%m.%Y %H:%M\"}}"
            ]
        );
    }

    #[test]
    fn of_many_values_the_most_frequent_are_shown() {
        let many: Vec<(String, u64)> = (0..9).map(|n| (format!("v{n}"), n)).collect();
        let many: Vec<(&str, u64)> = many.iter().map(|(value, rows)| (value.as_str(), *rows)).collect();
        let plan = ConsentPlan::of(&notes(&many), 0, 0).unwrap();
        assert_eq!(plan.unknown.len(), 9, "JSON has all of them");
        let line = plan.lines("tag").remove(0);
        assert!(line.contains("9 values are neither a known yes nor a known no: v8 8, v7 7, v6 6, v5 5, v4 4, others 6; write"), "{line}");
    }

    #[test]
    fn without_a_column_nothing_is_said() {
        assert_eq!(ConsentPlan::of(&ConsentNotes::default(), 0, 0), None);
        let quiet = ConsentPlan::of(&notes(&[]), 0, 0).unwrap();
        assert!(quiet.lines("tag").is_empty());
    }
}
