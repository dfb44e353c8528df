//! Exports that share an audience, over two connections: they write one after the other, make one audience, and agree on fields
//! (E16).

use super::world::{Defined, World, row, rows};
use listkeeper_sandbox::{Faults, mailchimp::PersonIs::Archived};
use std::{
    fs,
    process::{Command, Stdio},
};

/// The same account by another connection, and an export `offers` of the same people by it.
fn second(world: &World, target: &str, first_name: &str) {
    let endpoint = world.sandbox.mailchimp_endpoint();
    let yaml = format!(
        "apiVersion: listkeeper/v1
kind: Connection
name: second
displayName: The same account
type: mailchimp
endpoint: {endpoint}
credentials: {{apiKey: {{file: key}}}}
privacy: {{acceptedBy: privacy@contoso.test, acceptedOn: 2026-11-22}}
---
apiVersion: listkeeper/v1
kind: Export
name: offers
connection: second
segments: [everyone]
target: {target}
match: {{email: Email, id: Id}}
attributes: {{FNAME: {first_name}, VALUE: {{column: Value, type: number, onEmpty: clear}}}}
newContacts: {{status: subscribed}}
"
    );
    fs::write(world.directory().join("second.yaml"), yaml).unwrap();
}

fn apply(world: &World) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_listkeeper"));
    command.args(["apply", "--yes", "--state"]).arg(world.state().path()).current_dir(world.directory()).stdin(Stdio::null());
    let output = command.output().unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
}

const OFFERS: &str = "{audienceId: cdp, names: {everyone: Offers}}";

#[tokio::test(flavor = "multi_thread")]
async fn two_connections_to_one_audience_write_one_after_the_other() {
    let people = rows(0..300);
    let world = World::new(&Defined::default(), &people).await;
    second(&world, OFFERS, "First");
    for id in 0..10 {
        world.person(&row(id).email, Archived);
    }
    world.weather(Faults::latency(60));
    let (code, err) = apply(&world);
    assert_eq!(code, 3, "the archived rows are rejected, which is new: {err}");
    assert!(err.contains("queued behind"), "one of them says for whom it waits: {err}");
    let held = world.held().await;
    let archived = held.iter().filter(|(_, held)| held.status == "archived").count();
    assert_eq!((held.len(), archived), (300, 10), "nobody whom others archived is brought back");
    assert_eq!(world.tags().await.into_iter().collect::<Vec<_>>(), [("Everyone".to_owned(), 290), ("Offers".to_owned(), 290)]);
    world.weather(Faults::default());
    let (code, err) = apply(&world);
    assert_eq!(code, 0, "{err}");
    assert_eq!(err.matches("nothing to do").count(), 2, "{err}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_audience_that_two_connections_want_is_made_once() {
    let create = "{company: Contoso, address1: 1 Main St, city: Springfield, state: IL, zip: \"62701\", country: US,
  permissionReminder: You signed up., fromName: Contoso, fromEmail: news@contoso.test, subject: News, language: en}";
    let named = |more: &str| format!("{{audience: {{name: Made, create: {create}}}{more}}}");
    let world = World::new(&Defined { target: named(""), ..Defined::default() }, &rows(0..5)).await;
    second(&world, &named(", names: {everyone: Offers}"), "First");
    world.weather(Faults::latency(60));
    let (code, err) = apply(&world);
    assert_eq!(code, 0, "{err}");
    let lists = world.get("/lists?count=100").await;
    let made: Vec<_> = lists["lists"].as_array().unwrap().iter().filter(|list| list["name"] == "Made").collect();
    assert_eq!(made.len(), 1, "{lists}");
    let members = world.get(&format!("/lists/{}/members", made[0]["id"].as_str().unwrap())).await;
    assert_eq!(members["total_items"], 5, "{members}");
    world.asked();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_field_from_two_columns_is_an_error_whatever_the_connections() {
    let world = World::new(&Defined::default(), &rows(0..5)).await;
    second(&world, OFFERS, "Id");
    let (code, err) = apply(&world);
    assert_eq!(code, 1, "{err}");
    assert!(err.contains("fill the field `FNAME` of one audience differently"), "{err}");
    assert_eq!(world.held().await.len(), 0, "neither is right");
    // One says another column: both are right.
    second(&world, OFFERS, "First");
    let (code, err) = apply(&world);
    assert_eq!(code, 0, "{err}");
    assert_eq!(world.held().await.len(), 5);
}
