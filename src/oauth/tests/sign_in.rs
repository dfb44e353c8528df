//! From the address that a person opens to tokens.

use super::*;
use crate::http::Authorization;
use rstest::rstest;
use secrecy::ExposeSecret;
use std::collections::BTreeMap;
use url::Url;

const BACK: &str = "http://127.0.0.1:8486/callback";

fn begin(app: &App) -> (SignIn, BTreeMap<String, String>) {
    let sign_in = SignIn::begin(app, BACK.parse().unwrap());
    let query = sign_in.address().query_pairs().into_owned().collect();
    (sign_in, query)
}

fn back(query: &str) -> Url {
    format!("{BACK}?{query}").parse().unwrap()
}

/// Signs in with these answers to what is asked.
async fn signed_in(app: App, steps: Vec<Result<Raw, Lost>>) -> (Result<Tokens, Error>, Vec<String>) {
    let (sign_in, query) = begin(&app);
    let code = sign_in.answered(&back(&format!("code=c0de&state={}", query["state"]))).unwrap();
    let script = script(steps);
    let tokens = Authority::new(app, &hub(&script)).exchange(&code).await;
    (tokens, sent(&script))
}

#[test]
fn the_address_asks_for_what_the_vendor_wants() {
    let (sign_in, query) = begin(&constant_contact());
    assert!(sign_in.address().as_str().starts_with("https://authz.constantcontact.com/oauth2/default/v1/authorize?"));
    let expected = [
        ("client_id", "app"),
        ("code_challenge_method", "S256"),
        ("redirect_uri", BACK),
        ("response_type", "code"),
        ("scope", "contact_data account_read offline_access"),
    ];
    for (name, value) in expected {
        assert_eq!(query[name], value);
    }
    assert_eq!((query["state"].len(), query["code_challenge"].len()), (64, 43));
    let (sign_in, query) = begin(&app(Platform::Mailchimp, Some("hush")));
    assert!(sign_in.address().as_str().starts_with("https://login.mailchimp.com/oauth2/authorize?"));
    assert_eq!(query.keys().collect::<Vec<_>>(), ["client_id", "redirect_uri", "response_type", "state"]);
}

#[rstest]
#[case::another_state("code=c&state=other", "not to this sign-in")]
#[case::no_state("code=c", "not to this sign-in")]
#[case::denied("error=access_denied&state=STATE", "was told no: access_denied")]
#[case::broken("error=invalid_scope&error_description=no+such+scope&state=STATE", "invalid_scope (no such scope)")]
#[case::cut("state=STATE", "neither a code nor an error")]
fn what_comes_back_is_looked_at(#[case] answer: &str, #[case] why: &str) {
    let (sign_in, query) = begin(&constant_contact());
    let error = sign_in.answered(&back(&answer.replace("STATE", &query["state"]))).unwrap_err();
    assert!(error.message.contains(why) && error.hint.is_some(), "{error}");
}

#[tokio::test(start_paused = true)]
async fn an_app_without_a_secret_proves_itself_by_what_only_it_knows() {
    let (tokens, sent) = signed_in(constant_contact(), vec![granted()]).await;
    let tokens = tokens.unwrap();
    assert_eq!(tokens.refresh.unwrap().expose_secret(), "new-refresh");
    let begins = "POST https://authz.constantcontact.com/oauth2/default/v1/token grant_type=authorization_code&code=c0de&\
                  redirect_uri=http%3A%2F%2F127.0.0.1%3A8486%2Fcallback&code_verifier=";
    assert!(sent[0].starts_with(begins) && sent[0].ends_with("&client_id=app"), "{}", sent[0]);
}

#[tokio::test(start_paused = true)]
async fn a_secret_goes_where_the_vendor_wants_it() {
    let (tokens, sent) = signed_in(app(Platform::ConstantContact, Some("hush")), vec![granted()]).await;
    assert!(tokens.is_ok() && !sent[0].contains("hush") && !sent[0].contains("client_id") && !sent[0].contains("verifier"), "{sent:?}");
    let told = r#"{"dc":"us6","api_endpoint":"https://us6.api.mailchimp.com","accountname":"Contoso"}"#;
    let steps = vec![json(200, r#"{"access_token":"a","expires_in":0,"scope":null}"#), json(200, told)];
    let (tokens, sent) = signed_in(app(Platform::Mailchimp, Some("hush")), steps).await;
    let tokens = tokens.unwrap();
    assert!(sent[0].ends_with("&client_id=app&client_secret=hush"), "{}", sent[0]);
    assert_eq!(sent[1], "GET https://login.mailchimp.com/oauth2/metadata ");
    assert_eq!((tokens.account.as_deref(), tokens.api.unwrap().as_str()), (Some("Contoso"), "https://us6.api.mailchimp.com/"));
    assert!(tokens.refresh.is_none() && tokens.expires.is_none());
}

#[test]
fn mailchimp_without_a_secret_is_refused_before_anyone_is_asked() {
    let error = App::of(&connection(Platform::Mailchimp, None)).unwrap().unwrap_err();
    assert!(error.message.contains("clientSecret"), "{error}");
}

#[rstest]
#[case::no_refresh_token(json(200, r#"{"access_token":"a","expires_in":1}"#), "gave no refresh token", "offline_access")]
#[case::wrong_app(json(401, r#"{"error":"invalid_client"}"#), "invalid_client", "client id and secret")]
#[case::used_up(refused("invalid_grant"), "invalid_grant", "run the command again")]
#[case::no_token(json(200, "{}"), "no token", "oauth.endpoint")]
#[tokio::test(start_paused = true)]
async fn a_sign_in_that_comes_to_nothing_says_why(#[case] answer: Result<Raw, Lost>, #[case] why: &str, #[case] hint: &str) {
    let error = signed_in(constant_contact(), vec![answer]).await.0.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Stall);
    assert!(error.message.contains(why) && error.hint.as_ref().unwrap().contains(hint), "{error:?}");
}

#[tokio::test(start_paused = true)]
async fn a_token_is_not_sent_to_an_api_that_is_not_the_vendors() {
    let told = r#"{"dc":"us6","api_endpoint":"https://us6.api.example.com"}"#;
    let steps = vec![json(200, r#"{"access_token":"a"}"#), json(200, told)];
    let (tokens, _) = signed_in(app(Platform::Mailchimp, Some("hush")), steps).await;
    assert!(tokens.unwrap_err().message.contains("not its own"));
}

const WHERE: &str = r#"{"dc":"us6","api_endpoint":"https://us6.api.mailchimp.com","accountname":"Contoso"}"#;
const CENTRE: &str = r#"{"dc":"us3","accountname":"Contoso"}"#;
const BARE: &str = r#"{"accountname":"Contoso"}"#;
const TWICE: &[&str] = &["OAuth", "Bearer"];

/// A scheme that is not to the server's taste is refused, or answered with success and less (singer-io/tap-mailchimp, 1.4.0): the
/// other is tried once, then the data centre tells, then nothing does.
#[rstest]
#[case::at_once(&[(200, WHERE)], &["OAuth"], Ok("https://us6.api.mailchimp.com/"))]
#[case::refused_then_told(&[(401, "{}"), (200, WHERE)], TWICE, Ok("https://us6.api.mailchimp.com/"))]
#[case::without_then_told(&[(200, CENTRE), (200, WHERE)], TWICE, Ok("https://us6.api.mailchimp.com/"))]
#[case::empty_then_told(&[(200, r#"{"dc":"us3","api_endpoint":""}"#), (200, WHERE)], TWICE, Ok("https://us6.api.mailchimp.com/"))]
#[case::a_page_then_told(&[(200, "<html>"), (200, WHERE)], TWICE, Ok("https://us6.api.mailchimp.com/"))]
#[case::only_the_centre(&[(200, CENTRE), (200, CENTRE)], TWICE, Ok("https://us3.api.mailchimp.com/"))]
#[case::the_centre_then_refused(&[(200, CENTRE), (401, "{}")], TWICE, Ok("https://us3.api.mailchimp.com/"))]
#[case::refused_then_the_centre(&[(401, "{}"), (200, CENTRE)], TWICE, Ok("https://us3.api.mailchimp.com/"))]
#[case::the_second_names_the_centre(&[(200, BARE), (200, CENTRE)], TWICE, Ok("https://us3.api.mailchimp.com/"))]
#[case::nothing(&[(200, BARE), (200, BARE)], TWICE, Err("nor which data centre"))]
#[case::a_strange_centre(&[(200, r#"{"dc":"us3.evil.example/"}"#), (200, BARE)], TWICE, Err("nor which data centre"))]
#[case::refused_twice(&[(401, "{}"), (401, "{}")], TWICE, Err("gave no token"))]
#[tokio::test(start_paused = true)]
async fn where_the_api_is(#[case] answers: &[(u16, &str)], #[case] schemes: &[&str], #[case] expected: Result<&str, &str>) {
    let answers = answers.iter().map(|(status, body)| json(*status, body));
    let script = script(std::iter::once(json(200, r#"{"access_token":"a"}"#)).chain(answers).collect::<Vec<_>>());
    let app = app(Platform::Mailchimp, Some("hush"));
    let (sign_in, query) = begin(&app);
    let code = sign_in.answered(&back(&format!("code=c0de&state={}", query["state"]))).unwrap();
    let tokens = Authority::new(app, &hub(&script)).exchange(&code).await;
    let proofs = script.proofs.lock().unwrap()[1..].to_vec();
    let schemes = schemes.iter().map(|scheme| Some(Authorization::scheme(scheme, &"a".to_owned().into())));
    assert!(proofs.iter().cloned().eq(schemes), "{} attempts", proofs.len());
    match (tokens, expected) {
        (Ok(tokens), Ok(api)) => assert_eq!((tokens.api.unwrap().as_str(), tokens.account.as_deref()), (api, Some("Contoso"))),
        (Err(error), Err(why)) => assert!(error.message.contains(why), "{error}"),
        (tokens, expected) => panic!("{tokens:?}, not {expected:?}"),
    }
}

/// Tokens that a caller hands over instead of signing in here.
mod tokens {
    use super::*;

    fn handed_over(app: &App, api: Option<&str>) -> Tokens {
        let api = api.map(|url| url.parse().unwrap());
        Tokens { account: Some("whoever I say".into()), api, obtained: Utc::now() + TimeDelta::days(9_000), ..tokens(app, 0) }
    }

    #[rstest]
    #[case::the_vendors_own_server(None)]
    #[case::a_server_of_ones_own(Some("https://auth.example.com/"))]
    #[tokio::test(start_paused = true)]
    async fn attack_where_members_go_is_asked_of_the_server_not_of_the_caller(#[case] server: Option<&str>) {
        let mut connection = connection(Platform::Mailchimp, Some("hush"));
        if let Credentials::OAuth(app) = &mut connection.credentials {
            app.endpoint = server.map(|url| url.parse().unwrap());
        }
        let app = App::of(&connection).unwrap().unwrap();
        let script = script([json(200, r#"{"api_endpoint":"https://us6.api.mailchimp.com","accountname":"Contoso"}"#)]);
        let sent = handed_over(&app, Some("http://attacker.test/"));
        let kept = Authority::new(app, &hub(&script)).confirmed(sent).await.unwrap();
        assert_eq!(kept.api.unwrap().as_str(), "https://us6.api.mailchimp.com/");
        assert_eq!(kept.account.as_deref(), Some("Contoso"));
        assert!(kept.obtained <= Utc::now(), "a time that is still to come");
    }

    #[tokio::test(start_paused = true)]
    async fn attack_an_api_where_the_vendor_tells_none_is_not_kept() {
        let app = constant_contact();
        let script = script([]);
        let kept = Authority::new(app.clone(), &hub(&script)).confirmed(handed_over(&app, Some("http://attacker.test/"))).await.unwrap();
        assert_eq!((kept.api, kept.account), (None, None));
    }

    #[tokio::test(start_paused = true)]
    async fn attack_a_server_that_names_another_api_is_not_believed() {
        let app = app(Platform::Mailchimp, Some("hush"));
        let script = script([json(200, r#"{"api_endpoint":"https://attacker.test"}"#)]);
        let error = Authority::new(app.clone(), &hub(&script)).confirmed(handed_over(&app, None)).await.unwrap_err();
        assert!(error.message.contains("not its own"), "{error}");
    }

    /// An address that a release before this one kept.
    #[rstest]
    #[case(Platform::Mailchimp, "http://attacker.test/")]
    #[case(Platform::Mailchimp, "https://us6.api.mailchimp.com.attacker.test/")]
    #[case(Platform::ConstantContact, "https://us6.api.mailchimp.com/")]
    #[tokio::test(start_paused = true)]
    async fn attack_tokens_on_record_are_sent_to_no_other_api(#[case] kind: Platform, #[case] api: &str) {
        let (script, store) = (script([]), InMemoryTokens::default());
        let app = app(kind, Some("hush"));
        store.clone().write(&name(), &handed_over(&app, Some(api))).await.unwrap();
        let error = SignIns::new(Arc::new(store), hub(&script)).bearer(&connection(kind, Some("hush"))).unwrap_err();
        assert!(error.message.contains("names an API that is not") && error.message.contains("listkeeper connect"), "{error}");
    }
}
