//! The calls that it answers.

use super::{Vendor, held::Done};
use axum::{
    Json, Router,
    body::{Body, to_bytes},
    extract::{Path, Query, Request, State},
    http::{Method, StatusCode},
    middleware::{self, Next},
    response::Response,
    routing::{get, post},
};
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    sync::{Arc, atomic::Ordering::Relaxed},
};

/// More than any body that it is sent.
const BODY_MAX: usize = 16 << 20;

type Held = State<Arc<Vendor>>;
type Found = Result<Json<Value>, StatusCode>;

pub fn app(vendor: Arc<Vendor>) -> Router {
    let timed = middleware::from_fn_with_state(Arc::clone(&vendor), timed);
    Router::new()
        .route("/3.0/ping", get(|| async { Json(json!({"health_status": "Everything's Chimpy!"})) }))
        .route("/3.0/", get(|| async { Json(json!({"account_id": "bench", "account_name": "Bench", "login_id": "1"})) }))
        .route("/3.0/lists", get(|| async { Json(json!({"lists": [audience()], "total_items": 1})) }))
        .route("/3.0/lists/{id}", get(|| async { Json(audience()) }).post(bulk))
        .route("/3.0/lists/{id}/members", get(members))
        .route("/3.0/lists/{id}/members/{hash}", get(member).patch(update))
        .route("/3.0/lists/{id}/merge-fields", get(fields).post(add_field))
        .route("/3.0/lists/{id}/segments", get(tags).post(add_tag))
        .route("/3.0/lists/{id}/segments/{tag}", post(tagging))
        .layer(axum::extract::DefaultBodyLimit::max(BODY_MAX))
        .layer(timed)
        .with_state(vendor)
}

/// Holds every answer until its time is over, and counts.
async fn timed(State(vendor): Held, request: Request, next: Next) -> Response {
    let (began, counts) = (tokio::time::Instant::now(), &vendor.counts);
    let now = counts.in_flight.fetch_add(1, Relaxed) + 1;
    counts.most_at_once.fetch_max(now, Relaxed);
    let is_read = request.method() == Method::GET;
    if is_read { &counts.reads } else { &counts.writes }.fetch_add(1, Relaxed);
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, BODY_MAX).await.unwrap_or_default();
    // Addresses are what rows have and nothing else does.
    let rows = if is_read { 0 } else { memchr::memchr_iter(b'@', &body).count() as u32 };
    let response = next.run(Request::from_parts(parts, Body::from(body))).await;
    tokio::time::sleep_until(began + vendor.latency.of_a_call + vendor.latency.of_a_row * rows).await;
    counts.in_flight.fetch_sub(1, Relaxed);
    response
}

fn audience() -> Value {
    json!({"id": "bench", "web_id": 1, "name": "Bench", "stats": {"member_count": 0, "unsubscribe_count": 0, "cleaned_count": 0, "total_contacts": 0}})
}

async fn bulk(State(vendor): Held, Json(body): Json<Value>) -> Json<Value> {
    let mut held = vendor.held();
    let update_existing = body["update_existing"] == true;
    let (mut new, mut updated, mut errors) = (Vec::new(), Vec::new(), Vec::new());
    for row in body["members"].as_array().map_or(&[][..], Vec::as_slice) {
        match held.put(row, update_existing) {
            Done::Created(contact) => new.push(contact),
            Done::Updated(contact) => updated.push(contact),
            Done::Exists => errors.push(json!({
                "email_address": row["email_address"], "error": "is already a list member", "error_code": "ERROR_CONTACT_EXISTS",
                "field": "", "field_message": "",
            })),
        }
    }
    Json(json!({
        "total_created": new.len(), "total_updated": updated.len(), "error_count": errors.len(),
        "new_members": new, "updated_members": updated, "errors": errors,
    }))
}

async fn members(State(vendor): Held, Query(query): Query<HashMap<String, String>>) -> Json<Value> {
    vendor.counts.pages.fetch_add(1, Relaxed);
    let number = |name: &str, absent| query.get(name).and_then(|text| text.parse().ok()).unwrap_or(absent);
    let since = query.get("since_last_changed").and_then(|text| chrono::DateTime::parse_from_rfc3339(text).ok());
    let nobody = query.get("status").is_some_and(|status| status != "subscribed");
    let (page, total) = match nobody {
        true => (Vec::new(), 0),
        false => vendor.held().page(since.map_or(0, |since| since.timestamp()), number("offset", 0), number("count", 10)),
    };
    Json(json!({"members": page, "total_items": total, "list_id": "bench"}))
}

async fn member(State(vendor): Held, Path((_, hash)): Path<(String, String)>) -> Found {
    let held = vendor.held();
    held.find(&hash).map(|place| Json(held.show(place))).ok_or(StatusCode::NOT_FOUND)
}

async fn update(State(vendor): Held, Path((_, hash)): Path<(String, String)>, Json(row): Json<Value>) -> Found {
    let mut held = vendor.held();
    let place = held.find(&hash).ok_or(StatusCode::NOT_FOUND)?;
    held.update(place, &row["merge_fields"]);
    Ok(Json(held.show(place)))
}

async fn fields(State(vendor): Held) -> Json<Value> {
    let held = vendor.held();
    Json(json!({"merge_fields": held.fields, "total_items": held.fields.len(), "list_id": "bench"}))
}

async fn add_field(State(vendor): Held, Json(mut field): Json<Value>) -> Json<Value> {
    let mut held = vendor.held();
    (field["merge_id"], field["options"]) = (json!(held.fields.len() + 1), json!({}));
    held.fields.push(field.clone());
    Json(field)
}

async fn tags(State(vendor): Held) -> Json<Value> {
    let held = vendor.held();
    Json(json!({"segments": held.tags(), "total_items": held.tags().len(), "list_id": "bench"}))
}

async fn add_tag(State(vendor): Held, Json(tag): Json<Value>) -> Json<Value> {
    Json(vendor.held().add_tag(&tag["name"]))
}

async fn tagging(State(vendor): Held, Path((_, tag)): Path<(String, u64)>, Json(body): Json<Value>) -> Found {
    let mut held = vendor.held();
    if tag == 0 || tag as usize > held.tags().len() {
        return Err(StatusCode::NOT_FOUND);
    }
    let mut all = |name: &str, on| -> Vec<Value> {
        let emails = body[name].as_array().into_iter().flatten().filter_map(Value::as_str);
        emails.filter_map(|email| held.tag(tag, email, on)).collect()
    };
    let (added, removed) = (all("members_to_add", true), all("members_to_remove", false));
    Ok(Json(json!({
        "total_added": added.len(), "total_removed": removed.len(), "error_count": 0,
        "members_added": added, "members_removed": removed, "errors": [],
    })))
}
