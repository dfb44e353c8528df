//! Dates, ids, addresses and empty values as people have them: what the platform holds in the end.

use super::world::{Defined, LIST, World, row, rows};
use listkeeper::{run::FailureKind, state::End};
use listkeeper_sandbox::mailchimp::PersonIs::*;
use serde_json::{Value, json};
use std::{collections::BTreeMap, fs};

const ATTRIBUTES: &str = "attributes: {FNAME: First, VALUE: {column: Value, type: number, onEmpty: clear}}";

/// A world whose audience has these fields, whose export has these attributes, and whose file holds this.
async fn world(fields: &[Value], attributes: &str, file: &str) -> World {
    let world = World::new(&Defined::default(), &[]).await;
    for field in fields {
        world.ask("POST", &format!("/lists/{LIST}/merge-fields"), field.clone()).await;
    }
    let yaml = Defined::default().yaml(world.sandbox.mailchimp_endpoint().as_str());
    assert!(yaml.contains(ATTRIBUTES), "{yaml}");
    fs::write(world.directory().join("listkeeper.yaml"), yaml.replace(ATTRIBUTES, &format!("attributes: {attributes}"))).unwrap();
    world.write_text(file);
    world
}

fn field(tag: &str, kind: &str, options: Value) -> Value {
    json!({"tag": tag, "name": tag, "type": kind, "options": options})
}

/// Address → the value of a field, of everyone at the platform.
async fn values(world: &World, tag: &str) -> BTreeMap<String, Value> {
    let page = world.get(&format!("/lists/{LIST}/members?count=1000")).await;
    let members = page["members"].as_array().unwrap();
    members.iter().map(|member| (member["email_address"].as_str().unwrap().to_owned(), member["merge_fields"][tag].clone())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn dates_go_in_the_form_that_each_field_declares() {
    let fields = [
        field("BDAY", "birthday", json!({"date_format": "DD/MM"})),
        field("USDAY", "birthday", json!({"date_format": "MM/DD"})),
        field("BORN", "date", json!({"date_format": "DD/MM/YYYY"})),
        field("TEL", "phone", json!({"phone_format": "US"})),
    ];
    let file = "Id,Email,Born,Tel\n1,june@contoso.test,1980-06-09,(201) 555-0123\n2,xmas@contoso.test,1979-12-25 00:00:00,'+12015550123\n";
    let world = world(&fields, "{BDAY: Born, USDAY: Born, BORN: Born, TEL: Tel}", file).await;
    let report = world.succeed().await;
    assert_eq!((report.counts.added, report.counts.rejected), (2, 0), "{report:?}");
    for (tag, june, xmas) in [
        ("BDAY", "09/06", "25/12"),
        ("USDAY", "06/09", "12/25"),
        ("BORN", "1980-06-09", "1979-12-25"),
        ("TEL", "201-555-0123", "201-555-0123"),
    ] {
        let held = values(&world, tag).await;
        assert_eq!((held["june@contoso.test"].as_str(), held["xmas@contoso.test"].as_str()), (Some(june), Some(xmas)), "{tag}");
    }
    assert!(world.plan().await.is_empty(), "the same data is no change");
}

/// A column that can be read in one way only is read so, whatever its field declares.
#[tokio::test(flavor = "multi_thread")]
async fn a_column_of_dates_is_read_as_a_whole() {
    let file = "Id,Email,Born\n1,c@contoso.test,03/04\n2,a@contoso.test,28/02\n3,b@contoso.test,29/02\n4,d@contoso.test,\n";
    let world = world(&[field("BDAY", "birthday", json!({}))], "{BDAY: Born, RAW: {column: Born, type: text}}", file).await;
    let plan = world.plan().await;
    let note = "BDAY: the dates in column \"Born\" are read day first: \"28/02\" can be nothing else, and no cell is against it";
    assert!(plan.notes.iter().any(|line| line == note), "{:?}", plan.notes);
    world.succeed().await;
    let held = values(&world, "BDAY").await;
    let expected = [("a", "02/28"), ("b", "02/29"), ("c", "04/03"), ("d", "")];
    assert_eq!(held, expected.map(|(who, day)| (format!("{who}@contoso.test"), json!(day))).into());
    assert_eq!(values(&world, "RAW").await["c@contoso.test"], "03/04", "text stays text");
    assert!(world.plan().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn dates_that_nobody_can_tell_stop_the_export_and_name_two_cells() {
    let ambiguous = "Id,Email,Born\n1,a@contoso.test,03/04/1980\n2,b@contoso.test,05/06/1980\n";
    let world = world(&[field("BORN", "date", json!({"date_format": "DD/MM/YYYY"}))], "{BORN: Born}", ambiguous).await;
    let failure = world.try_plan().await.unwrap_err();
    assert_eq!(failure.kind, FailureKind::Stalled);
    assert_eq!(
        failure.message,
        "attribute BORN: the dates in column \"Born\" are ambiguous: \"03/04/1980\" is one date day first and another month first, and no \
         cell tells which is meant"
    );
    assert!(failure.hints.iter().any(|hint| hint.contains("%d/%m/%Y")), "{:?}", failure.hints);
    for rows in ["1,a@contoso.test,25/12/1980\n2,b@contoso.test,12/31/1980\n", "2,b@contoso.test,12/31/1980\n1,a@contoso.test,25/12/1980\n"]
    {
        world.write_text(&format!("Id,Email,Born\n{rows}"));
        let report = world.apply().await;
        let End::Stalled { reason } = report.end else { panic!("{:?}", report.end) };
        assert!(reason.contains("\"25/12/1980\" is a date only day first, and \"12/31/1980\" only month first"), "{reason}");
    }
    assert!(world.held().await.is_empty(), "nobody is sent on a guess");
}

/// What the message asks for is taken: a column of birthdays without their years.
#[tokio::test(flavor = "multi_thread")]
async fn a_declared_column_of_birthdays_is_read_as_declared() {
    let world = world(&[field("BDAY", "birthday", json!({}))], "{BDAY: Born}", "Id,Email,Born\n1,a@contoso.test,03/04\n").await;
    let failure = world.try_plan().await.unwrap_err();
    let hint = "columns: {Born: {type: date, format: \"%d/%m\"}}";
    assert!(failure.hints.iter().any(|line| line.contains(hint)), "{:?}", failure.hints);
    let path = world.directory().join("listkeeper.yaml");
    let yaml = fs::read_to_string(&path).unwrap();
    let tables = "tables: {people: people.csv}";
    assert!(yaml.contains(tables));
    fs::write(path, yaml.replace(tables, &format!("tables: {{people: {{path: people.csv, {hint}}}}}"))).unwrap();
    world.succeed().await;
    assert_eq!(values(&world, "BDAY").await["a@contoso.test"], "04/03");
    assert!(world.plan().await.is_empty());
}

const PARTS: &str = "type: address, columns: {addr1: St, city: City, state: State, zip: Zip, country: Country}";

/// Most countries have no states.
#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_lacks_a_part_keeps_nobody_off() {
    let head = "Id,Email,St,City,State,Zip,Country\n";
    let file = format!(
        "{head}1,us@contoso.test,1 Elm St,Ames,IA,50010,US\n2,uk@contoso.test,12 High St,Leeds,,LS1 4AP,GB\n3,none@contoso.test,,,,,\n"
    );
    let world = world(&[field("ADDR", "address", json!({}))], &format!("{{ADDR: {{{PARTS}}}}}"), &file).await;
    let plan = world.plan().await;
    assert!(plan.notes.iter().any(|note| note.starts_with("ADDR: 1 row has an address without state, ")), "{:?}", plan.notes);
    let report = world.succeed().await;
    assert_eq!((report.counts.added, report.counts.rejected), (3, 0), "{report:?}");
    let held = values(&world, "ADDR").await;
    assert_eq!(
        (held["us@contoso.test"]["city"].as_str(), &held["uk@contoso.test"], &held["none@contoso.test"]),
        (Some("Ames"), &json!(""), &json!(""))
    );
    assert!(world.plan().await.is_empty());
    // Who moves there keeps what the platform has, unless the field is to be cleared.
    world.write_text(&format!("{head}1,us@contoso.test,Storgata 1,Oslo,,0155,NO\n2,uk@contoso.test,,,,,\n3,none@contoso.test,,,,,\n"));
    world.succeed().await;
    assert_eq!(values(&world, "ADDR").await["us@contoso.test"]["city"], "Ames");
    let path = world.directory().join("listkeeper.yaml");
    let yaml = fs::read_to_string(&path).unwrap().replace(PARTS, &format!("{PARTS}, onEmpty: clear"));
    fs::write(path, yaml).unwrap();
    world.succeed().await;
    assert_eq!(values(&world, "ADDR").await["us@contoso.test"], "");
}

#[tokio::test(flavor = "multi_thread")]
async fn words_for_nothing_are_no_address_and_no_id_and_a_name_is_a_name() {
    let file = "Id,Email,First\nNULL,ana@contoso.test,NULL\nNULL,bo@contoso.test,Bo\n3,NULL,Cy\n4,#N/A,Di\n5,\\N,Ed\n6,-,Fay\n";
    let world = world(&[], "{FNAME: First}", file).await;
    let plan = world.plan().await;
    assert!(plan.members.odd_ids.is_empty(), "NULL is nobody's id: {:?}", plan.members.odd_ids);
    assert!(plan.notes.iter().any(|note| note.starts_with("FNAME: 1 cell of column \"First\" holds \"NULL\"")), "{:?}", plan.notes);
    let report = world.succeed().await;
    assert_eq!((report.counts.added, report.counts.not_addressable, report.counts.rejected), (2, 4, 0), "{report:?}");
    assert_eq!(values(&world, "FNAME").await["ana@contoso.test"], "NULL");
}

/// `3` and `3.0` are one person: who opted out under one address gets no mail under the other.
#[tokio::test(flavor = "multi_thread")]
async fn an_id_with_a_point_and_zeros_is_the_same_id() {
    let world =
        world(&[], "{FNAME: First}", "Id,Email,First\n3,old@contoso.test,Ana\n3.0,new@contoso.test,Ana\n4,bo@contoso.test,Bo\n").await;
    world.person("old@contoso.test", UnsubscribedBySelf);
    assert_eq!(world.plan().await.members.odd_ids.shared_addresses, 2, "said on the first run");
    world.apply().await;
    assert_eq!(world.rejected().get("new@contoso.test").map(String::as_str), Some("person-unsubscribed-elsewhere"));
    assert!(!world.held().await.contains_key("new@contoso.test"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_with_something_invisible_in_it_is_nobodys_and_at_its_ends_it_is_trimmed() {
    let file = "Id,Email,First\n1,an\u{200b}a@contoso.test,Ana\n2,bo@con\u{ad}toso.test,Bo\n3,\u{202a}cy@contoso.test\u{202c},Cy\n";
    let world = world(&[], "{FNAME: First}", file).await;
    let report = world.apply().await;
    assert_eq!((report.counts.added, report.counts.rejected), (1, 2), "{report:?}");
    assert!(world.rejected().values().all(|code| code == "address-bad-character"), "{:?}", world.rejected());
    assert_eq!(world.held().await.into_keys().collect::<Vec<_>>(), ["cy@contoso.test"]);
}

/// A field that was deleted is made again empty: everyone's values are sent again.
#[tokio::test(flavor = "multi_thread")]
async fn a_field_that_was_deleted_is_filled_again_for_everyone() {
    let world = World::new(&Defined::default(), &rows(0..5)).await;
    world.succeed().await;
    assert!(world.plan().await.is_empty());
    for by_others in [false, true] {
        let fields = world.get(&format!("/lists/{LIST}/merge-fields?count=100")).await;
        let id = fields["merge_fields"].as_array().unwrap().iter().find(|field| field["tag"] == "VALUE").unwrap()["merge_id"].clone();
        world.ask("DELETE", &format!("/lists/{LIST}/merge-fields/{id}"), Value::Null).await;
        if by_others {
            world.ask("POST", &format!("/lists/{LIST}/merge-fields"), field("VALUE", "number", json!({}))).await;
        }
        let plan = world.plan().await;
        assert_eq!((plan.members.update, plan.members.unchanged), (5, 0), "{by_others}");
        assert!(plan.notes.iter().any(|note| note.starts_with("the field VALUE was deleted at Mailchimp and ")), "{:?}", plan.notes);
        world.succeed().await;
        assert_eq!(world.held().await[&row(2).email].value, row(2).value, "{by_others}");
        assert!(world.plan().await.is_empty(), "once, not for ever: {by_others}");
    }
}
