//! Who may come in.

use super::problem::{Problem, Result};
use axum::http::{HeaderMap, header};
use base64::{Engine as _, engine::general_purpose::STANDARD};

/// Basic with any user, or Bearer. A key ends in `-` and its data centre; `invalid…` is refused.
pub(super) fn check(headers: &HeaderMap) -> Result<()> {
    let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).ok_or_else(Problem::key_missing)?;
    let key = match value.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Some(token.trim().to_owned()),
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("basic") => basic_password(token.trim()),
        _ => None,
    };
    let (name, centre) = key.as_deref().and_then(|key| key.rsplit_once('-')).ok_or_else(Problem::key_invalid)?;
    let good = !name.is_empty() && !name.starts_with("invalid") && !centre.is_empty();
    if good { Ok(()) } else { Err(Problem::key_invalid().into()) }
}

fn basic_password(token: &str) -> Option<String> {
    let decoded = String::from_utf8(STANDARD.decode(token).ok()?).ok()?;
    decoded.split_once(':').map(|(_, password)| password.to_owned())
}
