//! The token endpoint's answer (RFC 6749, 5.1), read as leniently as vendors write it.

use super::jwt;
use crate::platform::{AuthorizationServer, Renewal};
use chrono::{DateTime, TimeDelta, Utc};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Value as Json;

/// Seconds that can only be a moment in time, not a life: 30 years of them.
const MOMENT: f64 = 946_080_000.0;
/// The same in milliseconds.
const MOMENT_MILLIS: f64 = MOMENT * 1000.0;

/// What was granted. `Debug` shows no token.
#[derive(Clone, Debug)]
pub(super) struct Granted {
    pub access: SecretString,
    pub refresh: Option<SecretString>,
    /// `None`: never.
    pub expires: Option<DateTime<Utc>>,
}

#[derive(Deserialize)]
struct Wire {
    access_token: String,
    #[serde(default)]
    refresh_token: Option<String>,
    #[serde(default)]
    expires_in: Json,
}

/// `None`: it holds no token.
pub(super) fn read(body: &[u8], vendor: &AuthorizationServer, now: DateTime<Utc>) -> Option<Granted> {
    let wire: Wire = serde_json::from_slice(body).ok()?;
    let filled = |token: String| (!token.is_empty()).then(|| SecretString::from(token));
    let access = wire.access_token;
    let expires = match vendor.renewal {
        Renewal::Endless => None,
        Renewal::Refresh { life_hours, .. } => {
            Some(jwt::expiry(&access, now).or_else(|| said(&wire.expires_in, now)).unwrap_or(now + TimeDelta::hours(life_hours)))
        }
    };
    Some(Granted { access: filled(access)?, refresh: wire.refresh_token.and_then(filled), expires })
}

/// `expires_in` is seconds from now by the standard; some write the moment itself, or a text.
fn said(value: &Json, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let number = match value {
        Json::Number(number) => number.as_f64()?,
        Json::String(text) => text.trim().parse().ok()?,
        _ => return None,
    };
    let left = match number {
        n if n >= MOMENT_MILLIS => n / 1000.0 - now.timestamp() as f64,
        n if n >= MOMENT => n - now.timestamp() as f64,
        n => n,
    };
    (left >= 1.0).then(|| now.checked_add_signed(TimeDelta::try_seconds(left as i64)?))?
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use secrecy::ExposeSecret;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_795_327_200, 0).unwrap()
    }

    fn granted(vendor: &str, body: &str) -> Option<Granted> {
        read(body.as_bytes(), AuthorizationServer::named(vendor).unwrap(), now())
    }

    #[rstest]
    #[case::seconds("7200", 7200)]
    #[case::as_text("\"7200\"", 7200)]
    #[case::a_moment("1795330800", 3600)]
    #[case::a_moment_in_milliseconds("1795330800000", 3600)]
    #[case::nothing("null", 86_400)]
    #[case::zero("0", 86_400)]
    #[case::over_already("1795327000", 86_400)]
    #[case::no_number("\"soon\"", 86_400)]
    fn how_long_it_lives(#[case] expires_in: &str, #[case] seconds: i64) {
        let body = format!(r#"{{"access_token":"A","refresh_token":"R","expires_in":{expires_in}}}"#);
        assert_eq!(granted("constant-contact", &body).unwrap().expires, Some(now() + TimeDelta::seconds(seconds)));
    }

    #[test]
    fn the_tokens_own_time_goes_before_the_answers() {
        // {"iat":1000,"exp":4600}
        let body = r#"{"access_token":"e30.eyJpYXQiOjEwMDAsImV4cCI6NDYwMH0.c2ln","expires_in":86400}"#;
        assert_eq!(granted("constant-contact", body).unwrap().expires, Some(now() + TimeDelta::hours(1)));
    }

    #[test]
    fn what_never_ends_never_ends() {
        let granted = granted("mailchimp", r#"{"access_token":"A","expires_in":0,"scope":null}"#).unwrap();
        assert_eq!((granted.expires, granted.refresh.is_none()), (None, true));
    }

    #[rstest]
    #[case(r#"{"access_token":""}"#)]
    #[case(r#"{"refresh_token":"R"}"#)]
    #[case("<html>")]
    fn an_answer_without_a_token_is_none(#[case] body: &str) {
        assert!(granted("constant-contact", body).is_none());
    }

    #[test]
    fn an_empty_refresh_token_is_none_and_nothing_is_shown() {
        let granted = granted("constant-contact", r#"{"access_token":"hush","refresh_token":""}"#).unwrap();
        assert!(granted.refresh.is_none() && granted.access.expose_secret() == "hush");
        assert!(!format!("{granted:?}").contains("hush"));
    }
}
