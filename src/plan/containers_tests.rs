//! Every row of the tables of `resources`, `ownership` and `naming`.

use super::super::{
    PlacePlan, ResourceStep,
    resources::{Begun, ContainerState, Inputs, Orphan, Problem, Recorded, RecordedSlot, Resources, settle},
};
use crate::{
    definition::{self, Export, Name},
    destination::{self, Capabilities, ContainerId, FieldFit, Observed, PlaceId, RemoteContainer, RemotePlace},
    http::Hub,
    oauth::{InMemoryTokens, SignIns},
};
use chrono::{DateTime, TimeDelta, Utc};
use rstest::rstest;
use std::{fmt::Write as _, fs, sync::Arc};

struct World {
    export: Arc<Export>,
    capabilities: &'static Capabilities,
}

impl World {
    /// `a=A b=B`: segments and their display names.
    fn new(platform: &str, segments: &str, target: &str) -> Self {
        let more = if platform == "mailchimp" { "newContacts: {status: subscribed}\n" } else { "" };
        let mut yaml = format!(
            "apiVersion: listkeeper/v1
kind: Source
name: crm
type: files
tables: {{people: people.csv}}
---
apiVersion: listkeeper/v1
kind: Connection
name: account
type: {platform}
credentials: {{apiKey: {{file: key}}}}
privacy: {{acceptedBy: privacy@contoso.test, acceptedOn: 2026-11-22}}
"
        );
        let pairs: Vec<_> = segments.split(' ').map(|pair| pair.split_once('=').unwrap()).collect();
        for (name, title) in &pairs {
            let _ = write!(
                yaml,
                "---\napiVersion: listkeeper/v1\nkind: Segment\nname: {name}\ndisplayName: {title}\nsource: crm\ntable: people\n"
            );
        }
        let names: Vec<_> = pairs.iter().map(|(name, _)| *name).collect();
        let names = names.join(", ");
        let _ = write!(
            yaml,
            "---\napiVersion: listkeeper/v1\nkind: Export\nname: news\nconnection: account\nsegments: [{names}]\ntarget: {target}\nmatch: {{email: Email}}\n{more}"
        );
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("listkeeper.yaml"), yaml).unwrap();
        fs::write(dir.path().join("key"), "hush-us6").unwrap();
        fs::write(dir.path().join("people.csv"), "Email\n").unwrap();
        let catalog = definition::read(dir.path());
        assert!(!catalog.has_errors(), "{:?}", catalog.diagnostics);
        let export = Arc::clone(catalog.exports.values().next().unwrap());
        let nobody = SignIns::new(Arc::new(InMemoryTokens::default()), Hub::default());
        let capabilities = destination::open(&export, &Hub::default(), &nobody, Arc::new(destination::Anything)).unwrap().capabilities();
        Self { export, capabilities }
    }

    fn settle(&self, recorded: &Recorded, observed: &Observed) -> Result<Resources, Vec<Problem>> {
        let fit = |_: &destination::WantedField<'_>, _: Option<&destination::RemoteField>| -> FieldFit { unreachable!("it maps nothing") };
        settle(&Inputs { export: &self.export, recorded, observed, capabilities: self.capabilities, fit: &fit })
    }
}

/// `a:1=A`: three words, or two.
fn words(text: &str) -> Vec<(String, String, String)> {
    let of = |word: &str| {
        let (head, name) = word.split_once('=').unwrap();
        let (segment, id) = head.split_once(':').unwrap_or(("", head));
        (segment.to_owned(), id.to_owned(), name.replace('_', " "))
    };
    text.split_whitespace().map(of).collect()
}

/// `a:1=A`: a segment, its container's id and name; `adopted` ids are those that we did not make.
fn recorded(slots: &str, orphans: &str, adopted: &[&str]) -> Recorded {
    let created = |id: &str| !adopted.contains(&id);
    let slot = |(bit, (segment, id, name)): (usize, (String, String, String))| {
        let made = created(&id);
        let container = Some((ContainerId(id), name, made));
        RecordedSlot { bit: bit as u8, segment: Name::new(&segment).unwrap(), container }
    };
    let orphan = |(segment, id, name): (String, String, String)| {
        let segment = Name::new(&segment).ok();
        Orphan { created: created(&id), id: ContainerId(id), name, segment }
    };
    Recorded {
        place: Some(PlaceId("cdp".into())),
        slots: words(slots).into_iter().enumerate().map(slot).collect(),
        orphans: words(orphans).into_iter().map(orphan).collect(),
        ..Recorded::default()
    }
}

fn observed(containers: &str) -> Observed {
    let containers = words(containers).into_iter().map(|(_, id, name)| RemoteContainer::new(id, name, Some(3))).collect();
    let place = Some(RemotePlace { id: PlaceId("cdp".into()), name: "News".into(), contacts: Some(40), made: None });
    Observed { place, containers, ..Observed::default() }
}

/// In short: the steps, then what each segment has.
fn told(settled: Result<Resources, Vec<Problem>>) -> String {
    let resources = match settled {
        Ok(resources) => resources,
        Err(problems) => return format!("refused: {}", problems[0].what),
    };
    let step = |step: &ResourceStep| match step {
        ResourceStep::RenameContainer { id, to, .. } => format!("{id} is {to}"),
        ResourceStep::CreateContainer { name, .. } => format!("make {name}"),
        ResourceStep::AdoptContainer { id, .. } => format!("take {id}"),
        ResourceStep::RecreateContainer { name, gone, .. } => format!("make {name} again{}", if *gone { " (gone)" } else { "" }),
        other => format!("{other:?}"),
    };
    let mut told: Vec<_> = resources.steps.iter().map(step).collect();
    told.extend(resources.containers.iter().map(|c| match &c.state {
        ContainerState::Known(id) => format!("{}:{id}={}", c.segment, c.name),
        ContainerState::Take { id, created, .. } => format!("{}:{id}={}{}", c.segment, c.name, if *created { " ours" } else { "" }),
        ContainerState::Create | ContainerState::Recreate { .. } => format!("{}={}", c.segment, c.name),
        ContainerState::Dropped(id) => format!("{} dropped{}", c.segment, if id.is_some() { "" } else { ", gone" }),
    }));
    told.join(", ")
}

#[rstest]
#[case::nothing("a=A b=B", "a:1=A b:2=B", "", "1=A 2=B", "a:1=A, b:2=B")]
#[case::new("a=A b=B", "a:1=A", "", "1=A", "make B, a:1=A, b=B")]
#[case::gone("a=A", "a:1=A", "", "", "make A again (gone), a=A")]
#[case::another_name("a=X", "a:1=A", "", "1=A", "1 is X, a:1=X")]
#[case::another_case("a=aa", "a:1=AA", "", "1=AA", "a:1=AA")]
#[case::renamed_there("a=A", "a:1=A", "", "1=Z", "a:1=Z")]
#[case::renamed_there_and_here("a=X", "a:1=A", "", "1=Z", "1 is X, a:1=X")]
#[case::renamed_there_as_here("a=X", "a:1=A", "", "1=X", "a:1=X")]
#[case::a_name_that_is_somebodys(
    "a=X",
    "a:1=A",
    "",
    "1=A 9=X",
    "refused: the tag \"A\" cannot be renamed to \"X\": another tag (9) has that name"
)]
#[case::two_swap("a=B b=A", "a:1=A b:2=B", "", "1=A 2=B", "1 is listkeeper renaming 1, 2 is A, 1 is B, a:1=B, b:2=A")]
#[case::two_swap_after_a_kill("a=B b=A", "a:1=~ b:2=B", "", "1=~ 2=B", "2 is A, 1 is B, a:1=B, b:2=A")]
#[case::a_chain("a=B b=C", "a:1=A b:2=B", "", "1=A 2=B", "2 is C, 1 is B, a:1=B, b:2=C")]
#[case::a_ring(
    "a=B b=C c=A",
    "a:1=A b:2=B c:3=C",
    "",
    "1=A 2=B 3=C",
    "1 is listkeeper renaming 1, 3 is A, 2 is C, 1 is B, a:1=B, b:2=C, c:3=A"
)]
#[case::a_new_one_gets_the_name_that_another_gives_up("a=X c=A", "a:1=A", "", "1=A", "1 is X, make A, a:1=X, c=A")]
#[case::a_new_one_wants_a_name_that_another_keeps(
    "a=A c=Z",
    "a:1=A",
    "",
    "1=Z",
    "refused: the tag \"Z\" (1) is that of segment a, which keeps it"
)]
#[case::a_chain_to_a_name_that_is_somebodys(
    "a=B b=X",
    "a:1=A b:2=B",
    "",
    "1=A 2=B 9=X",
    "refused: the tag \"B\" cannot be renamed to \"X\": another tag (9) has that name"
)]
#[case::dropped("a=A", "a:1=A d:4=D", "", "1=A 4=D", "a:1=A, d dropped")]
#[case::dropped_and_gone("a=A", "a:1=A d:4=D", "", "1=A", "a:1=A, d dropped, gone")]
#[case::dropped_comes_back_with_its_slot("a=A d=D", "a:1=A d:4=D", "", "1=A 4=D", "a:1=A, d:4=D")]
#[case::dropped_comes_back("a=A d=D", "a:1=A", "d:4=D", "1=A 4=D", "take 4, a:1=A, d:4=D ours")]
#[case::dropped_comes_back_under_another_name("a=A d=X", "a:1=A", "d:4=D", "1=A 4=D", "4 is X, take 4, a:1=A, d:4=X ours")]
#[case::dropped_comes_back_and_its_list_is_gone("a=A d=D", "a:1=A", "d:4=D", "1=A", "make D, a:1=A, d=D")]
#[case::a_name_of_one_dropped_to_a_new_one("a=A n=D", "a:1=A d:4=D", "", "1=A 4=D", "a:1=A, n:4=D")]
#[case::a_name_of_one_dropped_long_ago("a=A n=D", "a:1=A", "d:4=D", "1=A 4=D", "take 4, a:1=A, n:4=D ours")]
#[case::a_name_of_one_dropped_to_another_with_a_list("a=D", "a:1=A d:4=D", "", "1=A 4=D", "4 is D (dropped 4), 1 is D, a:1=D, d dropped")]
#[case::a_name_of_one_dropped_long_ago_to_another("a=D", "a:1=A", "d:4=D", "1=A 4=D", "4 is D (dropped 4), 1 is D, a:1=D")]
#[case::a_name_of_one_that_comes_back_too("d=X n=D", "", "d:4=D", "4=D", "4 is X, take 4, make D, d:4=X ours, n=D")]
#[case::replaced_by_another_before("a=A", "a:1=A", ":4=D", "1=A 4=D", "a:1=A")]
fn of_what_is_ours(#[case] segments: &str, #[case] slots: &str, #[case] orphans: &str, #[case] platform: &str, #[case] expected: &str) {
    let world = World::new("mailchimp", segments, "{audienceId: cdp}");
    assert_eq!(told(world.settle(&recorded(slots, orphans, &[]), &observed(platform))), expected);
}

/// What we took over is resumed as such, and is not renamed out of anybody's way.
#[rstest]
#[case("d=D", "", "d:4=D", "take 4, d:4=D")]
#[case("a=D", "a:1=A d:4=D", "", "refused: the tag \"A\" cannot be renamed to \"D\": another tag (4) has that name")]
fn of_what_we_took_over(#[case] segments: &str, #[case] slots: &str, #[case] orphans: &str, #[case] expected: &str) {
    let world = World::new("mailchimp", segments, "{audienceId: cdp}");
    assert_eq!(told(world.settle(&recorded(slots, orphans, &["4"]), &observed("1=A 4=D"))), expected);
}

/// Iterable cannot rename.
#[rstest]
#[case::another_name("{}", "a=X", "a:1=A", "1=A", "a:1=A", "keeps its name \"A\": Iterable cannot rename; `recreate: true`")]
#[case::made_again("{recreate: true}", "a=X", "a:1=A", "1=A", "make X again, a=X", "")]
#[case::two_swap("{}", "a=B b=A", "a:1=A b:2=B", "1=A 2=B", "a:1=A, b:2=B", "another segment of this export has the list \"B\"")]
#[case::two_swap_and_would_make(
    "{recreate: true}",
    "a=B b=A",
    "a:1=A b:2=B",
    "1=A 2=B",
    "a:1=A, b:2=B",
    "another segment of this export has the list \"B\""
)]
#[case::a_ring(
    "{}",
    "a=B b=C c=A",
    "a:1=A b:2=B c:3=C",
    "1=A 2=B 3=C",
    "a:1=A, b:2=B, c:3=C",
    "another segment of this export has the list \"C\""
)]
#[case::renamed_there("{}", "a=A", "a:1=A", "1=Z", "a:1=Z", "is called \"Z\" at Iterable now, not \"A\"")]
#[case::somebodys(
    "{recreate: true}",
    "a=X",
    "a:1=A",
    "1=A 9=X",
    "refused: no new list \"X\" can be made in place of \"A\": there is one (9)",
    ""
)]
#[case::dropped_and_given_to_another("{}", "n=D", "d:4=D", "4=D", "n:4=D", "")]
fn where_the_platform_cannot_rename(
    #[case] target: &str,
    #[case] segments: &str,
    #[case] slots: &str,
    #[case] platform: &str,
    #[case] expected: &str,
    #[case] note: &str,
) {
    let world = World::new("iterable", segments, target);
    let settled = world.settle(&recorded(slots, "", &[]), &observed(platform));
    let notes = settled.as_ref().map(|resources| resources.notes.join("\n")).unwrap_or_default();
    assert!(notes.contains(note), "{notes}");
    assert_eq!(told(settled), expected);
}

fn at(minutes: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_327_200, 0).unwrap() + TimeDelta::minutes(minutes)
}

/// E14: what nobody adopted is ours only where our own call made it.
#[rstest]
#[case::no_intent(None, Some(0), None, false)]
#[case::empty_and_made_then(Some("A"), Some(0), Some(0), true)]
#[case::clocks_differ(Some("A"), Some(0), Some(-4), true)]
#[case::made_while_the_call_was_repeated(Some("A"), Some(0), Some(30), true)]
#[case::the_platform_tells_no_time(Some("A"), Some(0), None, true)]
#[case::older(Some("A"), Some(0), Some(-6), false)]
#[case::made_long_after(Some("A"), Some(0), Some(24 * 60 + 1), false)]
#[case::somebody_is_in_it(Some("A"), Some(1), Some(0), false)]
#[case::nobody_knows_whether_somebody_is(Some("A"), None, Some(0), false)]
#[case::an_intent_of_another_name(Some("B"), Some(0), Some(0), false)]
fn a_lost_answer(#[case] begun: Option<&str>, #[case] members: Option<u64>, #[case] made: Option<i64>, #[case] ours: bool) {
    let begun: Vec<_> = begun.map(|name| Begun { name: name.into(), at: at(0) }).into_iter().collect();
    let world = World::new("mailchimp", "a=A", "{audienceId: cdp}");
    let container = RemoteContainer { made: made.map(at), ..RemoteContainer::new("1", "A", members) };
    let found = Observed { containers: vec![container], ..observed("") };
    let expected = if ours { "take 1, a:1=A ours" } else { "refused: there is a tag \"A\" already, and this export did not create it" };
    assert_eq!(told(world.settle(&Recorded { begun: begun.clone(), ..recorded("", "", &[]) }, &found)), expected);

    let create =
        "{company: C, address1: 1, city: P, country: FR, permissionReminder: You., fromName: C, fromEmail: c@d.test, language: en}";
    let world = World::new("mailchimp", "a=A", &format!("{{audience: {{name: A, create: {create}}}}}"));
    let place = RemotePlace { id: PlaceId("x".into()), name: "A".into(), contacts: members, made: made.map(at) };
    let recorded = Recorded { places_begun: begun, ..Recorded::default() };
    let settled = world.settle(&recorded, &Observed { place: Some(place), ..Observed::default() });
    match settled {
        Ok(Resources { place: PlacePlan::Existing { adopted, .. }, .. }) => assert!(ours && !adopted),
        other => assert!(!ours && told(other).starts_with("refused: Mailchimp has an audience named \"A\" already")),
    }
}

/// E4: an audience is known by its id.
#[test]
fn a_renamed_audience_is_reported() {
    let world = World::new("mailchimp", "a=A", "{audience: {name: Customers}}");
    let resources = world.settle(&recorded("a:1=A", "", &[]), &observed("1=A")).unwrap();
    assert_eq!(resources.place.clone(), PlacePlan::Existing { id: "cdp".into(), name: "News".into(), contacts: Some(40), adopted: false });
    assert!(resources.notes[0].contains("the audience \"Customers\" (cdp) is called \"News\" at Mailchimp now"), "{:?}", resources.notes);
    assert!(resources.steps.is_empty());
}
