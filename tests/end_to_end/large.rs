//! Large audiences: pages that the platform does not manage, and several of them at one time.

use super::world::{Defined, LIST, World, desired, rows};
use rstest::rstest;
use serde_json::json;

/// An audience of so many others, and some of ours who are unsubscribed there.
async fn large(others: usize) -> World {
    let world = World::new(&Defined::overlapping(), &rows(0..20)).await;
    let member = |n: usize| json!({"email_address": format!("other{n}@contoso.test"), "status": "subscribed"});
    for chunk in (0..others).collect::<Vec<_>>().chunks(500) {
        let members: Vec<_> = chunk.iter().map(|n| member(*n)).collect();
        world.ask("POST", &format!("/lists/{LIST}"), json!({"members": members})).await;
    }
    world.asked();
    world
}

/// `count` of each page of contacts that was asked for.
fn counts(world: &World) -> Vec<u64> {
    let asked = world.asked();
    let pages = asked.iter().filter(|each| each.method == "GET" && each.path.ends_with("/members"));
    let count = |query: &str| query.split('&').find_map(|part| part.strip_prefix("count="))?.parse().ok();
    pages.filter_map(|each| count(&each.query)).collect()
}

/// Whatever a page that is too large is answered with, half as many are asked for, everyone is read, and the next run begins with that.
#[rstest]
#[case("gateway-timeout")]
#[case("bad-gateway")]
#[case("server-error")]
#[tokio::test(flavor = "multi_thread")]
async fn pages_that_are_too_large(#[case] how: &str) {
    let world = large(1_200).await;
    world.sandbox.set("mailchimp", &json!({"largestPage": 250, "tooLarge": how})).unwrap();
    world.succeed().await;
    let first = counts(&world);
    assert_eq!(first[0], 1_000, "{first:?}");
    let whole = first.iter().filter(|count| **count > 250).count();
    assert_eq!(whole, if how == "gateway-timeout" { 2 } else { 6 }, "{first:?}");
    assert!(first.contains(&250), "{first:?}");
    world.sandbox.set("mailchimp", &json!({})).unwrap();
    let ours = world.held().await.into_iter().filter(|(address, _)| !address.starts_with("other")).collect();
    assert_eq!(desired(&rows(0..20)), ours);
    world.asked();
    world.sandbox.set("mailchimp", &json!({"largestPage": 250, "tooLarge": how})).unwrap();
    world.write(&rows(0..25));
    world.succeed().await;
    let next = counts(&world);
    assert!(!next.is_empty() && next.iter().all(|count| *count == 250), "{next:?}");
}

/// Within the connection's own.
#[rstest]
#[case(1)]
#[case(4)]
#[tokio::test(flavor = "multi_thread")]
async fn several_pages_at_one_time(#[case] connections: u64) {
    let world = large(3_000).await;
    let limits = format!("limits: {{connections: {connections}}}\n");
    world.define(&Defined { connection: limits, ..Defined::default() });
    world.sandbox.set("mailchimp", &json!({"largestPage": 250})).unwrap();
    world.weather(listkeeper_sandbox::Faults::latency(20));
    world.succeed().await;
    let most = world.sandbox.counters().most_at_once as u64;
    assert_eq!(most, connections);
    let pages = counts(&world).into_iter().filter(|count| *count == 250).count();
    // Once whole, and once more since all of them changed a moment ago.
    assert!(pages <= 32, "{pages} for 3,000 contacts");
}
