use super::*;
use crate::member::{ConsentNotes, IdNotes, Rejects, SegmentSets, SetId, Shared, SpoolWriter, Tally};
use proptest::prelude::*;
use rstest::rstest;
use std::sync::Arc;

const SLOTS: u8 = 4;

/// One address of the reading: which segments, what would be told, whether its row was refused.
#[derive(Clone, Copy, Debug)]
struct Wish {
    segments: SegmentMask,
    fingerprint: u64,
    refused: bool,
    no_consent: bool,
    person: Option<u64>,
}

/// Both sides of a diff, by key.
#[derive(Clone, Debug, Default)]
struct World {
    wishes: BTreeMap<u128, Wish>,
    suppressed: Vec<Key>,
    protected: Vec<Key>,
    applied: BTreeMap<u128, AppliedRow>,
    rules: DiffRules,
}

/// What is to be done with one person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Todo {
    joins: SegmentMask,
    leaves: SegmentMask,
    new: bool,
    update: bool,
    whole: bool,
    suppressed: bool,
}

fn mask(bits: u64) -> SegmentMask {
    SegmentMask(bits)
}

impl World {
    /// `backwards` numbers the sets of segments in another order, as another order of rows would.
    fn desired(&self, backwards: bool) -> Desired<ChangeFlags> {
        let dir = tempfile::tempdir().unwrap();
        let mut sets = SegmentSets::default();
        let masks: Vec<SegmentMask> = self.wishes.values().map(|w| w.segments).collect();
        let mut register = |mask: &SegmentMask| assert!(sets.id(*mask).is_some());
        if backwards {
            masks.iter().rev().for_each(&mut register)
        } else {
            masks.iter().for_each(&mut register)
        }
        let entry = |(key, wish): (&u128, &Wish)| {
            let flags = if wish.refused { ChangeFlags::REJECTED } else { ChangeFlags::default() };
            let flags = if wish.no_consent { flags.with(ChangeFlags::NO_CONSENT) } else { flags };
            let set = sets.id(wish.segments).unwrap_or(SetId(0));
            ChangeEntry::new(Key(*key), Fingerprint(wish.fingerprint).with(wish.person), *key as u64, set, flags)
        };
        Desired {
            entries: self.wishes.iter().map(entry).collect(),
            spool: Arc::new(SpoolWriter::create(dir.path()).unwrap().finish().unwrap()),
            rejects: Rejects::create(dir.path()).unwrap(),
            tally: Tally::default(),
            suppressed: self.suppressed.clone(),
            protected: Vec::new(),
            shared: Shared::default(),
            id_notes: IdNotes::default(),
            value_notes: Vec::new(),
            aside: Vec::new(),
            consent: ConsentNotes::default(),
            said_no: Vec::new(),
            sets,
        }
    }

    fn diff(&self, backwards: bool) -> (BTreeMap<u128, Todo>, DiffTally) {
        let (todos, diffed) = self.whole(backwards);
        (todos, diffed.tally)
    }

    fn whole(&self, backwards: bool) -> (BTreeMap<u128, Todo>, Diffed) {
        let mut desired = self.desired(backwards);
        let of = |entry: &ChangeEntry| Ok(self.wishes[&entry.key().0].person);
        let mut differ = Differ::new(&mut desired, self.rules, People { of: &of, protected: &self.protected });
        self.applied.values().for_each(|row| differ.applied(row).unwrap());
        let mut diffed = differ.finish().unwrap();
        self.resolve(&mut desired, &mut diffed.tally);
        let leavers = diffed.leavers.clone();
        let mut todos = BTreeMap::<u128, Todo>::new();
        for entry in &desired.entries {
            let todo = todos.entry(entry.key().0).or_default();
            todo.joins = desired.sets.mask(entry.set());
            todo.new = entry.flags().has(ChangeFlags::NEW);
            todo.update = entry.flags().has(ChangeFlags::UPDATE);
        }
        for leaver in leavers {
            let todo = todos.entry(leaver.key.0).or_default();
            assert!(todo.leaves.is_empty(), "one leaver a person");
            (todo.leaves, todo.whole, todo.suppressed) = (leaver.segments, leaver.whole, leaver.suppressed);
        }
        (todos, diffed)
    }

    /// A person who is new and without consent is not added: what `super::standing` says of them.
    fn resolve(&self, desired: &mut Desired<ChangeFlags>, tally: &mut DiffTally) {
        let (mut entries, sets) = (std::mem::take(&mut desired.entries), &desired.sets);
        entries.retain(|entry| {
            let not_added = entry.flags().has(ChangeFlags::NEW) && self.wishes[&entry.key().0].no_consent;
            if not_added {
                tally.new -= 1;
                tally.withdrawn += 1;
                sets.mask(entry.set()).bits().for_each(|bit| *tally.joins.entry(bit).or_default() -= 1);
            }
            !not_added
        });
        tally.joins.retain(|_, joins| *joins > 0);
        desired.entries = entries;
    }

    /// The world after everything was carried out and acknowledged.
    fn carried_out(&self) -> Self {
        let (todos, diffed) = self.whole(false);
        let mut after = self.clone();
        for key in diffed.ids.rows.iter().map(|place| u128::from(*place)) {
            if let Some(row) = after.applied.get_mut(&key) {
                row.person = self.wishes[&key].person;
            }
        }
        after.applied.retain(|key, _| !diffed.gone.contains(&Key(*key)));
        after.rules.emptied = SegmentMask::NONE;
        for row in after.applied.values_mut() {
            row.segments = row.segments.minus(self.rules.emptied);
            row.found = row.found.minus(self.rules.emptied);
        }
        for (key, todo) in todos {
            if todo.whole && todo.leaves.is_empty() {
                after.applied.remove(&key);
                continue;
            }
            let row = after.applied.entry(key).or_insert(row(mask(0), mask(0), 0));
            row.key = Key(key);
            row.segments = row.segments.minus(todo.leaves).union(todo.joins);
            row.found = row.found.minus(todo.leaves);
            if todo.new || todo.update {
                row.fingerprint = Fingerprint(self.wishes[&key].fingerprint);
                row.person = self.wishes[&key].person;
                row.state = AppliedState::Applied;
            }
        }
        after
    }
}

fn row(segments: SegmentMask, found: SegmentMask, fingerprint: u64) -> AppliedRow {
    AppliedRow {
        refused_from: NONE,
        key: Key(1),
        fingerprint: Fingerprint(fingerprint),
        segments,
        found,
        left_from: NONE,
        state: AppliedState::Applied,
        person: Some(7),
    }
}

const A: SegmentMask = SegmentMask(1);
const B: SegmentMask = SegmentMask(2);
const AB: SegmentMask = SegmentMask(3);
const NONE: SegmentMask = SegmentMask::NONE;

fn wish(segments: SegmentMask) -> Option<Wish> {
    Some(Wish { segments, fingerprint: 5, refused: false, no_consent: false, person: Some(7) })
}

fn refused(segments: SegmentMask) -> Option<Wish> {
    Some(Wish { segments, fingerprint: 5, refused: true, no_consent: false, person: Some(7) })
}

fn no_consent(segments: SegmentMask) -> Option<Wish> {
    wish(segments).map(|w| Wish { no_consent: true, ..w })
}

fn told(segments: SegmentMask) -> Option<AppliedRow> {
    Some(row(segments, NONE, 5))
}

fn as_state(row: Option<AppliedRow>, state: AppliedState) -> Option<AppliedRow> {
    row.map(|r| AppliedRow { state, ..r })
}

/// Rejected for these lists, and not to be asked again.
fn kept_off(row: AppliedRow, lists: SegmentMask) -> Option<AppliedRow> {
    Some(AppliedRow { refused_from: lists, state: AppliedState::Rejected, ..row })
}

fn todo(joins: SegmentMask, leaves: SegmentMask) -> Todo {
    Todo { joins, leaves, ..Todo::default() }
}

#[rstest]
#[case::new(wish(A), None, Todo { new: true, ..todo(A, NONE) }, "new")]
#[case::unchanged(wish(A), told(A), todo(NONE, NONE), "unchanged")]
#[case::other_attributes(wish(A), Some(row(A, NONE, 4)), Todo { update: true, ..todo(NONE, NONE) }, "updated")]
#[case::other_segments(wish(B), told(A), todo(B, A), "moved")]
#[case::other_both(wish(AB), Some(row(A, NONE, 4)), Todo { update: true, ..todo(B, NONE) }, "updated")]
#[case::came_back(wish(A), told(NONE), todo(A, NONE), "moved")]
#[case::row_refused(refused(B), told(AB), todo(NONE, A), "")]
#[case::row_refused_and_unknown(refused(A), None, todo(NONE, NONE), "")]
#[case::kept_off(wish(AB), kept_off(row(A, NONE, 5), B), todo(NONE, NONE), "rejected before")]
#[case::kept_off_every_list(wish(A), kept_off(row(NONE, NONE, 5), A), todo(NONE, NONE), "rejected before")]
#[case::kept_off_other_attributes(wish(A), kept_off(row(NONE, NONE, 4), A), Todo { update: true, ..todo(NONE, NONE) }, "updated")]
#[case::kept_off_another_list(wish(AB), kept_off(row(NONE, NONE, 5), A), todo(B, NONE), "moved")]
#[case::kept_off_and_leaves(wish(B), kept_off(row(A, NONE, 5), B), todo(NONE, A), "moved")]
#[case::refused_before(wish(A), as_state(told(NONE), AppliedState::Rejected), todo(NONE, NONE), "rejected before")]
#[case::refused_before_other_data(wish(A), as_state(Some(row(NONE, NONE, 4)), AppliedState::Rejected), Todo { new: true, ..todo(A, NONE) }, "new")]
#[case::change_refused(wish(A), as_state(told(A), AppliedState::Rejected), todo(NONE, NONE), "rejected before")]
#[case::change_refused_still_moves(wish(AB), as_state(told(A), AppliedState::Rejected), todo(B, NONE), "moved")]
#[case::change_refused_other_data(wish(A), as_state(Some(row(A, NONE, 4)), AppliedState::Rejected), Todo { update: true, ..todo(NONE, NONE) }, "updated")]
#[case::left(wish(AB), as_state(told(A), AppliedState::Left), todo(NONE, NONE), "left")]
#[case::left_and_row_refused(refused(A), as_state(told(A), AppliedState::Left), todo(NONE, NONE), "")]
#[case::left_and_gone(None, as_state(told(A), AppliedState::Left), todo(NONE, NONE), "")]
#[case::leaves(None, told(AB), Todo { whole: true, ..todo(NONE, AB) }, "")]
#[case::leaving(None, as_state(told(NONE), AppliedState::Leaving), Todo { whole: true, ..todo(NONE, NONE) }, "")]
#[case::leaving_came_back(wish(A), as_state(told(NONE), AppliedState::Leaving), todo(A, NONE), "moved")]
#[case::leaving_and_row_refused(refused(A), as_state(told(NONE), AppliedState::Leaving), todo(NONE, NONE), "")]
#[case::found_stays(None, Some(row(A, B, 5)), todo(NONE, A), "")]
#[case::found_only(None, Some(row(NONE, A, 0)), todo(NONE, NONE), "")]
#[case::found_is_told(wish(A), Some(row(NONE, A, 0)), Todo { new: true, ..todo(NONE, NONE) }, "new")]
#[case::withdrawn(no_consent(AB), told(AB), Todo { whole: true, ..todo(NONE, AB) }, "withdrawn")]
#[case::withdrawn_with_other_attributes(no_consent(A), Some(row(A, NONE, 4)), Todo { whole: true, ..todo(NONE, A) }, "withdrawn")]
#[case::withdrawn_and_row_refused(refused(A).map(|w| Wish { no_consent: true, ..w }), told(A), Todo { whole: true, ..todo(NONE, A) }, "")]
#[case::withdrawn_and_in_no_list(no_consent(A), told(NONE), todo(NONE, NONE), "withdrawn")]
#[case::withdrawn_and_refused_before(no_consent(A), as_state(told(NONE), AppliedState::Rejected), todo(NONE, NONE), "withdrawn")]
#[case::withdrawn_while_leaving(no_consent(A), as_state(told(NONE), AppliedState::Leaving), Todo { whole: true, ..todo(NONE, NONE) }, "withdrawn")]
#[case::withdrawn_and_left(no_consent(A), as_state(told(A), AppliedState::Left), todo(NONE, NONE), "left")]
#[case::withdrawn_where_found_before(no_consent(AB), Some(row(A, B, 5)), todo(NONE, A), "moved")]
#[case::found_elsewhere_joins(wish(A), Some(row(NONE, B, 0)), Todo { new: true, ..todo(A, NONE) }, "new")]
fn every_row_of_the_table(#[case] wish: Option<Wish>, #[case] applied: Option<AppliedRow>, #[case] expected: Todo, #[case] counted: &str) {
    let rules = DiffRules { live: AB, removable: AB, withdrawn: AB, ..DiffRules::default() };
    let world = World { rules, ..World::of(wish, applied) };
    let (todos, tally) = world.diff(false);
    assert_eq!(todos.get(&1).copied().unwrap_or_default(), expected);
    assert_eq!(counted_as(&tally), if counted.is_empty() { vec![] } else { vec![counted] });
}

impl World {
    fn of(wish: Option<Wish>, applied: Option<AppliedRow>) -> Self {
        let wishes = wish.map(|w| (1, w)).into_iter().collect();
        let applied = applied.map(|r| (1, r)).into_iter().collect();
        Self { wishes, applied, rules: DiffRules { live: AB, removable: AB, ..DiffRules::default() }, ..Self::default() }
    }

    fn only(&self) -> Todo {
        self.diff(false).0.get(&1).copied().unwrap_or_default()
    }
}

/// With `withdrawn: keep` nobody goes, and nobody is added to anything else.
#[rstest]
#[case::stays(no_consent(AB), told(A), todo(NONE, NONE), "unchanged")]
#[case::is_told(no_consent(A), Some(row(A, NONE, 4)), Todo { update: true, ..todo(NONE, NONE) }, "updated")]
#[case::leaves_what_they_are_not_in(no_consent(B), told(AB), todo(NONE, A), "moved")]
fn whose_withdrawn_consent_is_kept(
    #[case] wish: Option<Wish>,
    #[case] applied: Option<AppliedRow>,
    #[case] expected: Todo,
    #[case] counted: &str,
) {
    let world = World::of(wish, applied);
    let (todos, tally) = world.diff(false);
    assert_eq!(todos.get(&1).copied().unwrap_or_default(), expected);
    assert_eq!((counted_as(&tally), tally.withdrawn_kept), (vec![counted], 1));
}

/// A row of the same person with a bad address is no doubt about what this row says.
#[test]
fn a_withdrawn_consent_is_no_doubt() {
    let mut world = World::of(no_consent(A), told(A));
    world.rules.withdrawn = AB;
    world.protected = vec![Key(1)];
    assert_eq!(world.only(), Todo { whole: true, ..todo(NONE, A) });
    assert_eq!(world.diff(false).1.withdrawn_leaves, BTreeMap::from([(0, 1)]));
}

/// An id is compared like an attribute, whatever else the row is; nothing is sent because of it.
#[rstest]
#[case::switched_on(Some(7), None, told(A), "unchanged")]
#[case::another(Some(8), Some(7), told(A), "unchanged")]
#[case::gone(None, Some(7), told(A), "unchanged")]
#[case::left(Some(8), None, as_state(told(A), AppliedState::Left), "left")]
#[case::refused_before(Some(8), Some(7), as_state(told(NONE), AppliedState::Rejected), "rejected before")]
#[case::moved(Some(8), Some(7), told(B), "moved")]
#[case::updated(Some(8), Some(7), Some(row(A, NONE, 4)), "updated")]
fn another_id_is_recorded(
    #[case] now: Option<u64>,
    #[case] before: Option<u64>,
    #[case] applied: Option<AppliedRow>,
    #[case] counted: &str,
) {
    let with = |person| wish(A).map(|w| Wish { person, ..w });
    let world = World::of(with(now), applied.map(|r| AppliedRow { person: before, ..r }));
    let same = World { wishes: with(before).map(|w| (1, w)).into_iter().collect(), ..world.clone() };
    let ((todos, diffed), (plain, unchanged)) = (world.whole(false), same.whole(false));
    assert_eq!((diffed.ids.rows.as_slice(), diffed.tally.ids), (&[1][..], 1));
    assert_eq!(unchanged.ids, IdChanges::default());
    assert_eq!((todos, counted_as(&diffed.tally)), (plain, vec![counted]));
}

#[rstest]
#[case::refused_and_gone(as_state(told(NONE), AppliedState::Rejected), true)]
#[case::in_no_list(told(NONE), true)]
#[case::in_one(told(A), false)]
#[case::found_in_one(Some(row(NONE, A, 0)), false)]
#[case::removed_externally(as_state(told(NONE), AppliedState::Left), false)]
#[case::to_be_archived(as_state(told(NONE), AppliedState::Leaving), false)]
fn whom_no_list_holds_leaves_the_state(#[case] applied: Option<AppliedRow>, #[case] gone: bool) {
    let mut world = World::of(None, applied);
    assert_eq!(world.whole(false).1.gone, if gone { vec![Key(1)] } else { vec![] });
    world.protected = vec![Key(1)];
    assert!(world.whole(false).1.gone.is_empty(), "a row of theirs may be the one with the bad address");
}

/// The names of the counts that a single person raised.
fn counted_as(tally: &DiffTally) -> Vec<&'static str> {
    let counts = [
        ("new", tally.new),
        ("updated", tally.updated),
        ("moved", tally.moved),
        ("unchanged", tally.unchanged),
        ("rejected before", tally.rejected_before),
        ("left", tally.left),
        ("withdrawn", tally.withdrawn),
    ];
    counts.into_iter().filter(|(_, n)| *n > 0).map(|(name, _)| name).collect()
}

#[test]
fn the_suppressed_leave_everything_that_is_ours_also_where_nobody_else_is_taken_out() {
    let mut world = World::of(None, Some(row(AB, B, 5)));
    world.suppressed = vec![Key(1)];
    world.protected = vec![Key(1)];
    world.rules.removable = NONE;
    assert_eq!(world.only(), Todo { suppressed: true, ..todo(NONE, A) });
    assert_eq!(world.diff(false).1.suppressed_leaves, BTreeMap::from([(0, 1)]));
    world.rules.adopt_members = true;
    assert_eq!(world.only(), Todo { suppressed: true, whole: true, ..todo(NONE, AB) });
}

#[rstest]
#[case::gone(None)]
#[case::still_in_one(wish(A))]
fn nobody_is_taken_out_when_a_row_of_the_same_person_has_a_bad_address(#[case] wish: Option<Wish>) {
    let mut world = World::of(wish, told(AB));
    world.protected = vec![Key(0), Key(1)];
    assert_eq!(world.only(), Todo::default());
    assert_eq!(world.diff(false).1.protected, 1);
    world.protected = vec![Key(0)];
    assert!(!world.only().leaves.is_empty());
}

#[test]
fn upsert_containers_keep_their_leavers() {
    let mut world = World::of(None, told(AB));
    world.rules.removable = A;
    assert_eq!(world.only(), todo(NONE, A), "and someone who stays in one is not archived");
}

#[test]
fn a_dropped_segment_is_emptied_of_those_we_put_there() {
    let mut world = World::of(wish(AB), Some(row(AB, NONE, 5)));
    world.rules.live = A;
    assert_eq!(world.only(), todo(NONE, B));
}

#[test]
fn a_container_made_anew_is_filled_again_with_found_and_refused_members_too() {
    let mut world = World::of(wish(AB), Some(row(A, B, 5)));
    world.rules.emptied = AB;
    assert_eq!(world.only(), todo(AB, NONE));
    assert!(world.diff(false).1.before.is_empty());
    world.applied = BTreeMap::from([(1, AppliedRow { state: AppliedState::Rejected, ..row(AB, NONE, 5) })]);
    assert_eq!(world.only(), todo(AB, NONE));
}

#[test]
fn a_found_member_is_not_archived_when_leaving_the_rest() {
    assert!(!World::of(None, Some(row(A, B, 5))).only().whole);
}

#[test]
fn who_left_the_platform_is_not_counted_as_being_in_a_container() {
    let world = World::of(None, as_state(told(A), AppliedState::Left));
    assert!(world.diff(false).1.before.is_empty());
}

/// The rules said once more, person by person and slot by slot, without merging anything.
fn expected(world: &World, key: u128) -> Todo {
    let wish = world.wishes.get(&key);
    let applied = world.applied.get(&key);
    if applied.is_some_and(|r| r.state == AppliedState::Left) {
        return Todo::default();
    }
    let suppressed = world.suppressed.contains(&Key(key));
    let doubtful = world.protected.contains(&Key(key));
    if applied.is_some_and(|r| r.state == AppliedState::Leaving) && wish.is_none() {
        let goes = suppressed || !(doubtful || world.rules.removable.is_empty());
        return Todo { whole: goes, suppressed: goes && suppressed, ..Todo::default() };
    }
    let no_consent = wish.is_some_and(|w| w.no_consent) && applied.is_some();
    let here = |slot: u8| applied.is_some_and(|r| r.segments.union(r.found).has(slot)) && !world.rules.emptied.has(slot);
    let withdrawn = |slot: u8| {
        let found = applied.is_some_and(|r| r.found.has(slot));
        no_consent && here(slot) && world.rules.withdrawn.has(slot) && (!found || world.rules.adopt_members)
    };
    if no_consent && (0..SLOTS).all(|slot| !here(slot) || withdrawn(slot)) {
        let leaving = applied.is_some_and(|r| r.state == AppliedState::Leaving);
        let leaves = (0..SLOTS).filter(|slot| withdrawn(*slot)).fold(NONE, |all, slot| all.union(SegmentMask::of(slot)));
        let whole = if leaving { !(doubtful || world.rules.removable.is_empty()) } else { !leaves.is_empty() };
        return Todo { whole, leaves, ..Todo::default() };
    }
    let good = wish.filter(|w| !w.refused);
    let never_told = applied.is_none_or(|r| r.state == AppliedState::Applied && r.fingerprint.0 == 0 && r.segments.is_empty());
    let out_since_refused = applied.is_some_and(|r| r.state == AppliedState::Rejected && r.segments.is_empty());
    let differs = good.zip(applied).is_some_and(|(w, r)| w.fingerprint != r.fingerprint.0);
    let asked = good.is_some() && (never_told || !out_since_refused || differs);
    let new = asked && (never_told || out_since_refused);
    let mut todo = Todo { new, update: asked && !new && differs, ..Todo::default() };
    let mut stays_somewhere = false;
    for slot in 0..SLOTS {
        let there = !world.rules.emptied.has(slot);
        let found = there && applied.is_some_and(|r| r.found.has(slot));
        let present = found || (there && applied.is_some_and(|r| r.segments.has(slot)));
        let wanted =
            world.rules.live.has(slot) && wish.is_some_and(|w| w.segments.has(slot)) && (!no_consent || (present && !withdrawn(slot)));
        let may_go = present && (!found || world.rules.adopt_members);
        let goes = may_go && (suppressed || withdrawn(slot) || (!wanted && !doubtful && world.rules.removable.has(slot)));
        stays_somewhere |= present && !goes;
        todo.leaves = if goes { todo.leaves.union(SegmentMask::of(slot)) } else { todo.leaves };
        todo.joins = if asked && wanted && !present { todo.joins.union(SegmentMask::of(slot)) } else { todo.joins };
    }
    if todo.new && wish.is_some_and(|w| w.no_consent) {
        todo = Todo { new: false, joins: NONE, ..todo };
    }
    let gone = wish.is_none() && !todo.leaves.is_empty();
    Todo { whole: gone && !stays_somewhere, suppressed: gone && suppressed, ..todo }
}

fn any_mask() -> impl Strategy<Value = SegmentMask> {
    (0..1_u64 << SLOTS).prop_map(SegmentMask)
}

fn any_row() -> impl Strategy<Value = AppliedRow> {
    use AppliedState::{Applied, Leaving, Left, Rejected};
    let state = prop_oneof![4 => Just(Applied), 1 => Just(Rejected), 1 => Just(Left), 1 => Just(Leaving)];
    (any_mask(), any_mask(), 0..3_u64, state, proptest::option::of(0..4_u64)).prop_map(|(segments, found, fingerprint, state, person)| {
        let row = if state == Leaving { row(NONE, NONE, fingerprint) } else { row(segments, found, fingerprint) };
        AppliedRow { state, person, ..row }
    })
}

prop_compose! {
    fn any_rules()(live in 1..1_u64 << SLOTS, removable in any_mask(), withdrawn in any_mask(), emptied in any_mask(), few in any_mask(), adopt_members: bool) -> DiffRules {
        DiffRules { live: mask(live), removable, emptied: emptied.and(few), adopt_members, withdrawn }
    }
}

prop_compose! {
    fn any_world()(
        rules in any_rules(),
        wishes in proptest::collection::btree_map(0..24_u128, (any_mask(), 1..3_u64, proptest::bool::weighted(0.2), proptest::bool::weighted(0.2), proptest::option::of(0..4_u64)), 0..16),
        applied in proptest::collection::btree_map(0..24_u128, any_row(), 0..16),
        suppressed in proptest::collection::btree_set(0..24_u128, 0..6),
        protected in proptest::collection::btree_set(0..24_u128, 0..6),
    ) -> World {
        let wish = |(segments, fingerprint, refused, no_consent, person): (SegmentMask, u64, bool, bool, Option<u64>)| {
            // A reading has people of live segments only.
            let segments = if segments.and(rules.live).is_empty() { rules.live } else { segments.and(rules.live) };
            Wish { segments, fingerprint, refused, no_consent, person }
        };
        World {
            wishes: wishes.into_iter().filter(|(k, _)| !suppressed.contains(k)).map(|(k, w)| (k, wish(w))).collect(),
            applied: applied.into_iter().map(|(k, row)| (k, AppliedRow { key: Key(k), ..row })).collect(),
            suppressed: suppressed.into_iter().map(Key).collect(),
            protected: protected.into_iter().map(Key).collect(),
            rules,
        }
    }
}

fn per_slot(todos: &BTreeMap<u128, Todo>, pick: impl Fn(&Todo) -> SegmentMask) -> BTreeMap<u8, u64> {
    let mut counts = BTreeMap::new();
    todos.values().flat_map(|t| pick(t).bits().collect::<Vec<_>>()).for_each(|bit| *counts.entry(bit).or_default() += 1);
    counts
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn the_merge_does_what_the_rules_say(world in any_world()) {
        let expected: BTreeMap<u128, Todo> =
            (0..24).map(|key| (key, expected(&world, key))).filter(|(_, todo)| *todo != Todo::default()).collect();
        let (todos, tally) = world.diff(false);
        prop_assert_eq!(&todos, &expected);
        prop_assert_eq!(&tally.joins, &per_slot(&todos, |t| t.joins));
        prop_assert_eq!(&tally.leaves, &per_slot(&todos, |t| t.leaves));
        prop_assert_eq!(&tally.suppressed_leaves, &per_slot(&todos, |t| if t.suppressed { t.leaves } else { NONE }));
        prop_assert_eq!(tally.leavers, todos.values().filter(|t| t.whole || !t.leaves.is_empty()).count() as u64);
        prop_assert_eq!(tally.leaving, todos.values().filter(|t| t.whole && t.leaves.is_empty()).count() as u64);
        prop_assert_eq!(tally.new, todos.values().filter(|t| t.new).count() as u64);
        prop_assert_eq!(tally.updated, todos.values().filter(|t| t.update).count() as u64);
        let rows = world.wishes.values().filter(|w| !w.refused).count() as u64;
        let sum = tally.new + tally.updated + tally.moved + tally.unchanged + tally.rejected_before + tally.left + tally.withdrawn;
        prop_assert_eq!(sum, rows, "every readable row is counted once");
    }

    #[test]
    fn found_members_stay_and_the_suppressed_go(world in any_world()) {
        for (key, todo) in world.diff(false).0 {
            let Some(row) = world.applied.get(&key) else { continue };
            prop_assert!(world.rules.adopt_members || todo.leaves.and(row.found).is_empty());
            prop_assert!(todo.leaves.minus(row.segments.union(row.found)).is_empty(), "only where they are");
            prop_assert!(todo.joins.and(todo.leaves).is_empty());
        }
        let after = world.carried_out();
        for key in &world.suppressed {
            let Some(row) = after.applied.get(&key.0).filter(|r| r.state != AppliedState::Left) else { continue };
            prop_assert!(row.segments.minus(row.found).is_empty());
        }
    }

    /// G3.
    #[test]
    fn once_carried_out_nothing_is_left_to_do(world in any_world()) {
        let (_, first) = world.diff(false);
        let (todos, tally) = world.carried_out().diff(false);
        prop_assert_eq!(todos, BTreeMap::new());
        prop_assert_eq!((tally.new, tally.updated, tally.moved, tally.ids), (0, 0, 0, 0));
        let at = |counts: &BTreeMap<u8, u64>, slot| counts.get(&slot).copied().unwrap_or(0);
        for slot in 0..SLOTS {
            prop_assert_eq!(at(&tally.before, slot) + at(&first.leaves, slot), at(&first.before, slot) + at(&first.joins, slot));
        }
    }

    /// G6: sets of segments are numbered in the order of rows; nothing may depend on it.
    #[test]
    fn the_numbering_of_sets_changes_nothing(world in any_world()) {
        prop_assert_eq!(world.diff(false), world.diff(true));
        let ids = |backwards| world.whole(backwards).1.ids;
        prop_assert_eq!(ids(false), ids(true));
    }
}
