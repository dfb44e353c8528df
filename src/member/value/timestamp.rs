//! Moments as databases, programs and people print them. Only forms that cannot be read in two ways are taken.
//!
//! A time without a zone is read as UTC; that it has none is said, for those who want to tell people.

use chrono::{DateTime, FixedOffset, NaiveDate, NaiveDateTime, NaiveTime, TimeZone, Utc};
use std::borrow::Cow;

/// A moment that was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timestamp {
    pub at: DateTime<Utc>,
    /// What was written names its zone, or is a whole day.
    pub zoned: bool,
}

/// Days, year first.
const DAYS: [&str; 3] = ["%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d"];
/// Days whose month is a word (Oracle, SQL Server, mail headers); a year of two digits is of this century up to 69.
const WORDED_DAYS: [&str; 6] = ["%d-%b-%Y", "%d-%b-%y", "%d %b %Y", "%b %d %Y", "%b %d, %Y", "%Y-%b-%d"];
const TIMES: [&str; 9] =
    ["%H:%M:%S%.f", "%H:%M", "%H.%M.%S%.f", "%I:%M:%S%.f %p", "%I:%M:%S%.f%p", "%I:%M %p", "%I:%M%p", "%I.%M.%S%.f %p", "%I:%M:%S:%3f%p"];

/// A date, or a date and a time, with or without a zone.
pub fn read(text: &str) -> Option<Timestamp> {
    let text = tidy(text);
    let (wall, zone) = split_zone(&text);
    let (at, whole_day) = wall_clock(wall)?;
    let utc = match zone {
        None => at.and_utc(),
        Some(zone) => zone.utc(at)?,
    };
    Some(Timestamp { at: utc, zoned: whole_day || zone.is_some() })
}

/// The same, or what a program counts: seconds, milliseconds, microseconds or nanoseconds since 1970; of 2000 to 2099.
pub fn read_counted(text: &str) -> Option<Timestamp> {
    read(text).or_else(|| counted(text.trim()))
}

fn counted(text: &str) -> Option<Timestamp> {
    let (whole, fraction) = text.split_once(['.', ',']).unwrap_or((text, ""));
    if whole.is_empty() || !whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    if fraction.is_empty() && matches!(whole.len(), 8 | 14) {
        return compact(whole);
    }
    let count: i64 = whole.parse().ok()?;
    let (from, to) = (DateTime::from_timestamp(946_684_800, 0)?, DateTime::from_timestamp(4_102_444_800, 0)?);
    let units = [
        DateTime::from_timestamp(count, 0),
        DateTime::from_timestamp_millis(count),
        DateTime::from_timestamp_micros(count),
        Some(DateTime::from_timestamp_nanos(count)),
    ];
    let at = units.into_iter().flatten().find(|at| (from..to).contains(at))?;
    Some(Timestamp { at, zoned: true })
}

/// `20240501`, `20240501103000`.
fn compact(digits: &str) -> Option<Timestamp> {
    let (day, time) = digits.split_at(8);
    let day = NaiveDate::parse_from_str(day, "%Y%m%d").ok()?;
    let clock = if time.is_empty() { NaiveTime::MIN } else { NaiveTime::parse_from_str(time, "%H%M%S").ok()? };
    Some(Timestamp { at: day.and_time(clock).and_utc(), zoned: time.is_empty() })
}

/// One blank where there are several; a fraction after a point; no weekday before it.
fn tidy(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    let weekday = words.len() > 1 && is_weekday(words[0]);
    let text = words[usize::from(weekday)..].join(" ");
    ctime(&text).unwrap_or(text)
}

fn is_weekday(word: &str) -> bool {
    let word = word.trim_end_matches(',');
    word.parse::<chrono::Weekday>().is_ok()
}

/// `May 1 10:00:00 UTC 2024` → `May 1 2024 10:00:00 UTC`.
fn ctime(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split(' ').collect();
    let (year, rest) = words.split_last()?;
    let is_year = year.len() == 4 && year.bytes().all(|byte| byte.is_ascii_digit());
    let [month, day, time @ ..] = rest else { return None };
    let is_clock = time.first().is_some_and(|time| time.contains(':'));
    (is_year && is_clock && month.parse::<chrono::Month>().is_ok()).then(|| format!("{month} {day} {year} {}", time.join(" ")))
}

/// Where the clock on the wall hung.
#[derive(Clone, Copy)]
enum Zone {
    Offset(FixedOffset),
    Named(chrono_tz::Tz),
}

impl Zone {
    /// `None`: the clocks there never showed that. Where they showed it twice, the first time.
    fn utc(self, at: NaiveDateTime) -> Option<DateTime<Utc>> {
        match self {
            Self::Offset(offset) => Some(offset.from_local_datetime(&at).single()?.to_utc()),
            Self::Named(zone) => Some(zone.from_local_datetime(&at).earliest()?.to_utc()),
        }
    }
}

/// Takes `Z`, ` UTC`, `+02`, `+0200`, ` +02:00`, ` Europe/Berlin`, `[Europe/Berlin]` off the end.
fn split_zone(text: &str) -> (&str, Option<Zone>) {
    let utc = Some(Zone::Named(chrono_tz::UTC));
    if let Some((before, name)) = text.strip_suffix(']').and_then(|text| text.rsplit_once('[')) {
        // ISO with a zone's name behind the offset: the offset says it exactly.
        let (wall, offset) = split_zone(before.trim_end());
        return match (offset, name.parse()) {
            (Some(offset), _) => (wall, Some(offset)),
            (None, Ok(zone)) => (wall, Some(Zone::Named(zone))),
            (None, Err(_)) => (text, None),
        };
    }
    for suffix in [" UTC", " GMT", " Z", "Z", "z"] {
        if let Some(wall) = text.strip_suffix(suffix).filter(|wall| wall.ends_with(|c: char| c.is_ascii_digit() || c == 'M')) {
            return (wall, utc);
        }
    }
    if let Some((wall, name)) = text.rsplit_once(' ').filter(|(_, name)| name.contains('/')) {
        return name.parse().map_or((text, None), |zone| (wall, Some(Zone::Named(zone))));
    }
    offset(text).map_or((text, None), |(wall, offset)| (wall, Some(Zone::Offset(offset))))
}

/// A sign behind a time: `10:00:00+02`, `10:00 -0330`.
fn offset(text: &str) -> Option<(&str, FixedOffset)> {
    let at = text.rfind(['+', '-', '\u{2212}'])?;
    let (wall, signed) = text.split_at(at);
    let wall = wall.trim_end();
    if !wall.contains(':') && !wall.ends_with('M') {
        return None;
    }
    let digits: String = signed.chars().skip(1).filter(|c| *c != ':').collect();
    let parts = match (digits.len(), signed.matches(':').count()) {
        (2, 0) => (digits.parse().ok()?, 0),
        (4, 0 | 1) => (digits[..2].parse().ok()?, digits[2..].parse().ok()?),
        _ => return None,
    };
    let (hours, minutes): (i32, i32) = parts;
    let seconds = if hours <= 18 && minutes < 60 { hours * 3600 + minutes * 60 } else { return None };
    let east = if signed.starts_with('+') { seconds } else { -seconds };
    Some((wall, FixedOffset::east_opt(east)?))
}

/// What the clock on the wall showed; also: nothing but a day.
fn wall_clock(text: &str) -> Option<(NaiveDateTime, bool)> {
    let days = || DAYS.iter().chain(&WORDED_DAYS);
    if let Some(day) = days().find_map(|form| day(text, form)) {
        return Some((day.and_time(NaiveTime::MIN), true));
    }
    // The day ends at a blank or a T; days have blanks too.
    text.match_indices([' ', 'T', 't']).find_map(|(at, _)| {
        let (before, time) = (&text[..at], &text[at + 1..]);
        let day = days().find_map(|form| day(before, form))?;
        Some((day.and_time(clock(time)?), false))
    })
}

fn day(text: &str, form: &str) -> Option<NaiveDate> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let year_first = form.starts_with("%Y");
    // A year has four digits, however short the numbers after it.
    let fits = if year_first { digits == 4 } else { digits <= 2 };
    // chrono takes 24 for the year 24.
    let last = text.rsplit(['-', ' ']).next().unwrap_or_default();
    let long = !form.ends_with("%Y") || last.len() == 4;
    (fits && long).then(|| NaiveDate::parse_from_str(text, form).ok()).flatten()
}

fn clock(text: &str) -> Option<NaiveTime> {
    let text: Cow<'_, str> = if text.contains(',') { text.replace(',', ".").into() } else { text.into() };
    TIMES.iter().find_map(|form| NaiveTime::parse_from_str(text.trim(), form).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn iso(timestamp: Option<Timestamp>) -> Option<String> {
        timestamp.map(|t| t.at.format("%Y-%m-%dT%H:%M:%S%.fZ").to_string())
    }

    #[rstest]
    // PostgreSQL, MySQL, SQLite.
    #[case("2024-05-01 10:00:00+02", "2024-05-01T08:00:00Z")]
    #[case("2024-05-01 10:00:00.123456+00", "2024-05-01T10:00:00.123456Z")]
    #[case("2024-05-01 10:00:00-03:30", "2024-05-01T13:30:00Z")]
    #[case("2024-05-01 10:00:00", "2024-05-01T10:00:00Z")]
    #[case("2024-05-01", "2024-05-01T00:00:00Z")]
    // Programs: ISO 8601, Python, Java, JavaScript, Ruby, Go, Spark, Trino, Athena.
    #[case("2024-05-01T10:00Z", "2024-05-01T10:00:00Z")]
    #[case("2024-05-01t10:00:00z", "2024-05-01T10:00:00Z")]
    #[case("2024-05-01T10:00:00.000+0200", "2024-05-01T08:00:00Z")]
    #[case("2024-05-01 10:00:00,123", "2024-05-01T10:00:00.123Z")]
    #[case("2024-05-01T10:00:00,5+02:00", "2024-05-01T08:00:00.500Z")]
    #[case("2024-05-01 10:00:00 UTC", "2024-05-01T10:00:00Z")]
    #[case("2024-05-01 10:00:00 +0200", "2024-05-01T08:00:00Z")]
    #[case("2024-05-01 10:00:00.000 Europe/Berlin", "2024-05-01T08:00:00Z")]
    #[case("2024-05-01T10:00:00+02:00[Europe/Berlin]", "2024-05-01T08:00:00Z")]
    #[case("2024-05-01T10:00:00[Europe/Berlin]", "2024-05-01T08:00:00Z")]
    #[case("Wed, 01 May 2024 10:00:00 GMT", "2024-05-01T10:00:00Z")]
    #[case("Wed May  1 10:00:00 UTC 2024", "2024-05-01T10:00:00Z")]
    #[case("Wed May  1 10:00:00 2024", "2024-05-01T10:00:00Z")]
    // Oracle, SQL Server.
    #[case("01-MAY-24", "2024-05-01T00:00:00Z")]
    #[case("01-MAY-24 10.00.00.500000000 AM", "2024-05-01T10:00:00.500Z")]
    #[case("01-MAY-24 10.00.00.000000 PM +02:00", "2024-05-01T20:00:00Z")]
    #[case("01-MAY-2024 10:00:00", "2024-05-01T10:00:00Z")]
    #[case("May  1 2024 10:00AM", "2024-05-01T10:00:00Z")]
    #[case("May  1 2024 10:00:00:123PM", "2024-05-01T22:00:00.123Z")]
    #[case("2024-05-01 10:00:00.1234567 +02:00", "2024-05-01T08:00:00.123456700Z")]
    // People, and spreadsheets, where nothing can be mistaken.
    #[case("2024/05/01 10:00", "2024-05-01T10:00:00Z")]
    #[case("2024-05-01 9:05", "2024-05-01T09:05:00Z")]
    #[case(" 2024-05-01  10:00:00 ", "2024-05-01T10:00:00Z")]
    #[case("1 May 2024", "2024-05-01T00:00:00Z")]
    #[case("May 1, 2024 10:00 AM", "2024-05-01T10:00:00Z")]
    fn moments_as_they_are_printed(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(iso(read(text)).as_deref(), Some(expected));
    }

    #[rstest]
    #[case("01/05/2024")]
    #[case("05/01/2024 10:00")]
    #[case("01.05.2024")]
    #[case("24-05-01")]
    #[case("2024-13-01")]
    #[case("2024-05-01 25:00:00")]
    #[case("2024-05-01 10:00:00+25")]
    #[case("2024-05-01 10:00:00 EST")]
    #[case("2024-05-01 10:00:00 Europe/Atlantis")]
    #[case("2024-03-31 02:30:00 Europe/Berlin")]
    #[case("2024-05-01 and more")]
    #[case("45413.4166")]
    #[case("1714557600")]
    #[case("yes")]
    #[case("")]
    fn what_can_be_read_in_two_ways_or_in_none(#[case] text: &str) {
        assert_eq!(iso(read(text)), None);
    }

    #[rstest]
    #[case("1714557600", Some("2024-05-01T10:00:00Z"))]
    #[case("1714557600.25", Some("2024-05-01T10:00:00Z"))]
    #[case("1714557600123", Some("2024-05-01T10:00:00.123Z"))]
    #[case("1714557600123456", Some("2024-05-01T10:00:00.123456Z"))]
    #[case("1714557600123456789", Some("2024-05-01T10:00:00.123456789Z"))]
    #[case("20240501", Some("2024-05-01T00:00:00Z"))]
    #[case("20240501103000", Some("2024-05-01T10:30:00Z"))]
    #[case("0", None)]
    #[case("45413", None)]
    #[case("45413.4166", None)]
    #[case("20241301", None)]
    #[case("-1714557600", None)]
    fn what_programs_count(#[case] text: &str, #[case] expected: Option<&str>) {
        assert_eq!(iso(read_counted(text)).as_deref(), expected);
    }

    #[rstest]
    #[case("2024-05-01", true)]
    #[case("2024-05-01 10:00:00+02", true)]
    #[case("2024-05-01 10:00:00", false)]
    #[case("20240501103000", false)]
    fn whether_it_names_its_zone(#[case] text: &str, #[case] zoned: bool) {
        assert_eq!(read_counted(text).map(|t| t.zoned), Some(zoned));
    }
}
