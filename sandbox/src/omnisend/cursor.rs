//! Pages: opaque cursors that remember a place, and what was asked for when they were given.

use super::request::Query;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use xxhash_rust::xxh3::xxh3_64;

const NAMES: &[&str] = &["after", "before", "limit"];
pub(super) const DIFFERS: &str = "The filters or the order differ from the cursor's";

/// Where a page ended or began.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Place {
    pub key: Value,
    pub row: i64,
}

#[derive(Serialize, Deserialize)]
struct Cursor {
    asked: u64,
    place: Place,
}

/// Which page is wanted.
#[derive(Debug)]
pub(super) struct Page {
    pub limit: usize,
    /// From where, and whether backwards.
    pub from: Option<(Place, bool)>,
    asked: u64,
}

impl Page {
    /// A cursor is good only with the parameters it was given for, but for those that are `free`.
    pub(super) fn read(query: &mut Query<'_>, default: i64, most: i64, free: &[&str]) -> Self {
        let limit = usize::try_from(query.number("limit", default, 1, most)).unwrap_or(1);
        let asked = xxh3_64(query.without(&[NAMES, free].concat()).as_bytes());
        let (after, before) = (query.text("after"), query.text("before"));
        let found = match (after, before) {
            (Some(_), Some(_)) => {
                query.refuse("before", "invalid_value", "Cannot be combined with after");
                None
            }
            (Some(text), None) => place(query, "after", text, asked),
            (None, Some(text)) => place(query, "before", text, asked),
            (None, None) => None,
        };
        Self { limit, from: found.map(|place| (place, before.is_some())), asked }
    }

    pub(super) fn is_backwards(&self) -> bool {
        self.from.as_ref().is_some_and(|(_, backwards)| *backwards)
    }

    /// Puts what was found, at most one more than the page holds and in the direction that was asked for, into the order of
    /// the whole.
    pub(super) fn cut<T>(&self, mut found: Vec<T>, place: impl Fn(&T) -> Place) -> (Vec<T>, Value) {
        let more = found.len() > self.limit;
        found.truncate(self.limit);
        let (has_more, has_earlier) = if self.is_backwards() { (true, more) } else { (more, self.from.is_some()) };
        if self.is_backwards() {
            found.reverse();
        }
        let write = |item: Option<&T>| item.and_then(|item| self.write(place(item)));
        let cursors = json!({
            "after": write(found.last().filter(|_| has_more)),
            "before": write(found.first().filter(|_| has_earlier)),
        });
        (found, json!({"limit": self.limit, "hasMore": has_more, "cursors": cursors}))
    }

    fn write(&self, place: Place) -> Option<String> {
        let text = serde_json::to_vec(&Cursor { asked: self.asked, place }).ok()?;
        Some(URL_SAFE_NO_PAD.encode(text))
    }
}

fn place(query: &mut Query<'_>, name: &str, text: &str, asked: u64) -> Option<Place> {
    let read = || serde_json::from_slice::<Cursor>(&URL_SAFE_NO_PAD.decode(text).ok()?).ok();
    match read() {
        None => query.refuse(name, "invalid_value", "This cursor is not known"),
        Some(cursor) if cursor.asked != asked => query.refuse(name, "invalid_value", DIFFERS),
        Some(cursor) => return Some(cursor.place),
    }
    None
}
