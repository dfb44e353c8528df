use super::{Desk, Step, api, columns, read, say};
use crate::definition::MembersBy::{self, Pages, Partitions};
use rstest::rstest;

fn segments(people: u64, more: &str) -> String {
    format!(
        r#"[{{"name":"Other","friendlyName":"Male under 40","state":"Draft"}},
            {{"name":"Male_under_40","friendlyName":"Young men","state":"Active","description":"","evaluationStatus":
              {{"jobStatus":"completedSuccess","evaluationDate":"2026-04-27T02:11:09.123Z","entityCount":{people},"error":null,
                "lastSuccessfulRunId":"run-1"}}{more}}}]"#
    )
}

const ENTITIES: &str = r#"{"instanceId":"i-1","entities":[
    {"name":"Customer","qualifiedEntityName":"Customer","attributes":[{"name":"CustomerId"}]},
    {"name":"male_under_40","qualifiedEntityName":"Male_Under_40","entityType":"Segment","attributes":
      [{"name":"CustomerId","dataType":"Edm.String"},{"name":"FirstName"},{"name":"EMail"}],"partitions":null}]}"#;

fn people(ids: &[&str]) -> Step {
    let row = |id: &&str| format!(r#"{{"CustomerId":"{id}","FirstName":null,"EMail":"{id}@example.com"}}"#);
    let rows = ids.iter().map(row).collect::<Vec<_>>().join(",");
    say(format!(r#"{{"@odata.context":"…","@odata.count":{},"value":[{rows}]}}"#, ids.len()))
}

fn addresses(count: usize) -> Step {
    let one = |n| format!(r#"{{"uri":"https://lake.example.com/p{n}.csv?sv=1&sig=hush","headers":{{"x-ms-version":"2019-02-02"}}}}"#);
    say(format!(r#"{{"httpRequests":[{}]}}"#, (0..count).map(one).collect::<Vec<_>>().join(",")))
}

/// Three people, by pages of two.
fn by_pages() -> Vec<Step> {
    let status = || say(segments(3, ""));
    vec![status(), say(ENTITIES), people(&["a1", "b2"]), people(&["c3"]), people(&[]), status()]
}

/// The same three people, by two files: one with a header in an order of its own, one without any.
fn by_partitions() -> Vec<Step> {
    let status = || say(segments(3, ""));
    let named = say("\u{feff}EMail,CustomerId,FirstName\r\na1@example.com,a1,\"Zoë \"\"Z\"\", of\nA\"\r\n");
    let bare = say("b2,,b2@example.com\nc3,\"\",\"c3@example.com\"");
    vec![status(), say(ENTITIES), addresses(2), named, bare, status()]
}

fn young(members: MembersBy, steps: Vec<Step>) -> super::Told {
    read(api(members), "Male_under_40", &["email", "FirstName"], Desk::new(steps))
}

#[test]
fn members_come_by_pages() {
    let told = young(Pages, by_pages());
    assert_eq!(told.rows, ["a1@example.com|∅", "b2@example.com|∅", "c3@example.com|∅"], "{}", told.end());
    let expected = [
        "manage/segments",
        "manage/entities",
        "data/Male_under_40?$top=100&$skip=0",
        "data/Male_under_40?$top=100&$skip=2",
        "data/Male_under_40?$top=100&$skip=3",
        "manage/segments",
    ];
    assert_eq!(told.asked, expected.map(|asked| format!("key+token-1: /instances/i-1/{asked}")));
    assert!(told.tokens[0].ends_with("scope=https%3A%2F%2Fapi.ci.ai.microsoft.com%2F.default"), "{}", told.tokens[0]);
    let at: chrono::DateTime<chrono::Utc> = told.end.unwrap().newest.unwrap().into();
    assert_eq!(at.to_rfc3339(), "2026-04-27T02:11:09.123+00:00");
}

#[test]
fn members_come_by_partitions_which_are_fetched_without_the_token() {
    let told = young(Partitions, by_partitions());
    assert_eq!(told.rows, ["a1@example.com|Zoë \"Z\", of\nA", "b2@example.com|∅", "c3@example.com|∅"], "{}", told.end());
    assert_eq!(told.asked[2], "key+token-1: /instances/i-1/data/Male_under_40?$select=*&proxy=true");
    assert_eq!(told.asked[3], "nobody, version: https://lake.example.com/p0.csv?sv=1&sig=hush");
}

#[test]
fn more_partitions_than_are_fetched_at_once_come_in_order() {
    let file = |n: usize| say(format!("p{n},,p{n}@example.com\n"));
    let steps = [vec![say(segments(40, "")), say(ENTITIES), addresses(40)], (0..40).map(file).collect(), vec![say(segments(40, ""))]];
    let told = young(Partitions, steps.concat());
    assert_eq!(told.rows, (0..40).map(|n| format!("p{n}@example.com|∅")).collect::<Vec<_>>(), "{}", told.end());
}

#[rstest]
#[case::fewer(Pages, 3, people(&[]), "under way: … 2 rows came of 3")]
#[case::more(Pages, 3, people(&["c3", "d4"]), "under way: … there are more rows than its 3 people")]
#[case::twice(Pages, 3, people(&["a1"]), "under way: … somebody came twice, so somebody else is missing")]
#[case::evaluated_anew(Pages, 5, say(segments(3, "").replace("run-1", "run-2")), "under way: … it was evaluated anew during the reading")]
#[case::being_evaluated(Pages, 5, say(segments(3, "").replace("completedSuccess", "Running")), "under way: segment Male_under_40 at Customer Insights cannot be read yet: it is being evaluated")]
#[case::no_value(
    Pages,
    3,
    say(r#"{"@odata.count":0}"#),
    "unreachable: the answer of Customer Insights to /data/{segment} is not what it should be (at line 1, column 18)"
)]
#[case::data_refused(Pages, 2, Step::Say(400, r#"{"errorCode":"BadRequest","message":"The query is not valid.","target":"$filter","details":[]}"#.into()), "broken: Customer Insights answered /data/{segment} with 400: BadRequest The query is not valid ($filter)")]
#[case::manage_refused(Pages, 1, Step::Say(404, r#"{"httpStatusCode":"notFound","errorCode":"InstanceNotFound","message":"Instance not found.","params":{}}"#.into()), "broken: Customer Insights answered /manage/entities with 404: InstanceNotFound Instance not found")]
#[case::no_table(Pages, 1, say(r#"{"entities":[]}"#), "unfit: Customer Insights does not say which columns the segment Male_under_40 has")]
#[case::stopped(Pages, 3, Step::Stop, "broken: the reading was stopped")]
#[case::a_file_short(Partitions, 4, say("b2,,b2@example.com\n"), "under way: … 2 rows came of 3")]
#[case::a_file_cut(
    Partitions,
    4,
    say("b2,,b2@example.com\nc3,"),
    "unreachable: row 2 of one of the segment's files: 2 cells where 3 are expected"
)]
#[case::a_quote_cut(
    Partitions,
    4,
    say("b2,,b2@example.com\nc3,,\"c3@exa"),
    "unreachable: row 2 of one of the segment's files: a quote is opened and never closed"
)]
#[case::a_file_twice(Partitions, 4, say("b2,,\na1,,\n"), "under way: … somebody came twice, so somebody else is missing")]
#[case::column_missing(Partitions, 3, say("CustomerId,FirstName\na1,A\n"), "broken: a file of segment Male_under_40 has no column EMail")]
#[case::signature_over(Partitions, 4, Step::Say(403, "<?xml version=\"1.0\"?><Error><Code>AuthenticationFailed sig=hush</Code></Error>".into()), "unreachable: the storage of Customer Insights answered /{partition} with 403")]
#[case::plain_address(
    Partitions,
    2,
    say(r#"{"httpRequests":[{"uri":"http://lake.example.com/p?sig=hush","headers":{}}]}"#),
    "broken: Customer Insights gives an address of partition 1 that is not encrypted"
)]
#[case::no_address(
    Partitions,
    2,
    say(r#"{"httpRequests":[{"uri":"hush"}]}"#),
    "broken: Customer Insights gives an address of partition 1 that cannot be understood"
)]
#[case::no_partitions(
    Partitions,
    2,
    say(r#"{"value":[]}"#),
    "broken: Customer Insights does not say where the files of segment Male_under_40 are"
)]
#[case::stopped_at_a_file(Partitions, 4, Step::Stop, "broken: the reading was stopped")]
fn anything_else_is_an_error(#[case] members: MembersBy, #[case] at: usize, #[case] instead: Step, #[case] expected: &str) {
    let mut steps = if members == Pages { by_pages() } else { by_partitions() };
    steps[at] = instead;
    let told = read(api(members), "Male_under_40", &["email"], Desk::new(steps)).end();
    let message = told.lines().next().unwrap().replace("the reading of segment Male_under_40 is incomplete:", "…");
    assert_eq!(message, expected);
}

#[rstest]
#[case("\"state\":\"Active\"", "\"state\":\"inactive\"", "unfit: … not fit to be used: it is inactive")]
#[case(
    "\"state\":\"Active\"",
    "\"state\":\"validationError\",\"errorDescription\":\"no attribute City\"",
    "unfit: … not fit to be used: it is validationerror: no attribute City"
)]
#[case("\"state\":\"Active\"", "\"state\":\"validating\"", "under way: … cannot be read yet: it is being validated")]
#[case("completedSuccess", "Queued", "under way: … cannot be read yet: its evaluation waits for its turn")]
#[case("completedSuccess", "CompletedFailure", "unfit: … not fit to be used: its last evaluation ended as completedfailure")]
#[case("completedSuccess", "NotQualified", "unfit: … not fit to be used: its last evaluation ended as notqualified")]
#[case("completedSuccess", "none", "unfit: … not fit to be used: it was never evaluated")]
#[case(
    "\"entityCount\":3",
    "\"entityCount\":null",
    "unfit: … not fit to be used: it does not say when it was evaluated and how many people it holds"
)]
fn only_a_finished_evaluation_is_read(#[case] what: &str, #[case] instead: &str, #[case] expected: &str) {
    let told = young(Pages, vec![say(segments(3, "").replace(what, instead))]).end();
    assert_eq!(
        told.lines()
            .next()
            .unwrap()
            .replace("segment Male_under_40 at Customer Insights is", "…")
            .replace("segment Male_under_40 at Customer Insights", "…"),
        expected
    );
}

#[rstest]
#[case::by_name_in_any_case("male_UNDER_40", "ok")]
#[case::by_what_is_shown("young men", "ok")]
#[case::the_name_goes_first("Male under 40", "unfit: segment Other at Customer Insights is not fit to be used: it is draft")]
#[case::near("Male_under_41", "broken: Customer Insights has no segment named \"Male_under_41\"\ndid you mean `Male_under_40`?")]
#[case::far("Gold", "broken: Customer Insights has no segment named \"Gold\"\nthere is: Other, Male under 40, Male_under_40, Young men")]
fn segments_are_found_by_name(#[case] segment: &str, #[case] expected: &str) {
    let told = read(api(Pages), segment, &["email"], Desk::new(by_pages()));
    if expected == "ok" { assert_eq!(told.end(), "3 rows") } else { assert!(told.end().starts_with(expected), "{}", told.end()) }
}

#[test]
fn a_name_that_two_segments_show_is_none() {
    let two = segments(3, "").replace("Young men", "Male under 40");
    let told = read(api(Pages), "male under 40", &["email"], Desk::new([say(two)])).end();
    assert_eq!(told, "broken: Customer Insights shows 2 segments as \"male under 40\"\nname one of Other, Male_under_40");
}

#[test]
fn an_empty_segment_is_empty() {
    let nobody = || say(segments(0, ""));
    assert_eq!(young(Pages, vec![nobody(), say(ENTITIES), people(&[]), nobody()]).end(), "0 rows");
    assert_eq!(young(Partitions, vec![nobody(), say(ENTITIES), addresses(0), nobody()]).end(), "0 rows");
}

#[test]
fn columns_are_the_tables_attributes() {
    assert_eq!(columns(api(Pages), "young men", Desk::new([say(segments(3, "")), say(ENTITIES)])), ["CustomerId", "FirstName", "EMail"]);
    let told = read(api(Pages), "young men", &["mail"], Desk::new([say(segments(3, "")), say(ENTITIES)])).end();
    assert_eq!(told, "broken: segment gold gives no column \"mail\"\ndid you mean EMail? it gives CustomerId, FirstName, EMail");
}

/// Bad weather in front of an answer changes nothing.
#[rstest]
#[case::throttled(vec![Step::Later(429, 30)])]
#[case::unwell(vec![Step::Later(503, 5)])]
#[case::broken(vec![Step::Break])]
#[case::token_taken_back(vec![Step::Say(401, String::new())])]
fn weather(#[values(0, 2, 5)] at: usize, #[case] before: Vec<Step>) {
    for (members, mut steps) in [(Pages, by_pages()), (Partitions, by_partitions())] {
        steps.splice(at..at, before.clone());
        assert_eq!(young(members, steps).end(), "3 rows");
    }
}

#[test]
fn a_file_that_breaks_off_is_fetched_again() {
    let mut steps = by_partitions();
    steps[4] = Step::Break;
    steps.splice(5..5, [say("b2,,b2@example.com\nc3,,c3@example.com\n")]);
    assert_eq!(young(Partitions, steps).rows.len(), 3);
}
