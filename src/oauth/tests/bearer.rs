//! Staying signed in.

use super::*;
use crate::{definition::Secret, http::Authorization};
use async_trait::async_trait;
use rstest::rstest;
use secrecy::ExposeSecret;
use std::time::Duration;

const FRESH: i64 = 5;
const DUE: i64 = 23 * 60;
const OVER: i64 = 25 * 60;

struct World {
    script: Arc<Script>,
    store: InMemoryTokens,
    sign_ins: SignIns,
    bearer: Bearer,
}

/// A connection that was signed in so many minutes ago.
async fn world(minutes: i64, script: Arc<Script>) -> World {
    let store = InMemoryTokens::default();
    let sign_ins = SignIns::new(Arc::new(store.clone()), hub(&script));
    store.clone().write(&name(), &tokens(&constant_contact(), minutes)).await.unwrap();
    let bearer = sign_ins.bearer(&connection(Platform::ConstantContact, None)).unwrap();
    World { script, store, sign_ins, bearer }
}

fn bearer(token: &str) -> Authorization {
    Authorization::bearer(&token.to_owned().into())
}

impl World {
    fn kept(&self) -> (String, String) {
        let tokens = self.store.read(&name()).unwrap().unwrap();
        (tokens.access.expose_secret().to_owned(), tokens.refresh.unwrap().expose_secret().to_owned())
    }
}

#[tokio::test(start_paused = true)]
async fn a_fresh_token_is_used_as_it_is() {
    let world = world(FRESH, script([])).await;
    assert!(world.bearer.current().await.unwrap() == bearer("old-access"));
    assert_eq!(world.script.attempts(), 0);
}

#[tokio::test(start_paused = true)]
async fn one_that_is_due_is_renewed_once_for_all_who_ask() {
    let world = world(DUE, slow(Duration::from_secs(1))).await;
    let asked = futures::future::join_all((0..20).map(|_| world.bearer.current())).await;
    assert!(asked.into_iter().all(|answer| answer.unwrap() == bearer("new-access")));
    assert_eq!(
        sent(&world.script),
        ["POST https://authz.constantcontact.com/oauth2/default/v1/token grant_type=refresh_token&refresh_token=old-refresh&client_id=app"]
    );
    assert_eq!(world.kept(), ("new-access".into(), "new-refresh".into()));
}

#[tokio::test(start_paused = true)]
async fn a_refresh_token_that_does_not_rotate_is_kept() {
    let world = world(DUE, script([json(200, r#"{"access_token":"new-access","expires_in":86400}"#)])).await;
    world.bearer.current().await.unwrap();
    assert_eq!(world.kept(), ("new-access".into(), "old-refresh".into()));
}

/// Keeps nothing.
struct Full(InMemoryTokens);

#[async_trait]
impl TokenStore for Full {
    fn read(&self, connection: &Name) -> Result<Option<Tokens>, Error> {
        self.0.read(connection)
    }

    async fn writer(&self) -> Result<Box<dyn TokenWriter>, Error> {
        Ok(Box::new(Full(self.0.clone())))
    }
}

#[async_trait]
impl TokenWriter for Full {
    async fn write(&mut self, _: &Name, _: &Tokens) -> Result<(), Error> {
        Err(Error::stall("the disk is full"))
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_kept_is_not_used() {
    let world = world(DUE, script([granted(), refused("invalid_grant"), refused("invalid_grant")])).await;
    let sign_ins = SignIns::new(Arc::new(Full(world.store.clone())), hub(&world.script));
    let bearer = sign_ins.bearer(&connection(Platform::ConstantContact, None)).unwrap();
    assert_eq!(bearer.current().await.unwrap_err().message, "the disk is full");
    let error = bearer.current().await.unwrap_err();
    assert!(error.message.contains("no longer takes"), "it is not remembered either: {error}");
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_goes_away_loses_no_tokens() {
    let world = world(DUE, slow(Duration::from_secs(9))).await;
    assert!(tokio::time::timeout(Duration::from_secs(3), world.bearer.current()).await.is_err());
    tokio::time::sleep(Duration::from_secs(9)).await;
    assert_eq!(world.kept(), ("new-access".into(), "new-refresh".into()));
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_is_renewed_once() {
    let world = world(FRESH, script([granted()])).await;
    let used = world.bearer.current().await.unwrap();
    let both = futures::join!(world.bearer.refused(&used), world.bearer.refused(&used));
    assert!(both.0.unwrap() == bearer("new-access") && both.1.unwrap() == bearer("new-access"));
    assert_eq!(world.script.attempts(), 1, "the second was answered with what the first got");
    let again = world.bearer.refused(&bearer("new-access")).await.unwrap();
    assert!(again == bearer("new-access"), "a token just given is tried again, and not renewed");
    assert_eq!(world.script.attempts(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_another_process_renewed_is_taken_over() {
    let world = world(FRESH, script([])).await;
    let used = world.bearer.current().await.unwrap();
    let theirs = Tokens { access: "their-access".to_owned().into(), ..tokens(&constant_contact(), 0) };
    world.store.clone().write(&name(), &theirs).await.unwrap();
    assert!(world.bearer.refused(&used).await.unwrap() == bearer("their-access"));
    assert_eq!(world.script.attempts(), 0);
}

#[rstest]
#[case::the_old_one_is_still_good(DUE, true)]
#[case::the_old_one_is_over(OVER, false)]
#[tokio::test(start_paused = true)]
async fn a_vendor_that_is_unwell_is_waited_for(#[case] minutes: i64, #[case] goes_on: bool) {
    let world = world(minutes, script([])).await;
    match world.bearer.current().await {
        Ok(authorization) => assert!(goes_on && authorization == bearer("old-access")),
        Err(error) => assert!(!goes_on && matches!(error.kind, ErrorKind::Retry { .. }), "{error:?}"),
    }
    assert_eq!(world.kept().1, "old-refresh");
}

#[tokio::test(start_paused = true)]
async fn a_sign_in_that_the_vendor_takes_no_more_needs_a_person() {
    let world = world(DUE, script([refused("invalid_grant"), refused("invalid_grant")])).await;
    let error = world.bearer.current().await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Stall);
    assert!(error.message.contains("listkeeper connect crm"), "{error}");
    let again = tokens(&constant_contact(), 0);
    world.sign_ins.keep(&name(), Tokens { access: "again".to_owned().into(), ..again }).await.unwrap();
    assert!(world.bearer.current().await.unwrap() == bearer("again"), "and goes on once there was one");
}

/// Said once, it may be a moment's: it is asked again, with time between.
#[tokio::test(start_paused = true)]
async fn one_refusal_loses_no_sign_in() {
    let world = world(DUE, script([refused("invalid_grant"), granted()])).await;
    let begun = tokio::time::Instant::now();
    assert!(world.bearer.current().await.unwrap() == bearer("new-access"));
    assert!(begun.elapsed() >= Duration::from_secs(5));
}

#[tokio::test(start_paused = true)]
async fn what_never_ends_and_is_refused_was_taken_back() {
    let script = script([]);
    let store = InMemoryTokens::default();
    let app = app(Platform::Mailchimp, Some("hush"));
    let endless =
        Tokens { refresh: None, expires: None, api: Some("https://us6.api.mailchimp.com".parse().unwrap()), ..tokens(&app, OVER) };
    store.clone().write(&name(), &endless).await.unwrap();
    let sign_ins = SignIns::new(Arc::new(store), hub(&script));
    let bearer = sign_ins.bearer(&connection(Platform::Mailchimp, Some("hush"))).unwrap();
    assert_eq!(bearer.api().unwrap().host_str(), Some("us6.api.mailchimp.com"));
    let used = bearer.current().await.unwrap();
    assert!(bearer.refused(&used).await.unwrap_err().hint.unwrap().contains("taken back"));
    assert_eq!(script.attempts(), 0);
}

#[rstest]
#[case::never_signed_in(None, None, "is not signed in")]
#[case::another_app(Some("other"), None, "with another client id")]
#[case::another_server(None, Some("https://auth.example.com/"), "at another authorization server")]
#[tokio::test(start_paused = true)]
async fn tokens_go_nowhere_but_where_they_came_from(#[case] id: Option<&str>, #[case] server: Option<&str>, #[case] why: &str) {
    let script = script([]);
    let world = world(FRESH, script).await;
    let mut connection = connection(Platform::ConstantContact, None);
    if let Credentials::OAuth(app) = &mut connection.credentials {
        app.endpoint = server.map(|url| url.parse().unwrap());
        app.client_id = id.map_or(app.client_id.clone(), |id| Secret::Plain(id.to_owned()));
    }
    if id.is_none() && server.is_none() {
        connection.name = Name::new("other").unwrap();
    }
    let error = world.sign_ins.bearer(&connection).unwrap_err();
    assert!(error.message.contains(why) && error.message.contains("listkeeper connect"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn whose_account_it_is_is_kept_through_renewals() {
    let world = world(DUE, script([granted()])).await;
    world.sign_ins.name_account(&name(), "Contoso").await.unwrap();
    world.bearer.current().await.unwrap();
    assert_eq!(world.store.read(&name()).unwrap().unwrap().account.as_deref(), Some("Contoso"));
}
