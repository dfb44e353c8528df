//! Signing in and staying signed in, against scripted answers on paused time.

mod bearer;
mod device;
mod sign_in;

use super::*;
use crate::{
    definition::{Connection, Credentials, Limits, Name, OAuthApp, Privacy, Region, Secret},
    http::{
        Lost, Raw,
        script::{Script, hub, json},
    },
    platform::Platform,
};
use chrono::{TimeDelta, Utc};
use std::sync::Arc;

fn name() -> Name {
    Name::new("crm").unwrap()
}

fn connection(kind: Platform, secret: Option<&str>) -> Connection {
    let literal = |text: &str| Secret::Plain(text.to_owned());
    let app = OAuthApp { client_id: literal("app"), client_secret: secret.map(literal), endpoint: None };
    Connection {
        name: name(),
        display_name: "CRM".into(),
        kind,
        credentials: Credentials::OAuth(app),
        privacy: Privacy { accepted_by: "dana@example.com".into(), accepted_on: chrono::NaiveDateTime::MIN },
        export_user: None,
        endpoint: None,
        region: Region::default(),
        limits: Limits::default(),
    }
}

fn app(kind: Platform, secret: Option<&str>) -> App {
    App::of(&connection(kind, secret)).unwrap().unwrap()
}

pub(crate) fn constant_contact() -> App {
    app(Platform::ConstantContact, None)
}

/// Of an app's sign-in that was given so many minutes ago, to live a day.
fn tokens(app: &App, minutes: i64) -> Tokens {
    let obtained = Utc::now() - TimeDelta::minutes(minutes);
    let (access, refresh) = ("old-access".to_owned().into(), Some("old-refresh".to_owned().into()));
    Tokens { bound: app.binding(), access, refresh, obtained, expires: Some(obtained + TimeDelta::days(1)), account: None, api: None }
}

fn granted() -> Result<Raw, Lost> {
    json(200, r#"{"access_token":"new-access","refresh_token":"new-refresh","expires_in":86400,"token_type":"Bearer"}"#)
}

fn refused(error: &str) -> Result<Raw, Lost> {
    json(400, &format!(r#"{{"error":"{error}"}}"#))
}

fn script(steps: impl IntoIterator<Item = Result<Raw, Lost>>) -> Arc<Script> {
    Arc::new(Script::new(steps, json(500, "no more was expected")))
}

/// The forms that were sent, in order.
fn sent(script: &Script) -> Vec<String> {
    script.seen.lock().unwrap().iter().map(|(_, line, body)| format!("{line} {}", body.as_deref().unwrap_or_default())).collect()
}

/// Grants, after so long.
fn slow(takes: std::time::Duration) -> Arc<Script> {
    Arc::new(Script::new([granted()], json(500, "no more was expected")).taking(takes))
}
