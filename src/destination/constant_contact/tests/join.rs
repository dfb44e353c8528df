use super::*;

#[tokio::test]
async fn people_join_with_their_attributes_and_nobody_is_verified_by_counts() {
    let world = World::mapping(&["Favourite fruit", "birthday", "first_name"]).await;
    world.change(ResourceChange::CreateField { tag: "Favourite fruit".into(), field_type: FieldType::Text }).await.unwrap();
    let text = |text: &str| Value::Text(text.into());
    let told = [("Favourite fruit", text("plum, \"blue\"")), ("birthday", text("02/29")), ("first_name", text("Zoë"))];
    let rows = [with(row("a@example.com"), &told), with(row("b@example.com"), &told)];
    assert_eq!(world.carry_out(Operation::Join, &rows).await, ["unverified", "unverified"]);
    assert_eq!(world.members().await.into_keys().collect::<Vec<_>>(), ["a@example.com", "b@example.com"]);
    assert_eq!(world.contact("a@example.com").await.unwrap().standing, SubscriptionStatus::Subscribed);
    assert_eq!(world.sandbox.counters().requests_of("POST", "/activities/contacts_file_import"), 1);
    world.clean();
}

/// Whatever a blank does to a contact there: none is sent, and what the contact has stays.
#[tokio::test]
async fn an_import_with_a_row_that_lacks_a_value_goes_as_json_without_it() {
    for clears in [true, false] {
        let world = World::mapping(&["company_name", "first_name"]).await;
        world.sandbox.set(VENDOR, &json!({"blanksClear": clears})).unwrap();
        let whole = |name: &str| [("company_name", Value::Text("Contoso".into())), ("first_name", Value::Text(name.into()))];
        let rows = [with(row("a@example.com"), &whole("Ada")), with(row("b@example.com"), &whole("Eva"))];
        world.carry_out(Operation::Join, &rows).await;
        let changed = [with(row("a@example.com"), &[("first_name", Value::Text("Ann".into()))]), rows[1].clone(), row("c@example.com")];
        assert_eq!(world.carry_out(Operation::Join, &changed).await, ["unverified"; 3]);
        let requests = |way: &str| world.sandbox.counters().requests_of("POST", &format!("/activities/contacts_{way}_import"));
        assert_eq!((requests("file"), requests("json")), (1, 1), "each row goes once");
        assert_eq!(world.company("a@example.com").await, "Contoso", "blanks clear: {clears}");
        world.clean();
    }
}

/// What becomes of such a row is not documented: the contact is there without the number, or the row is rejected and says why.
#[tokio::test]
async fn phone_numbers_of_other_countries() {
    let why = "its imports do not take international phone numbers";
    for (abroad, expected) in [("dropped", "unverified"), ("correctable", "rejected not-added"), ("error", "rejected not-added")] {
        let world = World::mapping(&["phone"]).await;
        world.sandbox.set(VENDOR, &json!({"phonesAbroad": abroad})).unwrap();
        let phone = |number: &str| [("phone", Value::Text(number.into()))];
        let rows = [with(row("a@example.com"), &phone("+31 6 1234")), with(row("b@example.com"), &phone("+1 555 0100"))];
        assert_eq!(rows.iter().map(|row| world.destination.is_doubtful(row)).collect::<Vec<_>>(), [true, false]);
        let note = world.destination.attributes_note(1).unwrap();
        assert!(note.contains("do not take international phone numbers, and 1 member to send has one"), "{note}");
        let Submitted::Job(job) = world.submit(Operation::Join, &rows).await.unwrap() else { panic!("no job") };
        let outcomes = outcomes_of(&*world.destination, &job, &rows).await;
        assert_eq!(told(&outcomes[0]), expected, "{abroad}");
        if let Outcome::Rejected(rejection) = &outcomes[0] {
            assert!(rejection.detail.contains(why) && rejection.detail.contains("did not take 1 rows"), "{rejection:?}");
        }
        assert!(!told(&outcomes[1]).starts_with("rejected"));
    }
    assert_eq!(World::new().await.destination.attributes_note(0), None, "no phone is mapped");
}

/// There is no column for it in a file.
#[tokio::test]
async fn what_a_file_has_no_column_for_goes_as_json() {
    let world = World::mapping(&["birthday", "home_country", "work_phone"]).await;
    let told =
        [("birthday", "11/04"), ("home_country", "FR"), ("work_phone", "555-0100")].map(|(tag, text)| (tag, Value::Text(text.into())));
    assert_eq!(world.carry_out(Operation::Join, &[with(row("a@example.com"), &told)]).await, ["unverified"]);
    assert_eq!(world.sandbox.counters().requests_of("POST", "/activities/contacts_json_import"), 1);
    assert_eq!(world.members().await.len(), 1);
    world.clean();
}

/// The counts say that somebody was not added, not who: the contacts are read back.
#[tokio::test]
async fn who_was_not_added_is_found_by_reading_back() {
    let world = World::new().await;
    world.person("gone@example.com", "unsubscribed");
    world.person("odd@example.com", "refused-row");
    let long = format!("{}@example.com", "a".repeat(40));
    let rows = rows(&["gone@example.com", "a@example.com", "odd@example.com", &long, "b@example.com"]);
    let done = "done { standing: some(subscribed) }";
    assert_eq!(
        world.carry_out(Operation::Join, &rows).await,
        ["rejected unsubscribed", done, "rejected not-added", "rejected address-too-long", done]
    );
    assert_eq!(world.contact("gone@example.com").await.unwrap().standing, SubscriptionStatus::Unsubscribed);
    assert_eq!(world.observed("optOutsOverridden"), 0);
    assert_eq!(world.sandbox.counters().requests_of("GET", "/contacts"), 2, "one page, and the look-up above");
    world.clean();
}

#[tokio::test]
async fn addresses_that_no_import_takes_need_no_call() {
    let world = World::new().await;
    let long = format!("{}@example.com", "a".repeat(39));
    assert_eq!(world.carry_out(Operation::Join, &rows(&[&long])).await, ["rejected address-too-long"]);
    assert_eq!(world.sandbox.counters().requests_of("POST", "/activities/contacts_file_import"), 0);
}

/// Jobs that were accepted together are read back together, when none of them is under way.
#[tokio::test]
async fn one_reading_serves_every_import_that_was_not_whole() {
    let world = World::new().await;
    let batches = [rows(&["a@example.com", "gone@example.com"]), rows(&["b@example.com", "left@example.com"]), rows(&["c@example.com"])];
    world.person("gone@example.com", "unsubscribed");
    world.person("left@example.com", "unsubscribed");
    let mut jobs = BTreeMap::new();
    for batch in &batches {
        let Submitted::Job(job) = world.submit(Operation::Join, batch).await.unwrap() else { panic!("no job") };
        jobs.insert(job, batch);
    }
    let (mut said, keys) = (Vec::new(), |id: &JobId| jobs[id].iter().map(|row| row.key).collect());
    let mut ids: Vec<_> = jobs.keys().cloned().collect();
    while !ids.is_empty() {
        let polled = world.destination.poll(&place(), &Jobs { ids: &ids, rows: &keys, looks: &|_| None }).await.unwrap();
        for (id, outcomes) in polled.finished {
            ids.retain(|other| *other != id);
            said.extend(outcomes.rows.iter().map(|(_, outcome)| told(outcome)).chain([told(&outcomes.others)]));
        }
        tokio::time::sleep(polled.after / SPEED).await;
    }
    assert_eq!(said.iter().filter(|outcome| *outcome == "rejected unsubscribed").count(), 2, "{said:?}");
    assert_eq!(said.iter().filter(|outcome| outcome.starts_with("done")).count(), 2, "{said:?}");
    assert_eq!(world.sandbox.counters().requests_of("GET", "/contacts"), 1);
}

#[tokio::test]
async fn nothing_is_read_back_where_the_definition_says_never() {
    let world = World::new().await;
    world.person("gone@example.com", "unsubscribed");
    let never = World { destination: open(&world.sandbox, &["first_name"], Some(Verify::Never)), ..world };
    assert_eq!(never.carry_out(Operation::Join, &rows(&["gone@example.com"])).await, ["unverified"]);
    assert_eq!(never.sandbox.counters().requests_of("GET", "/contacts"), 0);
}

/// A batch that is as large as it may be is read to its last row.
#[tokio::test]
async fn nothing_of_a_full_batch_is_cut() {
    let world = World::mapping(&["company_name", "street"]).await;
    let capabilities = world.destination.capabilities();
    let (mut rows, mut bytes) = (Vec::new(), 0);
    for n in 0.. {
        let told = [("street", Value::Text("\"é\", ".repeat(40 - n % 2))), ("company_name", Value::Text("x".repeat(n % 50)))];
        let row = with(row(&format!("person{n}@example.com")), &told);
        bytes += world.destination.row_bytes(Operation::Join, &row);
        if bytes > (capabilities.batch_bytes)(Operation::Join) {
            break;
        }
        rows.push(row);
    }
    let last = rows.last().unwrap().email.as_str().to_owned();
    assert!(world.carry_out(Operation::Join, &rows).await.iter().all(|outcome| outcome == "unverified"));
    assert!(world.contact(&last).await.is_some());
    assert_eq!(world.observed("rowsDropped"), 0);
    world.clean();
}
