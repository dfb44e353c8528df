//! What a column of a file is declared to hold.

use chrono::{
    NaiveDate, NaiveDateTime,
    format::{Item, StrftimeItems},
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// As people write it in `type:`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum ColumnWord {
    Text,
    Integer,
    Decimal,
    Date,
    Datetime,
    Boolean,
}

/// A declared column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum ColumnType {
    Text,
    /// With groups of three digits, where a decimal sign is declared.
    Integer {
        decimal: Option<char>,
    },
    /// `None`: a point, and no groups.
    Decimal {
        decimal: Option<char>,
    },
    /// `None`: ISO 8601.
    Date {
        format: Option<String>,
    },
    Datetime {
        format: Option<String>,
    },
    Boolean,
}

impl ColumnType {
    /// Several, as messages say it: `cells are not …`.
    pub fn words(&self) -> String {
        match self {
            Self::Text => "texts".to_owned(),
            Self::Integer { .. } => "whole numbers".to_owned(),
            Self::Decimal { decimal: Some(sign) } => format!("decimals with \"{sign}\""),
            Self::Decimal { decimal: None } => "decimals".to_owned(),
            Self::Date { format } => format!("dates like {}", format.as_deref().unwrap_or("%Y-%m-%d")),
            Self::Datetime { format } => format!("times like {}", format.as_deref().unwrap_or("%Y-%m-%d %H:%M:%S")),
            Self::Boolean => "true or false".to_owned(),
        }
    }
}

/// Why a format is none of a date, or of a date and a time.
pub fn bad_format(format: &str, time: bool) -> Option<&'static str> {
    if StrftimeItems::new(format).any(|item| matches!(item, Item::Error)) {
        return Some("a part of it is unknown");
    }
    // It is a day.
    let moment = NaiveDate::from_ymd_opt(2024, 11, 23)?.and_hms_opt(21, 43, 57)?;
    let written = moment.and_utc().format(format).to_string();
    let read = NaiveDate::parse_from_str(&written, format).ok();
    let yearless = NaiveDate::parse_from_str(&format!("2024 {written}"), &format!("%Y {format}")).ok();
    match time {
        // A birthday may be without its year.
        false if read.or(yearless) == Some(moment.date()) => None,
        false => Some("it does not tell day, month and year"),
        _ if read != Some(moment.date()) => Some("it does not tell day, month and year"),
        true if NaiveDateTime::parse_from_str(&written, format).is_err() => Some("it does not tell hour and minute"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("%d/%m/%Y", false, true)]
    #[case("%d.%m.%y", false, true)]
    #[case("%e %B %Y", false, true)]
    #[case("%d/%m", false, true)]
    #[case("%m", false, false)]
    #[case("%d/%m %H:%M", true, false)]
    #[case("%d/%m/%Q", false, false)]
    #[case("DD/MM/YYYY", false, false)]
    #[case("%d/%m/%Y %H:%M", true, true)]
    #[case("%Y-%m-%dT%H:%M:%S%z", true, true)]
    #[case("%d/%m/%Y", true, false)]
    fn a_format_must_tell_all_of_it(#[case] format: &str, #[case] time: bool, #[case] good: bool) {
        assert_eq!(bad_format(format, time).is_none(), good, "{format}");
    }
}
