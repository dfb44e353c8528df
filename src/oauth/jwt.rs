//! How long an access token lives, where it says so itself: a JWT's `iat` and `exp` (RFC 7519). It is not verified: whoever
//! it is for does that.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;

#[derive(Deserialize)]
struct Claims {
    exp: f64,
    iat: Option<f64>,
}

/// When a token given now dies. By the difference of its own two times where it has both, so that a clock that is wrong here
/// changes nothing. `None`: it is no JWT, or says nothing of use.
pub(super) fn expiry(token: &str, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    let mut parts = token.split('.');
    let (_, claims, _, None) = (parts.next()?, parts.next()?, parts.next()?, parts.next()) else { return None };
    let claims: Claims = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims.trim_end_matches('=')).ok()?).ok()?;
    let left = claims.exp - claims.iat.unwrap_or(now.timestamp() as f64);
    (left >= 1.0).then(|| TimeDelta::try_seconds(left as i64).and_then(|left| now.checked_add_signed(left)))?
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::both_times(r#"{"iat":5000,"exp":91400}"#, Some(86_400))]
    #[case::only_the_end(r#"{"exp":1795327260}"#, Some(60))]
    #[case::with_fractions(r#"{"iat":5000.5,"exp":8600.5}"#, Some(3600))]
    #[case::over_at_once(r#"{"iat":5000,"exp":5000}"#, None)]
    #[case::never(r#"{"iat":5000,"exp":1e300}"#, None)]
    #[case::no_end(r#"{"iat":5000}"#, None)]
    #[case::no_claims("[]", None)]
    fn a_tokens_own_times(#[case] claims: &str, #[case] seconds: Option<i64>) {
        let now = DateTime::from_timestamp(1_795_327_200, 0).unwrap();
        let token = format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims));
        assert_eq!(expiry(&token, now), seconds.map(|seconds| now + TimeDelta::seconds(seconds)));
    }

    #[rstest]
    #[case("opaque")]
    #[case("a.b.c")]
    #[case("a.e30.c.d")]
    #[case("")]
    fn what_is_no_jwt_says_nothing(#[case] token: &str) {
        assert_eq!(expiry(token, Utc::now()), None);
    }
}
