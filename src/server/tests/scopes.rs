//! What a token is good for: the scope that each route names, and nothing else.

mod tokens {
    use crate::{
        server::{
            Problem,
            routes::{self, Access},
            tests::world::{World, send},
        },
        state::{Scope, View},
    };
    use chrono::Utc;
    use rstest::rstest;
    use serde_json::{Value, json};
    use std::time::{Duration, Instant};

    fn path(route: &routes::Route) -> String {
        let names = [("{name}", "news"), ("{digest}", "aabbcc"), ("{connection}", "account"), ("{token}", "nobody")];
        names.iter().fold(route.path.to_owned(), |path, (from, to)| path.replace(from, to))
    }

    /// Every route with a token of every scope, from the table itself.
    #[rstest]
    #[tokio::test(flavor = "multi_thread")]
    async fn attack_a_token_asks_for_more_than_its_scope(#[values("read", "plan", "operate", "connect")] scope: &str) {
        let world = World::new().await;
        let folders: &[&str] = if scope == "plan" { &["marketing/**"] } else { &[] };
        let token = world.made("ci", &[scope], folders).await;
        for route in routes::table() {
            let answer = world.ask_with(&token, &route.method.to_uppercase(), &path(&route)).await;
            let needed = match route.access {
                Access::Probe | Access::Metrics => None,
                Access::Scope(needed) => Some(needed.as_str()).filter(|needed| *needed != scope),
                Access::Administrator => Some("administrator"),
            };
            let what = format!("{} {} with {scope}: {} {}", route.method, route.path, answer.status, answer.text);
            match needed {
                None => assert!(![401, 403].contains(&answer.status), "{what}"),
                Some(needed) => {
                    assert_eq!(answer.status, 403, "{what}");
                    let problem: Problem = serde_json::from_str(&answer.text).unwrap();
                    assert!(problem.detail.contains(needed) && problem.detail.contains("token ci"), "{what}");
                }
            }
        }
        let done = world.seen();
        assert!(done.iter().all(|line| line.starts_with("token ci: ")) && (scope == "operate" || done.is_empty()), "{done:?}");
    }

    #[rstest]
    #[case::unknown(Some("lk_0000000000000000000000000000000000000000000000000000000000000000"))]
    #[case::empty(Some(""))]
    #[case::another_scheme(None)]
    #[tokio::test(flavor = "multi_thread")]
    async fn attack_a_wrong_token_is_refused_where_none_is_needed(#[case] token: Option<&str>) {
        let world = World::new().await;
        let request = world.request("GET", "/v1/exports");
        let request = match token {
            Some(token) => request.bearer_auth(token),
            None => request.header("Authorization", "Basic ZGFuYTpzZWNyZXQ="),
        };
        assert_eq!(send(request).await.status, 401);
        assert!(world.ask("GET", "/metrics").await.text.contains("listkeeper_api_refused_total{reason=\"wrong\"} 1"));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn attack_revoked_rotated_and_ended_tokens_are_good_for_nothing_at_once() {
        let world = World::new().await;
        let first = world.made("ci", &["read"], &[]).await;
        assert_eq!(world.ask_with(&first, "GET", "/v1/runs").await.status, 200);
        let rotated = world.ask("POST", "/v1/tokens/ci/rotate").await.json();
        let second = rotated["secret"].as_str().unwrap();
        assert_eq!(world.ask_with(&first, "GET", "/v1/runs").await.status, 401);
        assert_eq!(world.ask_with(second, "GET", "/v1/runs").await.status, 200);
        assert_eq!(world.ask("DELETE", "/v1/tokens/ci").await.status, 200);
        assert_eq!(world.ask_with(second, "GET", "/v1/runs").await.status, 401);
        assert_eq!(world.ask("DELETE", "/v1/tokens/ci").await.status, 404);
        let body = json!({"name": "short", "scopes": ["read"], "expiresAfterSeconds": 1});
        let short = send(world.request("POST", "/v1/tokens").bearer_auth(&world.token).json(&body)).await.json();
        tokio::time::sleep(Duration::from_millis(1_100)).await;
        assert_eq!(world.ask_with(short["secret"].as_str().unwrap(), "GET", "/v1/runs").await.status, 401);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn attack_a_list_of_tokens_shows_none_and_the_state_names_who_made_them() {
        let world = World::new().await;
        let token = world.made("ci", &["plan", "read"], &["marketing/**"]).await;
        assert_eq!(world.ask_with(&token, "GET", "/v1/exports").await.status, 200);
        let list = world.ask("GET", "/v1/tokens").await;
        let json = list.json();
        assert!(!list.text.contains(&token[3..60]), "{}", list.text);
        assert_eq!(json["tokens"][0]["masked"], format!("lk_…{}", &token[63..]));
        assert_eq!(json["tokens"][0]["folders"], json!(["marketing/**"]));
        assert!(json["tokens"][0]["used"].is_string() && json["tokens"][0]["createdBy"] == "administrator");
        let state = crate::state::StateDir::from(world.dir.path().join("state"));
        let kept = View::open(&state, Utc::now()).unwrap().unwrap().api_tokens().unwrap();
        assert_eq!(kept[0].scopes, [Scope::Read, Scope::Plan].into());
        let audit = world.ask("GET", "/v1/audit?subject=Token%20ci").await.json();
        assert_eq!((&audit["audit"][0]["who"], &audit["audit"][0]["action"]), (&json!("administrator"), &json!("created")));
    }

    #[rstest]
    #[case::no_scope(json!({"name": "ci", "scopes": []}), 422)]
    #[case::no_such_scope(json!({"name": "ci", "scopes": ["admin"]}), 422)]
    #[case::plan_of_no_folder(json!({"name": "ci", "scopes": ["plan"]}), 422)]
    #[case::folder_elsewhere(json!({"name": "ci", "scopes": ["plan"], "folders": ["../.."]}), 422)]
    #[case::no_name(json!({"name": "../ci", "scopes": ["read"]}), 422)]
    #[case::there_already(json!({"name": "taken", "scopes": ["read"]}), 409)]
    #[tokio::test(flavor = "multi_thread")]
    async fn a_token_that_makes_no_sense_is_not_made(#[case] body: Value, #[case] status: u16) {
        let world = World::new().await;
        world.made("taken", &["read"], &[]).await;
        let answer = send(world.request("POST", "/v1/tokens").bearer_auth(&world.token).json(&body)).await;
        assert_eq!(answer.status, status, "{}", answer.text);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn attack_members_with_their_addresses_need_operate() {
        let world = World::new().await;
        let plan = world.made("ci", &["plan"], &["**"]).await;
        let both = world.made("lead", &["plan", "operate"], &["**"]).await;
        let body = json!({"files": [], "members": true});
        let ask = |token| send(world.request("POST", "/v1/plan").bearer_auth(token).json(&body));
        let refused = ask(&plan).await;
        assert!(refused.status == 403 && refused.text.contains("`operate`"), "{}", refused.text);
        assert_eq!(ask(&both).await.status, 422, "nothing was sent, but it may be asked");
    }

    /// A file in a folder that the token is not bound to is not planned as it was sent.
    #[tokio::test(flavor = "multi_thread")]
    async fn attack_a_plan_token_plans_nothing_outside_its_folders() {
        let world = World::new().await;
        let text = "apiVersion: listkeeper/v1\nkind: Export\nname: stolen\nconnection: newsletter\nsegments: [everyone]\n\
                    target: {audienceId: a1}\nmatch: {email: Email}\nnewContacts: {status: subscribed}\n";
        let file = |path: &str| json!({"path": path, "text": text});
        let ci = world.made("ci", &["plan"], &["marketing/**"]).await;
        for path in ["stolen.yaml", "sales/stolen.yaml", "marketing-too/stolen.yaml"] {
            let body = json!({"files": [file(path)]});
            let answer = send(world.request("POST", "/v1/plan").bearer_auth(&ci).json(&body)).await;
            assert!(!answer.text.contains("\"export\":\"stolen\""), "{path}: {}", answer.text);
            let text = send(world.request("POST", "/v1/plan").bearer_auth(&world.token).json(&body)).await.text;
            assert!(text.contains("stolen"), "{text}");
        }
    }

    /// Whoever tries wrong ones waits for answers; whoever has a right one does not, from the same address.
    #[tokio::test(flavor = "multi_thread")]
    async fn attack_guessing_is_slow_and_locks_nobody_out() {
        let world = World::new().await;
        let guess = || send(world.request("GET", "/v1/runs").bearer_auth("lk_guess"));
        let begun = Instant::now();
        futures::future::join_all((0..4).map(|_| guess())).await;
        assert!(begun.elapsed() >= Duration::from_millis(700), "{:?}", begun.elapsed());
        let guessing = futures::future::join_all((0..100).map(|_| guess()));
        let right = async {
            tokio::time::sleep(Duration::from_millis(200)).await;
            let begun = Instant::now();
            assert_eq!(world.ask("GET", "/v1/runs").await.status, 200);
            begun.elapsed()
        };
        let (guessed, right) = tokio::join!(guessing, right);
        assert!(right < Duration::from_secs(1), "{right:?}");
        assert!(guessed.iter().all(|answer| [401, 429].contains(&answer.status)) && guessed.iter().any(|answer| answer.status == 429));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn attack_a_name_in_a_header_is_not_who_asked() {
        let world = World::new().await;
        let token = world.made("ci", &["operate"], &[]).await;
        let request = world.request("POST", "/v1/reload").bearer_auth(token).header("X-Listkeeper-User", "administrator");
        assert_eq!(send(request).await.status, 202);
        tokio::time::sleep(Duration::from_millis(200)).await;
        assert_eq!(world.seen(), ["token ci (says it is administrator): reload"]);
    }

    /// Addresses, times and texts of a sign-in that a caller sends.
    #[rstest]
    #[case(json!({"accessToken": "a\r\nX-Evil: 1"}))]
    #[case(json!({"accessToken": ""}))]
    #[case(json!({"accessToken": "a".repeat(20_000)}))]
    #[case(json!({"refreshToken": "a b"}))]
    #[case(json!({"api": "no address"}))]
    #[tokio::test(flavor = "multi_thread")]
    async fn attack_a_sign_in_of_odd_texts_is_not_kept(#[case] odd: Value) {
        let world = World::new().await;
        let mut body = json!({
            "vendor": "mailchimp", "endpoint": "https://login.mailchimp.com/oauth2", "clientId": "1", "accessToken": "t",
            "obtained": "2026-11-22T06:00:00Z"
        });
        body.as_object_mut().unwrap().extend(odd.as_object().unwrap().clone());
        let answer = send(world.request("PUT", "/v1/connections/news/tokens").bearer_auth(&world.token).json(&body)).await;
        assert_eq!(answer.status, 422, "{}", answer.text);
        assert!(world.seen().is_empty());
    }
}
