use super::*;
use crate::{
    definition::OAuthApp,
    oauth::{App, Tokens},
};
use chrono::{TimeDelta, Utc};
use wiremock::{Mock, MockServer, ResponseTemplate, matchers};

/// A connection that somebody signed in to two hours ago; an authorization server that answers a renewal; where the tokens are.
async fn signed_in(world: &World, access: &str, renewed: ResponseTemplate) -> (Connection, SignIns, MockServer) {
    let server = MockServer::start().await;
    Mock::given(matchers::method("POST")).and(matchers::path("/token")).respond_with(renewed).mount(&server).await;
    let app = OAuthApp { client_id: Secret::Plain("app".into()), client_secret: None, endpoint: Some(server.uri().parse().unwrap()) };
    let connection = Connection { credentials: Credentials::OAuth(app), ..connection(world.sandbox.endpoint(VENDOR)) };
    let (bound, now) = (App::of(&connection).unwrap().unwrap().binding(), Utc::now());
    let (obtained, expires) = (now - TimeDelta::hours(2), Some(now + TimeDelta::hours(22)));
    let tokens = Tokens {
        bound,
        access: access.to_owned().into(),
        refresh: Some("R1".to_owned().into()),
        obtained,
        expires,
        account: None,
        api: None,
    };
    let sign_ins = nobody();
    sign_ins.keep(&connection.name, tokens).await.unwrap();
    (connection, sign_ins, server)
}

fn fresh() -> ResponseTemplate {
    ResponseTemplate::new(200)
        .set_body_json(json!({"token_type": "Bearer", "expires_in": 86_400, "access_token": "fresh", "refresh_token": "R2"}))
}

/// The vendor's answer to a token that it does not take any more is a renewal, and the call again. A renewal that is refused is
/// asked for twice.
#[tokio::test]
async fn a_token_that_is_refused_is_renewed_once() {
    let world = World::new().await;
    let refused = ResponseTemplate::new(400).set_body_json(json!({"error": "invalid_grant"}));
    for (access, renewed, renewals, good) in
        [("good", fresh(), 0, true), ("invalid-old", fresh(), 1, true), ("invalid-old", refused, 2, false)]
    {
        let (connection, sign_ins, server) = signed_in(&world, access, renewed).await;
        let destination = super::super::open(&connection, &attributes(&[]), None, &Hub::default(), &sign_ins).unwrap();
        match destination.verify().await {
            Ok(account) => assert!(good && !account.budget_key.contains("app")),
            Err(error) => {
                assert!(!good && error.kind == ErrorKind::Stall);
                assert!(error.message.contains("listkeeper connect newsletter"), "{}", error.message);
            }
        }
        assert_eq!(server.received_requests().await.unwrap().len(), renewals);
    }
}

#[tokio::test]
async fn nobody_signed_in_is_said_before_any_call() {
    let world = World::new().await;
    let (connection, ..) = signed_in(&world, "good", fresh()).await;
    let error = super::super::open(&connection, &attributes(&[]), None, &Hub::default(), &nobody()).err().unwrap();
    assert_eq!(error.kind, ErrorKind::Stall);
    assert!(error.message.contains("listkeeper connect newsletter"), "{}", error.message);
}

/// Every connection of one app spends from one budget, whoever signed in.
#[tokio::test]
async fn the_app_is_the_budget() {
    let world = World::new().await;
    let (one, sign_ins, _server) = signed_in(&world, "good", fresh()).await;
    let other = connection(world.sandbox.endpoint(VENDOR));
    let mut keys = Vec::new();
    for connection in [one.clone(), one, other] {
        let destination = super::super::open(&connection, &attributes(&[]), None, &Hub::default(), &sign_ins).unwrap();
        keys.push(destination.verify().await.unwrap().budget_key);
    }
    assert!(keys[0] == keys[1] && keys[1] != keys[2], "{keys:?}");
}
