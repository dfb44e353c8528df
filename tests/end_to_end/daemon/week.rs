//! A week in a minute: definitions are edited, broken, fixed, renamed and deleted in a git work tree while runs go on; at
//! the end the platform holds what the files say.

use super::kit::Daemon;
use crate::world::{Defined, World, rows};
use serde_json::Value;
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    process::{Command, Stdio},
};

const PEOPLE: u64 = 300;

/// An export of a file of its own: those of a value above a threshold, as a tag.
#[derive(Clone)]
struct Listed {
    name: String,
    /// A segment keeps its name when its export is renamed.
    segment: String,
    tag: String,
    above: u64,
    renamed_from: Option<String>,
}

impl Listed {
    fn yaml(&self) -> String {
        let Self { name, segment, tag, above, .. } = self;
        let renamed = self.renamed_from.iter().map(|old| format!("renamedFrom: {old}\n")).collect::<String>();
        format!(
            "apiVersion: listkeeper/v1\nkind: Segment\nname: {segment}\ndisplayName: {tag}\nsource: crm
query: SELECT * FROM people WHERE CAST(Value AS REAL) > {above}
---
apiVersion: listkeeper/v1\nkind: Export\nname: {name}\nconnection: account\nsegments: [{segment}]\ntarget: {{audienceId: cdp}}
match: {{email: Email, id: Id}}\nnewContacts: {{status: subscribed}}\nrunOnChange: true
guard: {{maxRemovals: 100%, maxAdditions: none}}\n{renamed}"
        )
    }

    fn members(&self) -> BTreeSet<String> {
        let above = self.above as f64;
        rows(0..PEOPLE).into_iter().filter(|row| row.value.parse::<f64>().unwrap() > above).map(|row| row.email).collect()
    }
}

struct Week {
    world: World,
    listed: BTreeMap<String, Listed>,
    dice: fastrand::Rng,
    next: u32,
}

fn git(dir: &Path, args: &[&str]) {
    let identity = ["-c", "user.name=Dana", "-c", "user.email=dana@example.com", "-c", "commit.gpgSign=false"];
    let mut git = Command::new("git");
    git.arg("-C").arg(dir).args(identity).args(args).env("GIT_CONFIG_GLOBAL", "/dev/null").stdout(Stdio::null());
    assert!(git.status().unwrap().success(), "git {args:?}");
}

impl Week {
    async fn begin() -> Self {
        let world = World::new(&Defined::default(), &rows(0..PEOPLE)).await;
        git(&world.directory(), &["init", "-q"]);
        let mut week = Self { world, listed: BTreeMap::new(), dice: fastrand::Rng::with_seed(3), next: 0 };
        (0..6).for_each(|_| week.add());
        week.commit();
        week
    }

    fn path(&self, name: &str) -> std::path::PathBuf {
        self.world.directory().join(format!("{name}.yaml"))
    }

    fn write(&self, listed: &Listed) {
        fs::write(self.path(&listed.name), listed.yaml()).unwrap();
    }

    fn commit(&self) {
        git(&self.world.directory(), &["add", "-A"]);
        git(&self.world.directory(), &["commit", "-q", "--allow-empty", "-m", "change"]);
    }

    fn any(&mut self) -> Listed {
        let names: Vec<_> = self.listed.keys().cloned().collect();
        self.listed[self.dice.choice(&names).unwrap()].clone()
    }

    fn keep(&mut self, listed: Listed) {
        self.write(&listed);
        self.listed.insert(listed.name.clone(), listed);
    }

    fn add(&mut self) {
        self.next += 1;
        let above = self.dice.u64(20..150);
        let segment = format!("segment-{}", self.next);
        self.keep(Listed { name: format!("list-{}", self.next), segment, tag: format!("List {}", self.next), above, renamed_from: None });
    }

    /// One thing that somebody does. Whether it must be taken before the next: a second new name says nothing of the first.
    fn step(&mut self, broken: &mut Vec<String>) -> bool {
        let mut listed = self.any();
        let what = self.dice.u8(0..6);
        match what {
            0 => self.add(),
            1 => {
                listed.above = self.dice.u64(20..150);
                self.keep(listed);
            }
            2 => {
                let mut torn = listed.yaml();
                torn.truncate(self.dice.usize(40..torn.len() - 20));
                fs::write(self.path(&listed.name), format!("{torn}\nnot: [closed")).unwrap();
                broken.push(listed.name);
            }
            3 => {
                let old = listed.name.clone();
                fs::remove_file(self.path(&old)).unwrap();
                self.listed.remove(&old);
                self.next += 1;
                self.keep(Listed { name: format!("list-{}", self.next), renamed_from: Some(old), ..listed });
            }
            4 if self.listed.len() > 4 => {
                fs::remove_file(self.path(&listed.name)).unwrap();
                self.listed.remove(&listed.name);
            }
            _ => {
                listed.tag = format!("{} of day {}", listed.name, self.dice.u8(1..100));
                self.keep(listed);
            }
        }
        self.commit();
        what == 3
    }

    fn mend(&self, broken: &mut Vec<String>) {
        for name in broken.drain(..) {
            if let Some(listed) = self.listed.get(&name) {
                self.write(listed);
            }
        }
        self.commit();
    }

    /// Who has which tag at the platform.
    async fn tagged(&self) -> BTreeMap<String, BTreeSet<String>> {
        let mut tagged: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (email, held) in self.world.held().await {
            held.tags.into_iter().for_each(|tag| _ = tagged.entry(tag).or_default().insert(email.clone()));
        }
        tagged
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn at_the_end_the_platform_holds_what_the_files_say() {
    let mut week = Week::begin().await;
    let daemon = Daemon::start(&week.world).await;
    let mut broken = Vec::new();
    for step in 0..40 {
        let wait = week.step(&mut broken);
        if step % 4 == 3 {
            week.mend(&mut broken);
        }
        // Some steps are taken one by one, others meet each other.
        if week.dice.bool() || wait {
            taken(&daemon, &week).await;
        }
        if week.dice.u8(..) < 60 {
            daemon.post("/v1/runs").await;
        }
    }
    week.mend(&mut broken);
    settle(&daemon, &week).await;
    let tagged = week.tagged().await;
    for listed in week.listed.values() {
        let held = tagged.get(&listed.tag).cloned().unwrap_or_default();
        assert_eq!(held, listed.members(), "{}:\n{}", listed.tag, daemon.log());
    }
    daemon.stop().await;
}

/// Whoever deletes much at a time says that it is meant.
async fn approve(daemon: &Daemon) {
    let directory = daemon.get("/v1/directory").await.unwrap_or_default();
    if let Some(digest) = directory["held"]["digest"].as_str() {
        daemon.post(&format!("/v1/plans/{digest}/approve")).await;
    }
}

/// The exports that the daemon knows a definition of.
async fn defined(daemon: &Daemon) -> Vec<Value> {
    approve(daemon).await;
    let answer = daemon.get("/v1/exports").await.unwrap_or_default();
    let all = answer["exports"].as_array().cloned().unwrap_or_default();
    all.into_iter().filter(|export| export["defined"] == true && export["name"] != "news").collect()
}

fn names(exports: &[Value]) -> BTreeSet<String> {
    exports.iter().map(|export| export["name"].as_str().unwrap().to_owned()).collect()
}

/// Until the daemon knows of what there is, right or broken.
async fn taken(daemon: &Daemon, week: &Week) {
    let wanted: BTreeSet<String> = week.listed.keys().cloned().collect();
    daemon.until("the reading is taken", async || names(&defined(daemon).await).is_superset(&wanted)).await;
}

/// Until the daemon has exactly these exports, all of them right, and nothing is under way.
async fn settle(daemon: &Daemon, week: &Week) {
    let before = daemon.get("/v1/directory").await.unwrap()["readAt"].clone();
    daemon.post("/v1/reload").await.unwrap();
    daemon.until("the directory is looked at again", async || daemon.get("/v1/directory").await.unwrap()["readAt"] != before).await;
    let wanted: BTreeSet<String> = week.listed.keys().cloned().collect();
    let quiet = |export: &Value| export["status"] == "succeeded" && export["broken"].is_null();
    daemon
        .until("the last reading is taken and carried out", async || {
            let exports = defined(daemon).await;
            names(&exports) == wanted && exports.iter().all(quiet)
        })
        .await;
    println!(
        "DEBUG {}",
        serde_json::to_string(
            &defined(daemon)
                .await
                .iter()
                .map(|e| (
                    e["name"].clone(),
                    e["status"].clone(),
                    e["lastRun"]["export"].clone(),
                    e["lastRun"]["trigger"].clone(),
                    e["lastRun"]["started"].clone()
                ))
                .collect::<Vec<_>>()
        )
        .unwrap()
    );
    for name in &wanted {
        daemon.post(&format!("/v1/exports/{name}/runs?wait=true")).await.unwrap();
    }
}
