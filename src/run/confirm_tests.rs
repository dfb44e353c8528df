//! Somebody who moves between two segments while they are read, through whole runs.

use super::*;
use crate::{
    definition::Segment,
    destination::Fields,
    member::{Email, SegmentMask},
    platform::SubscriptionStatus,
    run::{
        Decision, Recorder, Watch,
        fake::{Like, World},
    },
    state::Store,
};
use rstest::rstest;
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
};

fn key(email: &str) -> Key {
    Key::of(&Email::trusted(email))
}

fn leaver(email: &str) -> Leaver {
    let segments = SegmentMask::of(0);
    Leaver { key: key(email), segments, whole: true, suppressed: false, withdrawn: false, only_leaves: false, archive: false }
}

/// A reading of several moments showed nobody; the second one shows one of the two who would leave.
#[rstest]
#[case::of_several_moments(&["crm"], &["b@x.test"], Some("1 member was in no segment"))]
#[case::of_one(&[], &["a@x.test", "b@x.test"], None)]
#[tokio::test]
async fn who_is_in_a_segment_after_all_stays(#[case] several: &[&str], #[case] left: &[&str], #[case] note: Option<&str>) {
    let world = World::new(Like::Mailchimp, "").await;
    world.write("a@x.test,Ana\n");
    let engine = world.engine(None);
    let context = world.context(&engine);
    let segments: &[Arc<Segment>] = &context.export.segments;
    let shape = Shape { kinds: Fields::new(), remade: Default::default(), slots: vec![(0, Arc::clone(&segments[0]))] };
    let mapping = Arc::new(Mapping::new(&context.export.matching, &BTreeMap::new(), &Fields::new(), None));
    let mut leavers = vec![leaver("a@x.test"), leaver("b@x.test")];
    let mut tally = DiffTally { leavers: 2, leaves: BTreeMap::from([(0, 2)]), ..DiffTally::default() };
    let doubt = Doubt { several: several.iter().map(|name| Name::new(name).unwrap()).collect(), seen: Vec::new() };
    let back = doubt.confirm(&context, &shape, &mapping, &mut leavers, &mut tally).await.unwrap();
    assert_eq!(leavers, left.iter().map(|email| leaver(email)).collect::<Vec<_>>());
    assert_eq!(tally.leavers, left.len() as u64);
    assert!(back.note().as_deref().zip(note).is_some_and(|(told, note)| told.starts_with(note)) || back.note().is_none() && note.is_none());
}

/// Delivers another state of the files when the first rows come in.
struct Delivery {
    directory: PathBuf,
    files: Vec<(&'static str, &'static str)>,
    done: AtomicBool,
}

impl Watch for Delivery {
    fn phase(&self, _: &str, _: Option<u64>) {}
    fn note(&self, _: &str) {}

    fn advance(&self, _: u64) {
        if !self.done.swap(true, Ordering::SeqCst) {
            self.files.iter().for_each(|(name, text)| deliver(&self.directory, name, text));
        }
    }
}

fn deliver(directory: &Path, name: &str, text: &str) {
    fs::write(directory.join("new"), text).unwrap();
    fs::rename(directory.join("new"), directory.join(name)).unwrap();
}

const TWO_FILES: &str = "tables: {a: a.csv, b: b.csv}|table: a|table: b";
const ONE_FILE: &str = "tables: {all: all.csv}|query: SELECT * FROM all WHERE Seg = 'a'|query: SELECT * FROM \"all\" WHERE Seg = 'b'";

/// An export of the segments a and b, read in this order, whose leavers are archived.
fn define(world: &World, source: &str) {
    let yaml = fs::read_to_string(world.directory().join("listkeeper.yaml")).unwrap();
    let mut parts = source.split('|').map(|part| part.replace("FROM all", "FROM \"all\""));
    let (tables, a, b) = (parts.next().unwrap(), parts.next().unwrap(), parts.next().unwrap());
    let yaml = yaml.replace("tables: {people: people.csv}", &tables).replace("name: everyone\ndisplayName: Everyone", "name: a");
    let yaml = yaml.replace("source: crm\ntable: people", &format!("source: crm\n{a}")).replace("[everyone]", "[a, b]");
    let second = format!("---\napiVersion: listkeeper/v1\nkind: Segment\nname: b\nsource: crm\n{b}\n");
    fs::write(world.directory().join("listkeeper.yaml"), yaml + &second).unwrap();
}

/// What the run came to, and whether anyone was taken out of anything by it.
async fn run(world: &World, watch: Arc<dyn Watch>) -> (bool, usize) {
    let (recorder, writer) = Recorder::start(Store::open(&world.state(), world.now).unwrap());
    let engine = world.engine(Some(recorder));
    let context = Context { watch, ..world.context(&engine) };
    world.platform().calls();
    let turn = engine.at_turn(context).await.unwrap();
    let end = engine.run(&turn, &|_| Decision::Go).await;
    drop((engine, turn));
    tokio::task::spawn_blocking(move || writer.join().unwrap()).await.unwrap();
    let removed = world.platform().calls().into_iter().filter(|call| call.operation.removes()).count();
    (end.is_ok(), removed)
}

/// p moves from b to a between the two readings: nobody may be taken out, whether the run sees the old state or gives up.
#[rstest]
#[case::a_file_each(TWO_FILES, &[("a.csv", "Email,First\nx@x.test,X\n"), ("b.csv", "Email,First\np@x.test,P\nq@x.test,Q\n")],
    &[("a.csv", "Email,First\nx@x.test,X\np@x.test,P\n"), ("b.csv", "Email,First\nq@x.test,Q\n")], false)]
#[case::one_file(ONE_FILE, &[("all.csv", "Email,First,Seg\nx@x.test,X,a\np@x.test,P,b\nq@x.test,Q,b\n")],
    &[("all.csv", "Email,First,Seg\nx@x.test,X,a\np@x.test,P,a\nq@x.test,Q,b\n")], true)]
#[tokio::test(start_paused = true)]
async fn who_moves_between_two_segments_while_they_are_read_is_not_taken_out(
    #[case] source: &str,
    #[case] before: &[(&'static str, &'static str)],
    #[case] after: &[(&'static str, &'static str)],
    #[case] goes_on: bool,
) {
    let world = World::new(Like::Mailchimp, "onLeave: archive").await;
    define(&world, source);
    before.iter().for_each(|(name, text)| deliver(&world.directory(), name, text));
    assert_eq!(run(&world, Arc::new(crate::run::Silent)).await, (true, 0));
    assert_eq!(world.platform().members("b"), ["p@x.test", "q@x.test"]);
    let delivery = Delivery { directory: world.directory(), files: after.to_vec(), done: AtomicBool::new(false) };
    assert_eq!(run(&world, Arc::new(delivery)).await, (goes_on, 0));
    assert_eq!(world.platform().members("b"), ["p@x.test", "q@x.test"], "as before");
    let (ended, removed) = run(&world, Arc::new(crate::run::Silent)).await;
    assert_eq!((ended, removed), (true, 1), "p leaves b, and is not archived");
    assert_eq!(world.platform().members("a"), ["p@x.test", "x@x.test"]);
    assert_eq!(world.platform().find("p@x.test").unwrap().standing, SubscriptionStatus::Subscribed);
}
