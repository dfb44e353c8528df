//! The evidence of consent (E13): only a known yes is a yes, no wins over yes, a withdrawn consent counts, and a column that
//! keeps people out is checked as hard as a list that does (E19).

use super::world::{Defined, Sent, World, row, rows};
use listkeeper::{
    plan,
    state::{End, approve},
};
use listkeeper_sandbox::mailchimp::PersonIs;
use rstest::rstest;
use std::{collections::BTreeMap, fs};

const ASKED: &str = "subscribed, consent: {column: Value}";

fn defined(status: &'static str) -> Defined {
    Defined { status, ..Defined::default() }.export("mode: mirror\n")
}

/// Someone's answer stands in the column `Value`.
async fn world(status: &'static str, answers: &[&str]) -> World {
    let world = World::new(&defined(status), &[]).await;
    answer(&world, status, answers);
    world
}

fn answer(world: &World, status: &'static str, answers: &[&str]) {
    define(world, &defined(status));
    let lines: Vec<String> = answers.iter().enumerate().map(|(n, answer)| format!("{n},p{n}@contoso.test,First{n},{answer}\n")).collect();
    world.write_text(&format!("Id,Email,First,Value\n{}", lines.concat()));
}

/// The column is no attribute here.
fn define(world: &World, defined: &Defined) {
    world.define(defined);
    let path = world.directory().join("listkeeper.yaml");
    let yaml = fs::read_to_string(&path).unwrap();
    fs::write(&path, yaml.replace(", VALUE: {column: Value, type: number, onEmpty: clear}", "")).unwrap();
}

async fn tagged(world: &World) -> Vec<String> {
    let held = world.held().await;
    held.into_iter().filter(|(_, held)| !held.tags.is_empty()).map(|(email, _)| email).collect()
}

fn codes(end: &End) -> String {
    match end {
        End::Held { reason } => reason.clone(),
        end => panic!("{end:?}"),
    }
}

/// The words of databases, CRMs and languages; the numbers and truth values of NDJSON.
#[tokio::test(flavor = "multi_thread")]
async fn only_a_known_yes_is_a_yes() {
    let yes = ["yes", "TRUE", "1", "2024-05-01", "t", "Ja", "oui", "Opted-In", "1.0"];
    let no = [
        "unsubscribed",
        "not_subscribed",
        "pending",
        "opted out",
        "Do Not Allow",
        "declined",
        "withdrawn",
        "NULL",
        "N/A",
        "-",
        "nein",
        "non",
        "faux",
        "NO_CONSENT",
        "0.0",
        "never",
        "f",
        "",
        "0",
        "2",
        "maybe",
        "1970-01-01",
        "2999-01-01",
    ];
    let world = world(ASKED, &[&yes[..], &no[..]].concat()).await;
    let report = world.succeed().await;
    let expected: Vec<String> = (0..yes.len()).map(|n| format!("p{n}@contoso.test")).collect();
    assert_eq!(world.held().await.into_keys().collect::<Vec<_>>(), expected);
    assert_eq!((report.counts.added, report.counts.no_consent), (yes.len() as u64, no.len() as u64));
    assert!(world.plan().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn truth_values_and_numbers_of_ndjson() {
    let world = world(ASKED, &[]).await;
    let path = world.directory().join("listkeeper.yaml");
    let yaml = fs::read_to_string(&path).unwrap().replace("people.csv", "people.ndjson");
    fs::write(&path, yaml).unwrap();
    let answers = ["true", "1", "1.0", "\"yes\"", "false", "0", "2", "null", "\"f\"", "[]"];
    let lines = answers
        .iter()
        .enumerate()
        .map(|(n, answer)| format!("{{\"Id\": {n}, \"Email\": \"p{n}@contoso.test\", \"First\": \"First{n}\", \"Value\": {answer}}}\n"));
    fs::write(world.directory().join("people.ndjson"), lines.collect::<String>()).unwrap();
    world.succeed().await;
    let created: Vec<String> = (0..4).map(|n| format!("p{n}@contoso.test")).collect();
    assert_eq!(world.held().await.into_keys().collect::<Vec<_>>(), created);
}

/// What is neither is counted, and the plan says what to write.
#[tokio::test(flavor = "multi_thread")]
async fn unknown_values_stand_in_the_plan() {
    let world = world(ASKED, &["yes", "maybe", "Maybe", "x", "ana@x.com"]).await;
    let plan = world.plan().await;
    let line = "! Value: 4 values are neither a known yes nor a known no: \"Maybe\" 1, \"maybe\" 1, \"x\" 1, a value with an @ in it 1; write \
                them under consent.yes or consent.no";
    assert!(plan::text(&plan).contains(line), "{}", plan::text(&plan));
    assert!(plan::markdown(&plan).contains(line), "{}", plan::markdown(&plan));
    let json: serde_json::Value = serde_json::from_str(&plan::json(&plan, false).unwrap()).unwrap();
    let consent = &json["members"]["consent"];
    assert_eq!((&consent["unknownRows"], &consent["unknown"][0]["rows"]), (&4.into(), &1.into()), "{consent}");
    assert_eq!(plan.counts.no_consent, 4);
    world.succeed().await;
    assert!(plan::text(&world.plan().await).contains(line), "and where there is nothing to do");
    // Once somebody says what they mean, it is so.
    answer(&world, "subscribed, consent: {column: Value, yes: [yes, maybe], no: [x]}", &["yes", "maybe", "Maybe", "x", "no"]);
    world.succeed().await;
    assert_eq!(world.held().await.len(), 3);
}

/// In whatever order rows, cells and segments come.
#[rstest]
#[case("1,ana@contoso.test,Ana,no\n1,ana@contoso.test,Ana,yes\n")]
#[case("1,ana@contoso.test,Ana,yes\n1,ANA@contoso.test,Zoe,no\n")]
#[case("1,ana@contoso.test,Zoe,yes\n1,Ana@contoso.test,Ana,\n")]
#[case("1,ana@contoso.test,Zoe,yes\n1,Ana@contoso.test,Ana,perhaps\n")]
#[case("1,ana@contoso.test,Ana,yes\n2,other@contoso.test,Ana,yes\n2,ana@contoso.test,Ana,no\n")]
#[tokio::test(flavor = "multi_thread")]
async fn no_wins_over_yes(#[case] rows: &str) {
    let world = world(ASKED, &[]).await;
    let mut defined = Defined::overlapping();
    defined.segments[1].1 = "SELECT * FROM people WHERE Value = 'yes'".into();
    define(&world, &Defined { status: ASKED, ..defined });
    world.write_text(&format!("Id,Email,First,Value\n{rows}"));
    world.succeed().await;
    assert!(!world.held().await.contains_key("ana@contoso.test"));
}

/// One person, two addresses, one of them without consent: nobody is created on that doubt, and nobody taken out.
#[tokio::test(flavor = "multi_thread")]
async fn another_address_of_the_person_said_no() {
    let world = world(ASKED, &[]).await;
    world.write_text("Id,Email,First,Value\n7,ana@contoso.test,Ana,yes\n7,ana@home.test,Ana,no\n8,bo@contoso.test,Bo,yes\n");
    world.succeed().await;
    assert_eq!(tagged(&world).await, ["bo@contoso.test"]);
    world.write_text("Id,Email,First,Value\n7,ana@contoso.test,Ana,yes\n7,ana@home.test,Ana,yes\n8,bo@contoso.test,Bo,yes\n");
    world.succeed().await;
    world.write_text("Id,Email,First,Value\n7,ana@contoso.test,Ana,yes\n7,ana@home.test,Ana,no\n8,bo@contoso.test,Bo,yes\n");
    world.succeed().await;
    assert_eq!(tagged(&world).await, ["ana@contoso.test", "bo@contoso.test"], "each address answers for itself once it is a member");
}

/// Off our lists, with the reason; nothing the next time; back when consent comes back.
#[rstest]
#[case("no")]
#[case("")]
#[case("perhaps")]
#[tokio::test(flavor = "multi_thread")]
async fn a_withdrawn_consent_takes_a_member_off(#[case] answer_now: &str) {
    let mut answers = vec!["yes"; 12];
    let world = world(ASKED, &answers).await;
    world.succeed().await;
    answers[3] = answer_now;
    answer(&world, ASKED, &answers);
    let plan = world.plan().await;
    assert!(plan::text(&plan).contains("- 1 leave: consent withdrawn"), "{}", plan::text(&plan));
    world.asked();
    let report = world.succeed().await;
    assert_eq!((report.counts.removed, report.counts.no_consent, report.counts.unchanged), (1, 1, 11));
    assert_eq!(Sent::of(&world.asked()).parted, [row(3).email]);
    let held = world.held().await;
    assert_eq!((held[&row(3).email].status.as_str(), held[&row(3).email].tags.len()), ("subscribed", 0), "the status is the platform's");
    let plan = world.plan().await;
    assert!(plan.is_empty(), "{}", plan::text(&plan));
    answers[3] = "yes";
    answer(&world, ASKED, &answers);
    let report = world.succeed().await;
    assert_eq!((report.counts.left, tagged(&world).await.len()), (0, 12));
}

/// `keep`, and upsert without a word, leave members where they are; they are added to nothing else.
#[rstest]
#[case("subscribed, consent: {column: Value, withdrawn: keep}", "mode: mirror\n", 12)]
#[case(ASKED, "mode: upsert\n", 12)]
#[case("subscribed, consent: {column: Value, withdrawn: remove}", "mode: upsert\n", 11)]
#[tokio::test(flavor = "multi_thread")]
async fn what_becomes_of_them_is_a_choice(#[case] status: &'static str, #[case] mode: &str, #[case] stay: usize) {
    let mut answers = vec!["yes"; 12];
    let world = world(status, &answers).await;
    let choose = || define(&world, &Defined { status, ..Defined::default() }.export(mode));
    choose();
    world.succeed().await;
    answers[3] = "no";
    answer(&world, status, &answers);
    choose();
    world.succeed().await;
    assert_eq!(tagged(&world).await.len(), stay);
    let text = plan::text(&world.plan().await);
    assert_eq!(text.contains("! 1 member without consent: kept"), stay == 12, "{text}");
    assert!(world.plan().await.is_empty());
}

/// Pre-existing members are none of ours, and a contact that the platform knows is not added without consent.
#[tokio::test(flavor = "multi_thread")]
async fn who_the_platform_knows_is_not_added_without_consent_either() {
    let world = world(ASKED, &["no", "yes", "maybe"]).await;
    for id in 0..3 {
        world.person(&row(id).email, PersonIs::Subscribed);
    }
    let report = world.succeed().await;
    assert_eq!((report.counts.no_consent, tagged(&world).await), (2, vec![row(1).email]));
    assert_eq!(world.held().await.len(), 3, "and nobody is touched");
    assert!(world.plan().await.is_empty());
}

/// A column that turns to no is a removal like any other; one without a known yes is held whatever its size.
#[tokio::test(flavor = "multi_thread")]
async fn a_column_that_turns_to_no_is_held() {
    let world = world(ASKED, &["yes"; 20]).await;
    world.succeed().await;
    answer(&world, ASKED, &[&["yes"; 10][..], &["no"; 10][..]].concat());
    assert!(codes(&world.apply().await.end).contains("10 removals from everyone"));
    answer(&world, ASKED, &["oh ja"; 20]);
    let why = codes(&world.apply().await.end);
    assert!(why.contains("consent Value: no value is a known yes any more"), "{why}");
    assert_eq!(tagged(&world).await.len(), 20);
    answer(&world, "subscribed, consent: {column: Value, withdrawn: keep}", &["oh ja"; 20]);
    assert!(codes(&world.apply().await.end).contains("no value is a known yes"));
}

/// What held people back and does so no more is asked about, as a suppression list is.
#[rstest]
#[case::gone("subscribed", "consent Value in the last run, and asks for it no more")]
#[case::another_column("subscribed, consent: {column: First}", "consent Value in the last run, and now asks for consent First instead")]
#[tokio::test(flavor = "multi_thread")]
async fn a_consent_that_is_asked_for_no_more_is_held(#[case] status: &'static str, #[case] expected: &str) {
    let answers = ["yes", "no", "no"];
    let world = world(ASKED, &answers).await;
    world.succeed().await;
    define(&world, &defined(status));
    world.write_text("Id,Email,First,Value\n0,p0@contoso.test,yes,yes\n1,p1@contoso.test,yes,no\n2,p2@contoso.test,yes,no\n");
    let report = world.apply().await;
    let why = codes(&report.end);
    assert!(why.contains(expected), "{why}");
    assert_eq!(world.held().await.len(), 1);
    let digest = &report.plan.unwrap().digest.0;
    approve(&world.state(), digest, "dana", world.now).unwrap();
    world.succeed().await;
    assert_eq!(world.held().await.len(), 3);
    assert!(world.plan().await.is_empty());
}

/// Evidence of which more is asked is asked for still; of which less is asked, it is not.
#[tokio::test(flavor = "multi_thread")]
async fn a_date_that_is_asked_for_too_drops_no_evidence() {
    let world = world("subscribed, consent: {column: Value}", &["yes", "no", "no"]).await;
    world.succeed().await;
    let dated = "subscribed, consent: {column: Value, at: First}";
    define(&world, &defined(dated));
    let rows =
        "Id,Email,First,Value\n0,p0@contoso.test,2024-05-01,yes\n1,p1@contoso.test,2024-05-01,no\n3,p3@contoso.test,2024-05-01,yes\n";
    world.write_text(rows);
    world.succeed().await;
    assert_eq!(world.held().await.len(), 2);
    define(&world, &defined("subscribed, consent: {column: Value, at: First, yes: [yes, sure]}"));
    world.write_text(&format!("{rows}4,p4@contoso.test,2024-05-01,sure\n"));
    world.succeed().await;
    assert_eq!(world.held().await.len(), 3);
    define(&world, &defined(ASKED));
    world.write_text(&format!("{rows}5,p5@contoso.test,,yes\n"));
    let why = codes(&world.apply().await.end);
    assert!(why.contains("consent Value, First in the last run, and now asks for consent Value instead"), "{why}");
}

/// Many who were held back, and are not any more: a column that was filled anew.
#[tokio::test(flavor = "multi_thread")]
async fn a_column_that_holds_back_far_fewer_is_held() {
    let world = world(ASKED, &[&["yes"; 20][..], &["no"; 20][..]].concat()).await;
    world.succeed().await;
    answer(&world, ASKED, &[&["yes"; 24][..], &["no"; 16][..]].concat());
    world.succeed().await;
    answer(&world, ASKED, &["yes"; 40]);
    let why = codes(&world.apply().await.end);
    assert!(why.contains("consent Value holds back 0 of 20 people"), "{why}");
    assert_eq!(world.held().await.len(), 24);
}

/// E12: with its reason since the first time, whatever runs change nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_the_platform_rejects_stays_listed() {
    let world = World::new(&Defined::default(), &rows(0..2)).await;
    world.write_text("Id,Email,First,Value\n0,p0@contoso.test,Ana,1\n1,fake@example.com,Fay,2\n");
    let rejected = BTreeMap::from([("fake@example.com".to_owned(), "fake-address".to_owned())]);
    assert!(matches!(world.apply().await.end, End::Partial { .. }));
    for _ in 0..3 {
        assert_eq!(world.rejected(), rejected);
        let report = world.succeed().await;
        assert_eq!((report.counts.rejected, report.is_empty()), (1, true));
    }
    world.write_text("Id,Email,First,Value\n0,p0@contoso.test,Ana,1\n");
    world.succeed().await;
    assert_eq!(world.rejected(), BTreeMap::new());
}

/// A date of consent that cannot be read, or cannot be, is rejected by us before anything is sent; whoever is a member stays. A
/// date that is mended is a reason to look again.
#[tokio::test(flavor = "multi_thread")]
async fn a_date_of_consent_that_cannot_be_read() {
    let status = "subscribed, consent: {column: Value, at: First}";
    let world = world(status, &[]).await;
    let write = |dates: &[&str]| {
        let line = |(n, date): (usize, &&str)| format!("{n},p{n}@contoso.test,{date},yes\n");
        world.write_text(&format!("Id,Email,First,Value\n{}", dates.iter().enumerate().map(line).collect::<String>()));
    };
    write(&["2024-05-01 10:00:00+02", "28/02/2024", "2999-01-01", "", "1714557600"]);
    let report = world.apply().await;
    assert!(matches!(report.end, End::Partial { .. }), "{:?}", report.end);
    let code = |id: u64| (row(id).email, "consent-date".to_owned());
    assert_eq!(world.rejected(), BTreeMap::from([code(1), code(2)]));
    assert_eq!(tagged(&world).await, [row(0).email, row(4).email]);
    assert_eq!((report.counts.rejected, report.counts.no_consent), (2, 1));
    write(&["yesterday", "2024-02-28", "2999-01-01", "", "1714557600"]);
    world.apply().await;
    assert_eq!(tagged(&world).await, [row(0).email, row(1).email, row(4).email]);
    assert_eq!(world.rejected(), BTreeMap::from([code(0), code(2)]));
    assert!(world.plan().await.is_empty());
}
