//! Several pages under way at one time, of an audience that changes while it is read.

use super::*;
use crate::{
    destination::{
        Account, Batch, Capabilities, Cursor, Destination, Error, FieldFit, Jobs, Observed, Polled, RemoteField, ResourceChange,
        ResourceDone, SMALLEST_PAGE, Sought, Submitted, WantedField,
    },
    member::Email,
    run::{
        fake::{Like, World},
        page_size::PageSize,
    },
};
use async_trait::async_trait;
use proptest::prelude::*;
use std::{
    collections::BTreeSet,
    sync::{Mutex, OnceLock},
    time::Duration,
};

const OVERLAP: usize = 10;

/// What somebody does between two answers: to whom, and what.
type Dice = (u32, u8);

/// Contacts in the order of their last change, newest first, by pages of offsets; each answer is worked out after a wait of its own, and
/// something happens after each.
struct Moving {
    capabilities: &'static Capabilities,
    inner: Mutex<Inner>,
    /// Pages of more are not managed.
    largest: usize,
}

#[derive(Default)]
struct Inner {
    /// Who, and when they changed.
    contacts: Vec<(u32, u64)>,
    now: u64,
    touched: BTreeSet<u32>,
    meanwhile: Vec<Vec<Dice>>,
    waits: Vec<u64>,
    asked: Vec<(usize, usize)>,
    under_way: usize,
    most: usize,
}

impl Inner {
    fn happen(&mut self) {
        let mut deleted = false;
        for (who, what) in self.meanwhile.pop().unwrap_or_default() {
            self.now += 1;
            let place = self.contacts.iter().position(|(each, _)| *each == who);
            match (what, place) {
                (0..=5, Some(place)) => {
                    let (who, _) = self.contacts.remove(place);
                    self.contacts.insert(0, (who, self.now));
                    self.touched.insert(who);
                }
                (6..=8, _) => self.contacts.insert(0, (100_000 + self.now as u32, self.now)),
                (_, Some(place)) if !deleted => {
                    self.contacts.remove(place);
                    self.touched.insert(who);
                    deleted = true;
                }
                _ => {}
            }
        }
    }

    fn page(&self, offset: usize, rows: usize) -> ContactPage {
        let one = |(who, at): &(u32, u64)| ContactRecord {
            changed_at: Some(at.to_string()),
            ..ContactRecord::new(Email::trusted(&format!("p{who}@x.test")), SubscriptionStatus::Subscribed)
        };
        let contacts: Vec<_> = self.contacts.iter().skip(offset).take(rows).map(one).collect();
        let (total, end) = (self.contacts.len() as u64, offset + contacts.len());
        let next = (!contacts.is_empty() && (end as u64) < total).then(|| Cursor(end.saturating_sub(OVERLAP).max(offset + 1).to_string()));
        ContactPage { contacts, total: Some(total), next }
    }
}

fn offset(page: &PageRequest) -> usize {
    page.cursor.as_ref().map_or(0, |cursor| cursor.0.parse().unwrap())
}

#[async_trait]
impl Destination for Moving {
    fn capabilities(&self) -> &'static Capabilities {
        self.capabilities
    }

    async fn contacts(&self, _: &PlaceId, page: &PageRequest) -> Result<ContactPage, Error> {
        let wait = {
            let mut inner = self.inner.lock().unwrap();
            inner.asked.push((offset(page), page.rows));
            inner.under_way += 1;
            inner.most = inner.most.max(inner.under_way);
            inner.waits.pop().unwrap_or(1)
        };
        tokio::time::sleep(Duration::from_millis(wait)).await;
        let mut inner = self.inner.lock().unwrap();
        inner.under_way -= 1;
        if page.rows > self.largest {
            return Err(Error::new(ErrorKind::TooLarge, "too large"));
        }
        let answer = inner.page(offset(page), page.rows);
        inner.happen();
        Ok(answer)
    }

    fn page_after(&self, page: &PageRequest, total: u64) -> Option<Cursor> {
        let end = offset(page) + page.rows;
        ((end as u64) < total).then(|| Cursor((end - OVERLAP).to_string()))
    }

    async fn verify(&self) -> Result<Account, Error> {
        unreachable!()
    }
    async fn observe(&self, _: &Sought<'_>) -> Result<Observed, Error> {
        unreachable!()
    }
    fn fit(&self, _: &WantedField, _: Option<&RemoteField>) -> FieldFit {
        unreachable!()
    }
    async fn change(&self, _: Option<&PlaceId>, _: &ResourceChange) -> Result<ResourceDone, Error> {
        unreachable!()
    }
    async fn find(&self, _: &PlaceId, _: &Email) -> Result<Option<ContactRecord>, Error> {
        unreachable!()
    }
    async fn container_members(&self, _: &PlaceId, _: &ContainerId, _: &PageRequest) -> Result<ContactPage, Error> {
        unreachable!()
    }
    async fn submit(&self, _: &PlaceId, _: &Batch) -> Result<Submitted, Error> {
        unreachable!()
    }
    async fn poll(&self, _: &PlaceId, _: &Jobs<'_>) -> Result<Polled, Error> {
        unreachable!()
    }
}

/// The contexts of these readings differ in their destination alone.
fn context() -> Context {
    static CONTEXT: OnceLock<Context> = OnceLock::new();
    let make = || {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let world = World::new(Like::Mailchimp, "").await;
            world.context(&world.engine(None))
        })
    };
    // Made on a thread of its own: there may be a runtime on this one.
    CONTEXT.get_or_init(|| std::thread::spawn(make).join().unwrap()).clone()
}

/// A whole reading; the order in which contacts came, and the platform afterwards.
fn read(moving: Moving, rows: usize, width: u32) -> (Vec<String>, Arc<Moving>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let moving = Arc::new(moving);
    let destination: Arc<dyn Destination> = Arc::clone(&moving) as _;
    let context = Context { destination, pages: Arc::new(PageSize::new(rows)), connections: width, ..context() };
    let place = PlaceId("cdp".into());
    let seen = runtime.block_on(async {
        let (mut pages, mut seen) = (Pages::of_audience(&context, &place, None, None), Vec::new());
        while let Some(contacts) = pages.next().await.unwrap() {
            seen.extend(contacts.into_iter().map(|contact| contact.email.as_str().to_owned()));
        }
        seen
    });
    (seen, moving)
}

fn moving(people: u32, largest: usize, meanwhile: Vec<Vec<Dice>>, waits: Vec<u64>) -> Moving {
    let capabilities = context().capabilities;
    let contacts = (0..people).map(|who| (who, u64::from(10_000 - who))).collect();
    Moving { capabilities, inner: Mutex::new(Inner { contacts, now: 10_001, meanwhile, waits, ..Inner::default() }), largest }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    /// Whoever does not change is read, in whatever order the pages are worked out, however much others do meanwhile, and whatever
    /// page size is managed.
    #[test]
    fn nobody_who_stays_is_missed_by_pages_at_one_time(
        people in 0..700_u32,
        // Fewer rows than people change between two pages, and three pages would be taken for one that is repeated.
        rows in 60..120_usize,
        width in 1..6_u32,
        largest in prop_oneof![Just(usize::MAX), Just(60)],
        meanwhile in proptest::collection::vec(proptest::collection::vec((0..700_u32, 0..10_u8), 0..40), 0..60),
        waits in proptest::collection::vec(1..50_u64, 0..60),
    ) {
        let (seen, moving) = read(moving(people, largest, meanwhile, waits), rows, width);
        let seen: BTreeSet<_> = seen.into_iter().collect();
        let inner = moving.inner.lock().unwrap();
        for who in (0..people).filter(|who| !inner.touched.contains(who)) {
            prop_assert!(seen.contains(&format!("p{who}@x.test")), "{who} was missed");
        }
    }
}

/// Where nobody changes, each page is asked for once, as many at one time as there may be.
#[test]
fn in_good_weather_each_page_is_asked_for_once() {
    let (seen, moving) = read(moving(1_000, usize::MAX, Vec::new(), (1..50).rev().collect()), 110, 4);
    let inner = moving.inner.lock().unwrap();
    assert_eq!(inner.asked, (0..10).map(|page| (page * 100, 110)).collect::<Vec<_>>());
    assert_eq!((inner.most, seen.len()), (4, 1_000 + 9 * OVERLAP));
}

/// A page that is too large is asked for again with half the count at the same place, and so are those behind it.
#[test]
fn pages_that_are_too_large_are_halved() {
    let (seen, moving) = read(moving(300, 60, Vec::new(), Vec::new()), 200, 1);
    let inner = moving.inner.lock().unwrap();
    assert_eq!(inner.asked[..4], [(0, 200), (0, 100), (0, 50), (40, 50)]);
    assert_eq!(seen.into_iter().collect::<BTreeSet<_>>().len(), 300);
}

/// A platform that manages not even the smallest page ends the reading.
#[test]
fn the_smallest_page_is_not_halved() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let destination: Arc<dyn Destination> = Arc::new(moving(300, 10, Vec::new(), Vec::new()));
    let context = Context { destination, pages: Arc::new(PageSize::new(1_000)), ..context() };
    let place = PlaceId("cdp".into());
    let failure = runtime.block_on(Pages::of_audience(&context, &place, None, None).next()).unwrap_err();
    assert_eq!((failure.message.as_str(), context.pages.rows()), ("too large", SMALLEST_PAGE));
}
