//! Exports, places, segments, containers.

use super::*;
use crate::destination::ContainerId;

pub(super) fn container(place: PlaceRow, remote: &str, name: &str) -> ContainerRecord {
    ContainerRecord { place, remote: ContainerId(remote.into()), name: name.into(), origin: Origin::Created, found_read: true, made: None }
}

#[test]
fn a_rename_moves_the_state_and_keeps_what_the_new_name_has() {
    let mut f = fixture();
    let (old, _) = prepared(&mut f.store, "old");
    assert_eq!(f.store.ensure_export(&name("new"), Some(&name("old"))).unwrap(), old);
    assert!(f.store.export(&name("old")).unwrap().is_none());
    let fresh = f.store.ensure_export(&name("old"), None).unwrap();
    assert_ne!(fresh, old);
    assert_eq!(f.store.ensure_export(&name("new"), Some(&name("old"))).unwrap(), old, "a state is never overwritten");
    assert_eq!(f.store.exports().unwrap().into_keys().collect::<Vec<_>>(), [name("new"), name("old")]);
}

#[test]
fn exports_share_a_place_and_its_fields_but_not_a_container() {
    let mut f = fixture();
    let (first, place) = prepared(&mut f.store, "first");
    let (second, same) = prepared(&mut f.store, "second");
    assert_eq!(place, same);
    let kind = crate::member::FieldKind::plain(crate::definition::FieldType::Number);
    f.store.record_fields(place, &[("LTV".to_owned(), kind.clone())].into(), &Default::default()).unwrap();
    assert_eq!(f.store.export(&name("second")).unwrap().unwrap().fields["LTV"], kind);

    f.store.ensure_segments(first, &[name("vip"), name("lapsed")]).unwrap();
    f.store.record_container(first, 0, &container(place, "7", "VIP")).unwrap();
    assert_eq!(f.store.claimed_by(place, &ContainerId("7".into())).unwrap(), Some(name("first")));
    let error = f.store.record_container(second, 0, &container(place, "7", "VIP")).unwrap_err();
    assert_eq!(error.kind, StateErrorKind::Claimed);
    assert_eq!(error.message, "\"VIP\" belongs to export first already");
    let error = f.store.record_container(first, 1, &container(place, "7", "VIP")).unwrap_err();
    assert_eq!(error.message, "\"VIP\" belongs to another segment of this export already");
    f.store.record_container(first, 0, &container(place, "7", "Very important")).unwrap();
    assert_eq!(f.store.export(&name("first")).unwrap().unwrap().segments[0].container.as_ref().unwrap().name, "Very important");
}

#[test]
fn a_replaced_container_is_an_orphan_that_another_export_may_claim() {
    let mut f = fixture();
    let (first, place) = prepared(&mut f.store, "first");
    let (second, _) = prepared(&mut f.store, "second");
    f.store.ensure_segments(first, &[name("vip")]).unwrap();
    f.store.record_container(first, 0, &container(place, "7", "VIP")).unwrap();
    f.store.record_container(first, 0, &container(place, "8", "VIP 2")).unwrap();
    assert_eq!(f.store.orphans(first).unwrap(), [container(place, "7", "VIP")]);
    f.store.record_container(second, 0, &container(place, "7", "VIP")).unwrap();
    assert!(f.store.orphans(first).unwrap().is_empty());
}

#[test]
fn bits_are_stable_and_not_reused_while_members_carry_them() {
    let mut f = fixture();
    let (export, place) = prepared(&mut f.store, "news");
    assert_eq!(f.store.ensure_segments(export, &[name("b"), name("a")]).unwrap(), [0, 1]);
    assert_eq!(f.store.ensure_segments(export, &[name("a"), name("c"), name("b")]).unwrap(), [1, 2, 0]);
    f.store.record_container(export, 1, &container(place, "7", "A")).unwrap();
    let member = Applied { found: 0b10, ..applied("a@example.com", 0b10) };
    f.store.write_members(export, [&member]).unwrap();
    assert_eq!(f.store.forget_segment(export, 1).unwrap_err().kind, StateErrorKind::Refused);
    f.store.leave(export, 0b10, [member.key]).unwrap();
    f.store.forget_segment(export, 1).unwrap();
    assert_eq!(f.store.member(export, member.key).unwrap().unwrap().found, 0, "the bit's next owner found nobody");
    assert_eq!(f.store.orphans(export).unwrap().len(), 1);
    assert_eq!(f.store.ensure_segments(export, &[name("d")]).unwrap(), [1]);
}

#[test]
fn the_sixty_fourth_segment_is_refused_kindly() {
    let mut f = fixture();
    let export = f.store.ensure_export(&name("news"), None).unwrap();
    let names: Vec<_> = (0..64).map(|n| name(&format!("s{n}"))).collect();
    f.store.ensure_segments(export, &names[..63]).unwrap();
    let error = f.store.ensure_segments(export, &names).unwrap_err();
    assert!(error.message.contains("segment s63 has no place"), "{error}");
    // The highest bit works in every mask.
    let member = Applied { found: 1 << 62, ..applied("a@example.com", 1 << 62) };
    f.store.write_members(export, [&member]).unwrap();
    f.store.leave(export, 1 << 62, [member.key]).unwrap();
    f.store.forget_segment(export, 62).unwrap();
    assert_eq!(f.store.member(export, member.key).unwrap().unwrap().found, 0);
}

#[test]
fn an_intent_outlives_a_crash_and_ends_with_the_record() {
    let mut f = fixture();
    let (export, place) = prepared(&mut f.store, "news");
    let wanted = Wanted::Container("VIP".into());
    f.store.intend(export, &wanted, at(5)).unwrap();
    drop(f.store);
    let mut store = Store::open(&f.dir, at(9)).unwrap();
    assert_eq!(store.intents(export).unwrap(), [Intent { wanted: wanted.clone(), at: at(5) }]);
    store.record_container(export, 0, &container(place, "7", "VIP")).unwrap();
    assert!(store.intents(export).unwrap().is_empty());
    store.intend(export, &wanted, at(6)).unwrap();
    store.settle(export, &wanted).unwrap();
    assert!(store.intents(export).unwrap().is_empty());
}

#[test]
fn forgetting_an_export_leaves_the_others() {
    let mut f = fixture();
    let (first, place) = prepared(&mut f.store, "first");
    let (second, _) = prepared(&mut f.store, "second");
    for export in [first, second] {
        f.store.ensure_segments(export, &[name("vip")]).unwrap();
        f.store.write_members(export, &[applied("a@example.com", 1)]).unwrap();
    }
    f.store.record_container(first, 0, &container(place, "7", "VIP")).unwrap();
    f.store.forget_export(first).unwrap();
    assert!(f.store.export(&name("first")).unwrap().is_none());
    assert_eq!(f.store.claimed_by(place, &ContainerId("7".into())).unwrap(), None);
    assert_eq!(members::keys(&f.store, first).len(), 0);
    assert_eq!(members::keys(&f.store, second).len(), 1);
}

#[test]
fn what_exports_without_a_definition_keep_is_listed() {
    let mut f = fixture();
    let (gone, place) = prepared(&mut f.store, "gone");
    let (news, _) = prepared(&mut f.store, "news");
    f.store.ensure_export(&name("never-ran"), None).unwrap();
    f.store.ensure_segments(gone, &[name("vip"), name("lapsed")]).unwrap();
    f.store.ensure_segments(news, &[name("vip")]).unwrap();
    for (export, bit, remote, title) in [(gone, 0, "7", "VIP"), (gone, 1, "8", "Old"), (gone, 1, "9", "Lapsed"), (news, 0, "10", "All")] {
        f.store.record_container(export, bit, &container(place, remote, title)).unwrap();
    }
    let found = Applied { found: 2, ..applied("c@example.com", 0) };
    let left = Applied { state: MemberState::Left, address: None, ..applied("d@example.com", 1) };
    f.store.write_members(gone, [&applied("a@example.com", 3), &applied("b@example.com", 1), &found, &left]).unwrap();
    f.store.write_members(news, [&applied("a@example.com", 1)]).unwrap();
    let kept = f.store.kept(&[name("news")].into()).unwrap();
    let container = |title: &str, id: &str, members| KeptContainer { name: title.into(), id: ContainerId(id.into()), members };
    let containers = vec![container("Lapsed", "9", Some(2)), container("Old", "8", None), container("VIP", "7", Some(2))];
    let gone = KeptExport { export: name("gone"), place: Some("News".into()), containers };
    let never_ran = KeptExport { export: name("never-ran"), place: None, containers: Vec::new() };
    assert_eq!(kept, [gone, never_ran]);
}
