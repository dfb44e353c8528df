//! Who is who: directories, accounts, audiences and tags, by what they are and not by what they are called (C4, C11, E4, E9,
//! E14, E17).

use super::{
    cli,
    world::{Defined, LIST, Sent, World, row, rows},
};
use listkeeper::state::{End, approve};
use listkeeper_sandbox::{Fault, Faults, Next, Options, Sandbox, mailchimp::PersonIs::Subscribed};
use serde_json::json;
use std::{collections::BTreeMap, fs, os::unix::fs::symlink, process::Command, time::Duration};

const TAGS: &str = "/lists/{list_id}/segments";
const TAG: &str = "/lists/{list_id}/segments/{segment_id}";

fn stalled(end: &End) -> String {
    match end {
        End::Stalled { reason } => reason.clone(),
        other => panic!("{other:?}"),
    }
}

fn tags(expected: &[(&str, u64)]) -> BTreeMap<String, u64> {
    expected.iter().map(|(name, members)| ((*name).to_owned(), *members)).collect()
}

/// Two directories with an export of one name would take each other's people out of their tags.
#[tokio::test(flavor = "multi_thread")]
async fn a_state_is_one_directorys() {
    let world = World::new(&Defined::default(), &rows(0..4)).await;
    assert_eq!(cli::run(&world, &["apply"]).0, 0);
    let other = world.dir.path().join("other");
    let copy = |from: &std::path::Path, to: &std::path::Path| {
        fs::create_dir(to).unwrap();
        for file in ["listkeeper.yaml", "key", "people.csv"] {
            fs::copy(from.join(file), to.join(file)).unwrap();
        }
    };
    copy(&world.directory(), &other);
    fs::write(other.join("people.csv"), "Id,Email,First,Value\n9,p9@contoso.test,Nine,9\n").unwrap();
    world.asked();
    let directory = other.to_str().unwrap();
    for args in [
        &["plan", directory][..],
        &["apply", directory],
        &["run", directory, "--listen", "127.0.0.1:0"],
        &["connect", "account", directory],
    ] {
        let (code, _, err) = cli::run(&world, args);
        assert_eq!(code, 1, "{args:?}: {err}");
        let whose = format!("the state belongs to the directory {}; this is {directory}", world.directory().display());
        assert!(err.contains(&whose) && err.contains("--state DIR") && err.contains("--adopt-state"), "{args:?}: {err}");
    }
    assert!(world.asked().is_empty(), "refused before any request");
    // Another state, or the state handed over: the same exports go on.
    let moved = world.dir.path().join("moved");
    fs::rename(world.directory(), &moved).unwrap();
    let moved = moved.to_str().unwrap();
    let command = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_listkeeper"));
        let out = command.args(args).arg("--state").arg(world.state().path()).output().unwrap();
        (out.status.code().unwrap(), String::from_utf8(out.stderr).unwrap())
    };
    assert_eq!(command(&["plan", moved]).0, 1);
    let (code, err) = command(&["apply", "--adopt-state", moved]);
    assert!(code == 0 && err.contains("nothing to do"), "{code} {err}");
    assert_eq!(command(&["plan", moved]).0, 0);
    // As git-sync does: one path, another folder each time.
    let current = world.dir.path().join("current");
    symlink(moved, &current).unwrap();
    assert_eq!(command(&["apply", "--adopt-state", current.to_str().unwrap()]).0, 0);
    let next = world.dir.path().join("revision-2");
    copy(std::path::Path::new(moved), &next);
    fs::remove_file(&current).unwrap();
    symlink(&next, &current).unwrap();
    let (code, err) = command(&["apply", current.to_str().unwrap()]);
    assert!(code == 0 && err.contains("nothing to do"), "{code} {err}");
    assert_eq!(world.tags().await, tags(&[("Everyone", 4)]));
    world.asked();
}

/// A daemon whose directory is not there, mounted late perhaps, plans nothing by what it knew, and says that it is not ready.
#[tokio::test(flavor = "multi_thread")]
async fn a_daemon_without_its_directory_is_not_ready() {
    let world = World::new(&Defined::default().export("schedule: \"* * * * *\"\n"), &rows(0..4)).await;
    assert_eq!(cli::run(&world, &["apply"]).0, 0);
    let (directory, away) = (world.directory(), world.dir.path().join("away"));
    fs::rename(&directory, &away).unwrap();
    world.asked();
    let mut child = Command::new(env!("CARGO_BIN_EXE_listkeeper"))
        .arg("run")
        .arg(&directory)
        .args(["--listen", "127.0.0.1:0", "--poll", "1s", "--state"])
        .arg(world.state().path())
        .stderr(fs::File::create(world.dir.path().join("daemon.log")).unwrap())
        .spawn()
        .unwrap();
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let ready = async || {
        let text = fs::read_to_string(world.state().path().join("daemon.json")).ok()?;
        let file: serde_json::Value = serde_json::from_str(&text).ok()?;
        let address = file["address"].as_str().filter(|_| file["pid"] == child.id())?.to_owned();
        let answer = http.get(format!("{address}/readyz")).send().await.ok()?;
        Some((answer.status().as_u16(), answer.text().await.unwrap()))
    };
    let until = async |wanted: u16| {
        for _ in 0..600 {
            if let Some((status, text)) = ready().await
                && status == wanted
                && (status == 200 || text.contains("cannot be read"))
            {
                return;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        panic!("never {wanted}: {}", fs::read_to_string(world.dir.path().join("daemon.log")).unwrap());
    };
    until(503).await;
    assert!(world.asked().is_empty(), "nothing is planned");
    fs::rename(&away, &directory).unwrap();
    until(200).await;
    child.kill().unwrap();
    child.wait().unwrap();
    world.asked();
}

/// The key goes where the consent said, and nowhere else, whatever asks for it.
#[tokio::test(flavor = "multi_thread")]
async fn a_changed_endpoint_gets_no_key_until_the_consent_is_renewed() {
    let defined = Defined::default();
    let world = World::new(&defined, &rows(0..4)).await;
    world.succeed().await;
    let elsewhere = Sandbox::start(&world.dir.path().join("elsewhere"), Options::default()).await.unwrap();
    elsewhere.ensure_mailchimp_list(LIST, "CDP").unwrap();
    let yaml = defined.yaml(elsewhere.mailchimp_endpoint().as_str());
    let file = world.directory().join("listkeeper.yaml");
    fs::write(&file, &yaml).unwrap();
    for args in [&["plan"][..], &["apply"], &["connect", "account"]] {
        let (code, _, err) = cli::run(&world, args);
        assert_eq!(code, 1, "{args:?}: {err}");
        assert!(err.contains("privacy consent of 2026-11-22") && err.contains("privacy.acceptedOn"), "{args:?}: {err}");
    }
    let failure = world.try_plan().await.unwrap_err();
    assert!(failure.message.contains("leads to http://127.0.0.1:"), "{failure}");
    assert_eq!(elsewhere.counters().requests, 0, "no key left");
    // An earlier date is no renewal; a rehearsal neither needs nor changes one.
    fs::write(&file, yaml.replace("2026-11-22", "2026-11-21")).unwrap();
    assert_eq!(cli::run(&world, &["plan"]).0, 1);
    let (code, _, err) = cli::run(&world, &["apply", "--sandbox"]);
    assert_eq!(code, 0, "{err}");
    assert_eq!(cli::run(&world, &["plan"]).0, 1);
    assert_eq!(elsewhere.counters().requests, 0);
    // A plan compares and records nothing; the next `apply` does.
    fs::write(&file, yaml.replace("2026-11-22", "2026-11-22T09:30")).unwrap();
    assert_eq!(cli::run(&world, &["plan"]).0, 0);
    let back = defined.yaml(world.sandbox.mailchimp_endpoint().as_str());
    fs::write(&file, &back).unwrap();
    assert_eq!(cli::run(&world, &["plan"]).0, 0);
    fs::write(&file, yaml.replace("2026-11-22", "2026-11-22T09:30")).unwrap();
    let (code, _, err) = cli::run(&world, &["apply"]);
    assert_eq!(code, 4, "nothing of ours is there: {err}");
    assert!(elsewhere.counters().requests > 0);
    fs::write(&file, &back).unwrap();
    let (code, _, err) = cli::run(&world, &["plan"]);
    assert!(code == 1 && err.contains("consent of 2026-11-22T09:30"), "{code} {err}");
}

fn by_name(name: &str) -> Defined {
    let create = "{company: Contoso, address1: 1 Main St, city: Paris, country: FR, permissionReminder: You signed up., \
                  fromName: Contoso, fromEmail: news@contoso.test, language: en}";
    Defined { target: format!("{{audience: {{name: {name}, create: {create}}}}}"), ..Defined::default() }
}

async fn audiences(world: &World) -> Vec<(String, String)> {
    let lists = world.get("/lists?count=100").await;
    let lists = lists["lists"].as_array().unwrap().iter().filter(|list| list["id"] != LIST);
    let mut found: Vec<_> = lists.map(|l| (l["id"].as_str().unwrap().to_owned(), l["name"].as_str().unwrap().to_owned())).collect();
    found.sort();
    found
}

/// Renamed at Mailchimp, an audience is the same one: nobody is subscribed to a second.
#[tokio::test(flavor = "multi_thread")]
async fn a_renamed_audience_is_not_made_again() {
    let world = World::new(&by_name("Made"), &rows(0..4)).await;
    world.succeed().await;
    let made = audiences(&world).await;
    let path = format!("/lists/{}", made[0].0);
    let list = world.get(&path).await;
    let kept = ["contact", "permission_reminder", "campaign_defaults", "email_type_option"];
    let mut renamed: serde_json::Map<_, _> = kept.iter().map(|field| ((*field).to_owned(), list[field].clone())).collect();
    renamed.insert("name".into(), "Customers of Contoso".into());
    world.ask("PATCH", &path, renamed.into()).await;
    world.write(&rows(0..5));
    let plan = world.plan().await;
    assert!(plan.resources.is_empty() && plan.members.new == 1, "{plan:?}");
    assert!(plan.notes.iter().any(|note| note.contains("is called \"Customers of Contoso\" at Mailchimp now")), "{:?}", plan.notes);
    world.succeed().await;
    world.succeed().await;
    assert_eq!(audiences(&world).await, [(made[0].0.clone(), "Customers of Contoso".to_owned())]);
    // Another export that names it as it was called means the same one.
    let rich = vec![("rich", "SELECT * FROM people WHERE CAST(Value AS REAL) > 100".into())];
    world.define(&Defined { name: "second", segments: rich, ..by_name("Made") });
    world.succeed().await;
    assert_eq!(audiences(&world).await, [(made[0].0.clone(), "Customers of Contoso".to_owned())]);
    assert!(world.plan().await.is_empty());
    // The definition follows: still the same one.
    world.define(&by_name("Customers of Contoso"));
    assert!(world.plan().await.is_empty());
    assert!(world.succeed().await.is_empty());
    // Another name that nothing has is another audience: a changed target, held (E17).
    world.define(&by_name("Another"));
    let held = world.apply().await;
    assert!(matches!(held.end, End::Held { .. }), "{:?}", held.end);
    assert_eq!(audiences(&world).await.len(), 1);
}

/// Renamed at Mailchimp, a tag is the same one; the definition's own changes still rename it.
#[tokio::test(flavor = "multi_thread")]
async fn a_renamed_tag_is_reported_and_goes_on() {
    let mut defined = Defined::default();
    let world = World::new(&defined, &rows(0..4)).await;
    world.succeed().await;
    let tag = world.get(&format!("/lists/{LIST}/segments?type=static")).await["segments"][0]["id"].clone();
    world.ask("PATCH", &format!("/lists/{LIST}/segments/{tag}"), json!({"name": "All"})).await;
    world.write(&rows(0..5));
    let plan = world.plan().await;
    assert!(plan.notes.iter().any(|note| note.contains("is called \"All\" at Mailchimp now, not \"Everyone\"")), "{:?}", plan.notes);
    world.succeed().await;
    assert_eq!(world.tags().await, tags(&[("All", 5)]));
    defined.more.insert("everyone", "displayName: Whoever\n");
    world.define(&defined);
    world.succeed().await;
    assert_eq!(world.tags().await, tags(&[("Whoever", 5)]));
    assert!(world.plan().await.is_empty());
}

/// A creation that was refused, or never left, leaves no claim to what somebody else makes later.
#[rstest::rstest]
#[case::refused(Fault::Forbidden)]
#[case::never_arrived(Fault::ResetConnection)]
#[tokio::test(flavor = "multi_thread")]
async fn a_creation_that_failed_makes_nobodys_tag_ours(#[case] fault: Fault) {
    let world = World::new(&Defined::default(), &rows(0..4)).await;
    let every = |times| Next { fault, method: Some("POST".into()), route: Some(TAGS.into()), skip: 0, times };
    world.weather(Faults { next: vec![every(100)], ..Faults::default() });
    let report = world.apply().await;
    assert!(!matches!(report.end, End::Succeeded { .. }), "{:?}", report.end);
    world.weather(Faults::default());
    if fault == Fault::ResetConnection {
        // Whether it was carried out is not known: what is not there at the next look was not.
        world.plan().await;
        let refused = Next { fault: Fault::ServerError, method: Some("POST".into()), route: Some(TAGS.into()), skip: 0, times: 100 };
        world.weather(Faults { next: vec![refused], ..Faults::default() });
        world.apply().await;
        world.weather(Faults::default());
        return;
    }
    world.ask("POST", &format!("/lists/{LIST}/segments"), json!({"name": "Everyone", "static_segment": []})).await;
    world.asked();
    let report = world.apply().await;
    assert!(stalled(&report.end).contains("there is a tag \"Everyone\" already"), "{:?}", report.end);
    assert_eq!(Sent::of(&world.asked()), Sent::default());
}

/// What the platform made although its answer was lost, and the process with it, is ours; with somebody in it it is not.
#[rstest::rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_creation_is_ours_while_it_is_empty(#[values(false, true)] somebody_uses_it: bool) {
    let world = World::new(&Defined::default(), &rows(0..4)).await;
    let lost = |fault, method: &str, skip, times| Next { fault, method: Some(method.into()), route: Some(TAGS.into()), skip, times };
    // Made, the answer lost, and every look after that fails.
    let next = vec![lost(Fault::LostAnswer, "POST", 0, 1), lost(Fault::Unavailable, "GET", 2, 100)];
    world.weather(Faults { next, ..Faults::default() });
    let report = world.apply().await;
    assert!(matches!(report.end, End::Failed { retrying: true, .. }), "{:?}", report.end);
    world.weather(Faults::default());
    if somebody_uses_it {
        world.person("them@contoso.test", Subscribed);
        let tag = world.get(&format!("/lists/{LIST}/segments?type=static")).await["segments"][0]["id"].clone();
        let add = json!({"members_to_add": ["them@contoso.test"]});
        world.ask("POST", &format!("/lists/{LIST}/segments/{tag}"), add).await;
        let report = world.apply().await;
        assert!(stalled(&report.end).contains("there is a tag \"Everyone\" already"), "{:?}", report.end);
        return;
    }
    world.succeed().await;
    assert_eq!(world.tags().await, tags(&[("Everyone", 4)]));
    assert!(world.plan().await.is_empty());
}

fn named(names: &[(&'static str, &'static str)]) -> Defined {
    let sql = |name: &str| match name {
        "everyone" => "SELECT * FROM people".to_owned(),
        "rich" => "SELECT * FROM people WHERE CAST(Value AS REAL) > 100".to_owned(),
        _ => "SELECT * FROM people WHERE CAST(Value AS REAL) <= 100".to_owned(),
    };
    let more = names.iter().map(|(name, lines)| (*name, *lines)).collect();
    Defined { segments: names.iter().map(|(name, _)| (*name, sql(name))).collect(), more, ..Defined::default() }
}

/// Names that change places: nobody is told anything, and a run that is killed between two names goes on from there.
#[rstest::rstest]
#[case::not_killed(None)]
#[case::killed_before_the_second(Some(1))]
#[case::killed_before_the_third(Some(2))]
#[tokio::test(flavor = "multi_thread")]
async fn three_names_change_places(#[case] killed_after: Option<u32>) {
    let before = [("everyone", "displayName: A\n"), ("rich", "displayName: B\n"), ("poor", "displayName: C\n")];
    let after = [("everyone", "displayName: B\n"), ("rich", "displayName: C\n"), ("poor", "displayName: A\n")];
    let world = World::new(&named(&before), &rows(0..12)).await;
    world.succeed().await;
    assert_eq!(world.tags().await, tags(&[("A", 12), ("B", 6), ("C", 6)]));
    world.define(&named(&after));
    world.asked();
    if let Some(skip) = killed_after {
        let next = Next { fault: Fault::Unavailable, method: Some("PATCH".into()), route: Some(TAG.into()), skip, times: 100 };
        world.weather(Faults { next: vec![next], ..Faults::default() });
        assert!(!matches!(world.apply().await.end, End::Succeeded { .. }));
        world.weather(Faults::default());
    }
    let report = world.succeed().await;
    assert_eq!((report.counts.unchanged, report.counts.removed), (12, 0), "{report:?}");
    assert_eq!(Sent::of(&world.asked()), Sent::default());
    assert_eq!(world.tags().await, tags(&[("B", 12), ("C", 6), ("A", 6)]));
    assert!(world.plan().await.is_empty());
}

/// Dropped, emptied, and named again later: its own tag, and not a stall.
#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_segment_that_comes_back_has_its_own_tag_again() {
    let mut people = rows(0..20);
    people.iter_mut().for_each(|person| person.value = "150".into());
    let world = World::new(&Defined::overlapping().export("mode: mirror\n"), &people).await;
    world.succeed().await;
    world.define(&Defined::default().export("mode: mirror\n"));
    let held = world.apply().await;
    assert!(matches!(held.end, End::Held { .. }), "{:?}", held.end);
    approve(&world.state(), &held.plan.unwrap().digest.0, "dana", world.now).unwrap();
    world.succeed().await;
    assert_eq!(world.tags().await, tags(&[("Everyone", 20), ("Rich", 0)]));
    // Somebody else uses the tag meanwhile: theirs stay theirs.
    world.person("them@contoso.test", Subscribed);
    let all = world.get(&format!("/lists/{LIST}/segments?type=static&count=10")).await;
    let rich = all["segments"].as_array().unwrap().iter().find(|tag| tag["name"] == "Rich").unwrap()["id"].clone();
    world.ask("POST", &format!("/lists/{LIST}/segments/{rich}"), json!({"members_to_add": ["them@contoso.test"]})).await;
    world.define(&Defined::overlapping().export("mode: mirror\n"));
    world.succeed().await;
    assert_eq!(world.tags().await, tags(&[("Everyone", 20), ("Rich", 21)]));
    assert!(world.plan().await.is_empty(), "{:?}", world.plan().await);
    people[3].value = "1".into();
    world.write(&people);
    world.succeed().await;
    assert_eq!(world.tags().await, tags(&[("Everyone", 20), ("Rich", 20)]));
    assert!(world.held().await["them@contoso.test"].tags.contains(&"Rich".to_owned()));
    assert_eq!(world.held().await[&row(3).email].tags, ["Everyone"]);
}

/// A segment's definition has another name, its display name stays: the tag stays too, with the people in it.
#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_segments_tag_goes_on_with_the_one_that_has_its_name() {
    let before = [("everyone", "displayName: A\n"), ("rich", "displayName: B\n")];
    let after = [("everyone", "displayName: A\n"), ("wealthy", "displayName: B\n")];
    let world = World::new(&named(&before), &rows(0..12)).await;
    world.succeed().await;
    let mut defined = named(&after);
    defined.segments[1].1 = "SELECT * FROM people WHERE CAST(Value AS REAL) > 100".into();
    world.define(&defined);
    world.asked();
    let report = world.succeed().await;
    assert_eq!((report.counts.unchanged, report.counts.removed), (12, 0), "{report:?}");
    assert_eq!(Sent::of(&world.asked()), Sent::default());
    assert_eq!(world.tags().await, tags(&[("A", 12), ("B", 6)]));
    assert!(world.plan().await.is_empty());
}
