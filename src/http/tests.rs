use super::script::{SPEND, Script, after, client, hub, json, request};
use super::*;
use rstest::rstest;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

fn refused() -> Result<Raw, Lost> {
    Err(Lost::Unreachable("Connection refused".into()))
}

fn reset() -> Result<Raw, Lost> {
    Err(Lost::Broken("connection reset".into()))
}

/// Attempts made, and how it ended: status, or what kind of failure, and whether the work may have been done.
#[rstest]
#[case::good(Effect::Once, vec![], 1, "200 certain")]
#[case::refused_connection(Effect::Once, vec![refused(), refused()], 3, "200 certain")]
#[case::throttled(Effect::Once, vec![json(429, ""), json(429, "")], 3, "200 certain")]
#[case::broken_answer(Effect::Repeatable, vec![reset()], 2, "200 uncertain")]
#[case::broken_create(Effect::Once, vec![reset()], 1, "Broken(\"connection reset\") unknown")]
#[case::server_error(Effect::Repeatable, vec![json(502, "<html>")], 2, "200 uncertain")]
#[case::server_error_on_create(Effect::Once, vec![json(500, "")], 1, "500 certain")]
#[case::short_pause_asked(Effect::Repeatable, vec![after(429, 7)], 2, "200 certain")]
#[case::long_pause_asked(Effect::Repeatable, vec![after(429, 3600)], 1, "429 certain")]
#[case::too_big(Effect::Repeatable, vec![Err(Lost::TooBig)], 1, "TooBig(1048576) unknown")]
#[case::gives_up(Effect::Repeatable, (0..10).map(|_| refused()).collect(), 10, "Unreachable(\"Connection refused\") certain")]
#[case::remembers_doubt(Effect::Repeatable, [reset()].into_iter().chain((0..9).map(|_| refused())).collect(), 10, "Unreachable(\"Connection refused\") unknown")]
#[tokio::test(start_paused = true)]
async fn what_is_tried_again(#[case] effect: Effect, #[case] steps: Vec<Result<Raw, Lost>>, #[case] attempts: usize, #[case] end: &str) {
    let script = Arc::new(Script::new(steps, json(200, "{}")));
    let told = match client(&script).send(&request(effect)).await {
        Ok(answer) => format!("{} {}", answer.status, if answer.uncertain { "uncertain" } else { "certain" }),
        Err(failure) => format!("{:?} {}", failure.kind, if failure.unknown { "unknown" } else { "certain" }),
    };
    assert_eq!((script.attempts(), told.as_str()), (attempts, end));
}

#[tokio::test(start_paused = true)]
async fn a_slow_call_times_out_and_a_divisible_one_is_not_repeated_whole() {
    for (divisible, attempts) in [(true, 1), (false, 5)] {
        let script = Arc::new(Script::new([], json(200, "{}")).taking(Duration::from_secs(999)));
        let failure = client(&script).send(&Request { divisible, ..request(Effect::Repeatable) }).await.unwrap_err();
        assert_eq!(failure.kind, FailureKind::TimedOut(Duration::from_secs(130)));
        assert!(failure.unknown);
        assert_eq!(script.attempts(), attempts);
    }
}

/// A proof that is refused is tried again where it is all there is, and a wrong one is told soon.
#[rstest]
#[case::all_there_is(Unproved::Again, 2, 3, 200)]
#[case::wrong(Unproved::Again, 9, 3, 401)]
#[case::another_may_do(Unproved::Take, 1, 1, 401)]
#[tokio::test(start_paused = true)]
async fn a_refused_proof(#[case] unproved: Unproved, #[case] refusals: usize, #[case] attempts: usize, #[case] status: u16) {
    let script = Arc::new(Script::new((0..refusals).map(|_| json(401, "{}")), json(200, "{}")));
    let start = Instant::now();
    let answer = client(&script).send(&Request { unproved, ..request(Effect::Once) }).await.unwrap();
    assert_eq!((script.attempts(), answer.status), (attempts, status));
    let between = if attempts > 1 { 4..=8 } else { 0..=0 };
    assert!(between.contains(&start.elapsed().as_secs()), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn retry_after_is_waited_out() {
    let script = Arc::new(Script::new([after(429, 20)], json(200, "{}")));
    let start = Instant::now();
    client(&script).send(&request(Effect::Once)).await.unwrap();
    assert!(start.elapsed() >= Duration::from_secs(20), "{:?}", start.elapsed());
}

#[tokio::test(start_paused = true)]
async fn nobody_holds_a_connection_while_backing_off() {
    let script = Arc::new(Script::new([after(429, 50)], json(200, "{}")));
    let client = hub(&script).client("account", Spend { connections: 1, ..SPEND });
    let start = Instant::now();
    let patient = tokio::spawn({
        let client = client.clone();
        async move { client.send(&request(Effect::Once)).await }
    });
    tokio::task::yield_now().await;
    client.send(&request(Effect::Once)).await.unwrap();
    assert!(start.elapsed() < Duration::from_secs(1), "the second call did not wait for the first");
    patient.await.unwrap().unwrap();
}

#[tokio::test(start_paused = true)]
async fn connections_are_capped_across_all_who_share_an_account() {
    let script = Arc::new(Script::new([], json(200, "{}")).taking(Duration::from_millis(100)));
    let hub = hub(&script);
    let (one, two) = (hub.client("key one", SPEND), hub.client("key two", Spend { connections: 3, ..SPEND }));
    one.belongs_to("account");
    two.belongs_to("account");
    let start = Instant::now();
    let request = request(Effect::Once);
    futures::future::join_all((0..30).map(|n| if n % 2 == 0 { one.send(&request) } else { two.send(&request) })).await;
    assert_eq!(hub.counters(), Counters { requests: 30, retries: 0, throttled: 0, in_flight: 0, in_flight_max: 3 });
    assert_eq!(start.elapsed().as_millis(), 1000, "all three are used");
}

#[tokio::test(start_paused = true)]
async fn an_outage_is_not_multiplied() {
    let script = Arc::new(Script::new([], json(503, "")));
    let client = client(&script);
    let start = Instant::now();
    for _ in 0..8 {
        let request = request(Effect::Repeatable);
        futures::future::join_all((0..50).map(|_| client.send(&request))).await;
    }
    // 400 requests, a tenth again, the bucket's first 20, and a trickle of one in ten seconds.
    let allowed = 400 + 40 + 20 + start.elapsed().as_secs() as usize / 10;
    assert!((440..=allowed).contains(&script.attempts()), "{} of {allowed}", script.attempts());
}

#[tokio::test(start_paused = true)]
async fn stopping_ends_waiting_but_not_what_is_in_flight() {
    let script = Arc::new(Script::new([json(200, "{}")], json(429, "")).taking(Duration::from_secs(5)));
    let stop = CancellationToken::new();
    let client = hub(&script).stopped_by(stop.clone()).client("account", Spend { connections: 1, ..SPEND });
    let flying = tokio::spawn({
        let client = client.clone();
        async move { client.send(&request(Effect::Once)).await }
    });
    tokio::task::yield_now().await;
    stop.cancel();
    assert_eq!(client.send(&request(Effect::Once)).await.unwrap_err().kind, FailureKind::Stopped);
    assert_eq!(flying.await.unwrap().unwrap().status, 200);
    assert_eq!(script.attempts(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_spent_day_waits_for_the_reset() {
    let script = Arc::new(Script::new([], json(200, "{}")));
    let client = hub(&script).client("account", Spend { per_day: Some(2), ..SPEND });
    let request = request(Effect::Once);
    assert!(client.send(&request).await.is_ok() && client.send(&request).await.is_ok());
    let failure = client.send(&request).await.unwrap_err();
    assert!(matches!(failure.kind, FailureKind::QuotaSpent { .. }), "{failure}");
    assert_eq!((script.attempts(), failure.unknown), (2, false));
}

#[tokio::test(start_paused = true)]
async fn equal_seeds_give_equal_times() {
    let mut runs = Vec::new();
    for _ in 0..2 {
        let script = Arc::new(Script::new([], json(503, "")));
        let start = Instant::now();
        client(&script).send(&request(Effect::Repeatable)).await.unwrap();
        runs.push(script.seen.lock().unwrap().iter().map(|(at, ..)| *at - start).collect::<Vec<_>>());
    }
    assert_eq!(runs[0], runs[1]);
    assert_ne!(runs[0][1], runs[0][2]);
}

#[tokio::test(start_paused = true)]
async fn an_unreachable_host_is_told_in_full_and_without_secrets() {
    let script = Arc::new(Script::new([], refused()));
    let request = request(Effect::Once);
    let failure = client(&script).send(&request).await.unwrap_err();
    insta::assert_snapshot!(
        regex_free(&failure.to_string()),
        @"api.example.com cannot be reached (POST /lists/{id}, tried 10 times in N s): Connection refused"
    );
    assert!(failure.hint().unwrap().contains("endpoint"));
    for shown in [format!("{failure:?}"), format!("{request:?}"), format!("{:?}", request.authorization)] {
        assert!(!shown.contains("hush") && !shown.contains("aHVzaC") && !shown.contains("dana"), "{shown}");
    }
}

/// The seconds depend on the jitter.
fn regex_free(text: &str) -> String {
    let (before, rest) = text.split_once(" in ").unwrap();
    let (_, after) = rest.split_once(" s)").unwrap();
    format!("{before} in N s){after}")
}

/// Answers after a tenth of a second; a share of the calls meets some fault.
struct Weather {
    dice: std::sync::Mutex<fastrand::Rng>,
    share: f64,
    sent: std::sync::atomic::AtomicUsize,
}

#[async_trait::async_trait]
impl Transport for Weather {
    async fn carry(&self, _: &Request) -> Result<Raw, Lost> {
        self.sent.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let fault = {
            let mut dice = self.dice.lock().unwrap();
            (dice.f64() < self.share).then(|| dice.usize(0..5))
        };
        tokio::time::sleep(Duration::from_millis(100)).await;
        match fault {
            None => json(200, "{}"),
            Some(0) => json(429, ""),
            Some(1) => json(503, ""),
            Some(2) => json(502, "<html>"),
            Some(3) => reset(),
            Some(_) => refused(),
        }
    }

    async fn download(&self, request: &Request, _: &mut tokio::fs::File) -> Result<Raw, Lost> {
        self.carry(request).await
    }
}

/// How many of 2,000 calls came to a good end, how long all took, and how many attempts were sent.
async fn through(share: f64, seed: u64) -> (usize, Duration, usize) {
    let weather = Arc::new(Weather { dice: fastrand::Rng::with_seed(seed).into(), share, sent: 0.into() });
    let client = Hub::new(weather.clone(), Arc::new(InMemoryDays::default()), fastrand::Rng::with_seed(seed)).client("account", SPEND);
    let start = Instant::now();
    let calls = (0..2_000).map(|_| {
        let client = client.clone();
        async move { client.send(&request(Effect::Repeatable)).await.is_ok_and(|answer| answer.is_success()) }
    });
    let good = futures::future::join_all(calls).await.into_iter().filter(|good| *good).count();
    (good, start.elapsed(), weather.sent.load(std::sync::atomic::Ordering::Relaxed))
}

/// Retries are bounded by what succeeds: a run in bad weather ends, and not late.
#[rstest]
#[tokio::test(start_paused = true)]
async fn three_faults_in_ten_calls_stop_nobody(#[values(1, 2, 3)] seed: u64) {
    let (_, fair, _) = through(0.0, seed).await;
    let (good, bad, _) = through(0.3, seed).await;
    assert_eq!(good, 2_000);
    assert!(bad <= fair * 3, "{bad:?} instead of {fair:?}");
}

/// A platform that answers nobody is not asked much more often than it would be without retries.
#[tokio::test(start_paused = true)]
async fn a_platform_that_is_down_is_not_stormed() {
    let (good, _, sent) = through(1.0, 1).await;
    assert_eq!(good, 0);
    assert!(sent <= 2_000 + 200, "{sent}");
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_for_a_window_is_stopped_at_once() {
    let (script, stop) = (Arc::new(Script::new([], json(200, "{}"))), CancellationToken::new());
    let client = hub(&script).stopped_by(stop.clone()).client("account", Spend { per_minute: Some(1), ..SPEND });
    client.send(&request(Effect::Once)).await.unwrap();
    let waiting = tokio::spawn(async move { client.send(&request(Effect::Once)).await });
    tokio::time::sleep(Duration::from_secs(5)).await;
    let start = Instant::now();
    stop.cancel();
    assert_eq!(waiting.await.unwrap().unwrap_err().kind, FailureKind::Stopped);
    assert!(start.elapsed() < Duration::from_secs(1));
}

/// What is logged at the most talkative level, of an answered and of a lost call.
#[tokio::test(start_paused = true)]
async fn logs_hold_neither_secrets_nor_people() {
    #[derive(Clone, Default)]
    struct Lines(Arc<std::sync::Mutex<Vec<u8>>>);
    impl std::io::Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let lines = Lines::default();
    let writer = lines.clone();
    let subscriber =
        tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_ansi(false).with_writer(move || writer.clone()).finish();
    // While one subscriber alone is known, `tracing` asks the thread that reaches a line first whether anybody listens, and
    // keeps the answer for all: another test's thread would silence this one.
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    let _guard = tracing::subscriber::set_default(subscriber);
    let script = Arc::new(Script::new([refused(), json(200, r#"{"email":"dana@example.com"}"#)], reset()));
    let body = Some(r#"{"email_address":"dana@example.com"}"#.into());
    client(&script).send(&Request { body, ..request(Effect::Once) }).await.unwrap();
    let logged = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    assert!(
        logged.contains("POST") && logged.contains("/lists/{id}") && logged.contains("status=200") && logged.contains("attempt=2"),
        "{logged}"
    );
    for secret in ["dana", "hush", "aHVzaC", "lists/1"] {
        assert!(!logged.contains(secret), "{secret} in {logged}");
    }
}

mod over_the_network {
    use super::*;
    use wiremock::{Mock, MockServer, ResponseTemplate, matchers::any};

    async fn send(template: ResponseTemplate, path: &str) -> (Result<Raw, Lost>, Vec<wiremock::Request>) {
        let server = MockServer::start().await;
        Mock::given(any()).respond_with(template).mount(&server).await;
        let url = format!("{}{path}", server.uri()).parse().unwrap();
        let raw = transport::Network::default().carry(&Request { url, ..request(Effect::Once) }).await;
        (raw, server.received_requests().await.unwrap())
    }

    #[tokio::test]
    async fn carries_the_secret_and_takes_the_answer() {
        let template = ResponseTemplate::new(429).set_body_raw("{}", "Application/JSON; charset=utf-8").insert_header("retry-after", "3");
        let (raw, seen) = send(template, "/x").await;
        let raw = raw.unwrap();
        assert_eq!((raw.status, raw.content_type.as_str(), raw.retry_after), (429, "application/json", Some(Duration::from_secs(3))));
        assert_eq!(seen[0].headers["authorization"], "Basic dXNlcjpodXNoLXVzNg==");
        assert_eq!(seen[0].headers["accept-encoding"], "gzip");
    }

    #[tokio::test]
    async fn a_redirect_elsewhere_is_an_answer_and_not_followed() {
        let elsewhere = MockServer::start().await;
        let (raw, _) = send(ResponseTemplate::new(307).insert_header("location", elsewhere.uri().as_str()), "/x").await;
        assert_eq!(raw.unwrap().status, 307);
        assert!(elsewhere.received_requests().await.unwrap().is_empty());
    }

    #[tokio::test]
    async fn an_endless_answer_is_cut() {
        let (raw, _) = send(ResponseTemplate::new(200).set_body_bytes(vec![b' '; 2 << 20]), "/x").await;
        assert_eq!(raw.unwrap_err(), Lost::TooBig);
    }

    #[tokio::test]
    async fn a_closed_port_and_an_unknown_name_are_unreachable() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);
        let url = format!("http://127.0.0.1:{port}/secret").parse().unwrap();
        let lost = transport::Network::default().carry(&Request { url, ..request(Effect::Once) }).await.unwrap_err();
        let Lost::Unreachable(why) = lost else { panic!("{lost:?}") };
        assert!(why.contains("refused") && !why.contains("secret"), "{why}");
    }

    #[tokio::test]
    async fn a_connection_cut_after_the_request_is_broken_not_unreachable() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/x", listener.local_addr().unwrap()).parse().unwrap();
        tokio::spawn(async move {
            use tokio::io::{AsyncReadExt, AsyncWriteExt};
            while let Ok((mut socket, _)) = listener.accept().await {
                let mut bytes = [0; 1024];
                let _ = socket.read(&mut bytes).await;
                let _ = socket.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{").await;
            }
        });
        let lost = transport::Network::default().carry(&Request { url, ..request(Effect::Once) }).await.unwrap_err();
        assert!(matches!(lost, Lost::Broken(_)), "{lost:?}");
    }
}

/// Only the platform itself, which is told who asks, says what time it is there.
#[tokio::test(start_paused = true)]
async fn the_platforms_clock_is_as_its_last_answer_had_it() {
    let at = |seconds| std::time::UNIX_EPOCH + Duration::from_secs(seconds);
    let dated = |date| json(200, "{}").map(|raw| Raw { date, ..raw });
    let script = Arc::new(Script::new([dated(Some(at(100))), dated(None), dated(Some(at(90))), dated(Some(at(500)))], json(200, "{}")));
    let client = client(&script);
    assert_eq!(client.clock(), None);
    for expected in [100, 100, 90] {
        client.send(&request(Effect::Repeatable)).await.unwrap();
        assert_eq!(client.clock(), Some(at(expected)));
    }
    client.send(&Request { authorization: None, ..request(Effect::Repeatable) }).await.unwrap();
    assert_eq!(client.clock(), Some(at(90)), "a file from elsewhere tells another clock's time");
}
