//! The commands that look at the state, and `approve`, as people meet them: text on stdout, talk on stderr, exit codes.

#![allow(clippy::print_stderr, clippy::print_stdout, clippy::unwrap_used, reason = "a test stops where it stands")]

use assert_cmd::Command;
use chrono::{DateTime, TimeDelta, Utc};
use listkeeper::{
    definition::Name,
    plan::Counts,
    plan::approval::Changes,
    state::{End, HeldPlan, RejectedRow, RunStart, StateDir, Store, Trigger},
};
use std::path::Path;

struct World {
    temp: tempfile::TempDir,
}

impl World {
    fn new() -> Self {
        Self { temp: tempfile::tempdir().unwrap() }
    }

    fn state(&self) -> StateDir {
        StateDir::from(self.temp.path().join("state"))
    }

    fn store(&self) -> Store {
        Store::open(&self.state(), at(0)).unwrap()
    }

    /// Runs a command beside an empty directory of definitions.
    fn run(&self, args: &[&str]) -> (String, String, i32) {
        let dir = self.temp.path().join("definitions");
        std::fs::create_dir_all(&dir).unwrap();
        let mut command = Command::cargo_bin("listkeeper").unwrap();
        let output = command
            .args(args)
            .args(["--state"])
            .arg(self.state().path())
            .current_dir(dir)
            .env("USER", "dana")
            .env_remove("SUDO_USER")
            .output()
            .unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        (text(output.stdout), text(output.stderr), output.status.code().unwrap())
    }
}

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_327_200 + seconds, 0).unwrap()
}

fn name(text: &str) -> Name {
    Name::new(text).unwrap()
}

/// Two runs of `news`, the second with two refused rows; `offers` was held.
fn some_history(store: &mut Store) {
    let (news, offers) = (name("news"), name("offers"));
    let start = |export| RunStart {
        export,
        trigger: Trigger::Schedule,
        definition_digest: "d",
        plan_digest: Some("0123456789abcdef0123"),
        user: "listkeeper",
        export_user: Some("crm"),
        due: None,
    };
    let first = store.start_run(&start(&news), at(0)).unwrap();
    store
        .finish_run(
            first,
            &End::Succeeded { unverified: 0 },
            &Counts { read: 1200, synced: 1200, added: 1200, ..Counts::default() },
            at(185),
        )
        .unwrap();
    let second = store.start_run(&start(&news), at(3600)).unwrap();
    let rows = [
        RejectedRow {
            address: Some("=dana@".into()),
            segment: "vip".into(),
            code: "address-bad-domain".into(),
            detail: "the domain is not valid".into(),
            field: None,
            since: None,
        },
        RejectedRow {
            address: None,
            segment: "vip".into(),
            code: "value".into(),
            detail: "\"x\" is not a number".into(),
            field: Some("LTV".into()),
            since: None,
        },
    ];
    store.add_rejected(second, &rows).unwrap();
    store.publish_rejected(&news, second, at(3600)).unwrap();
    let counts = Counts { read: 1200, unchanged: 1198, rejected: 2, ..Counts::default() };
    store.finish_run(second, &End::Partial { reason: "2 rows were refused by the platform".into() }, &counts, at(3601)).unwrap();
    let third = store.start_run(&start(&offers), at(7200)).unwrap();
    store.finish_run(third, &End::Held { reason: "12,000 additions".into() }, &Counts::default(), at(7202)).unwrap();
}

fn held(digest: &str, export: &str, made: DateTime<Utc>) -> HeldPlan {
    HeldPlan {
        digest: digest.into(),
        export: export.into(),
        made,
        reason: "12,000 additions are more than guard.maxAdditions".into(),
        text: "offers: add 12,000\n+ d***@example.com".into(),
        json: "{}".into(),
        approved: None,
    }
}

#[test]
fn with_no_state_every_command_says_so_kindly() {
    let world = World::new();
    for (args, said) in [
        (&["status"][..], "no exports in . and no runs yet"),
        (&["history"], "no runs yet; `listkeeper apply`"),
        (&["rejected", "news"], "no runs yet; `listkeeper apply --export news`"),
        (&["approve"], "no plan is held"),
    ] {
        let (out, err, code) = world.run(args);
        assert!(out.is_empty() && err.contains(said) && code == 0, "{args:?}: {out} {err} {code}");
    }
    assert!(!world.state().path().exists(), "looking creates nothing");
    let (_, err, code) = world.run(&["approve", "aa"]);
    assert!(err.contains("no held plan is called \"aa\"") && code == 1, "{err}");
}

#[test]
fn status_and_history_are_tables() {
    let world = World::new();
    some_history(&mut world.store());
    let (out, err, code) = world.run(&["status"]);
    assert_eq!((code, err.as_str()), (0, "no exports are defined in .: shown is what the state knows\n"));
    insta::assert_snapshot!(out, @r#"
    EXPORT  STATUS   LAST RUN               READ  SENT  REFUSED  NEXT     WHY
    news    Partial  2026-11-22 07:00 UTC  1,200     0        2  unknown  2 rows were refused by the platform
    offers  Held     2026-11-22 08:00 UTC      0     0        0  unknown  12,000 additions
    "#);
    let (out, _, _) = world.run(&["history"]);
    insta::assert_snapshot!(out, @r#"
    STARTED               TOOK       EXPORT  TRIGGER   BY                 STATUS      READ  ADDED  UPDATED  REMOVED  REFUSED  PLAN          WHY
    2026-11-22 08:00 UTC  2.0 s      offers  schedule  listkeeper as crm  Held           0      0        0        0        0  0123456789ab  12,000 additions
    2026-11-22 07:00 UTC  1.0 s      news    schedule  listkeeper as crm  Partial    1,200      0        0        0        2  0123456789ab  2 rows were refused by the platform
    2026-11-22 06:00 UTC  3 min 5 s  news    schedule  listkeeper as crm  Succeeded  1,200  1,200        0        0        0  0123456789ab
    "#);
    let (out, _, _) = world.run(&["history", "news", "-n", "1"]);
    assert_eq!(out.lines().count(), 2);
    let (_, err, _) = world.run(&["history", "nobody"]);
    assert!(err.contains("no runs of nobody yet"), "{err}");
    let (out, ..) = world.run(&["status", "--sandbox"]);
    assert_eq!(out, "", "the sandbox has a state of its own");
}

#[test]
fn json_is_for_programs() {
    let world = World::new();
    some_history(&mut world.store());
    let (out, ..) = world.run(&["status", "--json"]);
    let status: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(status["exports"][0]["name"], "news");
    assert_eq!(status["exports"][0]["status"], "partial");
    assert_eq!(status["exports"][0]["lastRun"]["counts"]["unchanged"], 1198);
    assert_eq!(status["exports"][1]["reason"], "12,000 additions");
    let (out, ..) = world.run(&["history", "--json"]);
    let history: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(history["runs"][2]["ended"], "2026-11-22T06:03:05Z");
    assert_eq!(history["runs"][2]["exportUser"], "crm");
    let (out, ..) = world.run(&["rejected", "news", "--json"]);
    let rows: Vec<serde_json::Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&rows[0]["address"], &rows[1]["address"], &rows[1]["field"]), (&"=dana@".into(), &serde_json::Value::Null, &"LTV".into()));
}

#[test]
fn rejected_rows_are_listed_and_downloaded() {
    let world = World::new();
    some_history(&mut world.store());
    let (out, _, code) = world.run(&["rejected", "news"]);
    assert_eq!(code, 0);
    insta::assert_snapshot!(out, @r#"
    ADDRESS  SEGMENT  REASON              SINCE       FIELD  DETAIL
    =dana@   vip      address-bad-domain  2026-11-22         the domain is not valid
             vip      value               2026-11-22  LTV    "x" is not a number
    "#);
    let (out, ..) = world.run(&["rejected", "news", "--csv"]);
    insta::assert_snapshot!(out, @r#"
    address,segment,reason,field,detail,since
    '=dana@,vip,address-bad-domain,,the domain is not valid,2026-11-22T07:00:00Z
    ,vip,value,LTV,"""x"" is not a number",2026-11-22T07:00:00Z
    "#);
    let (_, err, code) = world.run(&["rejected", "offers"]);
    assert!(err.contains("no run of offers has read its source whole yet") && code == 0, "{err}");
    let (_, err, code) = world.run(&["rejected", "nobody"]);
    assert!(err.contains("knows nothing of an export nobody") && err.contains("news, offers") && code == 1, "{err}");
}

#[test]
fn a_held_plan_is_shown_and_approved_by_its_digest_or_its_export() {
    let world = World::new();
    let now = Utc::now();
    let mut store = world.store();
    store.hold(&held("aa11ffffffffffff", "offers", now), &Changes::default()).unwrap();
    store.hold(&held("aa22ffffffffffff", "news", now - TimeDelta::hours(1)), &Changes::default()).unwrap();
    let (out, _, code) = world.run(&["approve"]);
    assert!(code == 0 && out.lines().count() == 3 && out.contains("aa11ffffffff  offers"), "{out}");
    let (out, err, code) = world.run(&["approve", "aa"]);
    assert!(code == 1 && err.contains("\"aa\" is several held plans") && out.contains("aa22ffffffff"), "{err}");
    let (out, err, code) = world.run(&["approve", "aa1"]);
    assert!(code == 1 && out.contains("+ d***@example.com") && err.contains("--yes"), "nobody is there to ask: {err}");
    assert!(store.approvals(&name("offers"), now).unwrap().is_empty());
    // The store is open all the while: a daemon would hold it.
    let (_, err, code) = world.run(&["approve", "offers", "--yes"]);
    assert!(code == 0 && err.contains("approved by dana"), "{err}");
    assert_eq!(store.approvals(&name("offers"), Utc::now()).unwrap().len(), 1);
    let approved = store.held(Some(&name("offers"))).unwrap().remove(0).approved.unwrap();
    assert_eq!(approved.by, "dana");
    let (_, err, code) = world.run(&["approve", "aa1", "--yes"]);
    assert!(code == 0 && err.contains("approved already"), "{err}");
    let (_, err, code) = world.run(&["approve", "zz", "--yes"]);
    assert!(code == 1 && err.contains("held: aa11ffffffff (offers), aa22ffffffff (news)"), "{err}");
}

#[test]
fn status_shows_the_next_time_in_the_exports_zone() {
    let world = World::new();
    some_history(&mut world.store());
    let dir = world.temp.path().join("definitions");
    std::fs::create_dir_all(&dir).unwrap();
    std::fs::write(dir.join("people.csv"), "Mail\na@example.com\n").unwrap();
    std::fs::write(dir.join("all.yaml"), DEFINITIONS).unwrap();
    let (out, err, _) = world.run(&["status", "."]);
    let line = |export: &str| out.lines().find(|line| line.starts_with(export)).unwrap_or_else(|| panic!("{out}{err}")).to_owned();
    assert!(line("news").contains("2026-11-22 08:00 CET") && line("news").contains(" 06:00 CE"), "{out}");
    assert!(line("paused").contains("Suspended") && line("paused").contains("never: suspended"), "{out}");
    assert!(line("new ").contains("NeverRun") && line("new ").contains("on demand"), "{out}");
    assert!(line("offers").contains("never: not defined"), "{out}");
    std::fs::write(dir.join("broken.yaml"), "apiVersion: listkeeper/v1\nkind: Nonsense\n").unwrap();
    let (_, err, code) = world.run(&["status", "."]);
    assert!(code == 0 && err.contains("listkeeper validate ."), "{err}");
}

const DEFINITIONS: &str = "
apiVersion: listkeeper/v1
kind: Source
name: crm
type: files
tables: {people: {path: people.csv}}
---
apiVersion: listkeeper/v1
kind: Segment
name: everyone
displayName: Everyone
source: crm
table: people
---
apiVersion: listkeeper/v1
kind: Connection
name: account
displayName: Account
type: mailchimp
credentials: {apiKey: {env: KEY}}
privacy: {acceptedBy: dana@example.com, acceptedOn: 2026-11-22}
---
apiVersion: listkeeper/v1
kind: Export
name: news
connection: account
segments: [everyone]
target: {audienceId: a1}
match: {email: Mail}
newContacts: {status: subscribed}
schedule: {cron: \"0 6 * * *\", timeZone: Europe/Amsterdam}
---
apiVersion: listkeeper/v1
kind: Export
name: paused
connection: account
segments: [everyone]
target: {audienceId: a2}
match: {email: Mail}
newContacts: {status: subscribed}
schedule: {cron: \"0 6 * * *\"}
suspend: true
---
apiVersion: listkeeper/v1
kind: Export
name: new
connection: account
segments: [everyone]
target: {audienceId: a3}
match: {email: Mail}
newContacts: {status: subscribed}
";

/// A process that dies in the middle of a run leaves a state that says so.
#[test]
fn a_run_cut_off_is_shown_as_interrupted() {
    let world = World::new();
    let mut store = world.store();
    let news = name("news");
    let start = RunStart {
        export: &news,
        trigger: Trigger::OnDemand,
        definition_digest: "",
        plan_digest: None,
        user: "dana",
        export_user: None,
        due: None,
    };
    store.start_run(&start, at(0)).unwrap();
    let (out, ..) = world.run(&["status"]);
    assert!(out.contains("Running"), "{out}");
    drop(store);
    forget_holder(world.state().path());
    let (out, ..) = world.run(&["status"]);
    assert!(out.contains("Failed (retrying)") && out.contains("interrupted"), "{out}");
}

fn forget_holder(state: &Path) {
    std::fs::write(state.join("state.lock"), "").unwrap();
}

/// `validate --online` asks the sources, reads no rows, and needs nothing of the platforms.
#[test]
fn validate_online_tries_each_segment_for_the_columns_that_exports_need() {
    let world = World::new();
    let dir = world.temp.path().join("definitions");
    std::fs::create_dir_all(&dir).unwrap();
    let export = "apiVersion: listkeeper/v1\nkind: Export\nname: news\nconnection: account\nsegments: [both]\ntarget: {audienceId: a1b2c3d4e5}\n\
        match: {email: Email, id: Id}\nattributes: {FNAME: First}\nnewContacts: {status: subscribed}\n---\n\
        apiVersion: listkeeper/v1\nkind: Connection\nname: account\ntype: mailchimp\ncredentials: {apiKey: {env: NO_SUCH_KEY}}\n\
        privacy: {acceptedBy: dana@example.com, acceptedOn: 2026-11-22}\n---\n\
        apiVersion: listkeeper/v1\nkind: Source\nname: crm\ntype: files\ntables: {all: all.csv, gone: gone.csv}\n---\n\
        apiVersion: listkeeper/v1\nkind: Segment\nname: first\nsource: crm\ntable: all\n---\n\
        apiVersion: listkeeper/v1\nkind: Segment\nname: second\nsource: crm\nquery: SELECT Email FROM gone\n---\n\
        apiVersion: listkeeper/v1\nkind: Segment\nname: both\nintersect: [first, second]\n";
    std::fs::write(dir.join("all.yaml"), export).unwrap();
    std::fs::write(dir.join("all.csv"), "Email,Id,First\na@example.com,1,Ada\n").unwrap();
    std::fs::write(dir.join("gone.csv"), "Email\na@example.com\n").unwrap();
    assert_eq!(world.run(&["validate"]).2, 0);
    let (out, err, code) = world.run(&["validate", "--online"]);
    assert_eq!(
        (out.as_str(), err.as_str(), code),
        (
            "Valid: 1 export (0 scheduled), 3 segments, 1 source, 1 connection\nSegment first: Email, Id, First\nSegment second: Email\n",
            "",
            0
        )
    );
    std::fs::remove_file(dir.join("gone.csv")).unwrap();
    let (_, err, code) = world.run(&["validate", "--online"]);
    assert!(code == 1 && err.contains("gone.csv cannot be read"), "{err}");
    let (out, _, code) = world.run(&["validate", "--online", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!((json["online"][1]["segment"].as_str(), json["online"][1]["columns"].is_null(), code), (Some("second"), true, 1));
    // A file that is here tells its columns without being asked online.
    std::fs::write(dir.join("all.csv"), "Email,Id,Frist\na@example.com,1,Ada\n").unwrap();
    let (_, err, code) = world.run(&["validate"]);
    assert!(code == 78 && err.contains("segment first gives no column \"First\"") && err.contains("did you mean Frist?"), "{err}");
}
