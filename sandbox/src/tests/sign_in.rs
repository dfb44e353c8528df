//! The authorization servers: what each grants, and what it refuses.

use crate::{Options, testing::Bench};
use rstest::rstest;
use serde_json::{Value, json};
use std::collections::HashMap;
use url::Url;

const CC: &str = "oauth-constant-contact";
const MC: &str = "oauth-mailchimp";
const BACK: &str = "http://127.0.0.1:8486/callback";
/// The pair of RFC 7636's example.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const DEVICE: &str = "urn:ietf:params:oauth:grant-type:device_code";

struct App {
    bench: Bench,
    vendor: &'static str,
    http: reqwest::Client,
}

impl App {
    async fn at(vendor: &'static str) -> Self {
        let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build().unwrap();
        Self { bench: Bench::with(Options::default()).await, vendor, http }
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.bench.sandbox.endpoint(self.vendor).unwrap())
    }

    /// Where the browser is sent back to, with what.
    async fn authorize(&self, query: &[(&str, &str)]) -> (u16, HashMap<String, String>) {
        let answer = self.http.get(self.url("/authorize")).query(query).send().await.unwrap();
        let back = answer.headers().get("location").map(|to| Url::parse(to.to_str().unwrap()).unwrap());
        let told = back.map(|url| url.query_pairs().into_owned().collect()).unwrap_or_default();
        (answer.status().as_u16(), told)
    }

    /// A request of the token endpoint a second after the one before.
    async fn form(&self, path: &str, form: &[(&str, &str)]) -> (u16, Value) {
        self.bench.later(1);
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let request = self.http.post(self.url(path)).header("content-type", "application/x-www-form-urlencoded").body(body);
        let answer = request.send().await.unwrap();
        (answer.status().as_u16(), answer.json().await.unwrap_or(Value::Null))
    }

    async fn code(&self) -> String {
        let challenge = [("code_challenge", CHALLENGE), ("code_challenge_method", "S256"), ("scope", "contact_data offline_access")];
        let query = [&[("response_type", "code"), ("client_id", "app"), ("redirect_uri", BACK), ("state", "s")], &challenge[..]].concat();
        let query = if self.vendor == CC { &query[..] } else { &query[..4] };
        let (status, told) = self.authorize(query).await;
        assert_eq!((status, told["state"].as_str()), (302, "s"));
        told["code"].clone()
    }

    async fn exchange(&self, code: &str, with: &[(&str, &str)]) -> (u16, Value) {
        let form = [&[("grant_type", "authorization_code"), ("code", code), ("redirect_uri", BACK), ("client_id", "app")], with].concat();
        self.form("/token", &form).await
    }

    async fn signed_in(&self) -> Value {
        let (status, answer) = self.exchange(&self.code().await, &[("code_verifier", VERIFIER)]).await;
        assert_eq!(status, 200, "{answer}");
        answer
    }

    async fn renew(&self, refresh: &Value) -> (u16, Value) {
        let form = [("grant_type", "refresh_token"), ("refresh_token", refresh.as_str().unwrap()), ("client_id", "app")];
        self.form("/token", &form).await
    }

    fn violations(&self) -> u64 {
        self.bench.sandbox.counters().violations
    }
}

fn refused(answer: &(u16, Value)) -> (u16, &str) {
    (answer.0, answer.1["error"].as_str().unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_good_once_and_reuse_ends_what_came_of_it() {
    let app = App::at(CC).await;
    let code = app.code().await;
    let (_, first) = app.exchange(&code, &[("code_verifier", VERIFIER)]).await;
    assert_eq!(first["access_token"].as_str().unwrap().split('.').count(), 3);
    assert!(first["expires_in"].as_i64().unwrap() > 1_000_000_000, "a moment, not a life");
    assert_eq!(refused(&app.exchange(&code, &[("code_verifier", VERIFIER)]).await), (400, "invalid_grant"));
    assert_eq!(refused(&app.renew(&first["refresh_token"]).await), (400, "invalid_grant"));
    assert_eq!(app.violations(), 0);
}

#[rstest]
#[case::too_late(301, BACK, "app", Some(VERIFIER), (400, "invalid_grant"))]
#[case::another_redirect(0, "http://127.0.0.1:1/", "app", Some(VERIFIER), (400, "invalid_grant"))]
#[case::another_app(0, BACK, "other", Some(VERIFIER), (400, "invalid_grant"))]
#[case::unknown_app(0, BACK, "invalid-app", Some(VERIFIER), (401, "invalid_client"))]
#[case::another_verifier(0, BACK, "app", Some("wrong"), (400, "invalid_grant"))]
#[case::no_verifier(0, BACK, "app", None, (400, "invalid_grant"))]
#[tokio::test(flavor = "multi_thread")]
async fn a_code_is_refused(
    #[case] later: i64,
    #[case] redirect: &str,
    #[case] id: &str,
    #[case] verifier: Option<&str>,
    #[case] expected: (u16, &str),
) {
    let app = App::at(CC).await;
    let code = app.code().await;
    app.bench.later(later);
    let mut form = vec![("grant_type", "authorization_code"), ("code", &code), ("redirect_uri", redirect), ("client_id", id)];
    form.extend(verifier.map(|verifier| ("code_verifier", verifier)));
    assert_eq!(refused(&app.form("/token", &form).await), expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn refresh_tokens_rotate_and_the_use_of_an_old_one_ends_the_family() {
    let app = App::at(CC).await;
    let first = app.signed_in().await;
    let (_, second) = app.renew(&first["refresh_token"]).await;
    assert_ne!(second["refresh_token"], first["refresh_token"]);
    assert_eq!(refused(&app.renew(&first["refresh_token"]).await), (400, "invalid_grant"));
    assert_eq!(refused(&app.renew(&second["refresh_token"]).await), (400, "invalid_grant"), "somebody has both");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_that_nobody_uses_for_half_a_year_dies_and_a_restart_forgets_nothing() {
    let mut app = App::at(CC).await;
    let (used, unused) = (app.signed_in().await, app.signed_in().await);
    app.bench.later(179 * 86_400);
    let (_, renewed) = app.renew(&used["refresh_token"]).await;
    app.bench = app.bench.restart(Options::default()).await;
    app.bench.later(2 * 86_400);
    assert_eq!(refused(&app.renew(&unused["refresh_token"]).await), (400, "invalid_grant"));
    assert_eq!(app.renew(&renewed["refresh_token"]).await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_app_with_long_lived_tokens_keeps_its_own() {
    let app = App::at(CC).await;
    app.bench.sandbox.set(CC, &json!({"longLived": true, "relativeExpiry": true})).unwrap();
    let first = app.signed_in().await;
    let (_, second) = app.renew(&first["refresh_token"]).await;
    assert_eq!((&second["refresh_token"], &second["expires_in"]), (&first["refresh_token"], &json!(86_400)));
    assert_eq!(app.renew(&first["refresh_token"]).await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_token_endpoint_takes_one_call_a_second() {
    let app = App::at(CC).await;
    let first = app.signed_in().await;
    app.bench.later(-1);
    assert_eq!(app.renew(&first["refresh_token"]).await.0, 429);
    assert_eq!(app.violations(), 1);
    assert_eq!(app.renew(&first["refresh_token"]).await.0, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_device_waits_for_its_person() {
    let app = App::at(CC).await;
    let form = [("client_id", "app"), ("response_type", "code"), ("scope", "contact_data offline_access")];
    let (_, device) = app.form("/device/authorize", &form).await;
    let code = device["device_code"].as_str().unwrap();
    let ask = || async { app.form("/token", &[("grant_type", DEVICE), ("device_code", code), ("client_id", "app")]).await };
    assert_eq!(refused(&ask().await), (400, "slow_down"), "a second after, not five");
    app.bench.later(8);
    assert_eq!(refused(&ask().await), (400, "slow_down"), "ten are asked for now");
    app.bench.later(14);
    assert_eq!(refused(&ask().await), (400, "authorization_pending"));
    let page = device["verification_uri_complete"].as_str().unwrap();
    assert_eq!(app.http.get(page).send().await.unwrap().status(), 200);
    app.bench.later(14);
    assert!(ask().await.1["refresh_token"].is_string());
    app.bench.later(14);
    assert_eq!(refused(&ask().await), (400, "invalid_grant"), "once");
    app.bench.later(600);
    assert_eq!(refused(&ask().await), (400, "expired_token"));
}

#[tokio::test(flavor = "multi_thread")]
async fn mailchimp_wants_a_secret_gives_what_never_ends_and_says_whose_it_is() {
    let app = App::at(MC).await;
    assert_eq!(refused(&app.exchange(&app.code().await, &[]).await), (400, "invalid_client"));
    let (_, answer) = app.exchange(&app.code().await, &[("client_secret", "hush")]).await;
    assert_eq!((&answer["expires_in"], answer.get("refresh_token")), (&json!(0), None));
    let token = answer["access_token"].as_str().unwrap();
    let whose = |scheme: &str| app.http.get(app.url("/metadata")).header("authorization", format!("{scheme} {token}")).send();
    let told: Value = whose("OAuth").await.unwrap().json().await.unwrap();
    assert_eq!(told["api_endpoint"], app.bench.sandbox.page().join("mailchimp").unwrap().as_str());
    assert_eq!(whose("Bearer").await.unwrap().status(), 401);
    let set = |settings: Value| app.bench.sandbox.set(MC, &settings).unwrap();
    set(json!({"otherScheme": "without-endpoint"}));
    let told: Value = whose("Bearer").await.unwrap().json().await.unwrap();
    assert_eq!((&told["dc"], told.get("api_endpoint")), (&json!("us0"), None));
    assert_eq!(whose("Basic").await.unwrap().status(), 401);
    set(json!({"namesEndpoint": false, "namesCentre": false}));
    let told: Value = whose("OAuth").await.unwrap().json().await.unwrap();
    assert_eq!((told.get("dc"), told.get("api_endpoint")), (None, None));
    set(json!({}));
    assert_eq!(app.http.get(app.bench.url("/ping")).bearer_auth(token).send().await.unwrap().status(), 200, "good at its API");
    assert_eq!(app.form("/token", &[("grant_type", "refresh_token"), ("client_id", "app"), ("client_secret", "x")]).await.0, 400);
}

#[rstest]
#[case::no_state(&[("state", "")], 302, "invalid_request")]
#[case::plain_challenge(&[("code_challenge_method", "plain")], 302, "invalid_request")]
#[case::unknown_scope(&[("scope", "everything")], 302, "invalid_scope")]
#[case::implicit(&[("response_type", "token")], 302, "unsupported_response_type")]
#[case::no_app(&[("client_id", "invalid")], 401, "")]
#[case::no_redirect(&[("redirect_uri", "nowhere")], 400, "")]
#[case::unknown_parameter(&[("prompt", "login")], 400, "")]
#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_is_refused(#[case] with: &[(&str, &str)], #[case] status: u16, #[case] error: &str) {
    let app = App::at(CC).await;
    let mut query = HashMap::from([("response_type", "code"), ("client_id", "app"), ("redirect_uri", BACK), ("state", "s")]);
    query.extend([("scope", "contact_data"), ("code_challenge", CHALLENGE), ("code_challenge_method", "S256")]);
    query.extend(with.iter().copied());
    let (answered, told) = app.authorize(&query.into_iter().collect::<Vec<_>>()).await;
    assert_eq!((answered, told.get("error").map(String::as_str).unwrap_or_default()), (status, error));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_may_say_no() {
    let app = App::at(CC).await;
    app.bench.sandbox.set(CC, &json!({"deny": true})).unwrap();
    let query = [("response_type", "code"), ("client_id", "app"), ("redirect_uri", BACK), ("state", "s"), ("scope", "contact_data")];
    let (_, told) = app.authorize(&query).await;
    assert_eq!((told["error"].as_str(), told["state"].as_str()), ("access_denied", "s"));
}
