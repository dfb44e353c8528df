//! From when on contacts are read again: by the platform's clock, and never past what was read.

use super::*;
use crate::run::{
    Decision,
    fake::{Like, World},
};
use rstest::rstest;
use std::{sync::Arc, time::SystemTime};

fn at(text: &str) -> DateTime<Utc> {
    text.parse().unwrap()
}

/// What a run with our clock at `ours` asks for after one at `before`; statuses with the time from which on they are read.
async fn asked(
    world: &mut World,
    ours: &str,
    status: Option<SubscriptionStatus>,
) -> Vec<(Option<SubscriptionStatus>, Option<DateTime<Utc>>)> {
    world.now = at(ours);
    let (recorder, writer) = Recorder::start(crate::state::Store::open(&world.state(), world.now).unwrap());
    let engine = world.engine(Some(recorder));
    let mut context = world.context(&engine);
    let mut export = (*context.export).clone();
    export.new_contacts.status = status.or(export.new_contacts.status);
    context.export = Arc::new(export);
    world.platform().readings();
    let turn = engine.at_turn(context).await.unwrap();
    engine.run(&turn, &|_| Decision::Go).await.unwrap();
    drop((engine, turn));
    tokio::task::spawn_blocking(move || writer.join().unwrap()).await.unwrap();
    let since = |since: &String| DateTime::parse_from_rfc3339(since).unwrap().to_utc();
    world.platform().readings().iter().map(|page| (page.standing, page.changed_since.as_ref().map(since))).collect()
}

const LOSSES: [SubscriptionStatus; 5] = [
    SubscriptionStatus::Unsubscribed,
    SubscriptionStatus::Pending,
    SubscriptionStatus::NonSubscribed,
    SubscriptionStatus::Cleaned,
    SubscriptionStatus::Archived,
];

fn all_since(standings: &[SubscriptionStatus], since: &str) -> Vec<(Option<SubscriptionStatus>, Option<DateTime<Utc>>)> {
    standings.iter().map(|standing| (Some(*standing), Some(at(since)))).collect()
}

#[rstest]
#[case::right("2026-11-22T08:00:00Z")]
#[case::days_ahead("2026-11-29T08:00:00Z")]
#[case::years_behind("2019-01-01T00:00:00Z")]
#[tokio::test(start_paused = true)]
async fn the_next_reading_goes_on_by_the_platforms_clock_whatever_ours_says(#[case] ours: &str) {
    let mut world = World::new(Like::Mailchimp, "").await;
    world.platform().set_clock(SystemTime::from(at("2026-11-22T08:00:00Z")));
    let first = asked(&mut world, ours, None).await;
    assert_eq!(first, [(None, None), (None, Some(at("2026-11-22T07:55:00Z")))]);
    world.platform().set_clock(SystemTime::from(at("2026-11-22T09:00:00Z")));
    assert_eq!(asked(&mut world, "2026-11-22T09:00:00Z", None).await, all_since(&LOSSES, "2026-11-22T07:00:00Z"));
    assert_eq!(asked(&mut world, ours, None).await, all_since(&LOSSES, "2026-11-22T08:00:00Z"));
}

/// Where a platform tells no time and shows no change, what is known stays known up to where it was.
#[tokio::test(start_paused = true)]
async fn without_a_clock_of_the_platforms_nothing_is_taken_for_read() {
    let mut world = World::new(Like::Mailchimp, "").await;
    asked(&mut world, "2026-11-22T08:00:00Z", None).await;
    for ours in ["2026-11-22T09:00:00Z", "2026-12-22T09:00:00Z"] {
        assert_eq!(asked(&mut world, ours, None).await, all_since(&LOSSES, "2026-11-15T08:00:00Z"));
    }
}

/// Runs that give `subscribed` leave changes to it out; one that gives another status needs them all, from the reading that had them.
#[tokio::test(start_paused = true)]
async fn a_run_that_needs_what_others_left_out_reads_it_first() {
    let mut world = World::new(Like::Mailchimp, "").await;
    for hour in ["08", "09", "10"] {
        let now = format!("2026-11-22T{hour}:00:00Z");
        world.platform().set_clock(SystemTime::from(at(&now)));
        asked(&mut world, &now, None).await;
    }
    world.platform().set_clock(SystemTime::from(at("2026-11-22T11:00:00Z")));
    let mut expected = all_since(&[SubscriptionStatus::Subscribed], "2026-11-22T07:00:00Z");
    expected.extend(all_since(&LOSSES, "2026-11-22T09:00:00Z"));
    assert_eq!(asked(&mut world, "2026-11-22T11:00:00Z", Some(SubscriptionStatus::NonSubscribed)).await, expected);
}
