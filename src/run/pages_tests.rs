use super::*;
use crate::{
    destination::{Capabilities, all_capabilities},
    run::{
        FailureKind, Watch,
        fake::{Like, World},
    },
};
use rstest::rstest;
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// Counts what it is told.
#[derive(Default)]
struct Told(AtomicU64);

impl Watch for Told {
    fn phase(&self, _: &str, _: Option<u64>) {}
    fn advance(&self, by: u64) {
        self.0.fetch_add(by, Ordering::Relaxed);
    }
    fn note(&self, _: &str) {}
}

/// Four contacts a page.
fn limits() -> &'static Capabilities {
    let real = all_capabilities().into_iter().find(|capabilities| capabilities.vendor == "Mailchimp").unwrap();
    Box::leak(Box::new(Capabilities { page_rows: 4, ..real.clone() }))
}

async fn world(people: usize) -> (World, Context, Arc<Told>) {
    let world = World::new(Like::Mailchimp, "").await.limited(limits());
    world.platform().list("10", "VIP");
    for n in 0..people {
        world.platform().person(&format!("p{n}@x.test"), SubscriptionStatus::Subscribed, &["VIP"]);
    }
    world.platform().person("other@x.test", SubscriptionStatus::Unsubscribed, &[]);
    let told = Arc::new(Told::default());
    let context = Context { watch: Arc::clone(&told) as Arc<dyn Watch>, ..world.context(&world.engine(None)) };
    (world, context, told)
}

async fn read(mut pages: Pages<'_>) -> Vec<String> {
    let mut read = Vec::new();
    while let Some(contacts) = pages.next().await.unwrap() {
        read.extend(contacts.into_iter().map(|contact| contact.email.as_str().to_owned()));
    }
    read
}

/// A platform that never comes to an end: pages by what the cursor before said.
mod server {
    use super::*;
    use crate::destination::Cursor;

    fn page(people: &[&str], next: Option<String>) -> ContactPage {
        let contact =
            |email: &&str| ContactRecord::new(crate::member::Email::parse(email).unwrap().unwrap(), SubscriptionStatus::Subscribed);
        ContactPage { contacts: people.iter().map(contact).collect(), total: None, next: next.map(Cursor) }
    }

    fn read(pages: impl Fn(usize) -> ContactPage) -> Result<usize, &'static str> {
        let mut seen = Seen::default();
        for n in 0..5_000 {
            let page = pages(n);
            seen.add(&page)?;
            if page.next.is_none() {
                return Ok(n + 1);
            }
        }
        panic!("read for ever")
    }

    #[test]
    fn attack_a_platform_that_repeats_pages_is_noticed() {
        let people = [["a@x.test", "b@x.test"], ["c@x.test", "d@x.test"]];
        let name = |n: usize| Some(n.to_string());
        assert!(read(|n| page(&people[n % 2], name(n % 2))).unwrap_err().contains("a page before it"), "a circle of two");
        assert!(read(|_| page(&people[0], name(7))).unwrap_err().contains("a page before it"), "always the same cursor");
        assert!(read(|n| page(&people[0], name(n))).unwrap_err().contains("the same contacts"), "new cursors, same page");
        assert!(read(|n| page(&[], name(n))).unwrap_err().contains("nobody"), "new cursors, nobody");
    }

    #[test]
    fn what_only_looks_like_it_is_read_to_its_end() {
        let name = |n: usize, last: usize| (n < last).then(|| n.to_string());
        // A contact is added in front, so that one page comes twice; an account of one contact; a filter with gaps.
        assert_eq!(read(|n| page(&[["a@x.test"], ["a@x.test"], ["b@x.test"]][n], name(n, 2))), Ok(3));
        assert_eq!(read(|_| page(&["a@x.test"], None)), Ok(1));
        assert_eq!(read(|n| page(if n % 600 == 0 { &["a@x.test"] } else { &[] }, name(n, 1_100))), Ok(1_101));
    }
}

/// Everyone comes once, in as few requests as pages hold them; an empty list takes one.
#[rstest]
#[case(0, 1)]
#[case(1, 1)]
#[case(4, 1)]
#[case(5, 2)]
#[case(9, 3)]
#[tokio::test]
async fn a_list_is_read_to_its_end(#[case] people: usize, #[case] requests: u64) {
    let (world, context, told) = world(people).await;
    let (place, list) = (PlaceId("cdp".into()), ContainerId("10".into()));
    let read = read(Pages::of_list(&context, &place, &list)).await;
    let expected: Vec<String> = (0..people).map(|n| format!("p{n}@x.test")).collect();
    assert_eq!(read, expected);
    assert_eq!((world.platform().requests(), told.0.load(Ordering::Relaxed)), (requests, people as u64));
}

/// An audience is read whole, or by status; those who changed meanwhile are no progress of the reading that has a bar.
#[tokio::test]
async fn an_audience_is_read_whole_or_in_part() {
    let (_world, context, told) = world(5).await;
    let place = PlaceId("cdp".into());
    assert_eq!(read(Pages::of_audience(&context, &place, None, None)).await.len(), 6);
    assert_eq!(told.0.swap(0, Ordering::Relaxed), 6);
    let unsubscribed = Pages::of_audience(&context, &place, None, Some(SubscriptionStatus::Unsubscribed));
    assert_eq!(read(unsubscribed).await, ["other@x.test"]);
    assert_eq!(told.0.swap(0, Ordering::Relaxed), 1);
    let changed = Pages::of_audience(&context, &place, Some("2026-01-01T00:00:00Z".into()), None);
    assert_eq!((read(changed).await.len(), told.0.load(Ordering::Relaxed)), (6, 0));
}

/// Whoever is stopped asks for no page more, of a list as of an audience.
#[tokio::test]
async fn a_stop_ends_a_reading() {
    let (world, context, _) = world(9).await;
    let (place, list) = (PlaceId("cdp".into()), ContainerId("10".into()));
    let mut pages = Pages::of_list(&context, &place, &list);
    assert_eq!(pages.next().await.unwrap().map(|contacts| contacts.len()), Some(4));
    context.cancel.cancel();
    assert_eq!(pages.next().await.unwrap_err().kind, FailureKind::Canceled);
    let mut audience = Pages::of_audience(&context, &place, None, None);
    assert_eq!(audience.next().await.unwrap_err().kind, FailureKind::Canceled);
    assert_eq!(world.platform().requests(), 1);
}

/// After the last page there is none, however often it is asked for.
#[tokio::test]
async fn the_end_is_the_end() {
    let (world, context, _) = world(1).await;
    let place = PlaceId("cdp".into());
    let mut pages = Pages::of_audience(&context, &place, None, None);
    assert!(pages.next().await.unwrap().is_some());
    assert!(pages.next().await.unwrap().is_none());
    assert!(pages.next().await.unwrap().is_none());
    assert_eq!(world.platform().requests(), 1);
}
