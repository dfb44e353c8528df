//! Cron with Vixie meaning, in a time zone, safe at daylight-saving changes.
//!
//! Facts the rules rest on: a time in the gap runs once just after it, a repeated fixed time runs once, `*` hours and
//! minutes follow real time. croner finds the times; what it takes beyond the five classic fields is refused here.

use super::{Schedule, nearest::nearest};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use cron::{
    Cron,
    parser::{CronParser, Seconds, Year},
};

/// Names for five fields.
const NICKNAMES: [(&str, &str); 7] = [
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
    ("@monthly", "0 0 1 * *"),
    ("@weekly", "0 0 * * 0"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@hourly", "0 * * * *"),
];
const MONTHS: [&str; 12] = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const DAYS: [&str; 7] = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"];

/// One of the five fields.
struct Field {
    name: &'static str,
    min: u32,
    max: u32,
    names: &'static [&'static str],
}

const FIELDS: [Field; 5] = [
    Field { name: "minute", min: 0, max: 59, names: &[] },
    Field { name: "hour", min: 0, max: 23, names: &[] },
    Field { name: "day of month", min: 1, max: 31, names: &[] },
    Field { name: "month", min: 1, max: 12, names: &MONTHS },
    Field { name: "day of week", min: 0, max: 7, names: &DAYS },
];

/// Why a schedule is refused, and what to write instead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CronError {
    pub message: String,
    pub hint: String,
}

/// A schedule's times, ready to be asked for many.
#[derive(Clone, Debug)]
pub struct Times {
    cron: Cron,
    zone: Tz,
}

impl Schedule {
    /// `None` only where the cron text was not checked.
    pub fn times(&self) -> Option<Times> {
        Some(Times { cron: compile(&self.cron).ok()?, zone: self.time_zone })
    }

    /// The first time due after `after`; `None` if there is none in croner's search range (some years).
    pub fn next_after(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.times()?.next_after(after)
    }
}

impl Times {
    /// The first time due after `after`; `None` if there is none in croner's search range (some years).
    pub fn next_after(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let find = |from: DateTime<Utc>, inclusive| {
            let found = self.cron.find_next_occurrence(&from.with_timezone(&self.zone), inclusive).ok()?;
            Some(found.with_timezone(&Utc)).filter(|next| *next > after)
        };
        find(after, false).or_else(|| quarters(after).find_map(|from| find(from, true)))
    }
}

/// The quarter hours of the next 27 hours. croner gives up on a day that a zone skipped whole (Samoa, 30 December 2011);
/// every gap ends on a quarter hour, from where the search goes on.
fn quarters(after: DateTime<Utc>) -> impl Iterator<Item = DateTime<Utc>> {
    let first = after.timestamp().div_euclid(900) + 1;
    (first..first + 27 * 4).filter_map(|quarter| DateTime::from_timestamp(quarter * 900, 0))
}

/// Checks a cron text as people write it, and that it ever comes: "31 February" is an error here, not in a year.
pub fn check_cron(text: &str) -> Result<(), CronError> {
    let cron = compile(text)?;
    let start = DateTime::<Utc>::UNIX_EPOCH.with_timezone(&Tz::UTC);
    match cron.find_next_occurrence(&start, true) {
        Ok(_) => Ok(()),
        Err(_) => Err(error("this time never comes", "check day and month: no year has such a day")),
    }
}

/// An IANA zone by name.
pub fn time_zone(name: &str) -> Result<Tz, CronError> {
    name.parse().map_err(|_| error(&format!("`{name}` is not a time zone"), &zone_hint(name)))
}

const A_ZONE: &str = "use a name of the IANA database, such as `Europe/Amsterdam` or `UTC`";

fn zone_hint(name: &str) -> String {
    if let Some((sign, hours)) = offset(name) {
        // The sign of these names is that of POSIX: west is positive.
        let reversed = if sign == '+' { '-' } else { '+' };
        return format!(
            "an offset has no daylight saving time: write the zone of a place, such as `Europe/Amsterdam`. The fixed offset is \
             `Etc/GMT{reversed}{hours}`: in these names the sign is reversed"
        );
    }
    // Their signs say the opposite of what people mean by them.
    let zones = chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name()).filter(|zone| offset(zone).is_none());
    // Someone who writes only the city means the zone that ends so.
    let city = zones.clone().find(|zone| zone.rsplit('/').next().is_some_and(|city| city.eq_ignore_ascii_case(name)));
    let abbreviation = name.len() <= 5 && name.bytes().all(|byte| byte.is_ascii_alphabetic());
    match city.or_else(|| nearest(name, zones).filter(|_| !abbreviation)) {
        Some(near) => format!("did you mean `{near}`?"),
        None if abbreviation => format!("abbreviations are not zones; {A_ZONE}"),
        None => A_ZONE.into(),
    }
}

/// `GMT+1`, `UTC-05:00`, `+2`, `Etc/GMT+1`: the sign, and the whole hours.
fn offset(name: &str) -> Option<(char, u32)> {
    let name = name.trim().to_ascii_uppercase();
    let name = name.strip_prefix("ETC/").unwrap_or(&name);
    let rest = name.strip_prefix("GMT").or_else(|| name.strip_prefix("UTC")).unwrap_or(name).trim_start();
    let sign = rest.chars().next().filter(|sign| matches!(sign, '+' | '-'))?;
    let digits = &rest[1..];
    let hours = digits.split_once(':').map_or_else(|| digits.get(..2).filter(|_| digits.len() == 4).unwrap_or(digits), |(hours, _)| hours);
    hours.parse().ok().map(|hours| (sign, hours))
}

fn compile(text: &str) -> Result<Cron, CronError> {
    let fields = expand(text)?;
    for (field, text) in FIELDS.iter().zip(&fields) {
        field.check(text)?;
    }
    // Vixie: both day fields must match when either begins with a star, else one of them is enough.
    let both = fields[2].starts_with('*') || fields[4].starts_with('*');
    let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).dom_and_dow(both).build();
    parser.parse(&fields.join(" ")).map_err(|why| error(&format!("this is not a cron schedule: {why}"), FORM))
}

const FORM: &str = "five fields: minute, hour, day of month, month, day of week; \"0 6 * * 1-5\" is 06:00 on weekdays";

fn expand(text: &str) -> Result<Vec<&str>, CronError> {
    let text = text.trim();
    if text.starts_with('@') {
        let known = NICKNAMES.iter().find(|(name, _)| name.eq_ignore_ascii_case(text));
        let names = NICKNAMES.map(|(name, _)| name);
        return known
            .map(|(_, fields)| fields.split(' ').collect())
            .ok_or_else(|| error(&format!("`{text}` is not a schedule"), &super::nearest::hint(text, names, FORM)));
    }
    if text.contains('=') {
        return Err(error("a schedule cannot set variables such as TZ", "write `schedule: {cron: …, timeZone: Europe/Amsterdam}`"));
    }
    let fields: Vec<_> = text.split_whitespace().collect();
    match fields.len() {
        5 => Ok(fields),
        6 => Err(error("a schedule has five fields, not six", "leave the seconds out: the first field is the minute")),
        count => Err(error(&format!("a schedule has five fields, this has {count}"), FORM)),
    }
}

impl Field {
    fn check(&self, text: &str) -> Result<(), CronError> {
        text.split(',').try_for_each(|item| self.item(item))
    }

    /// `*`, `7`, `mon`, `1-5`, each with `/step`.
    fn item(&self, item: &str) -> Result<(), CronError> {
        let (range, step) = item.split_once('/').map_or((item, None), |(range, step)| (range, Some(step)));
        if let Some(step) = step {
            let good = step.parse::<u32>().is_ok_and(|step| step >= 1 && step <= self.max);
            if !good || (range != "*" && !range.contains('-')) {
                return Err(self.error(item, "a step follows a star or a range: `*/15`, `8-18/2`"));
            }
        }
        if range == "*" {
            return Ok(());
        }
        let (from, to) = range.split_once('-').unwrap_or((range, range));
        let (Some(from), Some(to)) = (self.value(from), self.value(to)) else {
            return Err(self.error(item, &self.allowed()));
        };
        if from > to { Err(self.error(item, "a range goes up: write the smaller value first")) } else { Ok(()) }
    }

    fn value(&self, text: &str) -> Option<u32> {
        let name = self.names.iter().position(|name| name.eq_ignore_ascii_case(text)).map(|at| at as u32 + self.min);
        let digits = || text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok()).flatten();
        name.or_else(digits).filter(|value| (self.min..=self.max).contains(value))
    }

    fn allowed(&self) -> String {
        let names = if self.names.is_empty() { String::new() } else { format!(" or {}", self.names.join(", ")) };
        format!("the {} is {} to {}{names}, *, ranges and lists of them", self.name, self.min, self.max)
    }

    fn error(&self, item: &str, hint: &str) -> CronError {
        error(&format!("`{item}` is not a valid {}", self.name), hint)
    }
}

fn error(message: &str, hint: &str) -> CronError {
    CronError { message: message.to_owned(), hint: hint.to_owned() }
}

#[cfg(test)]
mod tests;
