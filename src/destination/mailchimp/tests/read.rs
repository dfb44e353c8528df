use super::*;

fn members(people: &[(&str, &str)], total: u64) -> Json {
    let members: Vec<_> = people
        .iter()
        .map(|(address, status)| json!({"email_address": address, "status": status, "last_changed": "2026-11-22T00:00:00+00:00"}))
        .collect();
    json!({"members": members, "total_items": total})
}

async fn whole_reading(world: &World, changed_since: Option<&str>) -> Vec<ContactRecord> {
    let mut page = PageRequest { cursor: None, rows: 5000, changed_since: changed_since.map(str::to_owned), standing: None };
    let mut all = Vec::new();
    loop {
        let read = world.destination.contacts(&PlaceId("a1".into()), &page).await.unwrap();
        all.extend(read.contacts);
        match read.next {
            Some(next) => page.cursor = Some(next),
            None => return all,
        }
    }
}

#[tokio::test]
async fn every_status_is_read_archived_ones_on_their_own() {
    let world = World::new().await;
    let archived = members(&[("gone@example.org", "archived")], 1);
    world.on_query("/lists/a1/members", "status", "archived", archived).await;
    let plain = members(&[("Ada@Example.org", "subscribed"), ("not an address", "subscribed"), ("b@example.org", "brand-new")], 3);
    world.on("GET", "/lists/a1/members", 200, plain).await;
    let read: Vec<_> = whole_reading(&world, Some("2026-11-01T00:00:00+00:00")).await;
    let told: Vec<_> = read.iter().map(|c| (c.email.as_str(), c.standing)).collect();
    assert_eq!(
        told,
        [
            ("ada@example.org", SubscriptionStatus::Subscribed),
            ("b@example.org", SubscriptionStatus::NonSubscribed),
            ("gone@example.org", SubscriptionStatus::Archived)
        ]
    );
    assert_eq!(read[0].changed_at.as_deref(), Some("2026-11-22T00:00:00+00:00"));
    let common = "fields=members.email_address%2Cmembers.status%2Cmembers.last_changed%2Cmembers.tags%2Ctotal_items&count=1000&offset=0&sort_field=last_changed&sort_dir=DESC";
    assert_eq!(
        world.lines().await,
        [
            format!("GET /lists/a1/members?{common}&since_last_changed=2026-11-01T00%3A00%3A00%2B00%3A00"),
            format!("GET /lists/a1/members?{common}&status=archived&since_last_changed=2026-11-01T00%3A00%3A00%2B00%3A00"),
        ]
    );
}

#[tokio::test]
async fn pages_overlap() {
    let world = World::new().await;
    let many: Vec<_> = (0..1000).map(|n| format!("p{n}@example.org")).collect();
    let page: Vec<_> = many.iter().map(|address| (address.as_str(), "subscribed")).collect();
    world.on_query("/lists/a1/members", "status", "archived", members(&[], 0)).await;
    world.on_query("/lists/a1/members", "offset", "0", members(&page, 1005)).await;
    world.on_query("/lists/a1/members", "offset", "990", members(&page[985..], 1005)).await;
    assert_eq!(whole_reading(&world, None).await.len(), 1015);
    assert_eq!(world.lines().await.len(), 3);
}

#[tokio::test]
async fn a_tags_members_of_every_status() {
    let world = World::new().await;
    world.on("GET", "/lists/a1/segments/77/members", 200, members(&[("a@example.org", "cleaned")], 1)).await;
    let page = PageRequest { cursor: None, rows: 1000, changed_since: None, standing: None };
    let read = world.destination.container_members(&PlaceId("a1".into()), &ContainerId("77".into()), &page).await.unwrap();
    assert_eq!((read.contacts.len(), read.contacts[0].standing, read.next), (1, SubscriptionStatus::Cleaned, None));
    let line = world.lines().await.swap_remove(0);
    assert!(line.ends_with("&include_cleaned=true&include_transactional=true&include_unsubscribed=true"), "{line}");
}

/// What a page that is too large is answered with; the caller divides it. The smallest is asked for as often as anything.
#[tokio::test]
async fn a_page_that_is_not_managed_is_too_large() {
    let world = World::new().await;
    let html = ResponseTemplate::new(504).set_body_string("<html>504 Gateway Time-out</html>");
    Mock::given(matchers::method("GET")).respond_with(html).mount(&world.server).await;
    let page = |rows| PageRequest { cursor: None, rows, changed_since: None, standing: None };
    let (place, tag) = (PlaceId("a1".into()), ContainerId("77".into()));
    for error in [
        world.destination.contacts(&place, &page(1_000)).await.unwrap_err(),
        world.destination.container_members(&place, &tag, &page(51)).await.unwrap_err(),
    ] {
        assert_eq!(error.kind, ErrorKind::TooLarge, "{}", error.message);
    }
    assert_eq!(world.lines().await.len(), 2, "asked once each");
}

/// Pages are told ahead within a part of a reading, as its own answers would.
#[tokio::test]
async fn pages_are_told_ahead() {
    let world = World::new().await;
    let page = |cursor: Option<&str>, rows| PageRequest {
        cursor: cursor.map(|cursor| Cursor(cursor.to_owned())),
        rows,
        changed_since: None,
        standing: None,
    };
    let after = |cursor, rows, total| world.destination.page_after(&page(cursor, rows), total).map(|cursor| cursor.0);
    assert_eq!(after(None, 1_000, 1_001).as_deref(), Some("all/990"));
    assert_eq!(after(Some("all/990"), 500, 5_000).as_deref(), Some("all/1480"));
    assert_eq!(after(Some("archived/0"), 1_000, 5_000).as_deref(), Some("archived/990"));
    assert_eq!((after(None, 1_000, 1_000), after(Some("all/990"), 1_000, 1_990)), (None, None));
}
