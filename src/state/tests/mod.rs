//! The state as a whole, through its public face. No test reads a clock: times are given.

mod api_tokens;
mod clock;
mod exports;
mod formats;
mod history;
mod members;
mod opening;
mod tokens;

use super::*;
use crate::{
    definition::Name,
    destination::PlaceId,
    member::{Email, Fingerprint, Key},
};
use chrono::{DateTime, Utc};

/// A state in a directory that goes with it.
struct Fixture {
    dir: StateDir,
    store: Store,
    _temp: tempfile::TempDir,
}

fn fixture() -> Fixture {
    let temp = tempfile::tempdir().unwrap();
    let dir = StateDir::from(temp.path().join("state"));
    let store = Store::open(&dir, at(0)).unwrap();
    Fixture { dir, store, _temp: temp }
}

/// Seconds after a fixed moment, 2026-11-22 06:00 UTC.
fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_327_200 + seconds, 0).unwrap()
}

fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

fn email(text: &str) -> Email {
    Email::parse(text).unwrap().unwrap()
}

fn applied(address: &str, segments: u64) -> Applied {
    let email = email(address);
    Applied {
        key: Key::of(&email),
        address: Some(email),
        fingerprint: Some(Fingerprint(7)),
        segments,
        found: 0,
        state: MemberState::Applied,
        person: None,
    }
}

/// An export with a place.
fn prepared(store: &mut Store, export: &str) -> (ExportId, PlaceRow) {
    let id = store.ensure_export(&name(export), None).unwrap();
    let place = store.record_place(id, "account", &PlaceId("list-1".into()), "News", Origin::Named).unwrap();
    (id, place)
}
