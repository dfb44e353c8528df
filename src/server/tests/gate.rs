//! Who may ask what, and what is said to whoever may not or asks wrongly.

use super::world::{World, send};
use crate::server::{Problem, Server, Setup, StartError, Token, routes};
use rstest::rstest;

/// Every route once, from the table itself: without a token only probes, metrics and, for the user who runs the daemon,
/// reads are answered.
#[tokio::test(flavor = "multi_thread")]
async fn what_needs_a_token_is_refused_without_one() {
    let world = World::new().await;
    let mut open = Vec::new();
    for route in routes::table() {
        let path = path(&route);
        let answer = send(world.request(&route.method.to_uppercase(), &path)).await;
        if answer.status != 401 {
            open.push(format!("{} {}", route.method, route.path));
        } else {
            assert!(answer.headers.contains_key("www-authenticate"), "{path}");
            let problem: Problem = serde_json::from_str(&answer.text).unwrap();
            assert!(problem.hint.unwrap().contains("api-token"), "{path}");
        }
    }
    let expected = [
        "get /livez",
        "get /readyz",
        "get /metrics",
        "get /v1/exports",
        "get /v1/exports/{name}",
        "get /v1/runs",
        "get /v1/connections",
        "get /v1/directory",
        "get /v1/plans",
        "get /v1/audit",
        "get /v1/openapi.json",
    ];
    assert_eq!(open, expected);
    assert!(world.seen().is_empty(), "{:?}", world.seen());
}

fn path(route: &routes::Route) -> String {
    let names = [("{name}", "news"), ("{digest}", "aabbcc"), ("{connection}", "account"), ("{token}", "nobody")];
    names.iter().fold(route.path.to_owned(), |path, (from, to)| path.replace(from, to))
}

#[rstest]
#[case("localhost:8485", true)]
#[case("127.0.0.1", true)]
#[case("127.8.8.8:1", true)]
#[case("[::1]:8485", true)]
#[case("LOCALHOST", true)]
#[case("attacker.example.com:8485", false)]
#[case("localhost.example.com", false)]
#[case("127.0.0.1.example.com", false)]
#[case("192.0.2.1", false)]
#[case("", false)]
#[tokio::test(flavor = "multi_thread")]
async fn on_loopback_the_host_must_be_loopback(#[case] host: &str, #[case] allowed: bool) {
    let world = World::new().await;
    for path in ["/v1/exports", "/metrics", "/nowhere"] {
        let answer = send(world.request("GET", path).header("Host", host)).await;
        assert_eq!(answer.status == 421, !allowed, "{path}: {}", answer.text);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn beyond_loopback_a_token_of_ones_own_is_needed_for_everything() {
    let world = World::listening("0.0.0.0:0".parse().unwrap(), Some("0123456789abcdef")).await;
    for (path, status) in [("/v1/exports", 401), ("/v1/openapi.json", 401), ("/livez", 200), ("/metrics", 401)] {
        let answer = send(world.request("GET", path).header("Host", "listkeeper.example.com")).await;
        assert_eq!(answer.status, status, "{path}");
    }
    assert_eq!(world.ask("GET", "/v1/exports").await.status, 200);
    assert_eq!(world.ask("GET", "/metrics").await.status, 200);
    let endpoint = std::fs::read_to_string(world.dir.path().join("state/daemon.json")).unwrap();
    assert!(endpoint.contains("http://127.0.0.1:"), "{endpoint}");
}

#[tokio::test(flavor = "multi_thread")]
async fn beyond_loopback_it_does_not_start_with_the_token_it_made() {
    let world = World::new().await;
    let state = crate::state::StateDir::from(world.dir.path().join("other"));
    let (handle, _) = crate::daemon::fake::handle(super::world::board(), &state, world.dir.path());
    let token = Token::open(None, &state).unwrap();
    let refused = Server::start(Setup { listen: "0.0.0.0:0".parse().unwrap(), handle, token, redirect: None, tls: None }).await;
    let error = refused.err().unwrap();
    assert!(matches!(error, StartError::NoToken(_)) && error.hint().contains("--api-token"), "{error}");
}

#[rstest]
#[case::unknown_route("GET", "/v2/exports", None, 404)]
#[case::wrong_method("DELETE", "/v1/exports", None, 405)]
#[case::not_a_name("GET", "/v1/exports/No%20Name", None, 400)]
#[case::not_utf8("GET", "/v1/exports/%ff", None, 400)]
#[case::unknown_export("GET", "/v1/exports/nobody", None, 404)]
#[case::unknown_export_rejected("GET", "/v1/exports/nobody/rejected", None, 404)]
#[case::limit_of_nothing("GET", "/v1/runs?limit=0", None, 400)]
#[case::limit_too_large("GET", "/v1/runs?limit=1001", None, 400)]
#[case::limit_no_number("GET", "/v1/audit?limit=many", None, 400)]
#[case::misspelt("GET", "/v1/runs?limits=3", None, 400)]
#[case::not_a_boolean("POST", "/v1/exports/news/runs?wait=perhaps", None, 400)]
#[case::trigger_unknown("POST", "/v1/exports/nobody/runs", None, 404)]
#[case::cancel_what_does_not_run("POST", "/v1/exports/idle/cancel", None, 409)]
#[case::not_a_digest("POST", "/v1/plans/xyz/approve", None, 400)]
#[case::too_short("POST", "/v1/plans/aab/approve", None, 400)]
#[case::not_held("POST", "/v1/plans/ffff/approve", None, 404)]
#[case::several_held("POST", "/v1/plans/aabb/approve", None, 409)]
#[case::no_json("POST", "/v1/plan", Some("{"), 400)]
#[case::no_files("POST", "/v1/plan", Some("{}"), 422)]
#[case::misspelt_field("POST", "/v1/plan", Some(r#"{"files": [], "exprots": []}"#), 422)]
#[case::invalid_definitions(
    "POST",
    "/v1/plan",
    Some(r#"{"files": [{"path": "a/b.yaml", "text": "apiVersion: listkeeper/v1\nkind: Exprot\n"}]}"#),
    422
)]
#[case::a_path_elsewhere("POST", "/v1/plan", Some(r#"{"files": [{"path": "../b.yaml", "text": "x"}]}"#), 422)]
#[case::an_export_that_was_not_sent("POST", "/v1/plan", Some(r#"{"files": [], "exports": ["nobody"]}"#), 422)]
#[tokio::test(flavor = "multi_thread")]
async fn what_is_asked_wrongly_is_told_as_a_problem(
    #[case] method: &str,
    #[case] path: &str,
    #[case] body: Option<&'static str>,
    #[case] status: u16,
) {
    let world = World::new().await;
    let request = world.request(method, path).bearer_auth(&world.token);
    let answer = send(if let Some(body) = body { request.header("Content-Type", "application/json").body(body) } else { request }).await;
    assert_eq!((answer.status, answer.kind.as_str()), (status, "application/problem+json"), "{}", answer.text);
    let problem: Problem = serde_json::from_str(&answer.text).unwrap();
    assert_eq!(problem.status, status);
    assert!(problem.detail.len() > 10, "{}", answer.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_method_that_is_not_so_says_which_are() {
    let world = World::new().await;
    let answer = world.ask("DELETE", "/v1/runs").await;
    let allowed = answer.headers["allow"].to_str().unwrap().to_owned();
    assert!(allowed.contains("GET") && allowed.contains("POST"), "{allowed}");
}

#[rstest]
#[case::too_long(Some("x".repeat(65)), 400)]
#[case::not_printable(Some("é".to_owned()), 400)]
#[case::blank(Some(" ".to_owned()), 400)]
#[case::two_words(Some("da na".to_owned()), 400)]
#[case::named(Some("dana".to_owned()), 202)]
#[case::nobody(None, 202)]
#[tokio::test(flavor = "multi_thread")]
async fn who_asks_is_a_remark_in_the_audit_trail(#[case] user: Option<String>, #[case] status: u16) {
    let world = World::new().await;
    let request = world.request("POST", "/v1/reload").bearer_auth(&world.token);
    let request = if let Some(user) = &user { request.header("X-Listkeeper-User", user.as_bytes()) } else { request };
    assert_eq!(send(request).await.status, status);
    let remark = user.as_deref().map(|user| format!(" (says it is {user})")).unwrap_or_default();
    let expected = (status == 202).then(|| format!("administrator{remark}: reload"));
    let until = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while world.seen().len() < usize::from(status == 202) && std::time::Instant::now() < until {
        tokio::task::yield_now().await;
    }
    assert_eq!(world.seen(), Vec::from_iter(expected));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_too_large_or_is_not_said_to_be_json_is_refused() {
    let world = World::new().await;
    let post = || world.request("POST", "/v1/plan").bearer_auth(&world.token);
    assert_eq!(send(post().body("{}")).await.status, 415);
    let large = vec![b' '; (16 << 20) + 1];
    // The connection may be closed while the rest is still being sent: then there is no answer to look at.
    if let Ok(response) = post().header("Content-Type", "application/json").body(large).send().await {
        assert_eq!(response.status().as_u16(), 413);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_takes_the_address_back() {
    let world = World::new().await;
    let (url, file) = (world.url("/livez"), world.dir.path().join("state/daemon.json"));
    let socket = file.with_file_name("daemon.sock");
    assert!(file.exists() && socket.exists());
    world.server.shutdown().await;
    assert!(!file.exists() && !socket.exists());
    assert!(world.http.get(url).send().await.is_err());
}
