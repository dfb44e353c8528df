//! A reading is of one whole state of the bucket, or an error.

use super::world::{At, World, meanwhile};
use listkeeper::source::SourceErrorKind;
use rstest::rstest;
use std::{process::Command, sync::atomic::Ordering};

/// Some megabytes: more than has been fetched when the first rows are there.
fn csv(letter: &str) -> Vec<u8> {
    format!("Id,Text\n{}", format!("1,{}\n", letter.repeat(200)).repeat(40_000)).into_bytes()
}

const UNDER_WAY: SourceErrorKind = SourceErrorKind::UnderWay { after: None };

#[rstest]
fn nothing_happens(#[values(At::S3, At::Azure)] at: At) {
    let Some(world) = World::new(at, "nothing_happens") else { return };
    world.put("a.csv", csv("a"));
    assert_eq!(meanwhile(&mut *world.files("*.csv"), || {}).unwrap(), 40_000);
}

#[rstest]
#[case::while_it_is_read("a.csv", |world: &World| world.put("a.csv", csv("b")), "a.csv changed")]
#[case::deleted("a.csv", |world: &World| world.delete("a.csv"), "a.csv changed")]
#[case::to_be_read("*.csv", |world: &World| world.put("b.csv", csv("b")), "b.csv changed")]
#[case::deleted_and_to_be_read("*.csv", |world: &World| world.delete("b.csv"), "b.csv changed")]
#[case::already_read("*.csv", |world: &World| world.put("0.csv", csv("b")), "0.csv changed")]
#[case::it_comes("*.csv", |world: &World| world.put("c.csv", csv("c")), "c.csv appeared")]
fn an_object_changes(#[case] files: &str, #[case] happens: fn(&World), #[case] told: &str, #[values(At::S3, At::Azure)] at: At) {
    let Some(world) = World::new(at, "changes") else { return };
    world.put("0.csv", "Id,Text\n0,0\n");
    world.put("a.csv", csv("a"));
    world.put("b.csv", csv("a"));
    let error = meanwhile(&mut *world.files(files), || happens(&world)).unwrap_err();
    assert!(error.message.contains(&format!("/{told}")), "{error}");
    assert_eq!(error.kind, UNDER_WAY);
}

/// First stopped by us while the server is gone, then left to give up by itself.
#[test]
fn the_server_is_killed() {
    let Some(world) = World::new(At::Victim, "killed") else { return };
    world.put("a.csv", csv("a"));
    let pid = std::env::var("OBJECT_STORAGE_VICTIM_PID").unwrap();
    let kill = || assert!(Command::new("kill").args(["-9", &pid]).status().unwrap().success());
    let error = meanwhile(&mut *world.files("a.csv"), kill).unwrap_err();
    assert!(error.message.contains("/a.csv cannot be reached: Connection refused"), "{error}");
    assert_eq!(error.kind, SourceErrorKind::Unreachable { after: None });
    world.cancel.store(true, Ordering::Relaxed);
    assert_eq!(meanwhile(&mut *world.files("a.csv"), || {}).unwrap_err().message, "the reading was stopped");
}
