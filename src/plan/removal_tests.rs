use super::*;
use crate::{
    definition::{self, Export, Name},
    destination::{self, Capabilities, FieldFit, Observed, PlaceId},
    http::Hub,
    plan::resources::{Orphan, Problem, Recorded},
};
use rstest::rstest;
use std::{collections::BTreeMap, fs, sync::Arc};

const YAML: &str = "apiVersion: listkeeper/v1
kind: Source
name: crm
type: files
tables: {people: people.csv}
---
apiVersion: listkeeper/v1
kind: Segment
name: vip
displayName: VIP
source: crm
query: SELECT * FROM people
---
apiVersion: listkeeper/v1
kind: Connection
name: account
displayName: Newsletter account
type: mailchimp
credentials: {apiKey: {file: key}}
privacy: {acceptedBy: privacy@contoso.test, acceptedOn: 2026-11-22}
---
apiVersion: listkeeper/v1
kind: Export
name: news
connection: account
segments: [vip]
target: {audienceId: cdp}
match: {email: Email}
newContacts: {status: subscribed}
";

/// The export `news` as it was defined, and what its vendor can do.
struct World {
    export: Arc<Export>,
    capabilities: &'static Capabilities,
}

impl World {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("listkeeper.yaml"), YAML).unwrap();
        fs::write(dir.path().join("key"), "hush-us6").unwrap();
        fs::write(dir.path().join("people.csv"), "Email\n").unwrap();
        let catalog = definition::read(dir.path());
        assert!(!catalog.has_errors(), "{:?}", catalog.diagnostics);
        let export = Arc::clone(catalog.exports.values().next().unwrap());
        let nobody = crate::oauth::SignIns::new(Arc::new(crate::oauth::InMemoryTokens::default()), Hub::default());
        let capabilities = destination::open(&export, &Hub::default(), &nobody, Arc::new(destination::Anything)).unwrap().capabilities();
        Self { export, capabilities }
    }

    fn deleted(&self, on_delete: OnDelete) -> Export {
        Export { removed: true, on_delete, ..(*self.export).clone() }
    }

    fn settle(&self, export: &Export, recorded: &Recorded, observed: &Observed) -> Result<Resources, Vec<Problem>> {
        let fit = |_: &destination::WantedField<'_>, _: Option<&destination::RemoteField>| unreachable!("it maps nothing");
        let fit: &dyn Fn(&destination::WantedField<'_>, Option<&destination::RemoteField>) -> FieldFit = &fit;
        super::super::resources::settle(&Inputs { export, recorded, observed, capabilities: self.capabilities, fit })
    }
}

fn tag(id: &str, name: &str) -> RemoteContainer {
    RemoteContainer::new(id, name, Some(3))
}

fn at_the_platform(place: Option<&str>, containers: &[RemoteContainer]) -> Observed {
    let place = place.map(|id| RemotePlace { id: PlaceId(id.into()), name: "News".into(), contacts: Some(40), made: None });
    Observed { place, containers: containers.to_vec(), ..Observed::default() }
}

/// A segment `vip` with the container 7, created by us or taken over.
fn recorded(created: bool) -> Recorded {
    let container = Some((ContainerId("7".into()), "VIP".into(), created));
    let slots = vec![RecordedSlot { bit: 0, segment: Name::new("vip").unwrap(), container }];
    Recorded { place: Some(PlaceId("cdp".into())), slots, ..Recorded::default() }
}

#[rstest]
#[case::created_kept(OnDelete::RemoveMembers, true, true, Some("7"), &[])]
#[case::created_deleted(OnDelete::DeleteTarget, true, true, Some("7"), &["7"])]
#[case::adopted_kept(OnDelete::RemoveMembers, false, true, Some("7"), &[])]
#[case::adopted_never_deleted(OnDelete::DeleteTarget, false, true, Some("7"), &[])]
#[case::gone_already(OnDelete::DeleteTarget, true, false, None, &[])]
fn every_row_of_the_table(
    #[case] on_delete: OnDelete,
    #[case] created: bool,
    #[case] there: bool,
    #[case] emptied: Option<&str>,
    #[case] deleted: &[&str],
) {
    let world = World::new();
    let tags = if there { vec![tag("7", "VIP"), tag("8", "Somebody's")] } else { vec![tag("8", "Somebody's")] };
    let resources = world.settle(&world.deleted(on_delete), &recorded(created), &at_the_platform(Some("cdp"), &tags)).unwrap();
    let state = ContainerState::Dropped(emptied.map(|id| ContainerId(id.into())));
    assert_eq!(resources.containers.iter().map(|c| (c.state.clone(), c.mirror)).collect::<Vec<_>>(), [(state, true)]);
    let ids: Vec<_> = resources
        .steps
        .iter()
        .map(|step| match step {
            ResourceStep::DeleteContainer { id, .. } => id.as_str(),
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(ids, deleted);
    let kept = resources.notes.iter().any(|note| note.contains("\"VIP\""));
    assert_eq!(kept, there && deleted.is_empty(), "{:?}", resources.notes);
    assert!(resources.notes.iter().any(|note| note.contains("audience \"News\"") && note.contains("never deleted")));
}

#[test]
fn what_dropped_segments_left_is_deleted_too_if_we_created_it() {
    let world = World::new();
    let orphan = Orphan { id: ContainerId("9".into()), name: "Lapsed".into(), created: true, segment: None };
    let recorded = Recorded { orphans: vec![orphan], slots: Vec::new(), ..recorded(true) };
    let observed = at_the_platform(Some("cdp"), &[tag("9", "Lapsed"), tag("7", "VIP")]);
    let steps = |on_delete| world.settle(&world.deleted(on_delete), &recorded, &observed).unwrap().steps;
    assert_eq!(
        steps(OnDelete::DeleteTarget),
        [ResourceStep::DeleteContainer { id: "9".into(), name: "Lapsed".into(), members: Some(3) }],
        "7 is not recorded as ours"
    );
    assert_eq!(steps(OnDelete::RemoveMembers), []);
}

/// Another place than the recorded one is somebody else's, whatever its name and its containers' ids.
#[rstest]
#[case::gone(None)]
#[case::another(Some("other"))]
fn a_place_that_is_gone_is_no_error_and_nothing_is_taken_out_of_another(#[case] place: Option<&str>) {
    let world = World::new();
    let observed = at_the_platform(place, &[tag("7", "VIP")]);
    let resources = world.settle(&world.deleted(OnDelete::DeleteTarget), &recorded(true), &observed).unwrap();
    assert_eq!(resources.place, PlacePlan::Absent { name: "cdp".into() });
    assert_eq!(resources.steps, []);
    assert!(resources.containers.iter().all(|c| c.state == ContainerState::Dropped(None)));
}

#[test]
fn nothing_is_made_for_an_export_that_never_ran() {
    let world = World::new();
    let resources = world.settle(&world.deleted(OnDelete::DeleteTarget), &Recorded::default(), &at_the_platform(Some("cdp"), &[])).unwrap();
    assert_eq!((resources.steps, resources.containers), (Vec::new(), Vec::new()));
}

/// E16, for exports that still have their definitions.
#[test]
fn a_container_of_another_export_is_refused_naming_both() {
    let world = World::new();
    let observed = at_the_platform(Some("cdp"), &[tag("7", "vip")]);
    let claimed = BTreeMap::from([(ContainerId("7".into()), Name::new("letters").unwrap())]);
    let recorded = Recorded { claimed, ..Recorded::default() };
    let mut adopting = (*world.export).clone();
    adopting.target.adopt_containers = true;
    for export in [&*world.export, &adopting] {
        let problems = world.settle(export, &recorded, &observed).unwrap_err();
        assert_eq!(problems[0].what, "the exports letters and news both lead to the tag \"vip\" (7)");
        assert!(problems[0].hint.contains("renamedFrom: letters"), "{}", problems[0].hint);
    }
}
