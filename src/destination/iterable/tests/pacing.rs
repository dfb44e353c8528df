//! The vendor's limits, on paused time.

use super::*;
use crate::http::script::{self, Script};
use rstest::rstest;
use std::time::Duration;

#[rstest]
#[case(Operation::Join)]
#[case(Operation::Update)]
#[case(Operation::Leave)]
#[tokio::test(start_paused = true)]
async fn writes_are_five_a_second_of_each_sort(#[case] operation: Operation) {
    let list = (operation == Operation::Leave).then(|| script::json(200, "a@example.com\n"));
    let script = Arc::new(Script::new(list, script::json(200, r#"{"successCount": 1, "failCount": 0}"#)));
    let destination = over(&script);
    let batch = Batch { operation, container: Some(ContainerId("1".into())), rows: vec![row("a@example.com", &[])] };
    let place = place();
    futures::future::join_all((0..20).map(|_| destination.submit(&place, &batch))).await;
    let sent = sent(&script, "POST");
    assert_eq!((sent.len(), greatest(&sent, Duration::from_secs(1))), (20, 5));
}

#[tokio::test(start_paused = true)]
async fn readings_of_members_are_five_a_minute_together() {
    let script = Arc::new(Script::new([], script::json(200, "0")));
    let destination = over(&script);
    let request = PageRequest { cursor: None, rows: 10, changed_since: None, standing: None };
    let place = place();
    let lists: Vec<_> = (1..=9).map(|id: u32| ContainerId(id.to_string())).collect();
    futures::future::join_all(lists.iter().map(|list| destination.container_members(&place, list, &request))).await;
    let sent = sent(&script, "GET");
    assert_eq!((sent.len(), greatest(&sent, Duration::from_secs(60))), (9, 5));
}

#[rstest]
#[case::one_key("key-1", "key-1", false, 5)]
#[case::two_keys_of_one_project("key-1", "key-2", true, 5)]
#[case::two_projects("key-1", "key-2", false, 10)]
#[tokio::test(start_paused = true)]
async fn what_shares_a_project_shares_its_pace(#[case] one: &str, #[case] other: &str, #[case] shares: bool, #[case] most: usize) {
    let script = Arc::new(Script::new([], script::json(200, r#"{"successCount": 1, "failCount": 0}"#)));
    let (hub, app) = (script::hub(&script), Name::new("app").unwrap());
    let limits = Limits { share_with: shares.then(|| app.clone()), ..Limits::default() };
    let open = |name: &str, key: &str, limits: Limits| {
        let (name, credentials) = (Name::new(name).unwrap(), Credentials::ApiKey(Secret::Plain(key.into())));
        super::super::open(&Connection { name, credentials, limits, ..connection(endpoint()) }, &hub).unwrap()
    };
    let both = [open("other", other, limits), open("app", one, Limits::default())];
    let batch = Batch { operation: Operation::Join, container: Some(ContainerId("1".into())), rows: vec![row("a@example.com", &[])] };
    let place = place();
    futures::future::join_all((0..40).map(|n| both[n % 2].submit(&place, &batch))).await;
    assert_eq!(greatest(&sent(&script, "POST"), Duration::from_secs(1)), most);
}

fn over(script: &Arc<Script>) -> Arc<dyn Destination> {
    super::super::open(&connection(endpoint()), &script::hub(script)).unwrap()
}

fn endpoint() -> Option<url::Url> {
    Some("https://iterable.example.com/api".parse().unwrap())
}

fn sent(script: &Script, method: &str) -> Vec<tokio::time::Instant> {
    script.seen.lock().unwrap().iter().filter(|(_, line, _)| line.starts_with(method)).map(|(at, ..)| *at).collect()
}

fn greatest(sent: &[tokio::time::Instant], window: Duration) -> usize {
    sent.iter().map(|from| sent.iter().filter(|at| **at >= *from && **at < *from + window).count()).max().unwrap_or(0)
}
