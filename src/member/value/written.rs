//! Dates as people write them: `28/02`, `9.6.1980`, `12/25/1980 08:00`. Which number is the day is a matter of the column, never of
//! one cell.

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use std::fmt;

/// Which number comes first in a date that does not begin with its year.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DayOrder {
    DayFirst,
    /// Also the form of a birthday that is canonical.
    #[default]
    MonthFirst,
}

impl DayOrder {
    pub fn other(self) -> Self {
        if self == Self::DayFirst { Self::MonthFirst } else { Self::DayFirst }
    }
}

impl fmt::Display for DayOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(if *self == Self::DayFirst { "day first" } else { "month first" })
    }
}

/// What a date that is not ISO allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reads {
    /// It is a day in one order only.
    Only(DayOrder),
    /// It is one day in one order, and another in the other.
    Both,
    /// Both orders give the same day, or none gives any: it tells nothing.
    Nothing,
}

/// Two numbers, a year where there is one, and a time of day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Written {
    first: u32,
    second: u32,
    pub year: Option<i32>,
    time: NaiveTime,
}

impl Written {
    /// `None`: the text is no such date.
    pub fn of(text: &str) -> Option<Self> {
        let text = text.trim();
        let (date, clock) = text.split_once([' ', 'T', ',']).unwrap_or((text, ""));
        let separator = date.chars().find(|c| !c.is_ascii_digit()).filter(|c| matches!(c, '/' | '.' | '-'))?;
        // `28.02.` is how it is written where days come with a full stop.
        let date = if separator == '.' { date.strip_suffix('.').unwrap_or(date) } else { date };
        let mut parts = date.split(separator);
        let (first, second) = (number(parts.next()?, 1..=2)?, number(parts.next()?, 1..=2)?);
        let year = parts.next().map(|year| number(year, 4..=4)).map_or(Some(None), |year| year.map(Some))?;
        let time = if clock.trim().is_empty() { NaiveTime::MIN } else { time_of_day(clock.trim())? };
        let whole = parts.next().is_none() && (year.is_some() || clock.is_empty());
        whole.then_some(Self { first, second, year: year.and_then(|year| i32::try_from(year).ok()), time })
    }

    /// The day; without a year in a leap year, so that 29 February is one.
    pub fn day(self, order: DayOrder) -> Option<NaiveDate> {
        let (day, month) = if order == DayOrder::DayFirst { (self.first, self.second) } else { (self.second, self.first) };
        NaiveDate::from_ymd_opt(self.year.unwrap_or(2000), month, day)
    }

    pub fn moment(self, order: DayOrder) -> Option<NaiveDateTime> {
        Some(self.day(order)?.and_time(self.time))
    }

    pub fn reads(self) -> Reads {
        match (self.day(DayOrder::DayFirst), self.day(DayOrder::MonthFirst)) {
            (Some(_), None) => Reads::Only(DayOrder::DayFirst),
            (None, Some(_)) => Reads::Only(DayOrder::MonthFirst),
            (Some(one), Some(other)) if one != other => Reads::Both,
            _ => Reads::Nothing,
        }
    }
}

fn number(text: &str, digits: std::ops::RangeInclusive<usize>) -> Option<u32> {
    (digits.contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())).then(|| text.parse().ok()).flatten()
}

fn time_of_day(text: &str) -> Option<NaiveTime> {
    let forms = ["%H:%M", "%H:%M:%S", "%H:%M:%S%.f", "%I:%M %p", "%I:%M:%S %p"];
    forms.iter().find_map(|form| NaiveTime::parse_from_str(text, form).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("28/02", Reads::Only(DayOrder::DayFirst))]
    #[case("02/29", Reads::Only(DayOrder::MonthFirst))]
    #[case("29.02.", Reads::Only(DayOrder::DayFirst))]
    #[case("12/25/1980 12:00:00 AM", Reads::Only(DayOrder::MonthFirst))]
    #[case("3/4", Reads::Both)]
    #[case("9.6.1980", Reads::Both)]
    #[case("06-09-1980 08:00", Reads::Both)]
    #[case("05/05", Reads::Nothing)]
    #[case("31/02", Reads::Nothing)]
    // In a year that is none of a leap, neither is a day.
    #[case("29/02/1981", Reads::Nothing)]
    fn what_a_cell_allows(#[case] text: &str, #[case] expected: Reads) {
        assert_eq!(Written::of(text).unwrap().reads(), expected);
    }

    #[rstest]
    #[case("1980-06-09")]
    #[case("06/09/80")]
    #[case("06/09.1980")]
    #[case("06/09/1980/1")]
    #[case("28/02 08:00")]
    #[case("9 June 1980")]
    #[case("٣/٤")]
    #[case("")]
    fn no_such_date(#[case] text: &str) {
        assert_eq!(Written::of(text), None);
    }
}
