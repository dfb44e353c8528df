//! The sandbox's Constant Contact against the vendor's own contract.

#![allow(clippy::print_stderr, clippy::print_stdout, clippy::unwrap_used, reason = "a test stops where it stands")]

#[path = "support/contract.rs"]
mod contract;

use contract::Contract;
use listkeeper_sandbox::{Exchange, Options, Recorder, Sandbox};
use rstest::rstest;
use serde_json::{Value, json};
use std::{collections::BTreeSet, sync::OnceLock};

const DOCUMENT: &str = "constant_contact/cc-v3.swagger2.patched.json";
const VENDOR: &str = "constant-contact";
/// What of the document keeps lists, and of that, what is not emulated.
const LISTS: &[&str] =
    &["/account/summary", "/account/user/", "/contact_lists", "/contact_custom_fields", "/contacts", "/activities", "/contact_exports"];
const NOT_EMULATED: &[&str] = &[
    "GET /account/summary/physical_address",
    "GET /contact_lists/list_id_xrefs",
    "GET /contacts/contact_id_xrefs",
    "GET /contacts/counts",
    "GET /contacts/sms_engagement_history/{contact_id}",
    "POST /account/summary/physical_address",
    "POST /activities/contacts_taggings_add",
    "POST /activities/contacts_taggings_remove",
    "POST /activities/contacts_tags_delete",
    "POST /activities/custom_fields_delete",
    "POST /contacts/sign_up_form",
    "PUT /account/summary",
    "PUT /account/summary/physical_address",
    "PUT /contact_custom_fields/{custom_field_id}",
    "PUT /contacts/resubscribe/{contact_id}",
];

struct Run {
    sandbox: Sandbox,
    recorder: Recorder,
    http: reqwest::Client,
    _dir: tempfile::TempDir,
}

impl Run {
    async fn new() -> Self {
        let (dir, recorder) = (tempfile::tempdir().unwrap(), Recorder::new());
        let options = Options { recorder: Some(recorder.clone()), ..Options::default() };
        let sandbox = Sandbox::start(dir.path(), options).await.unwrap();
        sandbox.set(VENDOR, &json!({"perSecond": 10_000, "delayMinMs": 0, "delayMaxMs": 0})).unwrap();
        Self { sandbox, recorder, http: reqwest::Client::new(), _dir: dir }
    }

    async fn send(&self, request: reqwest::RequestBuilder) -> Value {
        let text = request.bearer_auth(self.sandbox.api_key()).send().await.unwrap().text().await.unwrap();
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }

    async fn ask(&self, call: &str, body: Value) -> Value {
        let (method, path) = call.split_once(' ').unwrap();
        let url = format!("{}{path}", self.sandbox.endpoint(VENDOR).unwrap());
        let request = self.http.request(method.parse().unwrap(), url);
        self.send(if body.is_null() { request } else { request.json(&body) }).await
    }

    async fn get(&self, path: &str) -> Value {
        self.ask(&format!("GET {path}"), Value::Null).await
    }

    /// Asks, and looks at the finished activity.
    async fn finished(&self, call: &str, body: Value) -> Value {
        let made = self.ask(call, body).await;
        self.get(&format!("/activities/{}", text(&made["activity_id"]))).await
    }
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_else(|| panic!("{value} is not text")).to_owned()
}

/// Everything the sandbox can do, in ways the contract foresees.
async fn everything(run: &Run) {
    run.get("/account/summary?extra_fields=physical_address").await;
    run.get("/account/user/privileges").await;
    let list = text(&run.ask("POST /contact_lists", json!({"name": "Gold", "description": "Kept"})).await["list_id"]);
    run.ask("POST /contact_lists", json!({"name": "Gold"})).await;
    run.ask(&format!("PUT /contact_lists/{list}"), json!({"name": "Gold plus", "favorite": true})).await;
    run.ask("POST /contact_custom_fields", json!({"label": "Favorite fruit", "type": "string"})).await;
    let select = json!({"label": "Tier", "type": "single_select", "choices": [{"choice_label": "A", "display_order": 1}]});
    let field = text(&run.ask("POST /contact_custom_fields", select).await["custom_field_id"]);
    run.get(&format!("/contact_custom_fields/{field}")).await;
    imports(run, &list).await;
    reading(run, &list).await;
    single(run, &list, &field).await;
    memberships(run, &list).await;
    run.ask(&format!("DELETE /contact_custom_fields/{field}"), Value::Null).await;
    run.ask(&format!("DELETE /contact_lists/{list}"), Value::Null).await;
    run.get(&format!("/contact_lists/{list}")).await;
    run.get("/contact_lists?status=all").await;
}

async fn imports(run: &Run, list: &str) {
    let rows = json!([
        {"email": "a@contoso.test", "first_name": "Ada", "cf:Favorite_fruit": "Pear", "birthday_month": 2, "birthday_day": 3},
        {"email": "b@contoso.test", "phone": "555-0100", "work_street": "1 Main St", "home country": "FR"}, {"email": "nobody"},
    ]);
    run.finished("POST /activities/contacts_json_import", json!({"import_data": rows, "list_ids": [list]})).await;
    let part = |name: &str, content: &str| format!("--frontier\r\nContent-Disposition: form-data; name={name}\r\n\r\n{content}\r\n");
    let file = part("\"file\"; filename=\"a.csv\"", "email,first_name\nc@contoso.test,Cy");
    let body = file + &part("\"list_ids\"", list) + "--frontier--\r\n";
    let url = format!("{}/activities/contacts_file_import", run.sandbox.endpoint(VENDOR).unwrap());
    let request = run.http.post(url).header("content-type", "multipart/form-data; boundary=frontier").body(body);
    run.send(request).await;
    run.get("/activities?limit=500&state=completed").await;
    run.get("/activities?limit=1").await;
}

async fn reading(run: &Run, list: &str) {
    run.sandbox.set_person(VENDOR, &json!({"email": "c@contoso.test", "is": "unsubscribed"})).unwrap();
    run.sandbox.set_person(VENDOR, &json!({"email": "gone@contoso.test", "is": "deleted"})).unwrap();
    let include = "include=custom_fields,list_memberships,phone_numbers,street_addresses,taggings,notes";
    run.get(&format!("/contacts?status=all&limit=500&include_count=true&{include}")).await;
    run.get(&format!("/contacts?lists={list}&status=active,unsubscribed&limit=1")).await;
    run.get("/contacts?updated_after=2026-01-01T00%3A00%3A00Z&optout_after=2026-01-01T00%3A00%3A00Z").await;
    run.get("/contact_lists?limit=500&include_count=true&include_membership_count=all&name=Gold%20plus").await;
    run.get(&format!("/contact_lists/{list}?include_membership_count=active")).await;
    run.get("/contact_custom_fields?limit=1").await;
    let export = run.finished("POST /activities/contact_exports", json!({"list_ids": [list], "fields": ["email_address"]})).await;
    run.get(&format!("/contact_exports/{}", text(&export["activity_id"]))).await;
}

async fn single(run: &Run, list: &str, field: &str) {
    let email = json!({"address": "d@contoso.test", "permission_to_send": "implicit"});
    let mut body = json!({
        "email_address": email, "create_source": "Account", "first_name": "Di", "list_memberships": [list],
        "custom_fields": [{"custom_field_id": field, "value": "A"}], "anniversary": "2026-01-31",
        "phone_numbers": [{"kind": "home", "phone_number": "555-0100"}], "street_addresses": [{"kind": "home", "city": "Paris"}],
    });
    let contact = format!("/contacts/{}", text(&run.ask("POST /contacts", body.clone()).await["contact_id"]));
    run.ask("POST /contacts", body.clone()).await;
    body["update_source"] = body.as_object_mut().unwrap().remove("create_source").unwrap();
    run.ask(&format!("PUT {contact}"), body).await;
    run.ask(&format!("DELETE {contact}"), Value::Null).await;
    run.get(&format!("{contact}?include=custom_fields,list_memberships")).await;
    run.get("/contacts/86b90820-cc52-41ea-9dad-fa163e3d9194").await;
}

async fn memberships(run: &Run, list: &str) {
    let other = text(&run.ask("POST /contact_lists", json!({"name": "Other"})).await["list_id"]);
    let contacts = run.get(&format!("/contacts?lists={list}")).await;
    let ids = json!([contacts["contacts"][0]["contact_id"]]);
    let by_id = json!({"source": {"contact_ids": ids}, "list_ids": [other]});
    run.finished("POST /activities/add_list_memberships", by_id).await;
    let by_list = json!({"source": {"list_ids": [list]}, "exclude": {"contact_ids": ids}, "list_ids": [list]});
    run.finished("POST /activities/remove_list_memberships", by_list).await;
    run.finished("POST /activities/contact_delete", json!({"contact_ids": ids})).await;
    run.finished("POST /activities/list_delete", json!({"list_ids": [other]})).await;
}

/// Read once: it is a large document.
fn contract() -> Option<&'static Contract> {
    static CONTRACT: OnceLock<Option<Contract>> = OnceLock::new();
    CONTRACT.get_or_init(|| Contract::load(DOCUMENT)).as_ref()
}

#[tokio::test]
async fn every_endpoint_answers_as_the_contract_says() {
    let Some(contract) = contract() else { return };
    let run = Run::new().await;
    everything(&run).await;
    let kept = run.recorder.take();
    let found: Vec<_> = kept.iter().flat_map(|kept| findings(contract, kept)).collect();
    assert!(found.is_empty(), "{}", found.join("\n"));
    let good = kept.iter().filter(|kept| kept.status < 300);
    let seen: BTreeSet<_> = good.filter_map(|kept| contract.name(&kept.method, &kept.path)).collect();
    let wanted = contract.operations().filter(|name| LISTS.iter().any(|path| name.contains(&format!(" {path}"))));
    let missed: BTreeSet<_> = wanted.filter(|name| !seen.contains(name)).collect();
    assert_eq!(missed, NOT_EMULATED.iter().map(|name| (*name).to_owned()).collect(), "never asked with success");
    assert_eq!(run.sandbox.counters().violations, 0, "{:?}", run.sandbox.counters().last_violations);
    assert_eq!(kept.iter().filter(|kept| kept.status >= 400).count(), 4, "refusals were judged too");
}

fn findings(contract: &Contract, kept: &Exchange) -> Vec<String> {
    let mut found = contract.request(&kept.method, &kept.path, &kept.query, &kept.body);
    if !kept.path.starts_with("/contact_exports") {
        found.extend(contract.answer(&kept.method, &kept.path, kept.status, &kept.answer));
    }
    found.into_iter().map(|what| format!("{} {}?{} ({}): {what}", kept.method, kept.path, kept.query, kept.status)).collect()
}

const ID: &str = "86b90820-cc52-41ea-9dad-fa163e3d9194";

#[rstest]
#[case("GET", "/contacts", "status=all,active&include=custom_fields,notes&limit=500", "", "")]
#[case("GET", "/contacts", "limit=501", "", "query parameter limit=501 does not fit")]
#[case("GET", "/contacts", "include=custom_fields,all", "", "query parameter include=custom_fields,all does not fit")]
#[case("GET", "/activities", "state=initialized", "", "query parameter state=initialized does not fit")]
#[case("POST", "/contacts", "", r#"{"first_name": "Ada"}"#, r#": "create_source" is a required property"#)]
#[case("POST", "/activities/contacts_json_import", "", r#"{"import_data": [{"cf:Fruit": "Pear"}], "list_ids": ["ID"]}"#, "")]
#[case(
    "POST",
    "/activities/contacts_json_import",
    "",
    r#"{"import_data": [{"fruit": "Pear"}], "list_ids": ["ID"]}"#,
    "/import_data/0: Additional properties are not allowed ('fruit' was unexpected)"
)]
#[case("POST", "/activities/contacts_json_import", "", r#"{"import_data": [], "list_ids": []}"#, "/list_ids: [] has less than 1 item")]
#[case("GET", "/campaigns", "", "", "GET /campaigns is not in the contract")]
#[test]
fn the_judge_judges(#[case] method: &str, #[case] path: &str, #[case] query: &str, #[case] body: &str, #[case] expected: &str) {
    let Some(contract) = contract() else { return };
    assert_eq!(contract.request(method, path, query, &body.replace("ID", ID)).join("; "), expected);
}

/// What the contract refuses, the sandbox refuses.
#[rstest]
#[case("POST /contact_lists", json!({"name": "x".repeat(256)}))]
#[case("POST /contact_lists", json!({"name": "Gold", "colour": "red"}))]
#[case("POST /contact_custom_fields", json!({"label": "x".repeat(51), "type": "string"}))]
#[case("POST /contacts", json!({"create_source": "Account", "email_address": {"address": format!("{}@contoso.test", "x".repeat(68))}}))]
#[case("POST /contacts", json!({"create_source": "Account", "first_name": "x".repeat(51)}))]
#[case("POST /contacts", json!({"create_source": "Account", "first_name": "Ada", "list_memberships": vec![ID; 51]}))]
#[case("POST /activities/contacts_json_import", json!({"import_data": [{"email": format!("{}@contoso.test", "x".repeat(38))}], "list_ids": [ID]}))]
#[case("POST /activities/contacts_json_import", json!({"import_data": [{"email": 1}], "list_ids": [ID]}))]
#[case("POST /activities/contacts_json_import", json!({"import_data": [{"email": "a@contoso.test"}], "list_ids": vec![ID; 51]}))]
#[case("POST /activities/remove_list_memberships", json!({"source": {"contact_ids": vec![ID; 501]}, "list_ids": [ID]}))]
#[case("POST /activities/contact_delete", json!({"contact_ids": vec![ID; 501]}))]
#[case("POST /activities/list_delete", json!({"list_ids": vec![ID; 101]}))]
#[case("POST /activities/contact_exports", json!({"status": 1}))]
#[tokio::test]
async fn limits_are_the_contracts(#[case] call: &str, #[case] body: Value) {
    let Some(contract) = contract() else { return };
    let run = Run::new().await;
    run.ask(call, body.clone()).await;
    let (method, path) = call.split_once(' ').unwrap();
    assert!(!contract.request(method, path, "", &body.to_string()).is_empty());
    assert_eq!((run.recorder.take()[0].status, run.sandbox.counters().violations), (400, 1));
}
