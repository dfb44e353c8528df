//! Limits hold across processes (C7, G5): commands one after another and at once spend like one.

use listkeeper_sandbox::{Options, Sandbox};
use std::{
    fs,
    path::Path,
    process::{Child, Command, Stdio},
};

/// A project of Iterable's, at its own speed: three readings of fields a second, five of members a minute.
async fn project(dir: &Path) -> Sandbox {
    let sandbox = Sandbox::start(&dir.join("platform"), Options::default()).await.unwrap();
    let endpoint = sandbox.endpoint("iterable").unwrap();
    fs::create_dir(dir.join("lists")).unwrap();
    fs::write(dir.join("lists/people.csv"), "email,name\nada@contoso.test,Ada\n").unwrap();
    let yaml = format!(
        "apiVersion: listkeeper/v1
kind: Source
name: crm
type: files
tables: {{people: people.csv}}
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
name: iterable
type: iterable
endpoint: {endpoint}
credentials: {{apiKey: {{env: KEY}}}}
privacy: {{acceptedBy: dana@contoso.test, acceptedOn: 2026-01-01}}
---
apiVersion: listkeeper/v1
kind: Export
name: news
connection: iterable
segments: [everyone]
match: {{email: email}}
attributes: {{firstName: {{column: name, type: text}}}}
"
    );
    fs::write(dir.join("lists/lists.yaml"), yaml).unwrap();
    sandbox
}

fn start(dir: &Path, command: &str) -> Child {
    let mut listkeeper = Command::new(env!("CARGO_BIN_EXE_listkeeper"));
    listkeeper.arg(command).arg("--state").arg(dir.join("state")).arg(dir.join("lists")).env("KEY", "sandbox-key");
    listkeeper.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn commands_one_after_another_and_at_once_keep_to_the_limits_like_one() {
    let dir = tempfile::tempdir().unwrap();
    let sandbox = project(dir.path()).await;
    // So that there is a state.
    assert!(start(dir.path(), "apply").wait().unwrap().success());
    for _ in 0..6 {
        assert!(start(dir.path(), "plan").wait().unwrap().success());
    }
    let mut together: Vec<_> = (0..4).map(|_| start(dir.path(), "plan")).collect();
    // One of them is killed; what it spent counts.
    together[0].kill().unwrap();
    together.iter_mut().skip(1).for_each(|plan| assert!(plan.wait().unwrap().success()));
    let counters = sandbox.counters();
    assert!(counters.requests_of("GET", "/users/getFields") >= 10, "{:?}", counters.routes.keys());
    assert_eq!((counters.violations, &counters.last_violations), (0, &Default::default()));
}
