//! Every path of the API that is emulated, with the query parameters the vendor documents for it.

use super::{
    account, batches, bulk, lists, member_list, member_tags, members, merge_fields,
    problem::{Problem, Result},
    request::{Answer, Call},
    segment_members, segments as static_segments,
    select::Selection,
    work::Ctx,
};
use crate::kit::path::{params, segments};
use axum::http::Method;

type Handler = fn(&mut Ctx<'_>, &Call, &[&str]) -> Result<Answer>;

struct Route {
    method: Method,
    pattern: &'static str,
    /// Groups of documented query parameters.
    query: &'static [&'static [&'static str]],
    run: Handler,
}

const NONE: &[&[&str]] = &[];
/// `fields` is undocumented on writes; it is honoured there, as the vendor may.
const FIELDS: &[&str] = &["fields", "exclude_fields"];
const PAGE: &[&str] = &["count", "offset"];
const SKIP_MERGE: &[&str] = &["skip_merge_validation"];
const BULK: &[&str] = &["skip_merge_validation", "skip_duplicate_check"];
const LISTS: &[&str] = &[
    "before_date_created",
    "since_date_created",
    "before_campaign_last_sent",
    "since_campaign_last_sent",
    "email",
    "sort_field",
    "sort_dir",
    "has_ecommerce_store",
    "include_total_contacts",
];
const MEMBERS: &[&str] = &[
    "email_type",
    "status",
    "since_timestamp_opt",
    "before_timestamp_opt",
    "since_last_changed",
    "before_last_changed",
    "unique_email_id",
    "vip_only",
    "interest_category_id",
    "interest_ids",
    "interest_match",
    "sort_field",
    "sort_dir",
    "since_last_campaign",
    "unsubscribed_since",
];
const INCLUDE: &[&str] = &["include_cleaned", "include_transactional", "include_unsubscribed"];
const SEGMENTS: &[&str] = &["type", "since_created_at", "before_created_at", "since_updated_at", "before_updated_at"];

const MEMBER: &str = "/lists/{list_id}/members/{subscriber_hash}";
const SEGMENT: &str = "/lists/{list_id}/segments/{segment_id}";
const MERGE_FIELD: &str = "/lists/{list_id}/merge-fields/{merge_id}";

macro_rules! routes {
    ($($method:ident $pattern:expr, $query:expr, $run:path;)*) => {
        &[$(Route { method: Method::$method, pattern: $pattern, query: $query, run: $run }),*]
    };
}

static ROUTES: &[Route] = routes! {
    GET "/", &[FIELDS], account::root;
    GET "/ping", NONE, account::ping;
    GET "/lists", &[FIELDS, PAGE, LISTS], lists::all;
    POST "/lists", &[FIELDS], lists::create;
    GET "/lists/{list_id}", &[FIELDS, &["include_total_contacts"]], lists::get;
    PATCH "/lists/{list_id}", &[FIELDS], lists::update;
    DELETE "/lists/{list_id}", NONE, lists::delete;
    POST "/lists/{list_id}", &[FIELDS, BULK], bulk::upsert;
    GET "/lists/{list_id}/members", &[FIELDS, PAGE, MEMBERS], member_list::all;
    POST "/lists/{list_id}/members", &[FIELDS, SKIP_MERGE], members::create;
    GET MEMBER, &[FIELDS], members::get;
    PUT MEMBER, &[FIELDS, SKIP_MERGE], members::put;
    PATCH MEMBER, &[FIELDS, SKIP_MERGE], members::patch;
    DELETE MEMBER, NONE, members::archive;
    POST "/lists/{list_id}/members/{subscriber_hash}/actions/delete-permanent", NONE, members::forget;
    GET "/lists/{list_id}/members/{subscriber_hash}/tags", &[FIELDS, PAGE], member_tags::all;
    POST "/lists/{list_id}/members/{subscriber_hash}/tags", NONE, member_tags::change;
    GET "/lists/{list_id}/merge-fields", &[FIELDS, PAGE, &["type", "required"]], merge_fields::all;
    POST "/lists/{list_id}/merge-fields", &[FIELDS], merge_fields::create;
    GET MERGE_FIELD, &[FIELDS], merge_fields::get;
    PATCH MERGE_FIELD, &[FIELDS], merge_fields::update;
    DELETE MERGE_FIELD, NONE, merge_fields::delete;
    GET "/lists/{list_id}/segments", &[FIELDS, PAGE, INCLUDE, SEGMENTS], static_segments::all;
    POST "/lists/{list_id}/segments", &[FIELDS], static_segments::create;
    GET SEGMENT, &[FIELDS, INCLUDE], static_segments::get;
    PATCH SEGMENT, &[FIELDS], static_segments::update;
    DELETE SEGMENT, NONE, static_segments::delete;
    POST SEGMENT, &[FIELDS], segment_members::change;
    GET "/lists/{list_id}/segments/{segment_id}/members", &[FIELDS, PAGE, INCLUDE], segment_members::all;
    POST "/lists/{list_id}/segments/{segment_id}/members", &[FIELDS], segment_members::add;
    DELETE "/lists/{list_id}/segments/{segment_id}/members/{subscriber_hash}", NONE, segment_members::remove;
    GET "/lists/{list_id}/tag-search", &[&["name"]], member_tags::search;
    GET "/batches", &[FIELDS, PAGE], batches::all;
    POST "/batches", &[FIELDS], batches::create;
    GET "/batches/{batch_id}", &[FIELDS], batches::get;
    DELETE "/batches/{batch_id}", NONE, batches::delete;
};

/// The pattern of a path, for logs and faults; what is unknown is one pattern too.
pub(super) fn pattern(path: &str) -> &'static str {
    let path = segments(path);
    ROUTES.iter().find(|route| params(route.pattern, path.iter().map(String::as_str)).is_some()).map_or("(unknown)", |route| route.pattern)
}

/// Finds the handler and runs it.
pub(super) fn run(ctx: &mut Ctx<'_>, call: &Call) -> Result<Answer> {
    let mut allow = Vec::new();
    for route in ROUTES {
        let Some(params) = params(route.pattern, call.path.iter().map(String::as_str)) else { continue };
        if route.method == call.method {
            return carry_out(ctx, call, route, &params);
        }
        allow.push(route.method.as_str());
    }
    match allow.is_empty() {
        true => Err(Problem::no_route().into()),
        false => Err(Problem::method(allow.join(", ")).into()),
    }
}

fn carry_out(ctx: &mut Ctx<'_>, call: &Call, route: &Route, params: &[&str]) -> Result<Answer> {
    for name in call.query.names().filter(|name| !route.query.iter().any(|group| group.contains(name))) {
        ctx.notes.push(format!("unknown query parameter {name}"));
    }
    ctx.select = Selection::of(&call.query);
    let mut answer = (route.run)(ctx, call, params)?;
    if let Some(body) = &mut answer.body {
        ctx.select.prune(body);
    }
    Ok(answer)
}
