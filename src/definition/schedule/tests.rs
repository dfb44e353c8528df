use super::*;
use chrono::{Datelike, Duration, TimeZone, Timelike};
use proptest::prelude::*;
use rstest::rstest;

fn schedule(cron: &str, zone: &str) -> Schedule {
    let zero = std::time::Duration::ZERO;
    Schedule { cron: cron.into(), time_zone: zone.parse().unwrap(), deadline: zero, jitter: zero }
}

/// The first `count` times after a local time, as they read on a wall clock there.
fn times(cron: &str, zone: &str, after: &str, count: usize) -> Vec<String> {
    let schedule = schedule(cron, zone);
    let naive = chrono::NaiveDateTime::parse_from_str(after, "%Y-%m-%d %H:%M").unwrap();
    let mut at = schedule.time_zone.from_local_datetime(&naive).earliest().unwrap().with_timezone(&Utc);
    let mut found = Vec::new();
    for _ in 0..count {
        at = schedule.next_after(at).unwrap();
        found.push(at.with_timezone(&schedule.time_zone).format("%a %d %b %H:%M %z").to_string());
    }
    found
}

#[rstest]
// 0 and 7 are Sunday, 1 is Monday; names, ranges that end on 7, steps.
#[case("0 6 * * 0", "UTC", "2026-01-01 00:00", &["Sun 04 Jan 06:00 +0000"])]
#[case("0 6 * * 7", "UTC", "2026-01-01 00:00", &["Sun 04 Jan 06:00 +0000"])]
#[case("0 6 * * 1", "UTC", "2026-01-01 00:00", &["Mon 05 Jan 06:00 +0000"])]
#[case("0 6 * * sat-7", "UTC", "2026-01-01 00:00", &["Sat 03 Jan 06:00 +0000", "Sun 04 Jan 06:00 +0000", "Sat 10 Jan 06:00 +0000"])]
#[case("0 6 * FEB Mon-Fri", "UTC", "2026-01-01 00:00", &["Mon 02 Feb 06:00 +0000"])]
#[case("*/20 8-9 * * *", "UTC", "2026-01-01 08:30", &["Thu 01 Jan 08:40 +0000", "Thu 01 Jan 09:00 +0000"])]
// Day of month or day of week when both are set; both when one begins with a star.
#[case("0 0 13 * 5", "UTC", "2026-01-01 00:00", &["Fri 02 Jan 00:00 +0000", "Fri 09 Jan 00:00 +0000", "Tue 13 Jan 00:00 +0000"])]
#[case("0 0 */2 * 5", "UTC", "2026-01-01 00:00", &["Fri 09 Jan 00:00 +0000", "Fri 23 Jan 00:00 +0000"])]
// Leap day.
#[case("0 12 29 2 *", "UTC", "2026-01-01 00:00", &["Tue 29 Feb 12:00 +0000"])]
// Nicknames.
#[case("@midnight", "UTC", "2026-01-01 05:00", &["Fri 02 Jan 00:00 +0000"])]
#[case("@Weekly", "UTC", "2026-01-01 05:00", &["Sun 04 Jan 00:00 +0000"])]
#[case("@hourly", "UTC", "2026-01-01 05:00", &["Thu 01 Jan 06:00 +0000"])]
// New York, the gap of 8 March 2026 (02:00 to 03:00) and the fold of 1 November (01:00 to 02:00 twice).
#[case("30 2 * * *", "America/New_York", "2026-03-07 12:00", &["Sun 08 Mar 03:00 -0400", "Mon 09 Mar 02:30 -0400"])]
#[case("30 1 * * *", "America/New_York", "2026-10-31 12:00", &["Sun 01 Nov 01:30 -0400", "Mon 02 Nov 01:30 -0500"])]
#[case("*/30 * * * *", "America/New_York", "2026-11-01 00:30", &[
    "Sun 01 Nov 01:00 -0400", "Sun 01 Nov 01:30 -0400", "Sun 01 Nov 01:00 -0500", "Sun 01 Nov 01:30 -0500", "Sun 01 Nov 02:00 -0500"])]
#[case("0 * * * *", "America/New_York", "2026-03-08 00:30", &["Sun 08 Mar 01:00 -0500", "Sun 08 Mar 03:00 -0400"])]
// Lord Howe moves by half an hour.
#[case("15 2 * * *", "Australia/Lord_Howe", "2026-10-03 12:00", &["Sun 04 Oct 02:30 +1100", "Mon 05 Oct 02:15 +1100"])]
#[case("45 1 * * *", "Australia/Lord_Howe", "2026-04-04 12:00", &["Sun 05 Apr 01:45 +1100", "Mon 06 Apr 01:45 +1030"])]
// Chatham is 12:45 or 13:45 ahead.
#[case("0 3 * * *", "Pacific/Chatham", "2026-09-26 12:00", &["Sun 27 Sep 03:45 +1345", "Mon 28 Sep 03:00 +1345"])]
// Sao Paulo 2018: midnight of 4 November did not exist.
#[case("0 0 * * *", "America/Sao_Paulo", "2018-11-03 12:00", &["Sun 04 Nov 01:00 -0200", "Mon 05 Nov 00:00 -0200"])]
// Samoa 2011: 30 December did not exist.
#[case("0 12 * * *", "Pacific/Apia", "2011-12-29 00:00", &["Thu 29 Dec 12:00 -1000", "Sat 31 Dec 12:00 +1400"])]
fn is_due_when_people_expect(#[case] cron: &str, #[case] zone: &str, #[case] after: &str, #[case] expected: &[&str]) {
    assert_eq!(times(cron, zone, after, expected.len()), expected);
}

#[rstest]
#[case("0 6 * *", "a schedule has five fields, this has 4")]
#[case("0 0 6 * * *", "a schedule has five fields, not six")]
#[case("TZ=Asia/Tokyo 0 6 * * *", "a schedule cannot set variables such as TZ")]
#[case("CRON_TZ=UTC 0 6 * * *", "a schedule cannot set variables such as TZ")]
#[case("0 0 31 2 *", "this time never comes")]
#[case("0 0 30 feb *", "this time never comes")]
#[case("60 * * * *", "`60` is not a valid minute")]
#[case("0 24 * * *", "`24` is not a valid hour")]
#[case("0 0 0 * *", "`0` is not a valid day of month")]
#[case("0 0 * 13 *", "`13` is not a valid month")]
#[case("0 0 * * 8", "`8` is not a valid day of week")]
#[case("0 0 L * *", "`L` is not a valid day of month")]
#[case("0 0 * * 5#2", "`5#2` is not a valid day of week")]
#[case("0 0 ? * 1", "`?` is not a valid day of month")]
#[case("*/0 * * * *", "`*/0` is not a valid minute")]
#[case("5/10 * * * *", "`5/10` is not a valid minute")]
#[case("30-10 * * * *", "`30-10` is not a valid minute")]
#[case("@fortnightly", "`@fortnightly` is not a schedule")]
#[case("", "a schedule has five fields, this has 0")]
#[case("+5 * * * *", "`+5` is not a valid minute")]
fn refuses(#[case] cron: &str, #[case] message: &str) {
    assert_eq!(check_cron(cron).unwrap_err().message, message);
}

#[rstest]
#[case("Amsterdam", "did you mean `Europe/Amsterdam`?")]
#[case("Europe/Amsterdm", "did you mean `Europe/Amsterdam`?")]
#[case("Mars/Olympus", "use a name of the IANA database, such as `Europe/Amsterdam` or `UTC`")]
fn names_the_zone_that_was_meant(#[case] zone: &str, #[case] hint: &str) {
    assert_eq!(time_zone(zone).unwrap_err().hint, hint);
}

/// Fields as text, and as the set of values that it means.
fn field(min: u32, max: u32) -> impl Strategy<Value = (String, Vec<u32>)> {
    prop_oneof![
        3 => Just(("*".to_owned(), (min..=max).collect())),
        2 => (min..=max).prop_map(|v| (v.to_string(), vec![v])),
        1 => (min..=max, min..=max).prop_map(|(a, b)| (format!("{}-{}", a.min(b), a.max(b)), (a.min(b)..=a.max(b)).collect())),
        1 => (2..=max).prop_map(move |step| (format!("*/{step}"), (min..=max).step_by(step as usize).collect())),
        1 => (min..=max, min..=max).prop_map(|(a, b)| (format!("{a},{b}"), vec![a, b])),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Against the rule itself, minute by minute, where clocks never change.
    #[test]
    fn agrees_with_counting_minutes(
        minute in field(0, 59), hour in field(0, 23), dom in field(1, 31), dow in field(0, 7), start in 0i64..40_000_000,
    ) {
        let cron = format!("{} {} {} * {}", minute.0, hour.0, dom.0, dow.0);
        let after = Utc.timestamp_opt(1_767_225_600 + start, 0).unwrap();
        let next = schedule(&cron, "UTC").next_after(after);
        let begin = after.with_second(0).unwrap() + Duration::minutes(1);
        let both = dom.0.starts_with('*') || dow.0.starts_with('*');
        let expected = (0..60 * 24 * 40).map(|m| begin + Duration::minutes(m)).find(|t| {
            let on_dom = dom.1.contains(&t.day());
            let on_dow = dow.1.iter().any(|d| d % 7 == t.weekday().num_days_from_sunday());
            let day = if both { on_dom && on_dow } else { on_dom || on_dow };
            day && hour.1.contains(&t.hour()) && minute.1.contains(&t.minute())
        });
        match expected {
            Some(expected) => prop_assert_eq!(next, Some(expected)),
            None => prop_assert!(next.is_none_or(|next| next > begin + Duration::days(39))),
        }
    }

    /// Strictly later, on a whole minute, in zones of every sort and across their changes.
    #[test]
    fn always_moves_on(
        minute in field(0, 59), hour in field(0, 23), start in 0i64..315_360_000,
        zone in prop::sample::select(vec!["America/New_York", "Australia/Lord_Howe", "Pacific/Chatham", "America/Sao_Paulo", "Pacific/Apia", "UTC"]),
    ) {
        let schedule = schedule(&format!("{} {} * * *", minute.0, hour.0), zone);
        let mut at = Utc.timestamp_opt(1_293_840_000 + start, 0).unwrap();
        for _ in 0..20 {
            let next = schedule.next_after(at).unwrap();
            prop_assert!(next > at && next.second() == 0);
            at = next;
        }
    }

    #[test]
    fn any_text_is_taken_or_refused(text in "\\PC{0,30}") {
        let _ = check_cron(&text);
        let _ = time_zone(&text);
    }
}

#[rstest]
#[case("GMT+1", "The fixed offset is `Etc/GMT-1`")]
#[case("UTC-05:00", "The fixed offset is `Etc/GMT+5`")]
#[case("+0530", "write the zone of a place")]
#[case("Etc/GMT+15", "write the zone of a place")]
#[case("PST", "abbreviations are not zones")]
#[case("CEST", "abbreviations are not zones")]
#[case("amsterdam", "did you mean `Europe/Amsterdam`?")]
#[case("Europe/Amstredam", "did you mean `Europe/Amsterdam`?")]
#[case("nowhere at all", "use a name of the IANA database")]
fn what_is_no_zone_is_told_what_to_write(#[case] name: &str, #[case] hint: &str) {
    let error = time_zone(name).unwrap_err();
    assert!(error.hint.contains(hint), "{error:?}");
}
