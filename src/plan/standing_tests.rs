use super::*;
use SubscriptionStatus::{Archived, Cleaned, NonSubscribed, Pending, Subscribed, Unsubscribed};
use proptest::prelude::*;
use rstest::rstest;

const ALL: [SubscriptionStatus; 6] = [Subscribed, Unsubscribed, Pending, NonSubscribed, Cleaned, Archived];
const MAILCHIMP: NewStatus<'_> = NewStatus { chosen: Some(Subscribed), possible: &[Subscribed, Unsubscribed, Pending, NonSubscribed] };
const ITERABLE: NewStatus<'_> = NewStatus { chosen: None, possible: &[] };
const NO_CONSENT: ChangeFlags = ChangeFlags::NO_CONSENT;
const AGREED: ChangeFlags = ChangeFlags::NEW;

fn known(standing: SubscriptionStatus) -> Option<KnownContact> {
    Some(KnownContact { standing, archived_from: None, ours: false })
}

fn ours(standing: SubscriptionStatus) -> Option<KnownContact> {
    Some(KnownContact { standing, archived_from: None, ours: true })
}

fn archived(had: SubscriptionStatus) -> Option<KnownContact> {
    Some(KnownContact { standing: Archived, archived_from: Some(had), ours: true })
}

fn at(contact: Option<KnownContact>) -> Other {
    Other { contact, ..Other::default() }
}

#[rstest]
#[case::removed(Other { removed: true, ..at(known(Subscribed)) }, Elsewhere::Against)]
#[case::refused(Other { refused: true, ..at(None) }, Elsewhere::Against)]
#[case::unsubscribed(at(known(Unsubscribed)), Elsewhere::Against)]
#[case::unsubscribed_ours(at(ours(Unsubscribed)), Elsewhere::Against)]
#[case::bounced(at(ours(Cleaned)), Elsewhere::Against)]
#[case::archived_by_others(at(ours(Archived)), Elsewhere::Against)]
#[case::archived_by_us(at(archived(Subscribed)), Elsewhere::Fine)]
#[case::archived_by_us_unsubscribed(at(archived(Unsubscribed)), Elsewhere::Against)]
#[case::archived_by_us_transactional(at(archived(NonSubscribed)), Elsewhere::AtMost(NonSubscribed))]
#[case::pending(at(ours(Pending)), Elsewhere::AtMost(Pending))]
#[case::never_subscribed(at(known(NonSubscribed)), Elsewhere::AtMost(NonSubscribed))]
#[case::subscribed(at(known(Subscribed)), Elsewhere::Fine)]
#[case::unknown(at(None), Elsewhere::Fine)]
fn every_row_of_the_first_table(#[case] other: Other, #[case] expected: Elsewhere) {
    assert_eq!(elsewhere(other, Some(Subscribed)), expected);
}

/// The status that we gave is no obstacle; one that somebody else gave is.
#[rstest]
#[case(ours(Unsubscribed), Elsewhere::AtMost(Unsubscribed))]
#[case(archived(Unsubscribed), Elsewhere::AtMost(Unsubscribed))]
#[case(known(Unsubscribed), Elsewhere::Against)]
fn created_as_unsubscribed(#[case] contact: Option<KnownContact>, #[case] expected: Elsewhere) {
    assert_eq!(elsewhere(at(contact), Some(Unsubscribed)), expected);
}

#[rstest]
#[case::against(AGREED, None, Elsewhere::Against, Arrival::Refuse(ELSEWHERE))]
#[case::against_without_consent(NO_CONSENT, None, Elsewhere::Against, Arrival::Refuse(ELSEWHERE))]
#[case::no_consent(NO_CONSENT, None, Elsewhere::Fine, Arrival::NoConsent)]
#[case::no_consent_low(NO_CONSENT, None, Elsewhere::AtMost(Pending), Arrival::NoConsent)]
#[case::new(AGREED, None, Elsewhere::Fine, Arrival::Create(None))]
#[case::new_low(AGREED, None, Elsewhere::AtMost(NonSubscribed), Arrival::Create(Some(NonSubscribed)))]
#[case::new_pending(AGREED, None, Elsewhere::AtMost(Pending), Arrival::Create(Some(Pending)))]
#[case::known_unsubscribed(AGREED, known(Unsubscribed), Elsewhere::Against, Arrival::Tell)]
#[case::known_bounced(AGREED, known(Cleaned), Elsewhere::Fine, Arrival::Tell)]
#[case::known_without_consent(NO_CONSENT, known(Subscribed), Elsewhere::Fine, Arrival::NoConsent)]
#[case::back_unsubscribed(AGREED, archived(Unsubscribed), Elsewhere::Against, Arrival::Restore(Unsubscribed))]
#[case::back_unsubscribed_without_consent(NO_CONSENT, archived(Unsubscribed), Elsewhere::Against, Arrival::NoConsent)]
#[case::back_bounced(AGREED, archived(Cleaned), Elsewhere::Fine, Arrival::Restore(Cleaned))]
#[case::back_against(AGREED, archived(Subscribed), Elsewhere::Against, Arrival::Refuse(ELSEWHERE))]
#[case::back_against_low(AGREED, archived(NonSubscribed), Elsewhere::Against, Arrival::Refuse(ELSEWHERE))]
#[case::back_without_consent(NO_CONSENT, archived(Subscribed), Elsewhere::Fine, Arrival::NoConsent)]
#[case::back_never_subscribed(AGREED, archived(NonSubscribed), Elsewhere::Fine, Arrival::Restore(NonSubscribed))]
#[case::back(AGREED, archived(Subscribed), Elsewhere::Fine, Arrival::Restore(Subscribed))]
#[case::back_low(AGREED, archived(Subscribed), Elsewhere::AtMost(NonSubscribed), Arrival::Restore(NonSubscribed))]
#[case::back_low_already(AGREED, archived(NonSubscribed), Elsewhere::AtMost(Pending), Arrival::Restore(NonSubscribed))]
#[case::archived_otherwise(AGREED, known(Archived), Elsewhere::Fine, Arrival::Refuse("archived"))]
fn every_row_of_the_second_table(
    #[case] flags: ChangeFlags,
    #[case] contact: Option<KnownContact>,
    #[case] elsewhere: Elsewhere,
    #[case] expected: Arrival,
) {
    assert_eq!(arrival(flags, contact, elsewhere, MAILCHIMP), expected);
}

/// Where the caller cannot give a status, or none as low, nobody is created with a higher one.
#[rstest]
#[case(ITERABLE, Elsewhere::Fine, Arrival::Create(None))]
#[case(ITERABLE, Elsewhere::AtMost(NonSubscribed), Arrival::Refuse(ELSEWHERE))]
#[case(NewStatus { chosen: Some(Subscribed), possible: &[Subscribed, NonSubscribed, Unsubscribed] }, Elsewhere::AtMost(Pending), Arrival::Create(Some(NonSubscribed)))]
#[case(NewStatus { chosen: Some(NonSubscribed), possible: &[Subscribed, NonSubscribed] }, Elsewhere::AtMost(NonSubscribed), Arrival::Create(None))]
#[case(NewStatus { chosen: Some(Subscribed), possible: &[Subscribed, Pending] }, Elsewhere::AtMost(NonSubscribed), Arrival::Refuse(ELSEWHERE))]
fn no_higher_status_than_the_other_address_has(#[case] new: NewStatus<'_>, #[case] elsewhere: Elsewhere, #[case] expected: Arrival) {
    assert_eq!(arrival(AGREED, None, elsewhere, new), expected);
}

#[test]
fn only_refusals_of_a_row_are_harmless() {
    assert!(speaks_against("compliance-state") && speaks_against("forgotten") && speaks_against("archived"));
    assert!(speaks_against("a code of tomorrow") && speaks_against("vendor-error"));
    assert!(!speaks_against("invalid-address") && !speaks_against("merge-field"));
}

fn any_standing() -> impl Strategy<Value = SubscriptionStatus> {
    proptest::sample::select(ALL.to_vec())
}

fn any_other() -> impl Strategy<Value = Other> {
    let contact = (any_standing(), any::<Option<u8>>(), any::<bool>()).prop_map(|(standing, from, ours)| {
        let archived_from = from.filter(|_| standing == Archived).map(|n| ALL[usize::from(n % 5)]);
        KnownContact { standing, archived_from, ours }
    });
    (proptest::option::of(contact), any::<bool>(), any::<bool>()).prop_map(|(contact, removed, refused)| Other {
        contact,
        removed,
        refused,
    })
}

proptest! {
    /// Whoever any other address speaks against gets no mail under this one because of us, and in whatever order they are asked.
    #[test]
    fn one_no_is_enough(others in proptest::collection::vec(any_other(), 0..5), contact in proptest::option::of(any_other()), consent in any::<bool>()) {
        let flags = if consent { AGREED } else { NO_CONSENT };
        let all = others.iter().fold(Elsewhere::Fine, |all, other| all.and(elsewhere(*other, MAILCHIMP.chosen)));
        let turned = others.iter().rev().fold(Elsewhere::Fine, |all, other| elsewhere(*other, MAILCHIMP.chosen).and(all));
        prop_assert_eq!(all, turned);
        let contact = contact.and_then(|other| other.contact);
        let given = match arrival(flags, contact, all, MAILCHIMP) {
            Arrival::Create(status) => status.or(MAILCHIMP.chosen),
            Arrival::Restore(status) => Some(status),
            Arrival::Tell | Arrival::NoConsent | Arrival::Refuse(_) => None,
        };
        let Some(given) = given else { return Ok(()) };
        for other in others {
            let said_no = |c: KnownContact| matches!(c.archived_from.unwrap_or(c.standing), Unsubscribed | Cleaned | Archived);
            let against = other.removed || other.refused || other.contact.is_some_and(said_no);
            prop_assert!(!against || rank(given) <= rank(Unsubscribed), "{other:?}: {given:?}");
            let had = other.contact.map_or(Subscribed, |c| c.archived_from.unwrap_or(c.standing));
            prop_assert!(against || rank(given) <= rank(had), "{other:?}: {given:?}");
        }
    }
}
