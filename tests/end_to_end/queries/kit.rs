//! A world of few and small limits, and what a plan in it comes to.

use crate::{
    cli::{command, told},
    world::{Defined, World},
};
use std::{
    fmt::Write as _,
    fs,
    path::PathBuf,
    time::{Duration, Instant},
};

/// Each limit is passed within seconds, so that the whole table is quick.
pub const LIMITS: &str = "{memory: 96MiB, cpu: 3s, disk: 24MiB, rows: 30000, time: 4s}";
/// How long after its limit the longest of the attacks may end.
pub const AFTER: Duration = Duration::from_secs(10);
const LONGEST: Duration = Duration::from_secs(4);
pub const PEOPLE: usize = 20_000;

/// People, each with a note of 200 characters.
pub fn people(count: usize) -> String {
    let mut text = "Id,Email,First,Value,Note\n".to_owned();
    for id in 0..count {
        let _ = writeln!(text, "{id},p{id}@contoso.test,First{id},{},{}", id % 100, "note ".repeat(40));
    }
    text
}

pub async fn world(limits: &str) -> World {
    let world = World::new(&Defined::default(), &[]).await;
    world.write_text(&people(PEOPLE));
    fs::create_dir(world.dir.path().join("temp")).unwrap();
    fs::write(world.directory().join("settings.yaml"), format!("apiVersion: listkeeper/v1\nkind: Settings\nreadLimits: {limits}\n"))
        .unwrap();
    world
}

/// A definition of one segment by this query.
pub fn segment(sql: &str) -> Defined {
    Defined { segments: vec![("everyone", serde_json::to_string(sql).unwrap())], ..Defined::default() }
}

pub fn temp(world: &World) -> PathBuf {
    world.dir.path().join("temp")
}

/// What is left of readings: their folders.
pub fn left(world: &World) -> Vec<PathBuf> {
    fs::read_dir(temp(world)).unwrap().map(|entry| entry.unwrap().path()).collect()
}

/// Plans, fails in time, and leaves nothing. Gives the error.
pub fn fails(world: &World, name: &str) -> String {
    let began = Instant::now();
    let (code, _, err) = told(command(world, &["plan"]).env("TMPDIR", temp(world)).output().unwrap());
    assert_eq!(code, 1, "{name}: {err}");
    assert!(began.elapsed() < LONGEST + AFTER, "{name}: after {:?}: {err}", began.elapsed());
    assert_eq!(left(world), Vec::<PathBuf>::new(), "{name}");
    err
}

/// The same, by one of these words. Gives the error.
pub fn stopped(world: &World, name: &str, by: &[&str]) -> String {
    let err = fails(world, name);
    assert!(by.iter().any(|word| err.contains(word)), "{name}: {err}");
    err
}
