//! Everything that the destination can send, held against the vendor's contract, where that is at hand.

use super::*;
use crate::definition::FieldType;

/// A server that says yes to everything, in every shape that is read.
async fn agreeable() -> World {
    let world = World::with(named(true), Limits::default()).await;
    let member = json!({"email_address": "a@example.org", "status": "archived", "tags": [], "tags_count": 60});
    for (path, body) in [
        ("^/3.0/lists$", json!({"lists": [], "total_items": 0})),
        ("^/3.0/lists/a1$", json!({"id": "a1", "name": "n", "stats": {}})),
        ("merge-fields$", json!({"merge_fields": [], "total_items": 0})),
        ("segments$", json!({"segments": [], "total_items": 0})),
        ("members$", json!({"members": [], "total_items": 0})),
        ("members/[0-9a-f]+$", member.clone()),
        ("tags$", json!({"tags": [], "total_items": 0})),
        ("ping$|/3.0/$", json!({"account_id": "x"})),
        ("batches/", json!({"status": "started"})),
    ] {
        let respond = ResponseTemplate::new(200).set_body_json(body);
        Mock::given(matchers::method("GET")).and(matchers::path_regex(path)).respond_with(respond).mount(&world.server).await;
    }
    let made = json!({"id": 7, "name": "n", "merge_id": 1, "tag": "LTV", "type": "number", "new_members": [member]});
    for (path, body) in [("/3.0/lists$|batches$", json!({"id": "x", "name": "n"})), (".", made)] {
        let respond = ResponseTemplate::new(200).set_body_json(body);
        Mock::given(matchers::path_regex(path)).respond_with(respond).mount(&world.server).await;
    }
    world
}

async fn send_everything(world: &World) {
    let (place, tag, destination) = (PlaceId("a1".into()), ContainerId("77".into()), &world.destination);
    destination.verify().await.unwrap();
    destination.observe(&Sought { place: Some(&place), ..Sought::default() }).await.unwrap();
    destination.observe(&Sought::default()).await.unwrap();
    for change in [
        ResourceChange::CreatePlace { name: "n".into() },
        ResourceChange::CreateField { tag: "LTV".into(), field_type: FieldType::Number },
        ResourceChange::CreateContainer { name: "n".into() },
        ResourceChange::RenameContainer { id: tag.clone(), from: "n".into(), to: "m".into() },
    ] {
        destination.change(Some(&place), &change).await.unwrap();
    }
    let mut page = PageRequest { cursor: None, rows: 1000, changed_since: Some("2026-11-01T00:00:00+00:00".into()), standing: None };
    page.cursor = destination.contacts(&place, &page).await.unwrap().next;
    destination.contacts(&place, &page).await.unwrap();
    destination.container_members(&place, &tag, &PageRequest { cursor: None, ..page }).await.unwrap();
    let attributes = [("LTV", Value::Number("1".into()))];
    for standing in [SubscriptionStatus::Subscribed, SubscriptionStatus::Pending] {
        for operation in [Operation::Create, Operation::Update, Operation::Restore, Operation::Join, Operation::Leave, Operation::Archive] {
            let rows = vec![with_attributes(row("a@example.org", standing), &attributes)];
            let _ = destination.submit(&place, &Batch { operation, container: Some(tag.clone()), rows }).await.unwrap();
        }
    }
    let rows = [with_attributes(row("a@example.org", SubscriptionStatus::Subscribed), &attributes)];
    let permit = Permit::of([crate::destination::Passed::on_record(SubscriptionStatus::Subscribed)], Default::default());
    destination.update_in_bulk(&place, &rows, &permit).await.unwrap();
    let rows = [with_attributes(row("a@example.org", SubscriptionStatus::Unsubscribed), &attributes)];
    let candidate = Candidate { at: 0, before: Json::Null };
    destination.candidate(&place, &rows).await.unwrap();
    destination.try_bulk(&place, &rows[0], &candidate).await.unwrap();
    destination.settle_trial(&place, &rows[0].email, SubscriptionStatus::Unsubscribed, chrono::DateTime::UNIX_EPOCH).await.unwrap();
    let ids = [JobId("a1/b9".into())];
    destination.poll(&place, &Jobs { ids: &ids, rows: &|_| Vec::new(), looks: &|_| None }).await.unwrap();
}

#[tokio::test]
async fn no_request_is_outside_the_vendors_contract() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/apis/mailchimp/marketing-subset.patched.openapi3.json");
    let Ok(text) = std::fs::read_to_string(path) else {
        eprintln!("skipped: the vendor's contract is not at hand");
        return;
    };
    let mut contract: Json = serde_json::from_str(&text).unwrap();
    // The contract of 2026 has it (`anyOf` with `status`); this older copy lacks it.
    let item = &mut contract["paths"]["/lists/{list_id}"]["post"]["requestBody"]["content"]["application/json"]["schema"];
    let item = &mut item["properties"]["members"]["items"]["properties"];
    item["status_if_new"] = item["status"].clone();
    let world = agreeable().await;
    send_everything(&world).await;
    let seen = world.seen().await;
    let complaints: Vec<_> = seen.iter().flat_map(|(line, body)| complaints(&contract, line, body)).collect();
    assert!(complaints.is_empty(), "{complaints:#?}");
    for method in ["GET", "POST", "PUT", "PATCH"] {
        assert!(seen.iter().any(|(line, _)| line.starts_with(method)), "nothing was sent by {method}");
    }
}

fn complaints(contract: &Json, line: &str, body: &Json) -> Vec<String> {
    let (method, target) = line.split_once(' ').unwrap();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let same = |template: &str| {
        let (t, p): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
        t.len() == p.len() && t.iter().zip(&p).all(|(t, p)| t.starts_with('{') || t == p)
    };
    let paths = contract["paths"].as_object().unwrap();
    let Some(operation) = paths.iter().find(|(template, _)| same(template)).and_then(|(_, ops)| ops.get(method.to_lowercase())) else {
        return vec![format!("{method} {path} is not in the contract")];
    };
    let empty = Vec::new();
    let declared: Vec<_> = operation["parameters"].as_array().unwrap_or(&empty).iter().filter_map(|p| p["name"].as_str()).collect();
    let names = url::form_urlencoded::parse(query.as_bytes()).map(|(name, _)| name.into_owned());
    let mut found: Vec<_> =
        names.filter(|name| !declared.contains(&name.as_str())).map(|name| format!("{method} {path}: ?{name}")).collect();
    if let Some(schema) = operation["requestBody"]["content"].as_object().and_then(|content| content.values().next()) {
        against(&schema["schema"], body, &format!("{method} {path}"), &mut found);
    }
    found
}

/// Names, duties, types and choices: what a strict server checks first.
fn against(schema: &Json, value: &Json, at: &str, found: &mut Vec<String>) {
    if let Some(choices) = schema["enum"].as_array().filter(|choices| !choices.contains(value)) {
        found.push(format!("{at}: {value} is not among {choices:?}"));
    }
    match (schema["type"].as_str(), value) {
        (Some("object"), Json::Object(object)) => {
            for required in schema["required"].as_array().into_iter().flatten().filter_map(Json::as_str) {
                if !object.contains_key(required) {
                    found.push(format!("{at}: lacks {required}"));
                }
            }
            for (name, value) in object {
                match schema["properties"].get(name) {
                    Some(schema) => against(schema, value, &format!("{at}.{name}"), found),
                    None if schema.get("additionalProperties").is_some() => {}
                    None => found.push(format!("{at}: {name} is not in the contract")),
                }
            }
        }
        (Some("array"), Json::Array(items)) => items.iter().for_each(|item| against(&schema["items"], item, &format!("{at}[]"), found)),
        (Some("string"), Json::String(_))
        | (Some("boolean"), Json::Bool(_))
        | (Some("integer" | "number"), Json::Number(_))
        | (None, _) => {}
        (Some(wanted), value) => found.push(format!("{at}: {value} is not a {wanted}")),
    }
}
