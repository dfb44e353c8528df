//! Codes and tokens, as the vendors write them.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::json;

/// 32 hexadecimal digits that nobody can guess.
pub(super) fn word() -> String {
    uuid::Uuid::new_v4().simple().to_string()
}

/// `ABCD-EFGH`: no vowels, so that it spells nothing.
pub(super) fn user_code() -> String {
    const LETTERS: &[u8] = b"BCDFGHJKLMNPQRSTVWXZ";
    let bytes = *uuid::Uuid::new_v4().as_bytes();
    let letters = |bytes: &[u8]| bytes.iter().map(|b| char::from(LETTERS[usize::from(*b) % LETTERS.len()])).collect::<String>();
    format!("{}-{}", letters(&bytes[..4]), letters(&bytes[9..13]))
}

/// A JWT whose signature nobody checks.
pub(super) fn jwt(client: &str, scope: &str, now_ms: i64, dies_ms: i64) -> String {
    let part = |json: serde_json::Value| URL_SAFE_NO_PAD.encode(json.to_string());
    let head = json!({"alg": "RS256", "kid": "sandbox"});
    let claims =
        json!({"cid": client, "scp": scope.split(' ').collect::<Vec<_>>(), "iat": now_ms / 1000, "exp": dies_ms / 1000, "jti": word()});
    format!("{}.{}.{}", part(head), part(claims), URL_SAFE_NO_PAD.encode(word()))
}
