use super::*;
use crate::definition::FieldType;
use crate::member::FieldKind;
use rstest::rstest;

fn list(id: &str, name: &str) -> Json {
    json!({"id": id, "name": name, "stats": {"member_count": 3, "unsubscribe_count": 2, "cleaned_count": 1}})
}

async fn with_contents(world: &World, id: &str) {
    let fields = json!({"merge_fields": [
        {"merge_id": 1, "tag": "FNAME", "name": "First Name", "type": "text", "required": false, "options": {"size": 25}},
        {"merge_id": 2, "tag": "TIER", "name": "Tier", "type": "dropdown", "required": true, "options": {"choices": ["Gold", "Tin"]}},
        {"merge_id": 3, "tag": "NEWER", "name": "Newer", "type": "hologram", "required": false, "options": {}},
    ], "total_items": 3});
    world.on("GET", &format!("/lists/{id}/merge-fields"), 200, fields).await;
    let first = json!({"segments": [{"id": 5, "name": "vip", "member_count": 9, "type": "static"}], "total_items": 2});
    let second = json!({"segments": [{"id": 6, "name": "lapsed", "member_count": 0, "type": "static"}], "total_items": 2});
    world.on_query(&format!("/lists/{id}/segments"), "offset", "0", first).await;
    world.on_query(&format!("/lists/{id}/segments"), "offset", "1", second).await;
}

#[tokio::test]
async fn an_audience_by_id_with_fields_and_tags() {
    let world = World::new().await;
    world.on("GET", "/lists/a1", 200, list("a1", "Customers")).await;
    with_contents(&world, "a1").await;
    let observed = world.destination.observe(&Sought::default()).await.unwrap();
    assert_eq!(observed.place, Some(RemotePlace { id: PlaceId("a1".into()), name: "Customers".into(), contacts: Some(6), made: None }));
    let kinds: Vec<_> =
        observed.fields.iter().map(|f| (f.tag.as_str(), f.kind.field_type, f.kind.max_bytes, f.kind.choices.len())).collect();
    assert_eq!(
        kinds,
        [("FNAME", FieldType::Text, Some(255), 0), ("TIER", FieldType::Dropdown, None, 2), ("NEWER", FieldType::Text, Some(255), 0)]
    );
    let required: Vec<_> = observed.required_unmapped(&["FNAME"]).map(|f| f.tag.as_str()).collect();
    assert_eq!(required, ["TIER"]);
    let tags: Vec<_> = observed.containers.iter().map(|c| (c.id.0.as_str(), c.name.as_str(), c.members)).collect();
    assert_eq!(tags, [("5", "vip", Some(9)), ("6", "lapsed", Some(0))]);
}

#[tokio::test]
async fn an_absent_audience_is_no_error() {
    let world = World::new().await;
    world.on("GET", "/lists/a1", 404, problem(404, "Resource Not Found", "x")).await;
    assert_eq!(world.destination.observe(&Sought::default()).await.unwrap(), Observed::default());
}

#[tokio::test]
async fn a_wrong_endpoint_is_not_an_absent_audience() {
    let world = World::new().await;
    let mock = Mock::given(matchers::any()).respond_with(ResponseTemplate::new(404).set_body_string("<html>Not found</html>"));
    mock.mount(&world.server).await;
    let error = world.destination.observe(&Sought::default()).await.unwrap_err();
    assert!(error.kind == ErrorKind::Stall && error.hint.unwrap().contains("endpoint"));
}

/// The vendor's answers as they were recorded, where they are at hand.
#[tokio::test]
async fn recorded_answers_are_read() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/apis/mailchimp/recorded_responses.json");
    let Ok(text) = std::fs::read_to_string(path) else {
        eprintln!("skipped: the recorded answers are not at hand");
        return;
    };
    let recorded: Json = serde_json::from_str(&text).unwrap();
    let body = |name: &str| recorded[name]["response"]["body"].clone();
    let world = World::with(AudienceRef::Named { name: "UI Config".into(), create: None, adopt: true }, Limits::default()).await;
    // The recording keeps one of five audiences, so the pages after the first are empty.
    world.on_query("/lists", "offset", "0", body("get_lists_count_1000")).await;
    world.on("GET", "/lists", 200, json!({"lists": [], "total_items": 5})).await;
    world.on("GET", "/lists/list000002/merge-fields", 200, body("get_merge_fields")).await;
    world.on("GET", "/lists/list000002/segments", 200, json!({"segments": [], "total_items": 0})).await;
    let observed = world.destination.observe(&Sought::default()).await.unwrap();
    assert_eq!(observed.place.unwrap().contacts, Some(1));
    let kinds: Vec<_> = observed.fields.iter().map(|f| (f.tag.as_str(), f.kind.field_type)).collect();
    assert_eq!(kinds[0], ("ADDRESS", FieldType::Address));
    assert_eq!((kinds.len(), kinds[2]), (7, ("JOINED_AT", FieldType::Date)));
    world.on("GET", "/lists/a1/members", 200, body("get_members")).await;
    let page = PageRequest { cursor: None, rows: 10, changed_since: None, standing: None };
    let read = world.destination.contacts(&PlaceId("a1".into()), &page).await.unwrap();
    assert_eq!((read.contacts[0].email.as_str(), read.contacts[0].standing), ("member@example.org", SubscriptionStatus::Subscribed));
}

#[tokio::test]
async fn a_name_is_looked_for_on_every_page_and_exactly() {
    let world = World::with(named(false), Limits::default()).await;
    world.on_query("/lists", "offset", "0", json!({"lists": [list("x1", "customers"), list("x2", "Other")], "total_items": 3})).await;
    world.on_query("/lists", "offset", "2", json!({"lists": [list("x3", "Customers")], "total_items": 3})).await;
    with_contents(&world, "x3").await;
    let observed = world.destination.observe(&Sought::default()).await.unwrap();
    assert_eq!(observed.place.unwrap().id.0, "x3");
    assert_eq!(observed.same_name, [PlaceId("x3".into())]);
}

#[tokio::test]
async fn of_several_audiences_of_one_name_none_is_taken() {
    let world = World::with(named(false), Limits::default()).await;
    world.on("GET", "/lists", 200, json!({"lists": [list("x1", "Customers"), list("x2", "Customers")], "total_items": 2})).await;
    let observed = world.destination.observe(&Sought::default()).await.unwrap();
    assert_eq!((observed.place, observed.same_name), (None, vec![PlaceId("x1".into()), PlaceId("x2".into())]));
}

#[tokio::test]
async fn the_recorded_audience_wins_over_the_name_and_its_loss_is_told() {
    let world = World::with(named(false), Limits::default()).await;
    world.on("GET", "/lists/r1", 200, list("r1", "Renamed since")).await;
    with_contents(&world, "r1").await;
    assert_eq!(
        world.destination.observe(&Sought { place: Some(&PlaceId("r1".into())), ..Sought::default() }).await.unwrap().place.unwrap().name,
        "Renamed since"
    );

    world.on("GET", "/lists/r2", 404, problem(404, "Resource Not Found", "x")).await;
    world.on("GET", "/lists", 200, json!({"lists": [list("x1", "Customers")], "total_items": 1})).await;
    let lost = world.destination.observe(&Sought { place: Some(&PlaceId("r2".into())), ..Sought::default() }).await.unwrap();
    assert_eq!((lost.place, lost.same_name), (None, vec![PlaceId("x1".into())]), "another of that name is not ours");
}

#[tokio::test]
async fn verify_names_account_and_budget() {
    let world = World::new().await;
    world.on("GET", "/ping", 200, json!({"health_status": "Everything's Chimpy!"})).await;
    world.on("GET", "/", 200, json!({"account_id": "acc", "account_name": "Acme", "login_id": 42})).await;
    let account = world.destination.verify().await.unwrap();
    assert_eq!(account, Account { id: "acc".into(), name: "Acme".into(), budget_key: "mailchimp/acc/42".into(), shows: None });
    let requests = world.server.received_requests().await.unwrap();
    let basic = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, format!("listkeeper:{KEY}"));
    assert_eq!(requests[0].headers["authorization"], format!("Basic {basic}"));
}

#[tokio::test]
async fn a_bad_key_stalls_with_a_hint_and_without_the_key() {
    let world = World::new().await;
    for path in ["/ping", "/"] {
        world.on("GET", path, 401, problem(401, "API Key Invalid", "Your API key may be invalid")).await;
    }
    let error = world.destination.verify().await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Stall);
    assert!(error.hint.as_ref().unwrap().contains("data centre"));
    assert!(!format!("{error:?}").contains("hush"));
}

#[rstest]
#[case(Some("http://127.0.0.1:9/mailchimp/3.0"))]
#[case(Some("http://127.0.0.1:9/mailchimp/3.0/"))]
#[case(None)]
fn opening_takes_an_endpoint_with_or_without_a_slash_and_shows_no_secret(#[case] endpoint: Option<&str>) {
    let (connection, _file) = connection(endpoint, Limits::default());
    let api = super::super::api::Api::open(&connection, &Hub::default(), &nobody()).unwrap();
    let shown = format!("{api:?}");
    assert!(!shown.contains("hush") && !shown.contains("aHVzaD"), "{shown}");
}

#[test]
fn a_key_without_a_data_centre_or_that_cannot_be_read_is_told() {
    let (mut connection, file) = connection(None, Limits::default());
    let open =
        |connection: &Connection| crate::destination::mailchimp::open(connection, &named(false), &Hub::default(), &nobody()).err().unwrap();
    std::fs::write(file.path(), "hush-us6.evil.example").unwrap();
    let error = open(&connection);
    assert!(error.message.contains("data centre") && !error.message.contains("hush") && !error.message.contains("evil"), "{error}");
    connection.credentials = Credentials::ApiKey(Secret::Env("LISTKEEPER_TEST_UNSET_KEY".into()));
    assert!(open(&connection).message.contains("LISTKEEPER_TEST_UNSET_KEY is not set"));
}

fn one() -> Columns {
    Columns::One("C".into())
}

fn parts(names: &[&str]) -> Columns {
    Columns::Parts(names.iter().map(|name| ((*name).to_owned(), "C".to_owned())).collect())
}

#[rstest]
// tag, columns, type given, type at the platform → fits, create or why not
#[case("FNAME", one(), None, Some(FieldType::Text), "fits Text")]
#[case("odd tag", one(), None, Some(FieldType::Text), "fits Text")]
#[case("LTV", one(), Some(FieldType::Number), Some(FieldType::Number), "fits Number")]
#[case("LTV", one(), Some(FieldType::Number), Some(FieldType::Text), "LTV is a text field in the audience, and the definition says number")]
#[case("LTV", one(), None, None, "create Text")]
#[case("LTV", one(), Some(FieldType::Number), None, "create Number")]
#[case("ADDRESS", parts(&["addr1", "city", "state", "zip", "country"]), None, Some(FieldType::Address), "fits Address")]
#[case("HOME", parts(&["addr1", "city", "state", "zip"]), None, None, "create Address")]
#[case("ADDRESS", parts(&["addr1", "city"]), None, Some(FieldType::Address), "ADDRESS lacks state, zip")]
#[case("ADDRESS", parts(&["addr1", "city", "state", "zip", "planet"]), None, Some(FieldType::Address), "ADDRESS has no part \"planet\"")]
#[case("ADDRESS", one(), None, Some(FieldType::Address), "ADDRESS is an address field, and one column feeds it")]
#[case("ADDRESS", one(), Some(FieldType::Address), None, "ADDRESS is an address field, and one column feeds it")]
#[case("FNAME", parts(&["addr1"]), None, Some(FieldType::Text), "FNAME is a text field, and address parts feed it")]
#[case("LTV", parts(&["addr1", "city", "state", "zip"]), Some(FieldType::Number), None, "LTV is a number field, and address parts feed it")]
#[case("EMAIL", one(), None, None, "EMAIL is the address itself, not a merge field")]
#[case(
    "FirstName",
    one(),
    None,
    None,
    "the audience has no field \"FirstName\", and none can be created: a merge tag is 1 to 10 of A-Z, 0-9 and _"
)]
#[case(
    "TIER",
    one(),
    Some(FieldType::Dropdown),
    None,
    "the audience has no field TIER, and a dropdown field cannot be created without its choices"
)]
fn how_attributes_fit(
    #[case] tag: &str,
    #[case] columns: Columns,
    #[case] given: Option<FieldType>,
    #[case] remote: Option<FieldType>,
    #[case] expected: &str,
) {
    let spec = spec(columns, given);
    let remote =
        remote.map(|field_type| RemoteField { id: "1".into(), tag: tag.into(), name: tag.into(), kind: FieldKind::plain(field_type) });
    let told = match super::super::fields::fit(&WantedField { tag, spec: &spec }, remote.as_ref()) {
        FieldFit::Fits(kind) => format!("fits {:?}", kind.field_type),
        FieldFit::Create(kind) => format!("create {:?}", kind.field_type),
        FieldFit::Refused { why, hint } => {
            assert!(!hint.is_empty());
            why
        }
    };
    assert_eq!(told, expected);
}
