//! Keys, paths, slots, folders, the page and the control surface.

use crate::{
    Error, Options, Recorder, Sandbox,
    testing::{Bench, member, problem},
};
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

#[rstest]
#[case(Some("Basic YW55OmtleS11czY="), 200)] // any:key-us6
#[case(Some("Bearer key-us6"), 200)]
#[case(Some("Bearer invalid-us6"), 401)]
#[case(Some("Bearer key"), 401)]
#[case(Some("Bearer -us6"), 401)]
#[case(Some("Basic !!!"), 401)]
#[case(Some("OAuth key-us6"), 401)]
#[case(None, 401)]
#[tokio::test]
async fn keys(#[case] authorization: Option<&str>, #[case] expected: u16) {
    let bench = Bench::new().await;
    let mut request = bench.http.get(bench.url("/ping"));
    if let Some(value) = authorization {
        request = request.header("authorization", value);
    }
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), expected);
    if expected == 401 {
        assert_eq!(response.headers()["content-type"], "application/problem+json; charset=utf-8");
        let id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
        assert_eq!(response.json::<Value>().await.unwrap()["instance"], id);
    }
}

#[tokio::test]
async fn paths_and_methods_that_are_not() {
    let bench = Bench::new().await;
    let (status, answer) = bench.get("/campaigns").await;
    assert_eq!((status, problem(&answer).1), (404, "Resource Not Found"));
    let response = bench.send(Method::PUT, "/lists/cdp", Some(&json!({}))).await.unwrap();
    assert_eq!((response.status().as_u16(), response.headers()["allow"].to_str().unwrap()), (405, "GET, PATCH, DELETE, POST"));
    let request = bench.http.post(bench.url("/lists/cdp")).bearer_auth("key-us6").body("{nope");
    let answer: Value = request.send().await.unwrap().json().await.unwrap();
    assert_eq!((&answer["status"], problem(&answer).1), (&json!(400), "JSON Parse Error"));
    assert_eq!(bench.get("/lists/none").await.0, 404);
    assert_eq!(bench.sandbox.counters().violations, 3, "an unknown list is not outside the contract");
}

/// A request whose body never comes: it keeps its slot until the connection ends.
async fn unfinished(bench: &Bench) -> tokio::net::TcpStream {
    use tokio::io::AsyncWriteExt as _;
    let mut stream = tokio::net::TcpStream::connect(("127.0.0.1", bench.sandbox.page().port().unwrap())).await.unwrap();
    let head = "POST /mailchimp/3.0/lists HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: 9\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

async fn until_in_flight(bench: &Bench, count: u64) {
    while bench.sandbox.counters().in_flight != count {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn ten_at_one_time() {
    let bench = Bench::new().await;
    let mut held = Vec::new();
    for count in 1..=9 {
        held.push(unfinished(&bench).await);
        until_in_flight(&bench, count).await;
    }
    assert_eq!(bench.get("/ping").await.0, 200, "the tenth");
    held.push(unfinished(&bench).await);
    until_in_flight(&bench, 10).await;
    let (status, answer) = bench.get("/ping").await;
    assert_eq!((status, problem(&answer).1), (429, "Too Many Requests"));
    drop(held);
    until_in_flight(&bench, 0).await;
    assert_eq!(bench.get("/ping").await.0, 200, "slots come back");
    let counters = bench.sandbox.counters();
    assert_eq!((counters.most_at_once, counters.refused_slots), (11, 1));
}

#[tokio::test]
async fn what_was_received_survives_a_restart_and_a_reset_removes_it() {
    let bench = Bench::new().await;
    bench.subscribe("a@contoso.test").await;
    let bench = bench.restart(Options::default()).await;
    assert_eq!(bench.get(&member("a@contoso.test")).await.0, 200);
    let bench = bench.restart(Options { reset: true, ..Options::default() }).await;
    assert_eq!(bench.get("/lists/cdp").await.0, 404);
}

#[tokio::test]
async fn a_second_sandbox_learns_who_holds_the_folder() {
    let bench = Bench::new().await;
    let error = Sandbox::start(bench.dir.path(), Options::default()).await.unwrap_err();
    let text = error.to_string();
    assert!(matches!(error, Error::Held { .. }), "{text}");
    assert!(text.contains(&format!("process {} ({})", std::process::id(), bench.sandbox.page())), "{text}");
}

#[tokio::test]
async fn a_taken_port_and_another_format_are_said() {
    let bench = Bench::new().await;
    let port = bench.sandbox.page().port().unwrap();
    let dir = tempfile::tempdir().unwrap();
    let error = Sandbox::start(dir.path(), Options { port, ..Options::default() }).await.unwrap_err();
    assert!(matches!(error, Error::Bind { .. }), "{error}");
    rusqlite::Connection::open(dir.path().join("mailchimp.db")).unwrap().execute_batch("PRAGMA user_version=99").unwrap();
    let error = Sandbox::start(dir.path(), Options::default()).await.unwrap_err();
    assert!(matches!(error, Error::Format { found: 99, .. }), "{error}");
}

#[tokio::test]
async fn files_are_for_their_owner_only() {
    use std::os::unix::fs::PermissionsExt as _;
    let bench = Bench::new().await;
    bench.subscribe("a@contoso.test").await;
    for entry in std::fs::read_dir(bench.dir.path()).unwrap() {
        let entry = entry.unwrap();
        assert_eq!(entry.metadata().unwrap().permissions().mode() & 0o777, 0o600, "{:?}", entry.path());
    }
}

#[tokio::test]
async fn the_recorder_keeps_exchanges() {
    let recorder = Recorder::new();
    let bench = Bench::with(Options { recorder: Some(recorder.clone()), ..Options::default() }).await;
    bench.subscribe("a@contoso.test").await;
    bench.get("/lists/cdp?fields=id").await;
    let kept = recorder.take();
    assert_eq!((kept[0].method.as_str(), kept[0].path.as_str(), kept[0].status), ("POST", "/lists/cdp", 200));
    assert!(kept[0].body.contains("a@contoso.test"));
    assert_eq!((kept[1].query.as_str(), kept[1].answer.as_str()), ("fields=id", "{\"id\":\"cdp\"}"));
    assert!(recorder.take().is_empty());
}

#[tokio::test]
async fn the_page_and_the_summary_show_what_was_received() {
    let bench = Bench::new().await;
    let row = json!({"email_address": "a<b@contoso.test", "status": "subscribed", "tags": ["vip"], "merge_fields": {"FNAME": "<Ada>"}});
    assert_eq!(bench.bulk(false, row).await["error_count"], 1, "not an address");
    bench
        .bulk(
            false,
            json!({"email_address": "a@contoso.test", "status": "subscribed", "tags": ["vip"], "merge_fields": {"FNAME": "<Ada>"}}),
        )
        .await;
    let page = |path: &str| bench.http.get(bench.sandbox.page().join(path).unwrap()).send();
    let overview = page("/").await.unwrap().text().await.unwrap();
    assert!(overview.contains("vip <b>1</b>") && overview.contains("POST /lists/{list_id}"), "{overview}");
    let list = page("/mailchimp/lists/cdp").await.unwrap().text().await.unwrap();
    assert!(list.contains("a@contoso.test") && list.contains("&lt;Ada&gt;"), "{list}");
    assert_eq!(page("/mailchimp/lists/none").await.unwrap().status(), 404);
    let summary: Value = page("/_sandbox/mailchimp/lists").await.unwrap().json().await.unwrap();
    assert_eq!(summary["lists"][0]["statuses"]["subscribed"], 1);
    assert_eq!(summary["lists"][0]["tags"][0]["members"], 1);
    let requests: Value = page("/_sandbox/mailchimp/requests").await.unwrap().json().await.unwrap();
    assert_eq!(requests["routes"]["POST /lists/{list_id}"]["requests"], 2);
    assert!(!requests.to_string().contains("contoso"), "no address in the log");
}

#[tokio::test]
async fn the_control_surface_sets_people_and_lists_and_answers_to_loopback_names_only() {
    let bench = Bench::new().await;
    let url = |path: &str| bench.sandbox.page().join(path).unwrap();
    let post = |path: &str, body: Value| bench.http.post(url(path)).json(&body).send();
    let list = json!({"id": "a1b2c3d4e5", "name": "Mine"});
    assert_eq!(post("/_sandbox/mailchimp/lists", list).await.unwrap().status(), 204);
    assert_eq!(post("/_sandbox/mailchimp/lists", json!({"id": "../x", "name": ""})).await.unwrap().status(), 400);
    let people = json!([{"list": "a1b2c3d4e5", "email": "x@example.com", "is": "unsubscribed-by-self"}]);
    assert_eq!(post("/_sandbox/mailchimp/people", people).await.unwrap().status(), 204);
    let (_, member) = bench.get("/lists/a1b2c3d4e5/members/x%40example.com").await;
    assert_eq!((&member["status"], &member["unsubscribe_reason"]), (&json!("unsubscribed"), &json!("None given")));
    let wrong = json!({"list": "none", "email": "x@contoso.test", "is": "cleaned"});
    let refused = post("/_sandbox/mailchimp/people", wrong).await.unwrap();
    assert_eq!((refused.status().as_u16(), refused.text().await.unwrap()), (400, "{\"error\":\"There is no audience none.\"}".into()));
    for path in ["/", "/_sandbox/faults"] {
        let request = bench.http.get(url(path)).header("host", "evil.test");
        assert_eq!(request.send().await.unwrap().status(), 403);
    }
}

#[tokio::test]
async fn answers_are_dated_by_the_sandboxs_own_clock() {
    let dir = tempfile::tempdir().unwrap();
    let options = Options { clock: crate::Clock::new(|| 1_900_000_000), ..Options::default() };
    let sandbox = Sandbox::start(dir.path(), options).await.unwrap();
    let ping = format!("{}/ping", sandbox.mailchimp_endpoint());
    let response = reqwest::Client::new().get(ping).bearer_auth("key-us6").send().await.unwrap();
    assert_eq!(response.headers()["date"], "Sun, 17 Mar 2030 17:46:40 GMT");
}
