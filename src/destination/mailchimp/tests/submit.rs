use super::*;
use SubscriptionStatus::{Archived, NonSubscribed, Pending, Subscribed, Unsubscribed};

#[tokio::test]
async fn create_sends_the_chosen_status_and_maps_every_row() {
    let world = World::new().await;
    let answer = json!({
        "new_members": [{"email_address": "A@Example.org", "status": "subscribed", "merge_fields": {"LTV": 12.5}, "tags": []}],
        "updated_members": [],
        "errors": [
            {"email_address": "exists@example.org", "error": "exists@example.org is already a list member", "error_code": "ERROR_CONTACT_EXISTS", "field": "", "field_message": ""},
            {"email_address": "left@example.org", "error": "left@example.org is in a compliance state due to unsubscribe", "error_code": "ERROR_GENERIC", "field": "", "field_message": ""},
            {"email_address": "busy@example.org", "error": "busy@example.org has signed up to a lot of lists very recently", "error_code": "ERROR_GENERIC", "field": "", "field_message": ""},
        ],
        "total_created": 1, "total_updated": 0, "error_count": 3
    });
    world.on("POST", "/lists/a1", 200, answer).await;
    let rows = vec![
        row("left@example.org", Subscribed),
        with_attributes(row("a@example.org", Subscribed), &[("FNAME", Value::Text("Ada".into())), ("LTV", Value::Number("12.5".into()))]),
        row("silent@example.org", Unsubscribed),
        row("exists@example.org", Pending),
        row("busy@example.org", NonSubscribed),
    ];
    let outcomes = world.submit(Operation::Create, rows).await.unwrap();
    assert_eq!(
        outcomes.iter().map(code).collect::<Vec<_>>(),
        ["rejected compliance-state", "done Some(Subscribed)", "unconfirmed", "exists", "later too-many-lists"]
    );
    assert_eq!(
        world.seen().await,
        [(
            "POST /lists/a1?skip_merge_validation=true".to_owned(),
            json!({"members": [
                {"email_address": "left@example.org", "status": "subscribed"},
                {"email_address": "a@example.org", "status": "subscribed", "merge_fields": {"FNAME": "Ada", "LTV": 12.5}},
                {"email_address": "silent@example.org", "status": "unsubscribed"},
                {"email_address": "exists@example.org", "status": "pending"},
                {"email_address": "busy@example.org", "status": "transactional"},
            ], "update_existing": false, "sync_tags": false})
        )]
    );
}

fn on(tags: &[&str], row: BatchRow) -> BatchRow {
    BatchRow { joins: tags.iter().map(|tag| ContainerId((*tag).to_owned())).collect(), ..row }
}

/// A destination that has looked at an audience with these tags.
async fn with_tags(tags: Json) -> World {
    let world = World::new().await;
    world.on("GET", "/lists/a1", 200, json!({"id": "a1", "name": "Customers"})).await;
    world.on("GET", "/lists/a1/merge-fields", 200, json!({"merge_fields": [], "total_items": 0})).await;
    world.on("GET", "/lists/a1/segments", 200, json!({"segments": tags, "total_items": 1})).await;
    world.destination.observe(&Sought::default()).await.unwrap();
    world.server.reset().await;
    world
}

fn member(address: &str, tags: Json) -> Json {
    json!({"email_address": address, "status": "subscribed", "tags": tags})
}

/// By their present names, and who is on them is what the answer shows, by id.
#[tokio::test]
async fn a_create_names_its_tags_and_goes_by_the_answer() {
    let world = with_tags(json!([{"id": 77, "name": "VIP now"}, {"id": 78, "name": "Paris"}, {"id": 80, "name": "PARIS"}])).await;
    let answer = json!({"updated_members": [], "errors": [], "new_members": [
        member("a@example.org", json!([{"id": 77, "name": "vip NOW"}])),
        member("b@example.org", json!([{"id": 1, "name": "other"}])),
        member("c@example.org", Json::Null),
        member("d@example.org", json!([{"id": 77, "name": "VIP now"}, {"id": 78, "name": "Paris"}])),
    ]});
    world.on("POST", "/lists/a1", 200, answer).await;
    let rows = [("a", &["77"][..]), ("b", &["77"]), ("c", &["77", "78"]), ("d", &["78", "77"]), ("e", &["77"])];
    let rows = rows.map(|(who, tags)| on(tags, row(&format!("{who}@example.org"), Subscribed)));
    let outcomes = world.submit(Operation::Create, rows.to_vec()).await.unwrap();
    let missed = |tags: &[&str]| {
        let containers = tags.iter().map(|tag| ContainerId((*tag).to_owned())).collect();
        Outcome::NotJoined { standing: Some(Subscribed), containers }
    };
    assert_eq!(outcomes[..4], [done(Subscribed), missed(&["77"]), missed(&["77", "78"]), done(Subscribed)]);
    assert_eq!(code(&outcomes[4]), "unconfirmed");
    let item = |who: &str| json!({"email_address": format!("{who}@example.org"), "status": "subscribed", "tags": ["VIP now"]});
    let items = ["a", "b", "c", "d", "e"].map(item);
    let sent = json!({"members": items, "update_existing": false, "sync_tags": false});
    assert_eq!(world.seen().await, [("POST /lists/a1?skip_merge_validation=true".to_owned(), sent)]);
    world.submit(Operation::Create, vec![on(&["77"], row("b@example.org", Subscribed))]).await.unwrap();
    let again = json!({"email_address": "b@example.org", "status": "subscribed"});
    assert_eq!(world.seen().await[1].1["members"], json!([again]), "a name that put somebody onto no tag is not sent again");
}

/// The tag was renamed since it was seen: its old name leads to another one, on which nobody of ours stays.
#[tokio::test]
async fn who_comes_onto_a_tag_that_is_not_ours_is_taken_off_it() {
    let world = with_tags(json!([{"id": 77, "name": "VIP"}])).await;
    let strange = json!([{"id": 99, "name": "vip"}]);
    let answer = json!({"updated_members": [], "errors": [], "new_members": [
        member("a@example.org", strange.clone()), member("b@example.org", strange)]});
    world.on("POST", "/lists/a1", 200, answer).await;
    world.on("POST", "/lists/a1/segments/99", 200, json!({"members_removed": [], "total_removed": 2})).await;
    let rows = ["a@example.org", "b@example.org"].map(|who| on(&["77"], row(who, Subscribed)));
    let outcomes = world.submit(Operation::Create, rows.to_vec()).await.unwrap();
    let missed = Outcome::NotJoined { standing: Some(Subscribed), containers: vec![ContainerId("77".into())] };
    assert_eq!(outcomes, [missed.clone(), missed]);
    let removed = json!({"members_to_remove": ["a@example.org", "b@example.org"]});
    assert_eq!(world.seen().await[1..], [("POST /lists/a1/segments/99".to_owned(), removed)]);
}

/// Names that this run did not see are not sent.
#[tokio::test]
async fn a_tag_that_was_not_seen_is_joined_by_its_own_call() {
    let world = World::new().await;
    let answer = json!({"new_members": [{"email_address": "a@example.org", "status": "subscribed"}], "errors": []});
    world.on("POST", "/lists/a1", 200, answer).await;
    let outcomes = world.submit(Operation::Create, vec![on(&["77"], row("a@example.org", Subscribed))]).await.unwrap();
    assert_eq!(outcomes, [Outcome::NotJoined { standing: Some(Subscribed), containers: vec![ContainerId("77".into())] }]);
    assert_eq!(world.seen().await[0].1["members"], json!([{"email_address": "a@example.org", "status": "subscribed"}]));
}

#[tokio::test]
async fn an_answer_about_nobody_we_sent_is_unknown_for_all() {
    let world = World::new().await;
    world.on("POST", "/lists/a1", 200, json!({"new_members": [], "updated_members": [], "errors": []})).await;
    let error = world.submit(Operation::Create, vec![row("a@example.org", Subscribed)]).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Retry { after: None, unknown: true });
}

#[tokio::test]
async fn a_refused_batch_stalls_in_the_vendors_words_without_addresses() {
    let world = World::new().await;
    let refusal = json!({"title": "Invalid Resource", "status": 400, "detail": "The resource submitted could not be validated.", "instance": "i",
        "errors": [{"field": "members.0.email_address", "message": "dana@example.com is odd"}]});
    world.on("POST", "/lists/a1", 400, refusal).await;
    let error = world.submit(Operation::Create, vec![row("a@example.org", Subscribed)]).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Stall);
    assert_eq!(
        error.message,
        "Mailchimp refused the call (HTTP 400: Invalid Resource: The resource submitted could not be validated.: members.0.email_address: this address is odd)"
    );
}

#[tokio::test]
async fn nobody_is_created_without_a_status() {
    let world = World::new().await;
    for standing in [None, Some(Archived)] {
        let rows = vec![BatchRow { standing, ..row("a@example.org", Subscribed) }];
        assert_eq!(world.submit(Operation::Create, rows).await.unwrap_err().kind, ErrorKind::Stall);
    }
    assert!(world.seen().await.is_empty());
}

#[tokio::test]
async fn update_patches_without_a_status_and_reports_the_one_it_sees() {
    let world = World::new().await;
    let path = format!("/lists/a1/members/{}", hash("a@example.org"));
    world.on("PATCH", &path, 200, json!({"email_address": "a@example.org", "status": "unsubscribed"})).await;
    let ada = with_attributes(row("a@example.org", Subscribed), &[("FNAME", Value::Text("Ada".into())), ("LTV", Value::Empty)]);
    let outcomes = world.submit(Operation::Update, vec![ada]).await.unwrap();
    assert_eq!(outcomes, [done(Unsubscribed)]);
    assert_eq!(
        world.seen().await,
        [(format!("PATCH {path}?skip_merge_validation=true"), json!({"merge_fields": {"FNAME": "Ada", "LTV": ""}}))]
    );
}

#[tokio::test]
async fn updates_of_the_gone_and_the_refused() {
    let world = World::new().await;
    let invalid = json!({"title": "Invalid Resource", "status": 400, "detail": "Your merge fields were invalid.", "instance": "i",
        "errors": [{"field": "LTV", "message": "Please enter a number"}]});
    world.on("PATCH", &format!("/lists/a1/members/{}", hash("b@example.org")), 400, invalid).await;
    world.on("PATCH", &format!("/lists/a1/members/{}", hash("c@example.org")), 404, problem(404, "Resource Not Found", "gone")).await;
    world.on("PATCH", &format!("/lists/a1/members/{}", hash("d@example.org")), 405, problem(405, "Method Not Allowed", "no")).await;
    let changed = |who: &str| with_attributes(row(&format!("{who}@example.org"), Subscribed), &[("LTV", Value::Text("x".into()))]);
    let outcomes = world.submit(Operation::Update, ["b", "c", "d"].map(changed).to_vec()).await.unwrap();
    let refused = Rejection {
        code: "merge-field",
        detail: "Your merge fields were invalid.: Please enter a number".into(),
        field: Some("LTV".into()),
    };
    let archived = Rejection { code: "archived", detail: "Method Not Allowed: no".into(), field: None };
    assert_eq!(outcomes, [Outcome::Rejected(refused), Outcome::Gone, Outcome::Rejected(archived)]);
}

#[tokio::test]
async fn restore_gives_back_the_status_only_to_the_archived() {
    let world = World::new().await;
    let path = |address| format!("/lists/a1/members/{}", hash(address));
    world.on("GET", &path("a@example.org"), 200, json!({"email_address": "a@example.org", "status": "archived"})).await;
    world.on("PUT", &path("a@example.org"), 200, json!({"email_address": "a@example.org", "status": "unsubscribed"})).await;
    world.on("GET", &path("b@example.org"), 200, json!({"email_address": "b@example.org", "status": "unsubscribed"})).await;
    world.on("GET", &path("c@example.org"), 404, problem(404, "Resource Not Found", "gone")).await;
    let rows = vec![
        row("a@example.org", Unsubscribed),
        row("b@example.org", Subscribed),
        row("c@example.org", Subscribed),
        row("d@example.org", Pending),
    ];
    let outcomes = world.submit(Operation::Restore, rows).await.unwrap();
    assert_eq!(
        outcomes.iter().map(code).collect::<Vec<_>>(),
        ["done Some(Unsubscribed)", "done Some(Unsubscribed)", "gone", "rejected archived"]
    );
    let writes: Vec<_> = world.seen().await.into_iter().filter(|(line, _)| !line.starts_with("GET")).collect();
    assert_eq!(
        writes,
        [(
            format!("PUT {}?skip_merge_validation=true", path("a@example.org")),
            json!({"email_address": "a@example.org", "status": "unsubscribed", "status_if_new": "unsubscribed"})
        )]
    );
}

#[tokio::test]
async fn join_reads_back_whom_the_answer_leaves_out() {
    let world = World::new().await;
    let answer = json!({"members_added": [{"email_address": "a@example.org", "status": "subscribed"}], "members_removed": [],
        "errors": [{"email_addresses": ["bad@example.org"], "error": "bad@example.org looks fake or invalid"}], "total_added": 1, "error_count": 1});
    world.on("POST", "/lists/a1/segments/77", 200, answer).await;
    let member = |address, body| (format!("/lists/a1/members/{}", hash(address)), body);
    for (path, body) in [
        member("tagged@example.org", json!({"status": "subscribed", "tags": [{"id": 77, "name": "vip"}], "tags_count": 1})),
        member("many@example.org", json!({"status": "unsubscribed", "tags": [{"id": 1, "name": "x"}], "tags_count": 51})),
        member("archived@example.org", json!({"status": "archived", "tags": [], "tags_count": 0})),
        member("unsubscribed@example.org", json!({"status": "unsubscribed", "tags": [], "tags_count": 0})),
        member("pending@example.org", json!({"status": "pending", "tags": [], "tags_count": 0})),
        member("odd@example.org", json!({"status": "subscribed", "tags": [], "tags_count": 0})),
    ] {
        world.on("GET", &path, 200, body).await;
    }
    world.on("GET", &format!("/lists/a1/members/{}", hash("gone@example.org")), 404, problem(404, "Resource Not Found", "x")).await;
    let all_tags = json!({"tags": [{"id": 1, "name": "x"}, {"id": 77, "name": "vip"}], "total_items": 2});
    world.on("GET", &format!("/lists/a1/members/{}/tags", hash("many@example.org")), 200, all_tags).await;
    let people = ["a", "bad", "tagged", "many", "archived", "unsubscribed", "pending", "odd", "gone"];
    let rows = people.iter().map(|who| row(&format!("{who}@example.org"), Subscribed)).collect();
    let outcomes = world.submit(Operation::Join, rows).await.unwrap();
    assert_eq!(
        outcomes.iter().map(code).collect::<Vec<_>>(),
        [
            "done Some(Subscribed)",
            "rejected fake-address",
            "done Some(Subscribed)",
            "done Some(Unsubscribed)",
            "rejected archived",
            "rejected not-tagged",
            "rejected not-tagged",
            "unconfirmed",
            "gone"
        ]
    );
    let (line, body) = world.seen().await.swap_remove(0);
    let addresses: Vec<_> = people.iter().map(|who| format!("{who}@example.org")).collect();
    assert_eq!((line.as_str(), body), ("POST /lists/a1/segments/77", json!({"members_to_add": addresses})));
}

#[tokio::test]
async fn leave_is_done_for_whoever_is_not_on_the_tag() {
    let world = World::new().await;
    let answer =
        json!({"members_added": [], "members_removed": [{"email_address": "a@example.org", "status": "subscribed"}], "errors": []});
    world.on("POST", "/lists/a1/segments/77", 200, answer).await;
    let outcomes = world.submit(Operation::Leave, vec![row("b@example.org", Subscribed), row("a@example.org", Subscribed)]).await.unwrap();
    assert_eq!(outcomes, [Outcome::Done { standing: None }, done(Subscribed)]);
    assert_eq!(world.seen().await[0].1, json!({"members_to_remove": ["b@example.org", "a@example.org"]}));
}

#[tokio::test]
async fn a_deleted_tag_stalls_with_what_to_do() {
    let world = World::new().await;
    world.on("POST", "/lists/a1/segments/77", 404, problem(404, "Resource Not Found", "The requested resource could not be found.")).await;
    let error = world.submit(Operation::Join, vec![row("a@example.org", Subscribed)]).await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Stall);
    assert!(error.hint.unwrap().contains("plan again"));
}

#[tokio::test]
async fn archive_goes_by_a_batch_and_comes_back_row_by_row() {
    let world = World::new().await;
    world.on("POST", "/batches", 200, json!({"id": "b9", "status": "pending"})).await;
    let rows: Vec<_> = ["a", "b", "c", "d", "e"].iter().map(|who| row(&format!("{who}@example.org"), Subscribed)).collect();
    let batch = Batch { operation: Operation::Archive, container: None, rows: rows.clone() };
    let Submitted::Job(job) = world.destination.submit(&PlaceId("a1".into()), &batch).await.unwrap() else { panic!("not a job") };
    let sent = world.seen().await.swap_remove(0).1;
    let ids: Vec<_> = sent["operations"].as_array().unwrap().iter().map(|o| o["operation_id"].as_str().unwrap().to_owned()).collect();
    assert_eq!(sent["operations"][0]["method"], "DELETE");
    assert_eq!(sent["operations"][0]["path"], format!("/lists/a1/members/{}", hash("a@example.org")));
    assert!(!sent.to_string().contains('@'));

    let working = json!({"id": "b9", "status": "started", "total_operations": 500, "finished_operations": 180});
    world.mock("GET", "/batches/b9", 200, working).up_to_n_times(1).mount(&world.server).await;
    let Polled { finished, after, .. } = world.poll(&job).await;
    assert!(finished.is_empty());
    assert_eq!(after.as_secs(), 20);

    let taken = problem(405, "Method Not Allowed", "Can not archive a contact that is bounced, pending or archived").to_string();
    let entry = |at: usize, status: u16, response: &str| json!({"status_code": status, "operation_id": ids[at], "response": response});
    let file = json!([entry(0, 204, ""), entry(1, 405, &taken), entry(2, 405, &taken), entry(3, 404, ""), entry(4, 500, "")]).to_string();
    let archive = crate::destination::mailchimp::results::pack(&[("results.json", &file)]);
    Mock::given(matchers::path("/elsewhere/b9.tar.gz"))
        .respond_with(ResponseTemplate::new(200).set_body_bytes(archive))
        .mount(&world.server)
        .await;
    let finished = json!({"id": "b9", "status": "finished", "completed_at": "2026-11-22T00:00:00+00:00", "response_body_url": format!("{}/elsewhere/b9.tar.gz?sig=1", world.server.uri())});
    world.on("GET", "/batches/b9", 200, finished).await;
    world.on("GET", &format!("/lists/a1/members/{}", hash("b@example.org")), 200, json!({"status": "archived"})).await;
    world.on("GET", &format!("/lists/a1/members/{}", hash("c@example.org")), 200, json!({"status": "pending"})).await;
    let outcomes = world.poll(&job).await.finished.remove(0).1.rows;
    assert_eq!(outcomes.iter().map(|(key, _)| *key).collect::<Vec<_>>(), rows.iter().map(|row| row.key).collect::<Vec<_>>());
    assert_eq!(
        outcomes.iter().map(|(_, outcome)| code(outcome)).collect::<Vec<_>>(),
        ["done Some(Archived)", "done Some(Archived)", "rejected not-archivable", "gone", "unconfirmed"]
    );
    let requests = world.server.received_requests().await.unwrap();
    let fetched = requests.iter().find(|request| request.url.path().contains("elsewhere")).unwrap();
    assert!(!fetched.headers.contains_key("authorization"), "the results' host is not the API");
}

#[tokio::test]
async fn a_forgotten_batch_leaves_its_rows_unknown() {
    let world = World::new().await;
    world.on("GET", "/batches/b9", 404, problem(404, "Resource Not Found", "x")).await;
    let outcomes = world.poll(&JobId("a1/b9".into())).await.finished.remove(0).1;
    assert_eq!(outcomes, JobOutcomes::of(Vec::new()));
}

#[tokio::test]
async fn an_empty_batch_makes_no_call() {
    let world = World::new().await;
    for operation in [Operation::Create, Operation::Update, Operation::Join] {
        assert!(world.submit(operation, Vec::new()).await.unwrap().is_empty());
    }
    assert!(world.seen().await.is_empty());
}
