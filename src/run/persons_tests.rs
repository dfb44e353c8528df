//! People with several addresses, run by run (E1, G2).

use super::*;
use crate::{
    destination::{Operation, Outcome, Rejection},
    member::Email,
    plan::text,
    run::{
        Decision, Report,
        fake::{Like, World},
    },
    state::{Applied, End, Store},
};
use proptest::prelude::*;
use rstest::rstest;
use std::collections::{BTreeMap, BTreeSet};

const ID: &str = "match: {email: Email, id: Id}";
const PLAIN: &str = "match: {email: Email}";

/// An export that knows people by their id.
async fn world(like: Like, export: &str) -> World {
    let world = World::new(like, export).await;
    world.edit(PLAIN, ID);
    world
}

/// `(id, name)` → an address each; a name may be any.
fn people(world: &World, rows: &[(&str, &str)]) {
    let rows: String = rows.iter().map(|(id, name)| format!("{name}@x.test,{name},{id}\n")).collect();
    world.csv(&format!("Email,First,Id\n{rows}"));
}

fn standing(world: &World, name: &str) -> Option<SubscriptionStatus> {
    world.platform().find(&format!("{name}@x.test")).map(|person| person.standing)
}

fn set(world: &World, name: &str, standing: SubscriptionStatus) {
    world.platform().person(&format!("{name}@x.test"), standing, &["Everyone"]);
}

fn on_list(world: &World) -> Vec<String> {
    world.platform().members("Everyone").iter().map(|email| email.trim_end_matches("@x.test").to_owned()).collect()
}

/// How many rows were rejected because of another address.
fn elsewhere(report: &Report) -> u64 {
    report.plan.as_ref().and_then(|plan| plan.rejected.get(standing::ELSEWHERE)).copied().unwrap_or(0)
}

async fn succeed(world: &World) -> Report {
    let report = world.run().await;
    assert!(matches!(report.end, End::Succeeded { .. } | End::Partial { .. }), "{report:?}");
    report
}

fn key(name: &str) -> Key {
    Key::of(&Email::trusted(&format!("{name}@x.test")))
}

/// `match.id` added later: every row is recorded anew, nothing is sent, and the plan says so.
#[tokio::test(start_paused = true)]
async fn an_id_added_later_is_recorded_without_a_call() {
    for like in Like::ALL {
        let world = World::new(like, "").await;
        people(&world, &[("1", "ana"), ("2", "bo"), ("3", "cy")]);
        succeed(&world).await;
        world.platform().calls();
        world.edit(PLAIN, ID);
        let plan = world.plan().await.unwrap().plan;
        assert!(!plan.is_empty() && plan.members.ids == 3 && plan.cost.calls.is_empty(), "{like:?}: {plan:?}");
        assert!(text(&plan).contains("~ 3 with a new id: recorded here, nothing is sent"), "{}", text(&plan));
        let report = succeed(&world).await;
        assert_eq!((world.platform().calls(), report.counts.unchanged), (vec![], 3), "{like:?}");
        assert!(world.members().iter().all(|member| member.person.is_some()));
        assert!(world.run().await.is_empty(), "{like:?}");
        // Re-keyed customers are the same: their rows say another id from now on.
        people(&world, &[("c-1", "ana"), ("c-2", "bo"), ("3", "cy")]);
        let report = succeed(&world).await;
        assert_eq!((world.platform().calls(), report.plan.unwrap().members.ids), (vec![], 2), "{like:?}");
        assert!(world.run().await.is_empty(), "{like:?}");
    }
}

/// Attributes and ids that change together are told apart: only the attribute is sent, and the id is kept.
#[tokio::test(start_paused = true)]
async fn an_id_and_an_attribute_change_together() {
    let world = world(Like::Mailchimp, "").await;
    world.csv("Email,First,Id\nana@x.test,Ana,1\nbo@x.test,Bo,2\n");
    succeed(&world).await;
    world.csv("Email,First,Id\nana@x.test,Anna,11\nbo@x.test,Bo,2\n");
    let plan = succeed(&world).await.plan.unwrap();
    assert_eq!((plan.members.update, plan.members.ids, plan.members.unchanged), (1, 1, 1));
    assert!(world.run().await.is_empty());
}

/// Who unsubscribed before ids were known is recognised by the first run that knows them, if their row still is there.
#[tokio::test(start_paused = true)]
async fn an_id_protects_from_its_first_run_on() {
    let world = World::new(Like::Mailchimp, "").await;
    people(&world, &[("1", "ana"), ("2", "bo")]);
    succeed(&world).await;
    set(&world, "ana", SubscriptionStatus::Unsubscribed);
    world.edit(PLAIN, ID);
    people(&world, &[("1", "ana"), ("1", "ana-new"), ("2", "bo")]);
    let report = succeed(&world).await;
    assert_eq!((standing(&world, "ana-new"), elsewhere(&report)), (None, 1), "{report:?}");
    // And when the first address is gone from the source, too.
    people(&world, &[("1", "ana-new"), ("2", "bo")]);
    assert_eq!(elsewhere(&succeed(&world).await), 1);
    people(&world, &[("1", "ana-newer"), ("2", "bo")]);
    assert_eq!(elsewhere(&succeed(&world).await), 1);
    assert_eq!(on_list(&world), ["bo"]);
}

/// With the addresses changed in the edit that adds the id, or changes it, nothing tells whose a new address is: a person says.
#[rstest]
#[case::added(Like::Mailchimp, PLAIN)]
#[case::another_column(Like::Mailchimp, "match: {email: Email, id: First}")]
#[case::where_statuses_are_not_read(Like::Iterable, PLAIN)]
#[tokio::test(start_paused = true)]
async fn an_id_that_comes_with_new_addresses_is_held(#[case] like: Like, #[case] before: &str) {
    let world = World::new(like, "").await;
    world.edit(PLAIN, before);
    people(&world, &[("1", "ana"), ("2", "bo"), ("3", "cy"), ("4", "di")]);
    succeed(&world).await;
    set(&world, "ana", SubscriptionStatus::Unsubscribed);
    world.edit(before, ID);
    people(&world, &[("1", "ana-new"), ("2", "bo"), ("3", "cy"), ("4", "di")]);
    let report = world.run().await;
    let End::Held { .. } = report.end else { panic!("{like:?}: {report:?}") };
    assert!(
        text(report.plan.as_ref().unwrap()).contains("1 member left the segments who opted out, or may have; 1 address would be new"),
        "{report:?}"
    );
    assert_eq!(standing(&world, "ana-new"), None);
    // With the address as it was, one run puts the ids on record, and then the person is known.
    people(&world, &[("1", "ana"), ("2", "bo"), ("3", "cy"), ("4", "di")]);
    succeed(&world).await;
    people(&world, &[("1", "ana-new"), ("2", "bo"), ("3", "cy"), ("4", "di")]);
    assert_eq!((elsewhere(&succeed(&world).await), standing(&world, "ana-new")), (1, None), "{like:?}");
}

/// Where statuses are read and nobody who is gone opted out, an id may come with everything else.
#[tokio::test(start_paused = true)]
async fn an_id_that_comes_with_ordinary_changes_is_not_held() {
    let world = World::new(Like::Mailchimp, "").await;
    people(&world, &[("1", "ana"), ("2", "bo"), ("3", "cy"), ("4", "di")]);
    succeed(&world).await;
    world.edit(PLAIN, ID);
    people(&world, &[("1", "ana-new"), ("2", "bo"), ("3", "cy"), ("4", "di")]);
    let report = succeed(&world).await;
    assert_eq!((report.counts.added, report.counts.removed), (1, 1), "{report:?}");
}

/// A plan that nobody carried out has shown who has which address all the same.
#[tokio::test(start_paused = true)]
async fn what_a_declined_plan_showed_of_people_is_known() {
    let world = World::new(Like::Mailchimp, "").await;
    people(&world, &[("1", "ana"), ("2", "bo")]);
    succeed(&world).await;
    world.edit(PLAIN, ID);
    set(&world, "known", SubscriptionStatus::Subscribed);
    people(&world, &[("1", "ana"), ("2", "bo"), ("3", "known")]);
    world.deciding(&|_| Decision::Decline).await;
    set(&world, "ana", SubscriptionStatus::Unsubscribed);
    set(&world, "known", SubscriptionStatus::Cleaned);
    people(&world, &[("1", "ana-new"), ("2", "bo"), ("3", "known-new")]);
    let report = succeed(&world).await;
    assert_eq!((elsewhere(&report), standing(&world, "ana-new"), standing(&world, "known-new")), (2, None, None));
}

/// On the first run the other address is another row of the same reading.
#[rstest]
#[case(SubscriptionStatus::Unsubscribed)]
#[case(SubscriptionStatus::Cleaned)]
#[case(SubscriptionStatus::Archived)]
#[tokio::test(start_paused = true)]
async fn both_addresses_in_the_first_reading(#[case] known: SubscriptionStatus) {
    let world = world(Like::Mailchimp, "").await;
    set(&world, "ana", known);
    people(&world, &[("1", "ana"), ("1", "ana-new"), ("2", "bo")]);
    let report = succeed(&world).await;
    assert_eq!((standing(&world, "ana"), standing(&world, "ana-new"), elsewhere(&report)), (Some(known), None, 1));
    people(&world, &[("1", "ana-newest"), ("2", "bo")]);
    assert_eq!(elsewhere(&succeed(&world).await), 1, "known though it never was a member");
}

/// The same where no reading tells statuses: the other addresses are asked for, in the plan as in the run.
#[rstest]
#[case::iterable(Like::Iterable)]
#[case::omnisend(Like::Omnisend)]
#[case::constant_contact(Like::ConstantContact)]
#[tokio::test(start_paused = true)]
async fn both_addresses_in_the_first_reading_of_a_platform_that_tells_no_statuses(#[case] like: Like) {
    let world = world(like, "").await;
    world.platform().person("ana@x.test", SubscriptionStatus::Unsubscribed, &[]);
    people(&world, &[("1", "ana"), ("1.0", "ana-new"), ("2", "bo")]);
    let planned = world.plan().await.unwrap().plan;
    assert_eq!(planned.rejected.get(standing::ELSEWHERE), Some(&1), "{:?}", planned.rejected);
    let report = succeed(&world).await;
    assert_eq!((elsewhere(&report), standing(&world, "ana-new")), (1, None), "{report:?}");
    assert!(on_list(&world).contains(&"bo".to_owned()));
}

/// A row that is never sent tells of its person as well: suppressed, of a bad value, or merged into another's.
#[tokio::test(start_paused = true)]
async fn rows_that_are_not_sent_tell_of_their_people() {
    let world = world(Like::Mailchimp, "").await;
    for name in ["ana", "bo"] {
        set(&world, name, SubscriptionStatus::Unsubscribed);
    }
    // Two people share ana's address, and one row of it wins.
    people(&world, &[("1", "ana"), ("2", "ana"), ("3", "bo"), ("9", "zoe")]);
    succeed(&world).await;
    people(&world, &[("1", "ana-1"), ("2", "ana-2"), ("3", "bo-3"), ("9", "zoe")]);
    let report = succeed(&world).await;
    assert_eq!((elsewhere(&report), on_list(&world)), (3, vec!["zoe".to_owned()]), "{report:?}");
}

/// New address in, old one out, on every platform, in one run: nothing is known against it.
#[rstest]
#[case("")]
#[case("onLeave: archive\n")]
#[tokio::test(start_paused = true)]
async fn a_changed_address_goes_on(#[case] export: &str) {
    for like in [Like::Mailchimp, Like::Omnisend, Like::ConstantContact, Like::Iterable] {
        if !export.is_empty() && like != Like::Mailchimp {
            continue;
        }
        let world = world(like, export).await;
        people(&world, &[("1", "ana"), ("2", "bo"), ("3", "cy"), ("4", "di")]);
        succeed(&world).await;
        people(&world, &[("1", "ana-new"), ("2", "bo"), ("3", "cy"), ("4", "di")]);
        let report = succeed(&world).await;
        assert_eq!((elsewhere(&report), report.counts.added, report.counts.removed), (0, 1, 1), "{like:?}: {report:?}");
        assert_eq!(on_list(&world).iter().filter(|name| name.starts_with("ana")).collect::<Vec<_>>(), ["ana-new"], "{like:?}");
        assert!(world.run().await.is_empty(), "{like:?}");
        // Later the old one is archived by us, or taken out; the next address goes on as well.
        people(&world, &[("1", "ana-newer"), ("2", "bo"), ("3", "cy"), ("4", "di")]);
        let report = succeed(&world).await;
        assert_eq!((elsewhere(&report), report.counts.added), (0, 1), "{like:?}: {report:?}");
    }
}

/// Where no reading tells statuses, those of a person's other addresses are asked for before a new one is sent.
#[rstest]
#[case::iterable(Like::Iterable)]
#[case::omnisend(Like::Omnisend)]
#[case::constant_contact(Like::ConstantContact)]
#[tokio::test(start_paused = true)]
async fn who_opted_out_is_not_sent_under_another_address(#[case] like: Like) {
    let world = world(like, "").await;
    people(&world, &[("1", "ana"), ("2", "bo"), ("3", "cy"), ("4", "di")]);
    succeed(&world).await;
    set(&world, "ana", SubscriptionStatus::Unsubscribed);
    people(&world, &[("1", "ana-new"), ("2", "bo-new"), ("3", "cy"), ("4", "di")]);
    let report = world.run().await;
    assert_eq!((elsewhere(&report), report.counts.added), (1, 1), "{report:?}");
    assert!(!on_list(&world).contains(&"ana-new".to_owned()) && on_list(&world).contains(&"bo-new".to_owned()), "{:?}", on_list(&world));
}

/// The status that we gave is no obstacle; the new address gets it too, and never a higher one.
#[rstest]
#[case::as_chosen("transactional", "transactional", SubscriptionStatus::NonSubscribed)]
#[case::chosen_higher_later("transactional", "subscribed", SubscriptionStatus::NonSubscribed)]
#[case::unconfirmed("pending", "pending", SubscriptionStatus::Pending)]
#[case::unsubscribed_by_choice("unsubscribed", "unsubscribed", SubscriptionStatus::Unsubscribed)]
#[tokio::test(start_paused = true)]
async fn the_status_we_gave_is_given_again(#[case] first: &str, #[case] later: &str, #[case] expected: SubscriptionStatus) {
    let world = world(Like::Mailchimp, "").await;
    world.edit("status: subscribed", &format!("status: {first}"));
    people(&world, &[("1", "ana"), ("2", "bo")]);
    let report = world.deciding(&|_| Decision::Approve { by: "tests".into() }).await;
    assert!(matches!(report.end, End::Succeeded { .. }), "{report:?}");
    if first != later {
        world.edit(&format!("status: {first}"), &format!("status: {later}"));
    }
    people(&world, &[("1", "ana-new"), ("2", "bo"), ("3", "cy")]);
    let report = world.deciding(&|_| Decision::Approve { by: "tests".into() }).await;
    assert_eq!((standing(&world, "ana-new"), elsewhere(&report)), (Some(expected), 0), "{report:?}");
    let own = if later == "subscribed" { SubscriptionStatus::Subscribed } else { expected };
    assert_eq!(standing(&world, "cy"), Some(own), "another person gets what was chosen");
    let plan = report.plan.unwrap();
    let lower = plan.notes.iter().find(|note| note.contains("created with a lower status: 1 as"));
    assert_eq!(lower.is_some(), own != expected, "{:?}", plan.notes);
    assert_eq!(plan.cost.calls, [(Operation::Create, if own == expected { 1 } else { 2 }), (Operation::Leave, 1)]);
}

/// A corrected address is not held against anybody; what a platform says of a person is.
#[rstest]
#[case("invalid-address", 0)]
#[case("compliance-state", 1)]
#[case("forgotten", 1)]
#[tokio::test(start_paused = true)]
async fn a_refused_address(#[case] code: &'static str, #[case] rejected: u64) {
    let world = world(Like::Mailchimp, "").await;
    let refusal = Rejection { code, detail: "no".into(), field: None };
    world.platform().answer(Operation::Create, "ana@x.test", Outcome::Rejected(refusal));
    people(&world, &[("1", "ana"), ("2", "bo")]);
    succeed(&world).await;
    people(&world, &[("1", "ana-new"), ("2", "bo")]);
    let report = succeed(&world).await;
    assert_eq!((elsewhere(&report), standing(&world, "ana-new").is_some()), (rejected, rejected == 0));
    people(&world, &[("1", "ana-newer"), ("2", "bo")]);
    let report = succeed(&world).await;
    assert_eq!(elsewhere(&report), rejected, "known for good: {report:?}");
    assert!(world.member("ana@x.test").is_none_or(|member| member.address.is_none()), "it left the state, but for hashes");
}

/// Where the platform tells no status, a member whom others removed is one.
#[tokio::test(start_paused = true)]
async fn removed_externally_is_known_against_the_next_address() {
    let world = world(Like::Iterable, "").await;
    people(&world, &[("1", "ana"), ("2", "bo")]);
    succeed(&world).await;
    let (mut store, export) =
        (Store::open(&world.state(), world.now).unwrap(), world.view().export(&world.export().name).unwrap().unwrap());
    store.mark_left(export.id, [key("ana")]).unwrap();
    drop(store);
    world.platform().person("ana@x.test", SubscriptionStatus::Subscribed, &[]);
    people(&world, &[("1", "ana-new"), ("2", "bo")]);
    assert_eq!(elsewhere(&succeed(&world).await), 1);
}

/// States of before know hashes of ids that do not say whose they are: they are recognised, then recorded anew, without a call.
#[tokio::test(start_paused = true)]
async fn ids_of_before_are_recognised() {
    let world = World::new(Like::Mailchimp, "").await;
    people(&world, &[("1", "ana"), ("2", "bo")]);
    succeed(&world).await;
    let view = world.view();
    let state = view.export(&world.export().name).unwrap().unwrap();
    let old: Vec<Applied> = world.members().into_iter().map(|m| Applied { person: Some(before(&m)), ..m }).collect();
    let mut store = Store::open(&world.state(), world.now).unwrap();
    store.write_members(state.id, &old).unwrap();
    drop(store);
    world.edit(PLAIN, ID);
    set(&world, "ana", SubscriptionStatus::Unsubscribed);
    world.platform().calls();
    people(&world, &[("1", "ana-new"), ("2", "bo")]);
    let report = succeed(&world).await;
    assert_eq!((elsewhere(&report), report.plan.unwrap().members.ids), (1, 1));
    let place = state.place.unwrap().row;
    let plain = |id: &str| Person::of(id, 0).unwrap().plain;
    assert!(world.view().is_known_as(place, plain("1"), key("ana")).unwrap(), "whose it was stays a doubt");
    assert!(!world.view().is_known_as(place, plain("2"), key("bo")).unwrap(), "whose it is is known now");
}

fn before(member: &Applied) -> u64 {
    let id = if member.key == key("ana") { "1" } else { "2" };
    Person::of(id, 0).unwrap().plain
}

/// A source that was renamed, ids that are joined later: former people are recognised by the first run.
#[rstest]
#[case::renamed(&[("name: crm", "name: customers"), ("source: crm", "source: customers")])]
#[case::joined(&[(ID, "match: {email: Email, id: Id, idSpace: customers}")])]
#[tokio::test(start_paused = true)]
async fn ids_of_another_name_are_the_same_peoples(#[case] edits: &[(&str, &str)]) {
    let world = world(Like::Mailchimp, "").await;
    people(&world, &[("1", "ana"), ("2", "bo")]);
    succeed(&world).await;
    set(&world, "ana", SubscriptionStatus::Unsubscribed);
    people(&world, &[("2", "bo")]);
    succeed(&world).await;
    edits.iter().for_each(|(from, to)| world.edit(from, to));
    people(&world, &[("1", "ana-new"), ("2", "bo")]);
    assert_eq!(elsewhere(&succeed(&world).await), 1);
}

/// Whom the platform knows under another status is not called new, gets no marketing mail and is not counted as added.
#[tokio::test(start_paused = true)]
async fn a_plan_tells_those_apart_who_keep_their_status() {
    let world = world(Like::Mailchimp, "").await;
    people(&world, &[("1", "ana")]);
    succeed(&world).await;
    for (name, standing) in [("bo", SubscriptionStatus::Unsubscribed), ("cy", SubscriptionStatus::Cleaned)] {
        set(&world, name, standing);
    }
    people(&world, &[("1", "ana"), ("2", "bo"), ("3", "cy")]);
    let report = succeed(&world).await;
    let plan = report.plan.unwrap();
    assert!(text(&plan).contains("+ 2 new: known already, keeping their status (1 cleaned, 1 unsubscribed)"), "{}", text(&plan));
    assert!(!plan.notes.iter().any(|note| note.starts_with("each new contact")), "{:?}", plan.notes);
    assert_eq!((plan.counts.added, plan.counts.kept_status), (0, 2));
    assert_eq!((report.counts.added, report.counts.kept_status, report.counts.synced), (0, 2, 2));
    let json: serde_json::Value = serde_json::from_str(&crate::plan::json(&plan, false).unwrap()).unwrap();
    assert_eq!(json["members"]["knownAs"], serde_json::json!({"cleaned": 1, "unsubscribed": 1}));
    assert!(crate::plan::markdown(&plan).contains("**2** known already, keeping a status other than subscribed"));
}

#[tokio::test(start_paused = true)]
async fn odd_ids_are_warned_of() {
    let world = world(Like::Mailchimp, "").await;
    people(&world, &[("4.5E+11", "ana"), ("4.5E+11", "bo"), ("3", "cy")]);
    let plan = world.plan().await.unwrap().plan;
    let text = text(&plan);
    assert!(text.contains("! 1 id (match.id) is shared by 2 addresses (e.g. "), "{text}");
    assert!(text.contains("! 2 rows have an id in scientific notation (e.g. 4.5E+11)"), "{text}");
    let json = crate::plan::json(&plan, false).unwrap();
    assert!(json.contains("\"sharedAddresses\": 2") && !json.contains("@"), "{json}");
}

/// What happens between runs.
#[derive(Clone, Debug)]
enum Step {
    /// Who has a row: a bit for each address of each person.
    Read(u16),
    /// Somebody's status changes at the platform, if it knows the address.
    Status(usize, SubscriptionStatus),
    SwitchOnIds,
    SwitchOnIdSpace,
    Archive(bool),
    RenameSource,
}

const PEOPLE: usize = 4;
const ADDRESSES: usize = 3;

fn name(at: usize) -> String {
    format!("p{}-{}", at / ADDRESSES, at % ADDRESSES)
}

fn any_step() -> impl Strategy<Value = (Step, bool)> {
    let no = prop_oneof![
        Just(SubscriptionStatus::Unsubscribed),
        Just(SubscriptionStatus::Cleaned),
        Just(SubscriptionStatus::Archived),
        Just(SubscriptionStatus::Subscribed)
    ];
    let step = prop_oneof![
        6 => (0..1_u16 << (PEOPLE * ADDRESSES)).prop_map(Step::Read),
        4 => (0..PEOPLE * ADDRESSES, no).prop_map(|(who, status)| Step::Status(who, status)),
        2 => Just(Step::SwitchOnIds),
        1 => Just(Step::SwitchOnIdSpace),
        1 => any::<bool>().prop_map(Step::Archive),
        1 => Just(Step::RenameSource),
    ];
    (step, proptest::bool::weighted(0.85))
}

/// What a person who watches both sides knows.
#[derive(Default)]
struct Model {
    ids: bool,
    space: bool,
    archives: bool,
    names: u32,
    rows: u16,
    /// Addresses that a run read with their ids.
    seen: BTreeSet<usize>,
    /// Said no, or were archived by somebody else.
    no: BTreeSet<usize>,
}

impl Model {
    fn take(&mut self, world: &World, step: Step) {
        match step {
            Step::Read(rows) => self.rows = rows,
            // Who is archived already cannot be told from who is archived again.
            Step::Status(who, status) if standing(world, &name(who)).is_some_and(|had| had != status) => {
                set(world, &name(who), status);
                if status == SubscriptionStatus::Subscribed {
                    self.no.remove(&who)
                } else {
                    self.no.insert(who)
                };
            }
            Step::SwitchOnIds if !self.ids => {
                self.ids = true;
                world.edit(PLAIN, ID);
            }
            Step::SwitchOnIdSpace if self.ids && !self.space => {
                self.space = true;
                world.edit("id: Id}", "id: Id, idSpace: ours}");
            }
            Step::Archive(on) if on != self.archives => {
                self.archives = on;
                let (from, to) = if on { ("\nguard:", "\nonLeave: archive\nguard:") } else { ("\nonLeave: archive\nguard:", "\nguard:") };
                world.edit(from, to);
            }
            Step::RenameSource => {
                let (from, to) = (format!("crm{}", "x".repeat(self.names as usize)), format!("crm{}", "x".repeat(self.names as usize + 1)));
                self.names += 1;
                world.edit(&format!(": {from}\n"), &format!(": {to}\n"));
            }
            _ => {}
        }
        let mut rows: Vec<(String, String)> =
            (0..PEOPLE * ADDRESSES).filter(|at| self.rows & (1 << at) != 0).map(|at| (format!("{}", at / ADDRESSES), name(at))).collect();
        rows.extend((0..3).map(|n| (format!("crowd-{n}"), format!("crowd-{n}"))));
        people(world, &rows.iter().map(|(id, name)| (id.as_str(), name.as_str())).collect::<Vec<_>>());
        if self.ids {
            self.seen.extend((0..PEOPLE * ADDRESSES).filter(|at| self.rows & (1 << at) != 0));
        }
    }

    /// Nobody gets mail under one address who said no under another that was ever read with their id.
    fn check(&self, before: &BTreeMap<usize, SubscriptionStatus>, world: &World) {
        for at in (0..PEOPLE * ADDRESSES).filter(|_| self.ids) {
            let mails = |standing: Option<SubscriptionStatus>| {
                matches!(standing, Some(SubscriptionStatus::Subscribed | SubscriptionStatus::Pending))
            };
            let (had, has) = (before.get(&at).copied(), standing(world, &name(at)));
            if !mails(has) || mails(had) {
                continue;
            }
            let others = self.seen.iter().filter(|other| **other / ADDRESSES == at / ADDRESSES && **other != at);
            let no: Vec<_> = others.filter(|other| self.no.contains(other)).collect();
            assert!(no.is_empty(), "{} became {has:?} though {no:?} said no", name(at));
            assert!(!self.no.contains(&at), "{} became {has:?} though they said no", name(at));
        }
    }
}

fn statuses(world: &World) -> BTreeMap<usize, SubscriptionStatus> {
    (0..PEOPLE * ADDRESSES).filter_map(|at| Some((at, standing(world, &name(at))?))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    /// No sequence of readings, opt-outs and options switched on subscribes an address of someone who is known to have said no.
    #[test]
    fn who_said_no_is_never_subscribed_again(steps in proptest::collection::vec(any_step(), 1..12)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let world = World::new(Like::Mailchimp, "guard: {maxRemovals: 100%}\n").await;
            let mut model = Model::default();
            for (step, go) in steps {
                model.take(&world, step);
                let before = statuses(&world);
                world.deciding(&|_| if go { Decision::Go } else { Decision::Decline }).await;
                model.check(&before, &world);
            }
        });
    }
}
