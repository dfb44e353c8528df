//! Links to the next page: the path, the query and where the page ended, in one opaque word.

use super::{BASE, request::Call};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Cursor {
    path: String,
    pub query: String,
    pub after: (i64, i64),
}

impl Cursor {
    /// Nothing if the word is not ours, or from another path.
    pub(super) fn read(word: &str, path: &str) -> Option<Self> {
        let cursor: Self = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(word).ok()?).ok()?;
        (cursor.path == path.trim_end_matches('/')).then_some(cursor)
    }
}

/// `_links` of a page: without a next one, the link is left out.
pub(super) fn links(call: &Call, next: Option<(i64, i64)>) -> Value {
    let Some(after) = next else { return json!({}) };
    let cursor = Cursor { path: call.at.clone(), query: call.query.encoded(), after };
    let word = serde_json::to_vec(&cursor).map(|bytes| URL_SAFE_NO_PAD.encode(bytes)).unwrap_or_default();
    json!({"next": {"href": format!("{BASE}{}?cursor={word}", call.at)}})
}

/// Cuts a reading that fetched one row more than the page holds; where the page ends if there are more.
pub(super) fn cut<T>(rows: &mut Vec<T>, limit: i64, position: impl Fn(&T) -> (i64, i64)) -> Option<(i64, i64)> {
    if rows.len() as i64 <= limit {
        return None;
    }
    rows.truncate(limit as usize);
    rows.last().map(position)
}
