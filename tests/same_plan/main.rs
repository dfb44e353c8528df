//! One segment of the same customers, wherever they are kept: the plan is the same, byte for byte.
//!
//! Files, Customer Insights' folder and its two services' stand-ins are always compared; engines where `tests/engines/run` has
//! started them, a bucket where `tests/object_storage/run` has:
//!   tests/engines/run tests/object_storage/run cargo test --test same_plan
//! `SAME_PLAN_ROWS=1000000` makes a million customers of it.

#![allow(clippy::print_stderr, clippy::print_stdout, clippy::unwrap_used, reason = "a test stops where it stands")]

mod people;
mod places;

use assert_cmd::Command;
use listkeeper_sandbox::{Options, Sandbox};
use people::People;
use std::{fs, path::Path};

const REST: &str = "apiVersion: listkeeper/v1
kind: Export
name: vip-newsletter
connection: account
segments: [high-spenders]
target: {audienceId: cdp}
match: {email: EMail, id: CustomerId}
attributes: {FNAME: FirstName, LTV: {column: LifetimeValue, type: number}}
newContacts: {status: subscribed}
---
apiVersion: listkeeper/v1
kind: Connection
name: account
type: mailchimp
credentials: {apiKey: {file: key}}
privacy: {acceptedBy: privacy@contoso.test, acceptedOn: 2026-11-22}
";

/// What a person would write for one place.
pub struct Place {
    pub name: &'static str,
    /// Lines of the source after its name.
    pub source: String,
    /// `query: …` or `table: …`.
    pub select: &'static str,
}

#[tokio::test(flavor = "multi_thread")]
async fn the_plan_does_not_depend_on_where_the_customers_are() {
    let rows = std::env::var("SAME_PLAN_ROWS").ok().and_then(|rows| rows.parse().ok()).unwrap_or(2_000);
    let dir = tempfile::tempdir().unwrap();
    let people = People { rows, dir: dir.path().to_owned() };
    people.write();
    let options = Options { insights: Some(people.dir.join("exported")), ..Options::default() };
    let sandbox = Sandbox::start(&dir.path().join("sandbox"), options).await.unwrap();
    sandbox.ensure("mailchimp", "cdp").unwrap();
    let mut first: Option<(&str, String)> = None;
    for place in places::all(&people, &sandbox).await {
        let plan = plan(&people.dir, &place, &sandbox).await;
        assert!(plan.contains(&format!("\"joins\": {}", people.high_spenders())), "{}: {plan}", place.name);
        println!("{}: {} bytes of plan", place.name, plan.len());
        match &first {
            Some((name, text)) => assert_eq!(*text, plan, "{} plans otherwise than {name}", place.name),
            None => first = Some((place.name, plan)),
        }
    }
    sandbox.shutdown().await;
}

/// The plan as JSON, by the program itself.
async fn plan(dir: &Path, place: &Place, sandbox: &Sandbox) -> String {
    let work = dir.join(place.name);
    fs::create_dir_all(&work).unwrap();
    let head = "apiVersion: listkeeper/v1\nkind: Source\nname: customers\n";
    let segment = format!("apiVersion: listkeeper/v1\nkind: Segment\nname: high-spenders\nsource: customers\n{}\n", place.select);
    let endpoint = format!("endpoint: {}\n", sandbox.mailchimp_endpoint());
    fs::write(work.join("all.yaml"), format!("{head}{}---\n{segment}---\n{REST}{endpoint}", place.source)).unwrap();
    fs::write(work.join("key"), Sandbox::API_KEY).unwrap();
    tokio::task::spawn_blocking(move || {
        let mut command = Command::cargo_bin("listkeeper").unwrap();
        let output = command.arg("plan").arg(&work).arg("--json").arg("--state").arg(work.join("state")).output().unwrap();
        let (out, err) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8_lossy(&output.stderr).into_owned());
        assert!(output.status.success(), "{}: {err}", work.display());
        out
    })
    .await
    .unwrap()
}
