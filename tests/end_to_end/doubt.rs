//! Cells that a query cannot compare let nobody in and take nobody out (E19, G1); and what a plan's digest stands for (G1a).

use super::{
    cli::run,
    world::{Defined, World, row},
};
use std::fs;

const BASE: &str = "id,Email,First,Spent,OptIn\n";

fn people(cells: &[(&str, &str)]) -> String {
    let line = |(at, (spent, consent)): (usize, &(&str, &str))| format!("{at},p{at}@contoso.test,A,{spent},{consent}\n");
    BASE.to_owned() + &cells.iter().enumerate().map(line).collect::<String>()
}

/// The definition's query and export, replaced.
fn define(world: &World, query: &str, more: &str, export: &str) {
    let at = world.directory().join("listkeeper.yaml");
    let text = format!(
        "apiVersion: listkeeper/v1
kind: Source
name: crm
type: files
tables: {{people: people.csv}}
---
apiVersion: listkeeper/v1
kind: Segment
name: all
displayName: All
source: crm
query: {query}
---
{more}apiVersion: listkeeper/v1
kind: Connection
name: account
displayName: Account
type: mailchimp
endpoint: {}
credentials: {{apiKey: {{file: key}}}}
privacy: {{acceptedBy: dana@example.com, acceptedOn: 2026-11-22}}
---
apiVersion: listkeeper/v1
kind: Export
name: news
connection: account
match: {{email: Email}}
attributes: {{FNAME: First}}
target: {{audienceId: cdp}}
{export}",
        world.sandbox.mailchimp_endpoint()
    );
    fs::write(at, text).unwrap();
}

const BIG: &str = "apiVersion: listkeeper/v1
kind: Segment
name: big
displayName: Big
source: crm
query: SELECT * FROM people WHERE Spent > 1000
---
apiVersion: listkeeper/v1
kind: Segment
name: small
displayName: Small
except: [all, big]
---
";

#[tokio::test(flavor = "multi_thread")]
async fn an_exclusion_that_cannot_be_compared_is_held_once() {
    let world = World::new(&Defined::overlapping(), &[row(0)]).await;
    define(&world, "SELECT * FROM people", BIG, "segments: [small]\nnewContacts: {status: subscribed}\n");
    world.write_text(&people(&[("5", "yes"), ("2000", "yes"), ("n/a", "yes")]));
    let (code, _, err) = run(&world, &["apply", "--yes"]);
    assert_eq!(code, 4, "{err}");
    assert!(err.contains("1 cell of Spent in segment big, which keeps people out, could not be compared"), "{err}");
    assert!(world.held().await.is_empty());
    assert_eq!(run(&world, &["approve", "news", "--yes"]).0, 0);
    assert_eq!(run(&world, &["apply", "--yes"]).0, 0);
    // As many are not asked about again; twice as many are.
    world.write_text(&people(&[("5", "yes"), ("2000", "yes"), ("n/a", "yes"), ("7", "yes")]));
    let (code, _, err) = run(&world, &["apply", "--yes"]);
    assert_eq!(code, 0, "{err}");
    world.write_text(&people(&[("5", "yes"), ("2000", "yes"), ("n/a", "yes"), ("7", "yes"), ("x", "yes"), ("8", "yes")]));
    assert_eq!(run(&world, &["apply", "--yes"]).0, 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_removed_because_a_cell_cannot_be_compared() {
    let world = World::new(&Defined::overlapping(), &[row(0)]).await;
    define(&world, "SELECT * FROM people WHERE Spent > 1000", "", "segments: [all]\nnewContacts: {status: subscribed}\n");
    let mut cells = vec![("2000", "yes"); 20];
    world.write_text(&people(&cells));
    assert_eq!(run(&world, &["apply", "--yes"]).0, 0);
    cells[3] = ("n/a", "yes");
    world.write_text(&people(&cells));
    let (code, _, err) = run(&world, &["apply", "--yes"]);
    assert_eq!(code, 4, "{err}");
    assert!(err.contains("1 cell of Spent in segment all could not be compared: their people count as gone"), "{err}");
    // Someone who is below is removed as ever.
    cells[3] = ("5", "yes");
    world.write_text(&people(&cells));
    assert_eq!(run(&world, &["apply", "--yes"]).0, 0);
}

/// Two plans that add different people have two digests, whatever makes the difference.
#[tokio::test(flavor = "multi_thread")]
async fn a_saved_plan_is_for_those_who_consented_then() {
    let world = World::new(&Defined::overlapping(), &[row(0)]).await;
    let export = "segments: [all]\nnewContacts: {status: subscribed, consent: {column: OptIn}}\n";
    define(&world, "SELECT * FROM people", "", export);
    world.write_text(&people(&[("1", "yes"), ("1", "no")]));
    assert_eq!(run(&world, &["plan", "--out", "saved.plan"]).0, 0);
    world.write_text(&people(&[("1", "no"), ("1", "yes")]));
    let (code, _, err) = run(&world, &["apply", "saved.plan", "--yes"]);
    assert_ne!(code, 0, "{err}");
    assert!(world.held().await.is_empty(), "{err}");
}

/// A run that adds nobody forgets nothing: those who said no are held whenever they would come in.
#[tokio::test(flavor = "multi_thread")]
async fn a_consent_that_went_is_remembered_until_people_would_be_added() {
    let world = World::new(&Defined::overlapping(), &[row(0)]).await;
    let (with, without) = ("newContacts: {status: subscribed, consent: {column: OptIn}}\n", "newContacts: {status: subscribed}\n");
    let segments = "segments: [all]\n";
    world.write_text(&people(&[("1", "yes"), ("1", "yes"), ("1", "no")]));
    define(&world, "SELECT * FROM people", "", &(segments.to_owned() + with));
    assert_eq!(run(&world, &["apply", "--yes"]).0, 0);
    define(&world, "SELECT * FROM people WHERE OptIn = 'yes'", "", &(segments.to_owned() + without));
    let (code, _, err) = run(&world, &["apply", "--yes"]);
    assert_eq!(code, 0, "{err}");
    define(&world, "SELECT * FROM people", "", &(segments.to_owned() + without));
    let (code, _, err) = run(&world, &["apply", "--yes"]);
    assert_eq!(code, 4, "{err}");
    assert_eq!(world.held().await.len(), 2);
}

/// A column that was written by mistake and held never kept anybody out.
#[tokio::test(flavor = "multi_thread")]
async fn a_held_mistake_is_corrected_without_an_approval() {
    let world = World::new(&Defined::overlapping(), &[row(0)]).await;
    let export =
        |column: &str| format!("segments: [all]\nmode: mirror\nnewContacts: {{status: subscribed, consent: {{column: {column}}}}}\n");
    world.write_text(&people(&[("1", "yes"), ("1", "yes")]));
    define(&world, "SELECT * FROM people", "", &export("OptIn"));
    assert_eq!(run(&world, &["apply", "--yes"]).0, 0);
    world.write_text(&people(&[("1", "yes"), ("1", "yes"), ("1", "yes")]));
    define(&world, "SELECT * FROM people", "", &export("Spent"));
    assert_eq!(run(&world, &["apply", "--yes"]).0, 4);
    define(&world, "SELECT * FROM people", "", &export("OptIn"));
    let (code, _, err) = run(&world, &["apply", "--yes"]);
    assert_eq!(code, 0, "{err}");
    assert_eq!(world.held().await.len(), 3);
}
