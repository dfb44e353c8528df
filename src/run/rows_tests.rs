use super::*;
use crate::{
    definition::{AttributeSpec, Columns, Consent, FieldType, Matching},
    destination::{Capabilities, all_capabilities},
    member::{Collector, Desired, FieldKind, Mapping, Value},
    plan::{
        steps::{Inputs, StepList},
        task::tasks,
    },
    run::{
        Context,
        fake::{Like, World},
    },
    source::{Cell, RowBatch},
};
use proptest::prelude::*;
use rstest::rstest;
use std::{collections::BTreeMap, sync::Arc};

fn capabilities(vendor: &str) -> &'static Capabilities {
    all_capabilities().into_iter().find(|capabilities| capabilities.vendor == vendor).unwrap()
}

/// The task of a platform for one operation, on the list 0 where it is about one.
fn task(vendor: &str, operation: Operation) -> Task {
    let lists = [StepList { bit: 0, name: "VIP".into(), live: true, apart: false }];
    let inputs = Inputs {
        capabilities: capabilities(vendor),
        lists: &lists,
        everyone_read: true,
        estimated: false,
        widest: usize::MAX,
        trials: 0,
        alone: &[],
    };
    tasks(&inputs).into_iter().find(|task| task.operation == operation && !task.quiet).unwrap()
}

fn carried(attributes: bool, joins: &[u8]) -> Carried {
    Carried { attributes, joins: joins.iter().fold(SegmentMask::NONE, |mask, bit| mask.union(SegmentMask::of(*bit))) }
}

/// A mapping of two texts, of which one is cleared where it is empty, with a date of consent.
fn mapping() -> Mapping {
    let matching = Matching { email: "mail".into(), id: Some("id".into()), prefer: None, ids: crate::definition::SharedIds::default() };
    let spec = |column: &str, on_empty| AttributeSpec { columns: Columns::One(column.into()), kind: None, on_empty, line: 1 };
    let attributes = BTreeMap::from([("CITY".to_owned(), spec("city", OnEmpty::Keep)), ("NOTE".to_owned(), spec("note", OnEmpty::Clear))]);
    let text = || FieldKind::plain(FieldType::Text);
    let kinds = BTreeMap::from([("CITY".to_owned(), text()), ("NOTE".to_owned(), text())]);
    let consent = Consent::of("optin", Some("at".into()));
    Mapping::new(&matching, &attributes, &kinds, Some((&consent, chrono::Utc::now())))
}

/// One row read: address, id, opt-in, its date, city, note.
fn read(mapping: &Mapping, cells: [&str; 6]) -> Desired {
    let of = BTreeMap::from([
        ("mail", cells[0]),
        ("id", cells[1]),
        ("optin", cells[2]),
        ("at", cells[3]),
        ("city", cells[4]),
        ("note", cells[5]),
    ]);
    let columns = mapping.columns();
    let mut batch = RowBatch::new(columns.len());
    columns.iter().for_each(|column| batch.push(if of[column].is_empty() { Cell::Null } else { Cell::Text(of[column]) }));
    let mut collector = Collector::new(mapping, &std::env::temp_dir()).unwrap();
    collector.segment(0).unwrap();
    collector.push(&batch).unwrap();
    collector.finish(Vec::new()).unwrap()
}

/// A platform that is never asked anything but what is constant.
fn context(like: Like) -> Context {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let world = World::new(like, "").await;
        world.context(&world.engine(None))
    })
}

fn row(task: &Task, cells: [&str; 6], carried: Carried) -> (BatchRow, Option<u64>) {
    let (context, mapping) = (context(Like::Mailchimp), mapping());
    let desired = read(&mapping, cells);
    let lists = [(0, ContainerId("10".into())), (1, ContainerId("11".into()))];
    let rows =
        Rows { destination: &*context.destination, fields: mapping.fields(), lists: &lists, given: Some(SubscriptionStatus::Subscribed) };
    let entry = desired.entries[0];
    rows.of(task, &desired.spool, entry.key(), entry.offset(), carried).unwrap()
}

const DANA: [&str; 6] = ["dana@x.test", "7", "yes", "2024-05-01T10:00:00Z", "Lyon", ""];

fn shown(attributes: &[(String, Value)]) -> String {
    let one = |(tag, value): &(String, Value)| match value {
        Value::Text(text) => format!("{tag}={text}"),
        other => format!("{tag}={other:?}"),
    };
    attributes.iter().map(one).collect::<Vec<_>>().join(" ")
}

/// Which attributes a row carries: an empty one is left out where its field is kept, and always in a create.
#[rstest]
#[case("Mailchimp", Operation::Create, true, "CITY=Lyon")]
#[case("Mailchimp", Operation::Update, true, "CITY=Lyon NOTE=Empty")]
#[case("Mailchimp", Operation::Restore, true, "CITY=Lyon NOTE=Empty")]
#[case("Mailchimp", Operation::Join, false, "")]
#[case("Iterable", Operation::Join, true, "CITY=Lyon NOTE=Empty")]
#[case("Constant Contact", Operation::Join, true, "CITY=Lyon NOTE=Empty")]
#[case("Omnisend", Operation::Create, true, "CITY=Lyon")]
fn attributes_of_a_row(#[case] vendor: &str, #[case] operation: Operation, #[case] attributes: bool, #[case] expected: &str) {
    let (row, person) = row(&task(vendor, operation), DANA, carried(attributes, &[]));
    assert_eq!((row.email.as_str(), shown(&row.attributes).as_str()), ("dana@x.test", expected));
    assert!(person.is_some(), "match.id goes along");
}

/// An empty value clears nothing where its field is kept.
#[test]
fn an_empty_value_leaves_its_field_alone() {
    let (row, _) = row(&task("Mailchimp", Operation::Update), ["dana@x.test", "", "yes", "", "", "x"], carried(true, &[]));
    assert_eq!(shown(&row.attributes), "NOTE=x");
}

/// Only a create gives a status, and only where a create joins does it name lists.
#[rstest]
#[case("Omnisend", Operation::Create, Some(SubscriptionStatus::Subscribed), &["10", "11"])]
#[case("Omnisend", Operation::Update, None, &[])]
#[case("Omnisend", Operation::Join, None, &[])]
#[case("Mailchimp", Operation::Restore, None, &[])]
fn status_and_lists_of_a_row(
    #[case] vendor: &str,
    #[case] operation: Operation,
    #[case] standing: Option<SubscriptionStatus>,
    #[case] joins: &[&str],
) {
    let (row, _) = row(&task(vendor, operation), DANA, carried(true, &[0, 1]));
    let named: Vec<&str> = row.joins.iter().map(|id| id.0.as_str()).collect();
    assert_eq!((row.standing, named.as_slice()), (standing, joins));
}

/// The date of the consent is no attribute.
#[test]
fn the_date_of_consent_goes_along() {
    let (row, _) = row(&task("Omnisend", Operation::Create), DANA, carried(true, &[]));
    assert!(row.consent_at.unwrap().starts_with("2024-05-01T10:00:00"));
}

/// Where no byte limit can be reached, none is asked for.
#[test]
fn a_row_is_measured_only_where_bytes_limit_a_call() {
    let context = context(Like::Iterable);
    let mapping = mapping();
    let desired = read(&mapping, DANA);
    let rows = Rows { destination: &*context.destination, fields: mapping.fields(), lists: &[], given: None };
    let limited = task("Iterable", Operation::Update);
    let entry = desired.entries[0];
    let (row, _) = rows.of(&limited, &desired.spool, entry.key(), entry.offset(), carried(true, &[])).unwrap();
    assert!(rows.size(&limited, &row).short > 0);
    let unlimited = Task { call: crate::plan::task::Call { bytes: usize::MAX, ..limited.call }, ..limited };
    assert_eq!(rows.size(&unlimited, &row), 0.into());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    /// No row takes more bytes of a call than the widest may, whatever is in it: so that rows need not be measured one by one.
    #[test]
    fn no_row_is_wider_than_the_widest(texts in proptest::collection::vec(any::<String>(), 1..8)) {
        for like in Like::ALL {
            let context = context(like);
            let export = Arc::clone(&context.export);
            let text = FieldKind::plain(FieldType::Text);
            let kinds = export.attributes.keys().map(|tag| (tag.clone(), text.clone())).collect();
            let mapping = Mapping::new(&export.matching, &export.attributes, &kinds, None);
            let mut collector = Collector::new(&mapping, &std::env::temp_dir()).unwrap();
            collector.segment(0).unwrap();
            let mut batch = RowBatch::new(2);
            for (n, text) in texts.iter().enumerate() {
                batch.push(Cell::Text(&format!("p{n}@x.test")));
                batch.push(Cell::Text(text));
            }
            collector.push(&batch).unwrap();
            let desired = collector.finish(Vec::new()).unwrap();
            let lists = [(0, ContainerId("a list, named".into()))];
            let rows = Rows { destination: &*context.destination, fields: mapping.fields(), lists: &lists, given: Some(SubscriptionStatus::Subscribed) };
            for operation in context.capabilities.phases.iter().filter(|operation| !operation.removes()) {
                let task = task(context.capabilities.vendor, *operation);
                for entry in &desired.entries {
                    let (row, _) = rows.of(&task, &desired.spool, entry.key(), entry.offset(), carried(true, &[0])).unwrap();
                    let (bytes, most) = (context.destination.row_bytes(*operation, &row), rows.widest(&desired.spool));
                    prop_assert!(bytes <= most, "{like:?}: {bytes} > {most}: {row:?}");
                }
            }
        }
    }
}
