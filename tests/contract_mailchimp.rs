//! The sandbox's Mailchimp against the vendor's own contract, and against answers recorded from the real service.

#![allow(clippy::print_stderr, clippy::print_stdout, clippy::unwrap_used, reason = "a test stops where it stands")]

#[path = "support/contract.rs"]
mod contract;

use contract::{Contract, shared};
use listkeeper_sandbox::{Options, Recorder, Sandbox};
use rstest::rstest;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

const DOCUMENT: &str = "mailchimp/marketing-subset.patched.openapi3.json";
/// In the document, not emulated.
const NOT_EMULATED: &[&str] = &["/lists/{list_id}/webhooks", "/batch-webhooks"];

struct Run {
    sandbox: Sandbox,
    recorder: Recorder,
    http: reqwest::Client,
    _dir: tempfile::TempDir,
}

impl Run {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let recorder = Recorder::new();
        let options = Options { recorder: Some(recorder.clone()), ..Options::default() };
        let sandbox = Sandbox::start(dir.path(), options).await.unwrap();
        Self { sandbox, recorder, http: reqwest::Client::new(), _dir: dir }
    }

    async fn ask(&self, call: &str, body: Value) -> Value {
        let (method, path) = call.split_once(' ').unwrap();
        let url = format!("{}{path}", self.sandbox.mailchimp_endpoint());
        let mut request = self.http.request(method.parse().unwrap(), url).bearer_auth(self.sandbox.api_key());
        if !body.is_null() {
            request = request.json(&body);
        }
        let text = request.send().await.unwrap().text().await.unwrap();
        serde_json::from_str(&text).unwrap_or(Value::Null)
    }

    async fn get(&self, path: &str) -> Value {
        self.ask(&format!("GET {path}"), Value::Null).await
    }
}

fn audience() -> Value {
    json!({
        "name": "News", "permission_reminder": "You signed up.", "email_type_option": false,
        "contact": {"company": "Contoso", "address1": "1 Main St", "city": "Paris", "state": "", "zip": "75001", "country": "FR"},
        "campaign_defaults": {"from_name": "Contoso", "from_email": "news@contoso.test", "subject": "", "language": "en"},
    })
}

/// Everything the sandbox can do, in ways the contract foresees.
async fn everything(run: &Run) {
    for path in ["/", "/ping", "/lists?count=1000&include_total_contacts=true"] {
        run.get(path).await;
    }
    let made = run.ask("POST /lists", audience()).await;
    let list = format!("/lists/{}", made["id"].as_str().unwrap());
    run.get(&list).await;
    run.ask(&format!("PATCH {list}"), audience()).await;
    merge_fields(run, &list).await;
    members(run, &list).await;
    segments(run, &list).await;
    batches(run, &list).await;
    run.ask(&format!("DELETE {list}"), Value::Null).await;
}

async fn merge_fields(run: &Run, list: &str) {
    let field = json!({"tag": "LTV", "name": "Value", "type": "number", "required": false, "public": false});
    run.ask(&format!("POST {list}/merge-fields"), field).await;
    let choices = json!({"name": "Plan", "type": "dropdown", "tag": "PLAN", "options": {"choices": ["a", "b"]}});
    run.ask(&format!("POST {list}/merge-fields"), choices).await;
    run.get(&format!("{list}/merge-fields?count=1000&type=number")).await;
    run.get(&format!("{list}/merge-fields/5")).await;
    run.ask(&format!("PATCH {list}/merge-fields/6"), json!({"name": "Tier"})).await;
    run.ask(&format!("DELETE {list}/merge-fields/6"), Value::Null).await;
}

async fn members(run: &Run, list: &str) {
    let row = |email: &str| json!({"email_address": email, "status": "subscribed", "merge_fields": {"FNAME": "Ada", "LTV": 1.5}});
    let mut tagged = row("a@contoso.test");
    tagged["tags"] = json!(["vip"]);
    let rows = json!([tagged, row("b@contoso.test"), row("foo@example.com"), row("b@contoso.test")]);
    let body = |update: bool| json!({"members": rows, "update_existing": update, "sync_tags": false});
    run.ask(&format!("POST {list}?skip_merge_validation=true"), body(false)).await;
    run.ask(&format!("POST {list}"), body(false)).await;
    run.ask(&format!("POST {list}?skip_duplicate_check=true"), body(true)).await;
    run.get(&format!("{list}/members?count=1000&sort_field=last_changed&sort_dir=ASC&status=subscribed")).await;
    run.get(&format!("{list}/members?fields=members.email_address,members.status,total_items")).await;
    let member = format!("{list}/members/{}", md5("c@contoso.test"));
    run.ask(&format!("POST {list}/members"), row("c@contoso.test")).await;
    run.ask(&format!("POST {list}/members"), row("c@contoso.test")).await;
    let put = json!({"email_address": "c@contoso.test", "status_if_new": "subscribed", "merge_fields": {"LTV": "AAAAA"}});
    run.ask(&format!("PUT {member}"), put).await;
    run.ask(&format!("PUT {member}"), json!({"email_address": "c@contoso.test", "status_if_new": "pending", "vip": true})).await;
    run.ask(&format!("PATCH {member}"), json!({"merge_fields": {"LNAME": "Example"}})).await;
    run.get(&member).await;
    run.ask(&format!("POST {member}/tags"), json!({"tags": [{"name": "vip", "status": "active"}], "is_syncing": true})).await;
    run.get(&format!("{member}/tags?count=1000")).await;
    run.ask(&format!("DELETE {member}"), Value::Null).await;
    run.ask(&format!("DELETE {member}"), Value::Null).await;
    run.get(&member).await;
    run.ask(&format!("POST {member}/actions/delete-permanent"), Value::Null).await;
    run.get(&member).await;
    run.ask(&format!("POST {list}/members"), row("c@contoso.test")).await;
}

async fn segments(run: &Run, list: &str) {
    let made = run.ask(&format!("POST {list}/segments"), json!({"name": "new", "static_segment": []})).await;
    let segment = format!("{list}/segments/{}", made["id"]);
    run.get(&format!("{list}/segments?type=static&count=1000")).await;
    run.ask(&format!("PATCH {segment}"), json!({"name": "newer"})).await;
    let both = json!({"members_to_add": ["a@contoso.test", "nobody@contoso.test"], "members_to_remove": ["b@contoso.test"]});
    run.ask(&format!("POST {segment}"), both).await;
    run.ask(&format!("POST {segment}/members"), json!({"email_address": "b@contoso.test"})).await;
    run.ask(&format!("POST {segment}"), json!({"members_to_remove": ["b@contoso.test"]})).await;
    run.get(&segment).await;
    run.get(&format!("{segment}/members?count=1000&include_unsubscribed=true")).await;
    run.ask(&format!("DELETE {segment}/members/{}", md5("a@contoso.test")), Value::Null).await;
    run.get(&format!("{list}/tag-search?name=v")).await;
    run.ask(&format!("DELETE {segment}"), Value::Null).await;
    run.get(&segment).await;
}

async fn batches(run: &Run, list: &str) {
    let archive = format!("{list}/members/{}", md5("a@contoso.test"));
    let operations = json!([{"method": "DELETE", "path": archive, "operation_id": "one"}, {"method": "GET", "path": "/nowhere"}]);
    let made = run.ask("POST /batches", json!({"operations": operations})).await;
    let batch = format!("/batches/{}", made["id"].as_str().unwrap());
    while run.get(&batch).await["status"] != "finished" {}
    run.get("/batches?count=10").await;
    run.ask(&format!("DELETE {batch}"), Value::Null).await;
    run.get(&batch).await;
}

fn md5(email: &str) -> String {
    use md5::Digest as _;
    hex::encode(md5::Md5::digest(email.as_bytes()))
}

#[tokio::test]
async fn every_endpoint_answers_as_the_contract_says() {
    let Some(contract) = Contract::load(DOCUMENT) else { return };
    let run = Run::new().await;
    everything(&run).await;
    let (mut found, mut seen) = (Vec::new(), BTreeSet::new());
    for kept in run.recorder.take() {
        let say = |what| format!("{} {}?{} ({}): {what}", kept.method, kept.path, kept.query, kept.status);
        found.extend(contract.request(&kept.method, &kept.path, &kept.query, &kept.body).into_iter().map(say));
        found.extend(contract.answer(&kept.method, &kept.path, kept.status, &kept.answer).into_iter().map(say));
        seen.extend(contract.name(&kept.method, &kept.path).filter(|_| kept.status < 300));
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
    let missed: Vec<_> = contract.operations().filter(|name| !seen.contains(name)).collect();
    let missed: Vec<_> = missed.iter().filter(|name| !NOT_EMULATED.iter().any(|path| name.contains(path))).collect();
    assert!(missed.is_empty(), "never asked with success: {missed:?}");
    assert_eq!(run.sandbox.counters().violations, 2, "two of the bulk calls carry a row twice");
}

#[rstest]
#[case("GET", "/lists/x/members", "count=1000&offset=0", "", "")]
#[case("GET", "/lists/x/members", "count=1001", "", "query parameter count=1001 does not fit")]
#[case("GET", "/lists/x/members", "colour=red", "", "unknown query parameter colour")]
#[case("GET", "/campaigns", "", "", "GET /campaigns is not in the contract")]
#[case("POST", "/lists/x", "skip_merge_validation=true", r#"{"members": []}"#, "")]
#[case("POST", "/lists/x", "", r#"{"update_existing": true}"#, r#": "members" is a required property"#)]
#[case("POST", "/lists/x", "", r#"{"members": [{"email_address": 1}]}"#, r#"/members/0/email_address: 1 is not of type "string""#)]
#[case("POST", "/lists/x", "", r#"{"members": [{"id": "1"}]}"#, "/members/0: Additional properties are not allowed ('id' was unexpected)")]
#[case("DELETE", "/lists/x", "", "{}", "no body is foreseen")]
#[test]
fn the_judge_judges(#[case] method: &str, #[case] path: &str, #[case] query: &str, #[case] body: &str, #[case] expected: &str) {
    let Some(contract) = Contract::load(DOCUMENT) else { return };
    assert_eq!(contract.request(method, path, query, body).join("; "), expected);
}

/// Recorded answers and how the sandbox is brought to give the same.
#[tokio::test]
async fn recorded_answers_have_the_shapes_of_ours() {
    let Some(text) = shared("mailchimp/recorded_responses.json") else { return };
    let recorded: Value = serde_json::from_str(&text).unwrap();
    let run = Run::new().await;
    run.sandbox.ensure_mailchimp_list("cdp", "CDP").unwrap();
    let member = format!("/lists/cdp/members/{}", md5("a@contoso.test"));
    let row = |email: &str| json!({"email_address": email, "status": "subscribed", "merge_fields": {"FNAME": "Ada"}});
    run.ask("POST /lists/cdp/merge-fields", json!({"tag": "LTV", "name": "LTV", "type": "number"})).await;
    let put = |value: Value| json!({"email_address": "a@contoso.test", "merge_fields": {"LTV": value}});
    let post = "POST /lists/cdp/members";
    let steps = [
        ("get_member_404", format!("GET {member}"), Value::Null),
        ("post_member_200", post.to_owned(), row("a@contoso.test")),
        ("put_existing_member_without_status_if_new_200", format!("PUT {member}"), put(json!(1))),
        ("put_invalid_merge_field_400", format!("PUT {member}"), put(json!("AAAAA"))),
        ("member_exists_400_note_no_type", post.to_owned(), row("a@contoso.test")),
        ("post_fake_email_400", post.to_owned(), row("foo@example.com")),
        ("post_malformed_email_400", post.to_owned(), row("AAAAA")),
        ("get_lists_count_1000", "GET /lists?count=1000".to_owned(), Value::Null),
        ("get_merge_fields", "GET /lists/cdp/merge-fields".to_owned(), Value::Null),
        ("get_members", "GET /lists/cdp/members?count=10".to_owned(), Value::Null),
        ("post_member_tags_204", format!("POST {member}/tags"), json!({"tags": []})),
        ("post_member_tags_404", "POST /lists/cdp/members/x/tags".to_owned(), json!({"tags": []})),
        ("delete_member_204", format!("DELETE {member}"), Value::Null),
        ("delete_already_archived_405", format!("DELETE {member}"), Value::Null),
    ];
    for (name, call, body) in steps {
        let answer = run.ask(&call, body).await;
        let expected = &recorded[name]["response"];
        let ours = run.recorder.take().pop().unwrap();
        assert_eq!(expected["status"], ours.status, "{name}");
        same_shape(name, "", &expected["body"], &answer);
        for text in ["title", "status", "type", "errors"] {
            if ours.status >= 400 {
                assert_eq!(expected["body"][text], answer[text], "{name}: {text}");
            }
        }
    }
}

/// Every name that was recorded is answered, with a value of the same kind. Merge fields have names of their own, and the
/// links' pointers into the vendor's documentation lead nowhere here.
fn same_shape(name: &str, at: &str, recorded: &Value, ours: &Value) {
    match (recorded, ours) {
        (Value::Object(fields), Value::Object(_)) if !at.ends_with("merge_fields") && !at.ends_with("options") => {
            for (field, value) in fields.iter().filter(|(field, _)| *field != "_links") {
                assert!(names(ours).contains(&field.as_str()), "{name}{at}: {field} is missing");
                same_shape(name, &format!("{at}/{field}"), value, &ours[field]);
            }
        }
        (Value::Array(recorded), Value::Array(ours)) => {
            if let (Some(recorded), Some(ours)) = (recorded.first(), ours.first()) {
                let at = if at == "/merge_fields" { "/fields" } else { at };
                same_shape(name, at, recorded, ours);
            }
        }
        _ => assert_eq!(kind(recorded), kind(ours), "{name}{at}"),
    }
}

fn kind(value: &Value) -> u8 {
    match value {
        Value::Null => 0,
        Value::Bool(_) => 1,
        Value::Number(_) => 2,
        Value::String(_) => 3,
        Value::Array(_) => 4,
        Value::Object(_) => 5,
    }
}

/// The names in an object.
fn names(value: &Value) -> Vec<&str> {
    value.as_object().map(Map::keys).into_iter().flatten().map(String::as_str).collect()
}
