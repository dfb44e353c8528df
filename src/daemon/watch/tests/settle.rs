//! The timing, as tables: milliseconds since the start.

use super::super::settle::{Pace, Settle, Verdict};
use rstest::rstest;
use std::time::{Duration, Instant};

const POLL: u64 = 30_000;

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

fn since(start: Instant, (at, kind): (Instant, &str)) -> (u64, String) {
    ((at - start).as_millis() as u64, kind.to_owned())
}

#[rstest]
#[case::nothing_happens(&[], (POLL, "poll"))]
#[case::one_hint(&[1_000], (1_300, "event"))]
#[case::each_hint_waits_for_quiet(&[1_000, 1_200, 1_400], (1_700, "event"))]
#[case::but_not_for_ever(&[0, 250, 500, 750, 1_000, 1_500, 2_000, 2_500, 2_900], (3_000, "event"))]
#[case::the_poll_comes_first(&[29_900], (POLL, "poll"))]
fn when_to_look(#[case] hints: &[u64], #[case] due: (u64, &str)) {
    let start = Instant::now();
    let mut settle = Settle::new(Pace::default(), ms(POLL), start);
    hints.iter().for_each(|at| settle.hint(start + ms(*at)));
    assert_eq!(since(start, settle.due()), (due.0, due.1.to_owned()));
}

#[test]
fn two_readings_in_a_row_must_be_alike() {
    let start = Instant::now();
    let mut settle = Settle::new(Pace::default(), ms(POLL), start);
    settle.begin(start);
    assert_eq!(settle.read(false, start), Verdict::Again(start + ms(150)));
    assert_eq!(settle.read(false, start + ms(200)), Verdict::Again(start + ms(350)));
    assert_eq!(settle.read(true, start + ms(400)), Verdict::Settled);
    assert_eq!(since(start, settle.due()), (POLL + 400, "poll".into()));
}

#[test]
fn a_folder_that_never_rests_is_given_up_and_tried_again_when_quiet_or_after_a_while() {
    let start = Instant::now();
    let mut settle = Settle::new(Pace::default(), ms(POLL), start);
    settle.begin(start);
    assert_eq!(settle.read(false, start + ms(9_999)), Verdict::Again(start + ms(10_149)));
    assert_eq!(settle.read(false, start + ms(10_150)), Verdict::Unsettled);
    assert_eq!(since(start, settle.due()), (20_150, "poll".into()));
    settle.hint(start + ms(10_200));
    assert_eq!(since(start, settle.due()), (10_500, "event".into()));
    (10_300..20_200).step_by(100).for_each(|at| settle.hint(start + ms(at)));
    assert_eq!(since(start, settle.due()), (20_150, "poll".into()));
}

#[test]
fn what_happened_before_a_reading_is_in_it() {
    let start = Instant::now();
    let mut settle = Settle::new(Pace::default(), ms(POLL), start);
    settle.hint(start);
    settle.reading();
    assert_eq!(settle.due().1, "poll");
    settle.hint(start + ms(10));
    assert_eq!(since(start, settle.due()), (310, "event".into()));
}
