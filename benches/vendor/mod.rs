//! A Mailchimp for benchmarks: in memory, no rules, every answer after a fixed time at the server. What is measured against
//! it is Listkeeper, not the stand-in; the strict one is `listkeeper sandbox`.

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    http::StatusCode,
    middleware::{self, Next},
    routing::{get, patch, post},
};
use serde::Deserialize;
use serde_json::{Value, json};
use std::{
    collections::{HashMap, HashSet},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

/// What the vendor holds, and what it was asked.
#[derive(Default)]
pub struct Vendor {
    held: Mutex<Held>,
    latency: Duration,
    pub writes: AtomicU64,
    pub reads: AtomicU64,
    in_flight: AtomicU64,
    pub most_at_once: AtomicU64,
}

#[derive(Default)]
struct Held {
    /// Hashes of addresses: enough to count, little to hold.
    members: HashSet<u64>,
    tagged: HashMap<u64, HashSet<u64>>,
    fields: Vec<Value>,
    tags: Vec<Value>,
    patched: u64,
}

#[derive(Deserialize)]
struct Bulk {
    members: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    email_address: String,
    status: String,
    merge_fields: Value,
}

#[derive(Deserialize)]
struct Tagging {
    #[serde(default)]
    members_to_add: Vec<String>,
    #[serde(default)]
    members_to_remove: Vec<String>,
}

impl Vendor {
    /// Starts it on a free port; every request to it takes `latency`.
    pub fn start(latency: Duration) -> std::io::Result<(Arc<Self>, String)> {
        let vendor = Arc::new(Self { latency, ..Self::default() });
        let listener = std::net::TcpListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let address = format!("http://{}/3.0", listener.local_addr()?);
        let app = app(Arc::clone(&vendor));
        std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let Ok(runtime) = runtime else { return };
            runtime.block_on(async {
                if let Ok(listener) = tokio::net::TcpListener::from_std(listener) {
                    let _ = axum::serve(listener, app).await;
                }
            });
        });
        Ok((vendor, address))
    }

    /// Members, members with the first tag, single updates.
    pub fn counts(&self) -> (usize, usize, u64) {
        let held = self.held();
        (held.members.len(), held.tagged.values().next().map_or(0, HashSet::len), held.patched)
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn app(vendor: Arc<Vendor>) -> Router {
    let timed = middleware::from_fn_with_state(Arc::clone(&vendor), timed);
    Router::new()
        .route("/3.0/ping", get(|| async { Json(json!({"health_status": "Everything's Chimpy!"})) }))
        .route("/3.0/", get(|| async { Json(json!({"account_id": "bench", "account_name": "Bench", "login_id": "1"})) }))
        .route("/3.0/lists", get(|| async { Json(json!({"lists": [audience()], "total_items": 1})) }))
        .route("/3.0/lists/{id}", get(|| async { Json(audience()) }).post(bulk))
        .route("/3.0/lists/{id}/members", get(members))
        .route("/3.0/lists/{id}/members/{hash}", patch(update))
        .route("/3.0/lists/{id}/merge-fields", get(fields).post(add_field))
        .route("/3.0/lists/{id}/segments", get(tags).post(add_tag))
        .route("/3.0/lists/{id}/segments/{tag}", post(tagging))
        .layer(axum::extract::DefaultBodyLimit::max(16 << 20))
        .layer(timed)
        .with_state(vendor)
}

/// Holds every answer until the fixed time is over, and counts.
async fn timed(State(vendor): State<Arc<Vendor>>, request: axum::extract::Request, next: Next) -> axum::response::Response {
    let due = tokio::time::Instant::now() + vendor.latency;
    let kind = if request.method() == axum::http::Method::GET { &vendor.reads } else { &vendor.writes };
    kind.fetch_add(1, Ordering::Relaxed);
    let now = vendor.in_flight.fetch_add(1, Ordering::Relaxed) + 1;
    vendor.most_at_once.fetch_max(now, Ordering::Relaxed);
    let response = next.run(request).await;
    tokio::time::sleep_until(due).await;
    vendor.in_flight.fetch_sub(1, Ordering::Relaxed);
    response
}

fn audience() -> Value {
    json!({"id": "bench", "web_id": 1, "name": "Bench", "stats": {"member_count": 0, "unsubscribe_count": 0, "cleaned_count": 0, "total_contacts": 0}})
}

fn hash(email: &str) -> u64 {
    xxhash_rust::xxh3::xxh3_64(email.as_bytes())
}

async fn bulk(State(vendor): State<Arc<Vendor>>, Json(bulk): Json<Bulk>) -> Json<Value> {
    let mut held = vendor.held();
    let (mut new, mut errors) = (Vec::new(), Vec::new());
    for row in bulk.members {
        if held.members.insert(hash(&row.email_address)) {
            new.push(json!({
                "id": "0123456789abcdef0123456789abcdef", "email_address": row.email_address, "status": row.status,
                "email_type": "html", "merge_fields": row.merge_fields, "vip": false, "member_rating": 2,
                "last_changed": "2026-11-22T00:00:00+00:00", "tags": [], "list_id": "bench",
            }));
        } else {
            errors.push(json!({"email_address": row.email_address, "error": "is already a list member", "error_code": "ERROR_CONTACT_EXISTS", "field": "", "field_message": ""}));
        }
    }
    let (created, failed) = (new.len(), errors.len());
    Json(
        json!({"new_members": new, "updated_members": [], "errors": errors, "total_created": created, "total_updated": 0, "error_count": failed}),
    )
}

async fn members(State(vendor): State<Arc<Vendor>>, Query(query): Query<HashMap<String, String>>) -> Json<Value> {
    let _ = (vendor, query);
    Json(json!({"members": [], "total_items": 0, "list_id": "bench"}))
}

async fn update(State(vendor): State<Arc<Vendor>>, Path((_, hash)): Path<(String, String)>, Json(row): Json<Value>) -> Json<Value> {
    vendor.held().patched += 1;
    Json(json!({"id": hash, "email_address": "", "status": "subscribed", "merge_fields": row["merge_fields"]}))
}

async fn fields(State(vendor): State<Arc<Vendor>>) -> Json<Value> {
    let held = vendor.held();
    Json(json!({"merge_fields": held.fields, "total_items": held.fields.len(), "list_id": "bench"}))
}

async fn add_field(State(vendor): State<Arc<Vendor>>, Json(mut field): Json<Value>) -> Json<Value> {
    let mut held = vendor.held();
    field["merge_id"] = json!(held.fields.len() + 1);
    field["options"] = json!({});
    held.fields.push(field.clone());
    Json(field)
}

async fn tags(State(vendor): State<Arc<Vendor>>) -> Json<Value> {
    let held = vendor.held();
    Json(json!({"segments": held.tags, "total_items": held.tags.len(), "list_id": "bench"}))
}

async fn add_tag(State(vendor): State<Arc<Vendor>>, Json(mut tag): Json<Value>) -> Json<Value> {
    let mut held = vendor.held();
    let id = held.tags.len() as u64 + 1;
    (tag["id"], tag["member_count"], tag["type"]) = (json!(id), json!(0), json!("static"));
    held.tags.push(tag.clone());
    held.tagged.entry(id).or_default();
    Json(tag)
}

async fn tagging(
    State(vendor): State<Arc<Vendor>>,
    Path((_, tag)): Path<(String, u64)>,
    Json(rows): Json<Tagging>,
) -> Result<Json<Value>, StatusCode> {
    let mut held = vendor.held();
    let tagged = held.tagged.get_mut(&tag).ok_or(StatusCode::NOT_FOUND)?;
    tagged.extend(rows.members_to_add.iter().map(|e| hash(e)));
    for email in &rows.members_to_remove {
        tagged.remove(&hash(email));
    }
    let all = |emails: &[String]| emails.iter().map(|e| json!({"email_address": e, "status": "subscribed"})).collect::<Vec<_>>();
    Ok(Json(json!({
        "members_added": all(&rows.members_to_add), "members_removed": all(&rows.members_to_remove), "errors": [],
        "total_added": rows.members_to_add.len(), "total_removed": rows.members_to_remove.len(), "error_count": 0,
    })))
}
