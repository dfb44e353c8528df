//! Against the sandbox over HTTP, in a time that runs faster; twelve thousand people are three pages at Dataverse.

use super::{super::REFRESHING, Access, app, rows, runtime, text};
use crate::{
    definition::{Dataverse, EntraApp, InsightsApi, MembersBy, Secret, SourceKind},
    http::{Hub, InMemoryDays},
    source::{Net, Report, SourceError, SourceErrorKind, SqlLimits, open},
};
use listkeeper_sandbox::{Fault, Faults, Next, Options, Sandbox};
use serde_json::{Value, json};
use std::{fmt::Write as _, fs, path::Path, sync::Arc};

/// A minute is 60 ms.
const SPEED: u32 = 1000;

/// The three ways in that are asked over HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// Dataverse.
    Untracked,
    /// The same, and the tables keep track of changes.
    Tracked,
    Pages,
    Partitions,
}

use Way::{Pages, Partitions, Tracked, Untracked};

const WAYS: [Way; 4] = [Untracked, Tracked, Pages, Partitions];

struct World {
    runtime: tokio::runtime::Runtime,
    sandbox: Sandbox,
    people: usize,
    _dirs: [tempfile::TempDir; 2],
}

impl World {
    fn of(people: usize) -> Self {
        let dirs = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
        export(dirs[1].path(), people);
        let options = Options { speed: SPEED, insights: Some(dirs[1].path().to_owned()), ..Options::default() };
        let runtime = runtime();
        let sandbox = runtime.block_on(Sandbox::start(dirs[0].path(), options)).unwrap();
        Self { runtime, sandbox, people, _dirs: dirs }
    }

    fn set(&self, settings: Value) {
        self.sandbox.set("customer-insights", &settings).unwrap();
    }

    fn kind(&self, way: Way) -> SourceKind {
        let url = |of: &str| self.sandbox.endpoint(of).unwrap();
        let app = EntraApp { authority: Some(url("entra")), ..app() };
        let members = match way {
            Pages => MembersBy::Pages,
            Partitions => MembersBy::Partitions,
            Untracked | Tracked => {
                self.set(json!({"changeTracking": way == Tracked}));
                return SourceKind::Dataverse(Dataverse { url: url("dataverse"), app });
            }
        };
        let subscription_key = Secret::Plain(Sandbox::API_KEY.into());
        let (url, instance) = (url("customer-insights"), Sandbox::INSTANCE.to_owned());
        SourceKind::InsightsApi(InsightsApi { url, instance, app, subscription_key, members })
    }

    /// The rows, sorted; `meanwhile` happens when the first of them come.
    fn read(&self, way: Way, meanwhile: impl FnOnce(&Self)) -> (Vec<String>, Result<Report, SourceError>) {
        let hub = Hub::with_days(Arc::new(InMemoryDays::default()), SPEED);
        let net = Some(Net { hub, runtime: self.runtime.handle().clone() });
        let access = Access::new(SqlLimits::default(), Arc::default(), net);
        let (mut given, mut meanwhile) = (Vec::new(), Some(meanwhile));
        let end = open(&rows(self.kind(way), "Gold"), &access).unwrap().read(&["customerid", "EMAIL", "Points"], &mut |batch| {
            if let Some(meanwhile) = meanwhile.take() {
                meanwhile(self);
            }
            given.extend((0..batch.len()).map(|row| [0, 1, 2].map(|column| text(batch.cell(row, column))).join("|")));
            Ok(())
        });
        given.sort_unstable();
        (given, end)
    }

    fn everybody(&self) -> Vec<String> {
        let mut all: Vec<_> = (0..self.people).map(person).collect();
        all.sort_unstable();
        all
    }

    fn gives_everybody(&self, way: Way) {
        let (given, end) = self.read(way, |_| {});
        let report = end.unwrap_or_else(|error| panic!("{way:?}: {error} {:?}", error.hint));
        assert_eq!((report.rows, given == self.everybody()), (self.people as u64, true), "{way:?}");
        assert_eq!(report.newest.is_some(), matches!(way, Pages | Partitions));
    }
}

/// What Customer Insights would export: every person is in Gold, every third in Gold_EU.
fn export(to: &Path, people: usize) {
    let attribute = |name: &str, kind: &str| json!({"name": name, "dataType": kind});
    let attributes = [attribute("CustomerId", "string"), attribute("EMail", "string"), attribute("Points", "int64")];
    let entity = |name: &str| json!({"$type": "LocalEntity", "name": name, "attributes": attributes});
    let entities = ["Customer", "Gold", "Gold_EU"].map(entity);
    let model = json!({"name": "Export", "version": "1.0", "entities": entities});
    fs::write(to.join("model.json"), model.to_string()).unwrap();
    for (table, step) in [("Customer", 1), ("Gold", 1), ("Gold_EU", 3)] {
        let folder = to.join(table).join("2026/11/21/0200");
        fs::create_dir_all(&folder).unwrap();
        let mut csv = String::new();
        (0..people).step_by(step).for_each(|n| writeln!(csv, "{}", person(n).replace('|', ",").replace('∅', "")).unwrap());
        fs::write(folder.join(format!("{table}_1.csv")), csv).unwrap();
    }
}

/// Ids come in no order.
fn id(n: usize) -> String {
    format!("{:032x}", xxhash_rust::xxh3::xxh3_128(&n.to_le_bytes()))
}

fn person(n: usize) -> String {
    let points = if n.is_multiple_of(7) { "∅".to_owned() } else { n.to_string() };
    format!("{}|p{n}@example.com|{points}", id(n))
}

#[test]
fn every_way_gives_the_same_people() {
    let world = World::of(12_000);
    world.set(json!({"partitionRows": 500, "tokenSeconds": 40}));
    for way in [Untracked, Tracked, Partitions] {
        world.gives_everybody(way);
    }
    World::of(1_500).gives_everybody(Pages);
    let counters = world.sandbox.counters();
    assert_eq!(counters.violations, 0, "{:?}", counters.last_violations);
}

/// However the names are written, whatever rows leave out, whether or not definitions may be read.
#[test]
fn every_form_gives_the_same_people() {
    let world = World::of(1_500);
    for form in ["object", "list", "twice"] {
        for (sparse, definitions) in [(true, true), (true, false), (false, false)] {
            world.set(json!({"segmentsAs": form, "sparse": sparse, "definitions": definitions}));
            world.gives_everybody(Untracked);
        }
        world.set(json!({"definitions": true}));
        world.gives_everybody(Tracked);
    }
    assert_eq!(world.sandbox.counters().violations, 0, "{:?}", world.sandbox.counters().last_violations);
}

/// A cut is an error; exactly as many people as a cut leaves are everybody.
#[test]
fn a_reading_that_was_cut_is_refused_and_one_that_only_looks_so_is_not() {
    for (people, cut, table) in
        [(1_220, 1_000, "cutMemberships"), (1_220, 1_000, "cutProfiles"), (501, 500, "cutMemberships"), (6_000, 5_000, "cutMemberships")]
    {
        let world = World::of(people);
        world.set(json!({table: cut}));
        for way in [Untracked, Tracked] {
            let (given, end) = world.read(way, |_| {});
            let error = end.expect_err("it was cut");
            assert!(error.message.starts_with(&format!("Dataverse gave {cut} rows of msdynci_")), "{way:?}, {table}: {error}");
            assert_eq!(error.kind, SourceErrorKind::Broken, "waiting is of no use");
            assert!(given.len() <= cut);
        }
    }
    for people in [500, 1_000, 5_000] {
        let world = World::of(people);
        [Untracked, Tracked].into_iter().for_each(|way| world.gives_everybody(way));
        assert_eq!(world.sandbox.counters().violations, 0, "{:?}", world.sandbox.counters().last_violations);
    }
}

#[test]
fn a_refresh_that_begins_in_the_middle_is_under_way() {
    let world = World::of(12_000);
    for way in [Untracked, Tracked, Partitions] {
        let error = world.read(way, |world| world.set(json!({"refresh": "begin"}))).1.unwrap_err();
        assert_eq!(error.kind, REFRESHING, "{way:?}: {error}");
        world.set(json!({"refresh": "end"}));
    }
}

#[test]
fn somebody_without_a_profile_makes_it_incomplete() {
    let world = World::of(1_500);
    let dropped = json!({"customerId": id(1), "is": "dropped"});
    world.sandbox.set_person("customer-insights", &dropped).unwrap();
    for way in WAYS {
        let error = world.read(way, |_| {}).1.unwrap_err();
        assert_eq!(error.kind, REFRESHING, "{way:?}: {error}");
    }
}

#[test]
fn a_segment_that_says_otherwise_is_not_used() {
    let world = World::of(1_500);
    let told = |gold: Value, way| {
        world.set(json!({"segments": {"Gold": {"state": "active", "status": "CompletedSuccess", "countOff": 0}}}));
        world.set(json!({"segments": {"Gold": gold}}));
        let error = world.read(way, |_| {}).1.unwrap_err();
        format!("{:?}: {}", error.kind, error.message.rsplit(": ").next().unwrap())
    };
    for way in [Pages, Partitions] {
        assert_eq!(told(json!({"countOff": 3}), way), "UnderWay { after: Some(60s) }: 1500 rows came of 1503");
        assert_eq!(told(json!({"countOff": -3}), way), "UnderWay { after: Some(60s) }: there are more rows than its 1497 people");
        assert_eq!(told(json!({"state": "inactive"}), way), "Unfit: it is inactive");
        assert_eq!(told(json!({"status": "Failed"}), way), "Unfit: its last evaluation ended as failed");
    }
}

/// Whatever the weather: everyone, or an error.
#[test]
fn weather_never_makes_a_part_of_it_the_whole() {
    let world = World::of(1_500);
    world.set(json!({"partitionRows": 100}));
    let bad = [Fault::TooManyRequests, Fault::Unavailable, Fault::BadGateway, Fault::ResetConnection, Fault::CutBody, Fault::LostAnswer];
    let mut whole = 0;
    for (way, seed) in WAYS.into_iter().flat_map(|way| [1, 2, 3].map(|seed| (way, seed))) {
        world.sandbox.set_faults(Faults { seed, shares: bad.map(|fault| (fault, 0.05)).into(), ..Faults::default() }).unwrap();
        match world.read(way, |_| {}) {
            (given, Ok(report)) => {
                whole += 1;
                assert_eq!((report.rows, given == world.everybody()), (1_500, true), "{way:?}, seed {seed}");
            }
            (_, Err(error)) => assert!(matches!(error.kind, SourceErrorKind::Unreachable { .. }), "{way:?}, seed {seed}: {error:?}"),
        }
    }
    assert!(whole > 0, "some of it is borne");
}

/// More than is borne.
#[test]
fn bad_weather_that_goes_on_is_an_error() {
    let world = World::of(1_500);
    for (way, route, fault) in [
        (Untracked, "/api/data/v9.2/msdynci_segmentmemberships", Fault::CutBody),
        (Untracked, "/api/data/v9.2/msdynci_customerprofiles", Fault::ResetConnection),
        (Pages, "/instances/{id}/data/{entity}", Fault::CutBody),
        (Partitions, "/{entity}/{part}.csv", Fault::CutBody),
    ] {
        let next = Next { fault, method: None, route: Some(route.to_owned()), skip: 1, times: 50 };
        world.sandbox.set_faults(Faults { next: vec![next], ..Faults::default() }).unwrap();
        let error = world.read(way, |_| {}).1.unwrap_err();
        assert!(matches!(error.kind, SourceErrorKind::Unreachable { .. }), "{way:?}: {error:?}");
    }
}
