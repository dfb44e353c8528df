use super::{Desk, ORG, Step, columns, dataverse, page, read, say};
use rstest::rstest;

const COLUMNS: &str = r#"{"@odata.etag":"W/1","msdynci_customerid":"a1","msdynci_email":null,"msdynci_points":1,"msdynci_vip":true,
    "msdynci_tags":null,"createdon":"2026-01-01T00:00:00Z","statecode":0,"statecode@OData.Community.Display.V1.FormattedValue":"Active"}"#;

const ATTRIBUTES: &str = r#"{"LogicalName":"msdynci_customerid"},{"LogicalName":"msdynci_email"},{"LogicalName":"msdynci_loyalty"}"#;

fn member(id: &str, segments: &str) -> String {
    format!(
        r#"{{"msdynci_customerid":"{id}","msdynci_segments":"{}","msdynci_segmentmembershiptype":"Customer"}}"#,
        segments.replace('"', "\\\"")
    )
}

fn profile(id: &str) -> String {
    format!(r#"{{"@odata.etag":"W/1","msdynci_customerid":"{id}","msdynci_email":"{id}@example.com"}}"#)
}

fn next(path: &str) -> String {
    format!(r#","@odata.nextLink":"{ORG}/api/data/v9.2/{path}""#)
}

fn delta(path: &str) -> String {
    format!(r#","@odata.deltaLink":"{ORG}/api/data/v9.2/{path}""#)
}

/// Members a1 and b2, in two pages each; changes are not tracked.
fn conversation() -> Vec<Step> {
    let other_type = member("c3", r#"["Gold"]"#).replace("Customer\"}", "Contact\"}");
    let members = [member("a1", r#"["Silver","Gold"]"#), member("c3", r#"["Gold_EU"]"#), other_type].join(",");
    let second = [member("b2", r#"["Gold"]"#), member("a1", r#"["Gold"]"#), member("d4", r#"["gold"]"#)].join(",");
    let profiles = [profile("a1"), profile("c3")].join(",");
    vec![
        page(ATTRIBUTES, ""),
        page(COLUMNS, &next("msdynci_customerprofiles?$skiptoken=1")),
        page(r#"{"SchemaName":"Account"}"#, ""),
        page(&members, &next("msdynci_segmentmemberships?$skiptoken=%3Cm2%3E")),
        page(&second, ""),
        page(&profiles, &next("msdynci_customerprofiles?$skiptoken=p2")),
        page(&profile("b2"), ""),
        page(&[member("b2", r#"["Gold"]"#), member("a1", r#"["Gold"]"#)].join(","), ""),
    ]
}

/// The same where both tables keep track of changes, and there are none.
fn tracked() -> Vec<Step> {
    let everybody = [member("a1", r#"["Gold"]"#), member("b2", r#"["Gold","X"]"#), member("c3", r#"["X"]"#)].join(",");
    vec![
        page(ATTRIBUTES, ""),
        page(COLUMNS, ""),
        page(r#"{"SchemaName":"msdynci_SegmentMembership"},{"SchemaName":"msdynci_customerprofile"}"#, ""),
        page(&everybody, &delta("msdynci_segmentmemberships?$deltatoken=m")),
        page(&[profile("b2"), profile("a1")].join(","), &delta("msdynci_customerprofiles?$deltatoken=p")),
        page(&[member("a1", r#"["Gold"]"#), member("b2", r#"["Gold","X"]"#)].join(","), ""),
        page("", &delta("msdynci_segmentmemberships?$deltatoken=m")),
        page("", &delta("msdynci_customerprofiles?$deltatoken=p2")),
    ]
}

fn gold(steps: Vec<Step>) -> super::Told {
    read(dataverse(), "Gold", &["EMail"], Desk::new(steps))
}

#[test]
fn members_are_joined_to_their_profiles() {
    let told = gold(conversation());
    assert_eq!(told.rows, ["a1@example.com", "b2@example.com"], "{}", told.end());
    let select = "$select=msdynci_customerid,msdynci_segments,msdynci_segmentmembershiptype";
    let filter = "$filter=contains(msdynci_segments,%27%22Gold%22%27)";
    let five = "(odata.maxpagesize=5000)";
    let expected = [
        format!("/EntityDefinitions(LogicalName='msdynci_customerprofile')/Attributes?$select=LogicalName {five}"),
        "/msdynci_customerprofiles (odata.maxpagesize=500)".to_owned(),
        format!("/EntityDefinitions?$select=SchemaName&$filter=ChangeTrackingEnabled%20eq%20true {five}"),
        format!("/msdynci_segmentmemberships?{select}&{filter} {five}"),
        format!("/msdynci_segmentmemberships?$skiptoken=%3Cm2%3E {five}"),
        format!("/msdynci_customerprofiles?$select=msdynci_customerid,msdynci_email {five}"),
        format!("/msdynci_customerprofiles?$skiptoken=p2 {five}"),
        format!("/msdynci_segmentmemberships?{select}&{filter} {five}"),
    ];
    assert_eq!(told.asked, expected.map(|asked| format!("token-1: /api/data/v9.2{asked}")));
    assert_eq!(told.end.unwrap().newest, None, "when the tables were refreshed is not known");
}

#[test]
fn where_changes_are_tracked_they_are_asked_for() {
    let told = gold(tracked());
    assert_eq!((told.end().as_str(), told.rows.len()), ("2 rows", 2));
    let all = "odata.track-changes,odata.maxpagesize=5000";
    let asked: Vec<_> = told.asked.iter().map(|asked| asked.replace("token-1: /api/data/v9.2/msdynci_", "")).collect();
    assert_eq!(asked[3], format!("segmentmemberships?$select=msdynci_customerid,msdynci_segments,msdynci_segmentmembershiptype ({all})"));
    assert_eq!(asked[4], format!("customerprofiles?$select=msdynci_customerid,msdynci_email ({all})"));
    assert_eq!(asked[6], "segmentmemberships?$deltatoken=m (odata.maxpagesize=5000)");
    assert_eq!(asked[7], "customerprofiles?$deltatoken=p (odata.maxpagesize=5000)");
}

#[rstest]
#[case::profile_missing(6, page("", ""), "under way: … 1 of the segment's 2 members have no profile")]
#[case::two_profiles(6, page(&[profile("b2"), profile("a1")].join(","), ""), "under way: … a customer came with two profiles")]
#[case::somebody_left(7, page(&member("a1", r#"["Gold"]"#), ""), "under way: … 1 of 2 members were no longer in the segment Gold at its end")]
#[case::somebody_came(7, page(&member("c3", r#"["Gold"]"#), ""), "under way: … somebody came into the segment Gold")]
#[case::no_value(
    4,
    say("{}"),
    "unreachable: the answer of Dataverse to /msdynci_segmentmemberships is not what it should be (at line 1, column 2)"
)]
#[case::endless(4, page("", &next("msdynci_segmentmemberships?$skiptoken=%3Cm2%3E")), "unreachable: a page names one as the next that was read already: the reading would never end")]
#[case::elsewhere(
    5,
    page("", r#","@odata.nextLink":"https://evil.example.com/api""#),
    "broken: a link in an answer leads to evil.example.com, and the token is not sent there"
)]
#[case::other_port(
    5,
    page("", r#","@odata.nextLink":"https://contoso.crm4.dynamics.com:8443/api""#),
    "broken: a link in an answer leads to contoso.crm4.dynamics.com, and the token is not sent there"
)]
#[case::no_list(4, page(&member("a1", "Gold"), ""), "broken: the row of customer a1 in msdynci_segmentmemberships does not name its segments: msdynci_segments holds a text that is not JSON")]
#[case::nobody_named(
    4,
    page(r#"{"msdynci_customerid":null,"msdynci_segments":"[\"Gold\"]"}"#, ""),
    "broken: a row of msdynci_segmentmemberships puts somebody into the segment Gold and does not say whom"
)]
#[case::no_profiles(1, page("", ""), "unfit: there is no customer profile in Dataverse")]
#[case::refused(5, Step::Say(403, r#"{"error":{"code":"0x80040220","message":"dana@example.com lacks prvRead."}}"#.into()), "broken: Dataverse answered /msdynci_customerprofiles with 403: 0x80040220 … lacks prvRead")]
#[case::no_such_table(1, Step::Say(404, "<html>".into()), "broken: Dataverse answered /msdynci_customerprofiles with 404")]
#[case::too_long_a_pause(
    5,
    Step::Later(429, 3600),
    "unreachable for 3600 s: Dataverse answered /msdynci_customerprofiles with 429: 0x80072322"
)]
#[case::stopped(5, Step::Stop, "broken: the reading was stopped")]
fn anything_else_is_an_error(#[case] at: usize, #[case] instead: Step, #[case] expected: &str) {
    let mut steps = conversation();
    steps[at] = instead;
    let told = gold(steps).end();
    let message = told.lines().next().unwrap().replace("Customer Insights' tables in Dataverse changed during the reading:", "…");
    assert_eq!(message, expected);
}

#[rstest]
#[case::changed(6, page(&member("z9", "[]"), ""), 1)]
#[case::deleted(7, page(r#"{"@odata.context":"…/$deletedEntity","id":"0e9f","reason":"deleted"},{"id":"1"}"#, ""), 2)]
fn a_tracked_change_is_a_refresh_under_way(#[case] at: usize, #[case] instead: Step, #[case] rows: usize) {
    let mut steps = tracked();
    steps[at] = instead;
    let told = gold(steps).end();
    assert!(told.starts_with("under way: ") && told.contains(&format!("{rows} rows or more were written or deleted")), "{told}");
}

/// Bad weather in front of an answer changes nothing.
#[rstest]
#[case::throttled(vec![Step::Later(429, 7)])]
#[case::throttled_for_the_rest_of_the_window(vec![Step::Later(429, 290)])]
#[case::unwell(vec![Step::Say(503, "<html>".into()), Step::Later(503, 5)])]
#[case::cut(vec![Step::Say(200, r#"{"value":[{"msdynci_custo"#.into())])]
#[case::broken(vec![Step::Break, Step::Break])]
#[case::token_taken_back(vec![Step::Say(401, String::new())])]
fn weather(#[values(1, 4, 6)] at: usize, #[case] before: Vec<Step>) {
    let mut steps = conversation();
    steps.splice(at..at, before);
    let told = gold(steps);
    assert_eq!((told.end().as_str(), told.rows.len()), ("2 rows", 2));
}

#[test]
fn a_page_that_is_always_cut_is_an_error() {
    let mut steps = conversation();
    steps.splice(4..4, vec![say(r#"{"value":[{"msdynci_custo"#); 10]);
    assert!(gold(steps).end().starts_with("unreachable: the answer of Dataverse to /msdynci_segmentmemberships is not what"));
}

#[rstest]
#[case("Gould", "did you mean `Gold`? (names are")]
#[case("gold", "did you mean `Gold`? (names are")]
#[case("Platinum", "there is: Gold, Gold_EU, Silver (names are")]
fn a_segment_without_members_is_unfit(#[case] segment: &str, #[case] hint: &str) {
    let mut steps = conversation();
    let some = [member("a1", r#"{"Segments":["Silver","Gold"]}"#), member("c3", r#"["Gold_EU"]"#)].join(",");
    steps.splice(3.., [page("", ""), page("", ""), page(&some, "")]);
    let told = read(dataverse(), segment, &["email"], Desk::new(steps)).end();
    assert!(told.starts_with(&format!("unfit: no customer is in a segment named {segment:?}: it is empty, or there is none")), "{told}");
    assert!(told.lines().nth(1).unwrap().starts_with(hint), "{told}");
}

#[test]
fn a_name_is_quoted_for_the_filter() {
    let told =
        read(dataverse(), "O'Hara & 50%+ #1", &["email"], Desk::new([page(ATTRIBUTES, ""), page(COLUMNS, ""), page("", ""), Step::Stop]));
    assert!(told.asked[3].contains("contains(msdynci_segments,%27%22O%27%27Hara%20%26%2050%25%2B%20%231%22%27)"), "{}", told.asked[3]);
}

#[test]
fn columns_are_known_by_the_names_that_people_write() {
    let names = columns(dataverse(), "Gold", Desk::new([page(ATTRIBUTES, ""), page(COLUMNS, ""), page(&member("a1", "[]"), "")]));
    assert_eq!(names, ["createdon", "customerid", "email", "loyalty", "points", "statecode", "tags", "vip"]);
    let mut steps = conversation();
    steps.splice(
        5..7,
        [page(
            r#"{"msdynci_customerid":"a1","msdynci_points":12.50,"msdynci_vip":true,"msdynci_tags":["a", "b"],"statecode":0},
        {"msdynci_customerid":"b2","msdynci_points":null,"msdynci_vip":false,"msdynci_tags":"Zoë\n","statecode":1}"#,
            "",
        )],
    );
    let wanted = ["CustomerId", "msdynci_Points", "VIP", "tags", "StateCode", "vip"];
    let told = read(dataverse(), "Gold", &wanted, Desk::new(steps));
    assert_eq!(told.rows, [r#"a1|12.50|i:1|["a", "b"]|0|i:1"#, "b2|∅|i:0|Zoë\n|1|i:0"], "{}", told.end());
    assert!(told.asked[5].contains("$select=msdynci_customerid,msdynci_points,msdynci_tags,msdynci_vip,statecode"), "{}", told.asked[5]);
    let told = read(dataverse(), "Gold", &["e_mail"], Desk::new([page(ATTRIBUTES, ""), page(COLUMNS, "")])).end();
    assert_eq!(
        told,
        "broken: segment gold gives no column \"e_mail\"\ndid you mean email? it gives createdon, customerid, email, loyalty, points, statecode, tags, vip"
    );
}

#[test]
fn who_may_not_ask_what_is_tracked_reads_without() {
    let mut steps = conversation();
    steps[0] = Step::Say(404, "{}".into());
    steps[2] = Step::Say(403, "{}".into());
    assert_eq!(gold(steps).end(), "2 rows");
}

/// The first row alone has neither an address nor points.
#[rstest]
#[case::by_the_definition(page(ATTRIBUTES, ""), "p@example.com|∅|∅")]
#[case::by_a_page_of_rows(Step::Say(403, "{}".into()), "p@example.com|7|∅")]
fn a_column_that_one_row_lacks_is_known(#[case] attributes: Step, #[case] row: &str) {
    let points = row.contains('7');
    let second = if points {
        r#"{"msdynci_customerid":"x","msdynci_email":"e","msdynci_loyalty":1,"msdynci_points":2}"#
    } else {
        r#"{"createdon":"x"}"#
    };
    let mut steps = conversation();
    steps.truncate(4);
    steps[0] = attributes;
    steps[1] = page(&[r#"{"msdynci_customerid":"a1"}"#, second].join(","), "");
    let only =
        format!(r#"{{"msdynci_customerid":"a1","msdynci_email":"p@example.com"{}}}"#, if points { r#","msdynci_points":7"# } else { "" });
    steps[3] = page(&member("a1", r#"["Gold"]"#), "");
    steps.extend([page(&only, ""), page(&member("a1", r#"["Gold"]"#), "")]);
    let wanted: &[&str] = if points { &["email", "points", "loyalty"] } else { &["email", "loyalty", "msdynci_loyalty"] };
    let told = read(dataverse(), "Gold", wanted, Desk::new(steps));
    assert_eq!(told.rows, [row], "{}", told.end());
}

/// Plain quotes find nothing in a text that was encoded twice; its names are compared all the same.
#[test]
fn quotes_are_tried_plain_then_with_backslashes_then_not_at_all() {
    let (twice, other) = (serde_json::to_string(r#"{"Segments":["Gold"]}"#).unwrap(), member("z", r#"["Silver"]"#));
    let twice = format!(r#"{{"msdynci_customerid":"a1","msdynci_segments":{}}}"#, serde_json::to_string(&twice).unwrap());
    for (empty, filter) in [(1, "$filter=contains(msdynci_segments,%27%5C%22Gold%5C%22%27)"), (2, "")] {
        let mut steps = conversation();
        steps.truncate(3);
        steps.extend(vec![page("", ""); empty]);
        let found = page(&[twice.clone(), other.clone()].join(","), "");
        steps.extend([found.clone(), page(&profile("a1"), ""), found]);
        let told = gold(steps);
        assert_eq!(told.rows, ["a1@example.com"], "{}", told.end());
        let memberships: Vec<_> = told.asked.iter().filter(|asked| asked.contains("memberships")).collect();
        assert_eq!(memberships.len(), empty + 2);
        assert!(memberships[0].contains("contains(msdynci_segments,%27%22Gold%22%27)"), "{memberships:?}");
        assert!(memberships[1].contains("contains(msdynci_segments,%27%5C%22Gold%5C%22%27)"), "{memberships:?}");
        assert_eq!(memberships[empty], memberships[empty + 1], "the same is asked at the end");
        assert_eq!(memberships[empty].contains("filter"), !filter.is_empty());
    }
}

#[test]
fn trying_a_source_asks_for_memberships_too() {
    let (desk, runtime) =
        (std::sync::Arc::new(Desk::new([page(ATTRIBUTES, ""), page(COLUMNS, ""), Step::Say(403, "{}".into())])), super::runtime());
    let mut reader = super::open(&super::rows(dataverse(), "Gold"), &super::access(&desk, &runtime)).unwrap();
    let error = reader.columns_with(&["email"], &crate::definition::Name::new("gold").unwrap()).unwrap_err();
    assert_eq!(error.message, "Dataverse answered /msdynci_segmentmemberships with 403");
    assert!(error.hint.unwrap().contains("Customer Insights' tables"));
}
