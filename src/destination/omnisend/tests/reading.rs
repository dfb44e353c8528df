use super::*;
use crate::{
    destination::{ContactPage, ContactRecord, ContainerId, Cursor, Error, Observed, PageRequest, Sought},
    member::Email,
    platform::SubscriptionStatus,
};
use rstest::rstest;
use serde_json::json;

/// Four contacts: who they are, since when.
async fn brand() -> World {
    let world = World::new().await;
    for (email, is, tag) in [
        ("Sub@Example.com", "subscribed", TAG),
        ("plus+tag@example.com", "unsubscribed", TAG),
        ("non@example.com", "non-subscribed", "theirs"),
        ("other@example.com", "subscribed", TAG),
    ] {
        world.person(json!({"email": email, "is": is, "tags": [tag]}));
    }
    world
}

async fn all<F: Future<Output = Result<ContactPage, Error>>>(
    mut request: PageRequest,
    read: impl Fn(PageRequest) -> F,
) -> Vec<ContactRecord> {
    let mut all = Vec::new();
    loop {
        let page = read(request.clone()).await.unwrap();
        all.extend(page.contacts);
        let Some(next) = page.next else { return all };
        request.cursor = Some(next);
    }
}

fn told(records: &[ContactRecord]) -> Vec<String> {
    records.iter().map(|record| format!("{} {:?}", record.email.as_str(), record.standing)).collect()
}

const EVERYONE: [&str; 4] =
    ["sub@example.com Subscribed", "plus+tag@example.com Unsubscribed", "non@example.com NonSubscribed", "other@example.com Subscribed"];

#[rstest]
#[case(None, None, &EVERYONE)]
#[case(Some("2020-01-01T00:00:00+00:00"), None, &EVERYONE)]
#[case(Some("2999-01-01T00:00:00+00:00"), None, &[])]
#[case(None, Some(SubscriptionStatus::Subscribed), &[EVERYONE[0], EVERYONE[3]])]
#[case(Some("2020-01-01T00:00:00+00:00"), Some(SubscriptionStatus::Subscribed), &[EVERYONE[3], EVERYONE[0]])]
#[case(Some("2999-01-01T00:00:00+00:00"), Some(SubscriptionStatus::Subscribed), &[])]
#[case(None, Some(SubscriptionStatus::Archived), &[])]
#[tokio::test]
async fn contacts_by_time_and_status(#[case] since: Option<&str>, #[case] standing: Option<SubscriptionStatus>, #[case] expected: &[&str]) {
    let world = brand().await;
    let read = |request| async {
        let request: PageRequest = request;
        world.destination.contacts(&place(), &request).await
    };
    assert_eq!(told(&all(page(since, standing), read).await), expected);
    world.is_innocent();
}

#[tokio::test]
async fn those_who_carry_a_tag() {
    let world = brand().await;
    let tag = ContainerId(TAG.into());
    let read = |request| async {
        let request: PageRequest = request;
        world.destination.container_members(&place(), &tag, &request).await
    };
    assert_eq!(told(&all(page(None, None), read).await), [EVERYONE[0], EVERYONE[1], EVERYONE[3]]);
}

#[tokio::test]
async fn one_contact_with_its_tags() {
    let world = brand().await;
    let email = Email::parse("plus+tag@example.com").unwrap().unwrap();
    let found = world.destination.find(&place(), &email).await.unwrap().unwrap();
    assert_eq!((found.standing, found.containers), (SubscriptionStatus::Unsubscribed, Some(vec![ContainerId(TAG.into())])));
    let nobody = Email::parse("nobody@example.com").unwrap().unwrap();
    assert_eq!(world.destination.find(&place(), &nobody).await.unwrap(), None);
    world.is_innocent();
}

#[tokio::test]
async fn a_cursor_of_nobodys_is_refused_by_the_vendor() {
    let request = PageRequest { cursor: Some(Cursor("made-up".into())), ..page(None, None) };
    assert!(brand().await.destination.contacts(&place(), &request).await.is_err());
}

#[tokio::test]
async fn our_tags_are_there_and_others_if_somebody_carries_them() {
    let world = brand().await;
    let (ours, names) = ([(ContainerId("ours".into()), "ours".to_owned())], ["ours", TAG, "unheard-of"].map(str::to_owned));
    let sought = Sought { place: None, known: &ours, names: &names, begun: &[] };
    let Observed { place, containers, fields, .. } = world.destination.observe(&sought).await.unwrap();
    let account = world.destination.verify().await.unwrap();
    assert_eq!(place.unwrap().id.0, account.id);
    let told: Vec<_> = containers.iter().map(|c| (c.name.as_str(), c.members, c.lacks_view)).collect();
    assert_eq!(told, [("ours", None, false), (TAG, Some(3), false)]);
    assert!(fields.iter().any(|field| field.tag == "postalCode"));
    world.is_innocent();
}
