//! Members and contacts.

use super::*;
use crate::platform::SubscriptionStatus;
use proptest::prelude::*;
use std::{
    collections::{BTreeMap, BTreeSet},
    ops::ControlFlow,
};

pub(super) fn all(view: &View, export: ExportId) -> Vec<Applied> {
    let mut rows = Vec::new();
    view.members(export, |row| {
        rows.push(row.to_applied());
        Ok::<_, StateError>(ControlFlow::Continue(()))
    })
    .unwrap();
    rows
}

pub(super) fn keys(view: &View, export: ExportId) -> Vec<Key> {
    all(view, export).into_iter().map(|member| member.key).collect()
}

fn contacts(view: &View, place: PlaceRow) -> Vec<Contact> {
    let mut reading = view.read_contacts(place).unwrap();
    let mut rows = reading.rows().unwrap();
    std::iter::from_fn(|| rows.next().unwrap()).collect()
}

#[test]
fn a_member_comes_back_as_it_was_written() {
    let mut f = fixture();
    let (export, place) = prepared(&mut f.store, "news");
    let refusal = Refusal { code: "merge-field".into(), detail: "too long".into(), field: Some("LTV".into()), fingerprint: Fingerprint(9) };
    let rejected = Applied {
        state: MemberState::Rejected(refusal),
        person: Some(u64::MAX),
        fingerprint: Some(Fingerprint(u64::MAX)),
        ..applied("a@example.com", 1)
    };
    f.store.write_members(export, [&rejected]).unwrap();
    assert_eq!(f.store.member(export, rejected.key).unwrap().unwrap(), rejected);
    assert_eq!(f.store.people(place, &[u64::MAX, 5]).unwrap(), [rejected.key]);
    assert!(f.store.people(place, &[5]).unwrap().is_empty());
    assert!(f.store.member(export, Key(1)).unwrap().is_none());
}

#[test]
fn joining_and_leaving_touch_one_bit_of_those_who_are_known() {
    let mut f = fixture();
    let (export, _) = prepared(&mut f.store, "news");
    let (a, b) = (applied("a@example.com", 0b001), applied("b@example.com", 0b110));
    f.store.write_members(export, [&a]).unwrap();
    f.store.join(export, 2, [a.key, b.key]).unwrap();
    assert_eq!(all(&f.store, export), [Applied { segments: 0b101, ..a.clone() }]);
    f.store.leave(export, 0b011, [a.key]).unwrap();
    assert_eq!(f.store.member(export, a.key).unwrap().unwrap().segments, 0b100);
    f.store.leave(export, 0b100, [a.key]).unwrap();
    assert!(f.store.member(export, a.key).unwrap().unwrap().address.is_some(), "archiving still needs it");
    f.store.delete_members(export, [a.key]).unwrap();
    assert!(keys(&f.store, export).is_empty());
}

/// What stays of a member with a `match.id` who was taken out.
fn former(key: Key, person: Option<u64>) -> Applied {
    Applied { key, address: None, fingerprint: None, segments: 0, found: 0, state: MemberState::Former, person }
}

#[test]
fn a_former_member_is_known_by_the_person_only_and_can_come_back() {
    let mut f = fixture();
    let (export, place) = prepared(&mut f.store, "news");
    let member = Applied { person: Some(3), ..applied("a@example.com", 1) };
    f.store.write_members(export, [&member]).unwrap();
    f.store.delete_members(export, [member.key]).unwrap();
    assert_eq!(all(&f.store, export), [former(member.key, Some(3))]);
    assert_eq!(f.store.people(place, &[3]).unwrap(), [member.key]);
    f.store.record_found(export, 0, [(member.key, member.address.as_ref().unwrap())]).unwrap();
    let found = f.store.member(export, member.key).unwrap().unwrap();
    assert_eq!((found.state, found.address, found.found), (MemberState::Applied, member.address, 1));
}

/// Whatever writes a member's id, the audience knows the person by it, for good and for every export.
#[test]
fn people_are_known_to_the_audience() {
    let mut f = fixture();
    let (export, place) = prepared(&mut f.store, "news");
    let member = applied("a@example.com", 1);
    let told =
        |person| Told { key: member.key, address: member.address.clone().unwrap(), fingerprint: Fingerprint(1), person: Some(person) };
    f.store.record_people(place, [(3, member.key)]).unwrap();
    f.store.write_members(export, [&member]).unwrap();
    for person in [3, 4, 3] {
        f.store.record_told(export, [&told(person)]).unwrap();
    }
    let new = crate::member::Person { plain: 6, source: 1 };
    f.store.record_ids(export, [NewId { key: member.key, person: Some(new) }]).unwrap();
    assert_eq!(f.store.member(export, member.key).unwrap().unwrap().person, Some(new.id()));
    f.store.forget_export(export).unwrap();
    for person in [3, 4, new.id()] {
        assert_eq!(f.store.people(place, &[person]).unwrap(), [member.key], "{person}");
    }
    assert!(f.store.on_record(place, member.key).unwrap().is_empty());
}

/// An id of before gives way to the one that says whose it is, once no export has it as it was.
#[test]
fn an_id_without_its_source_gives_way() {
    let mut f = fixture();
    let (news, place) = prepared(&mut f.store, "news");
    let (other, _) = prepared(&mut f.store, "other");
    let id = crate::member::Person { plain: 6, source: 1 };
    let member = Applied { person: Some(id.plain), ..applied("a@example.com", 1) };
    for export in [news, other] {
        f.store.write_members(export, [&member]).unwrap();
    }
    let new = || [NewId { key: member.key, person: Some(id) }];
    f.store.record_ids(news, new()).unwrap();
    assert!(f.store.is_known_as(place, id.plain, member.key).unwrap(), "the other's may be another person's");
    f.store.record_ids(other, new()).unwrap();
    assert!(!f.store.is_known_as(place, id.plain, member.key).unwrap());
    assert!(f.store.is_known_as(place, id.id(), member.key).unwrap());
}

#[test]
fn those_who_left_or_are_former_keep_no_address() {
    let mut f = fixture();
    let (export, _) = prepared(&mut f.store, "news");
    let person = |address| Applied { person: Some(3), ..applied(address, 1) };
    f.store.write_members(export, [&person("left@example.com"), &person("asked@example.com")]).unwrap();
    drop(f.store);
    f.store = Store::open(&f.dir, at(1)).unwrap();
    let left = Key::of(&email("left@example.com"));
    f.store.mark_left(export, [left]).unwrap();
    let former = Applied { state: MemberState::Former, ..person("asked@example.com") };
    f.store.write_members(export, [&former]).unwrap();
    for row in all(&f.store, export) {
        assert_eq!(row.address, None);
        assert_eq!(row.person, Some(3), "an address that changed is still recognised");
    }
    assert_eq!(f.store.member(export, left).unwrap().unwrap().state, MemberState::Left);
    drop(f.store); // and with it the log
    let bytes = std::fs::read(f.dir.database()).unwrap();
    for trace in ["left@example.com", "asked@example.com"] {
        assert!(!bytes.windows(trace.len()).any(|w| w == trace.as_bytes()), "{trace} is still in the file");
    }
}

#[test]
fn found_people_are_recorded_beside_what_is_known_of_them() {
    let mut f = fixture();
    let (export, _) = prepared(&mut f.store, "news");
    let ours = applied("ours@example.com", 0b01);
    f.store.write_members(export, [&ours]).unwrap();
    let theirs = email("theirs@example.com");
    let people = [(ours.key, ours.address.as_ref().unwrap()), (Key::of(&theirs), &theirs)];
    f.store.record_found(export, 1, people).unwrap();
    f.store.record_found(export, 3, [people[1]]).unwrap();
    assert_eq!(f.store.member(export, ours.key).unwrap().unwrap(), Applied { found: 0b10, ..ours });
    let found = f.store.member(export, Key::of(&theirs)).unwrap().unwrap();
    assert_eq!((found.segments, found.found, found.fingerprint, found.address), (0, 0b1010, None, Some(theirs)));
}

#[test]
fn held_elsewhere_means_in_a_container_of_another_export_of_the_place() {
    let mut f = fixture();
    let (first, place) = prepared(&mut f.store, "first");
    let (second, _) = prepared(&mut f.store, "second");
    let member = applied("a@example.com", 1);
    f.store.write_members(first, [&member]).unwrap();
    assert!(!f.store.held_elsewhere(place, member.key, first).unwrap());
    f.store.write_members(second, [&member]).unwrap();
    assert!(f.store.held_elsewhere(place, member.key, first).unwrap());
    f.store.leave(second, 1, [member.key]).unwrap();
    assert!(!f.store.held_elsewhere(place, member.key, first).unwrap());
    f.store.join(second, 0, [member.key]).unwrap();
    f.store.record_place(second, "account", &PlaceId("list-2".into()), "Other", Origin::Named).unwrap();
    assert!(!f.store.held_elsewhere(place, member.key, first).unwrap(), "another place is another contact");
}

#[test]
fn reading_a_contact_again_changes_its_standing_only() {
    let mut f = fixture();
    let (_, place) = prepared(&mut f.store, "news");
    let read = |seconds| ContactsRead { watermarks: Watermarks::all(at(seconds)), at: at(seconds), count: 2 };
    let ours = Contact {
        key: Key(2),
        standing: SubscriptionStatus::Archived,
        origin: ContactOrigin::Added,
        archived_from: Some(SubscriptionStatus::Unsubscribed),
    };
    f.store.write_contacts(place, [&ours]).unwrap();
    f.store.begin_contacts_read(place).unwrap();
    f.store.spool_contacts(place, [(Key(2), SubscriptionStatus::Archived), (Key(1), SubscriptionStatus::Subscribed)]).unwrap();
    f.store.spool_contacts(place, [(Key(1), SubscriptionStatus::Cleaned)]).unwrap();
    assert_eq!((contacts(&f.store, place), f.store.contacts_read(place).unwrap()), (vec![ours], None), "half a reading is none");
    f.store.set_contacts_read(place, &read(1)).unwrap();
    let found = Contact { key: Key(1), standing: SubscriptionStatus::Cleaned, origin: ContactOrigin::Found, archived_from: None };
    assert_eq!(contacts(&f.store, place), [found, ours], "the later page counts; what we archived is still ours to restore");

    f.store.spool_contacts(place, [(Key(9), SubscriptionStatus::Subscribed)]).unwrap();
    f.store.begin_contacts_read(place).unwrap();
    f.store.spool_contacts(place, [(Key(2), SubscriptionStatus::Subscribed)]).unwrap();
    f.store.set_contacts_read(place, &read(2)).unwrap();
    let back = Contact { standing: SubscriptionStatus::Subscribed, archived_from: None, ..ours };
    assert_eq!(contacts(&f.store, place), [found, back], "a reading that was given up leaves nothing");
    f.store.forget_contacts(place, [Key(1), Key(2)]).unwrap();
    assert_eq!(contacts(&f.store, place), [found], "who had opted out or bounced stays known (G2)");
    assert_eq!(f.store.contacts_read(place).unwrap(), Some(read(2)));
}

/// Who was about to be archived and turns out to be so was archived by us; anybody else was not.
#[test]
fn those_who_were_about_to_be_archived_are_ours_to_restore_and_may_come_back_before() {
    let mut f = fixture();
    let (export, place) = prepared(&mut f.store, "news");
    let people = ["a@example.com", "b@example.com", "c@example.com", "d@example.com"].map(|address| applied(address, 1));
    f.store.write_members(export, &people).unwrap();
    let known = |key| Contact { key, standing: SubscriptionStatus::Unsubscribed, origin: ContactOrigin::Added, archived_from: None };
    let [leaving, back, stays, only_left] = people.each_ref().map(|member| known(member.key));
    f.store.write_contacts(place, &[leaving, back, stays, only_left]).unwrap();
    f.store.leave(export, 1, [leaving.key, back.key, only_left.key]).unwrap();
    f.store.mark_leaving(export, [leaving.key, back.key, only_left.key]).unwrap();
    f.store.intend_archive(place, [leaving.key, back.key]).unwrap();
    f.store.join(export, 0, [back.key]).unwrap();
    let state = |key| f.store.member(export, key).unwrap().map(|member| (member.state, member.segments, member.address.is_some()));
    assert_eq!(state(leaving.key), Some((MemberState::Leaving, 0, true)));
    assert_eq!(state(back.key), Some((MemberState::Applied, 1, true)));
    f.store.spool_contacts(place, [leaving, back, stays, only_left].map(|contact| (contact.key, SubscriptionStatus::Archived))).unwrap();
    f.store.set_contacts_read(place, &ContactsRead { watermarks: Watermarks::all(at(1)), at: at(1), count: 4 }).unwrap();
    let gone = |contact: Contact| Contact { standing: SubscriptionStatus::Archived, ..contact };
    let contact = |of: Contact| f.store.contact(place, of.key).unwrap().unwrap();
    assert_eq!(contact(leaving), leaving.archived());
    assert_eq!(contact(leaving).archived(), leaving.archived(), "told a second time");
    assert_eq!((contact(back), contact(stays)), (gone(back), gone(stays)));
    assert_eq!(contact(only_left), gone(only_left), "nobody had asked for it yet: somebody else did");
}

#[test]
fn who_opts_out_after_the_intent_goes_back_opted_out() {
    let mut f = fixture();
    let (export, place) = prepared(&mut f.store, "news");
    let member = applied("a@example.com", 1);
    f.store.write_members(export, [&member]).unwrap();
    f.store.leave(export, 1, [member.key]).unwrap();
    f.store.mark_leaving(export, [member.key]).unwrap();
    let known = Contact { key: member.key, standing: SubscriptionStatus::Subscribed, origin: ContactOrigin::Added, archived_from: None };
    f.store.write_contacts(place, [&known]).unwrap();
    f.store.intend_archive(place, [member.key]).unwrap();
    f.store.learn_standings(place, [(member.key, SubscriptionStatus::Unsubscribed)]).unwrap();
    f.store.intend_archive(place, [member.key]).unwrap();
    f.store.learn_standings(place, [(member.key, SubscriptionStatus::Archived)]).unwrap();
    let archived = Contact { standing: SubscriptionStatus::Archived, archived_from: Some(SubscriptionStatus::Unsubscribed), ..known };
    assert_eq!(f.store.contact(place, member.key).unwrap(), Some(archived));
}

#[test]
fn a_stream_stops_when_asked_and_gives_errors_back() {
    let mut f = fixture();
    let (export, _) = prepared(&mut f.store, "news");
    f.store.write_members(export, &[applied("a@example.com", 1), applied("b@example.com", 1)]).unwrap();
    let mut seen = 0;
    let each = |_: AppliedHead| {
        seen += 1;
        Ok::<_, StateError>(ControlFlow::Break(()))
    };
    f.store.member_heads(export, each).unwrap();
    assert_eq!(seen, 1);
    let error = f.store.members(export, |_| Err::<ControlFlow<()>, _>(StateError::refused("enough"))).unwrap_err();
    assert_eq!(error.message, "enough");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Whatever is written, in whatever order and grouping, a stream gives the sorted map of it.
    #[test]
    fn a_stream_is_the_sorted_map_of_what_was_written(writes in prop::collection::vec(
        (0u8..40, any::<u8>(), prop::option::of(any::<u64>()), prop::option::of(0u64..3), any::<bool>()), 0..120)) {
        let mut f = fixture();
        let (export, place) = prepared(&mut f.store, "news");
        let (other, _) = prepared(&mut f.store, "other");
        let (mut model, mut seen) = (BTreeMap::new(), BTreeSet::new());
        for chunk in writes.chunks(17) {
            f.store.begin().unwrap();
            for (who, bits, fingerprint, person, gone) in chunk {
                let member = Applied {
                    fingerprint: fingerprint.map(Fingerprint), person: *person,
                    ..applied(&format!("p{who}@example.com"), u64::from(*bits))
                };
                if *gone {
                    f.store.delete_members(export, [member.key]).unwrap();
                    if let Some(Applied { person: person @ Some(_), .. }) = model.remove(&member.key) {
                        model.insert(member.key, former(member.key, person));
                    }
                } else {
                    f.store.write_members(export, [&member]).unwrap();
                    f.store.write_members(other, [&applied("else@example.com", 1)]).unwrap();
                    seen.extend(member.person.map(|person| (person, member.key)));
                    model.insert(member.key, member);
                }
            }
            f.store.commit().unwrap();
        }
        prop_assert_eq!(all(&f.store, export), model.values().cloned().collect::<Vec<_>>());
        let mut reading = f.store.read_members(export).unwrap();
        let mut rows = reading.rows().unwrap();
        for member in model.values() {
            let head = rows.next().unwrap().unwrap();
            prop_assert_eq!((head.key, head.segments, head.fingerprint, head.person), (member.key, member.segments, member.fingerprint, member.person));
        }
        for person in 0..3 {
            let known = seen.iter().filter(|(id, _)| *id == person).map(|(_, key)| *key).collect::<Vec<_>>();
            prop_assert_eq!(f.store.people(place, &[person]).unwrap(), known, "whoever was once seen is known for good");
        }
    }
}

/// Whom others took off a list was not lost by us: the guard measures against what is left (G1).
#[test]
fn sizes_go_down_with_those_who_are_removed_externally() {
    let mut f = fixture();
    let (export, place) = prepared(&mut f.store, "news");
    let (list, day) = (crate::destination::ContainerId("7".into()), at(0).date_naive());
    f.store.ensure_segments(export, &[name("vip")]).unwrap();
    f.store.record_container(export, 0, &exports::container(place, "7", "VIP")).unwrap();
    f.store.record_size(place, &list, day, 20).unwrap();
    let members = ["a@example.com", "b@example.com", "c@example.com"].map(|address| applied(address, 1));
    f.store.write_members(export, &members).unwrap();
    f.store.mark_left(export, [members[0].key]).unwrap();
    f.store.take_off(export, 1, &[members[1].key, Key(9)]).unwrap();
    assert_eq!(f.store.largest_size(place, &list, day).unwrap(), Some(18));
}
