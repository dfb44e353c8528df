//! Every path of the API that is emulated, with what it may carry.

use super::{
    account, activities, browse, contacts, deletions, exports, fields, imports, lists, memberships,
    problem::{Problem, Result},
    request::{Answer, Call},
    work::Ctx,
};
use crate::kit::path::{params, segments};
use axum::http::Method;

type Handler = fn(&mut Ctx<'_>, &Call, &[&str]) -> Result<Answer>;

struct Route {
    method: Method,
    pattern: &'static str,
    carries: Carries,
    query: &'static [&'static str],
    run: Handler,
}

/// What a request's body is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Carries {
    Nothing,
    Json,
    Multipart,
}

use Carries::{Json, Multipart, Nothing};

const NONE: &[&str] = &[];
const LISTS: &[&str] =
    &["limit", "include_count", "include_membership_count", "name", "status", "channel_type", "include_sms_membership_count"];
const CONTACTS: &[&str] = &[
    "limit",
    "status",
    "email",
    "lists",
    "updated_after",
    "updated_before",
    "created_after",
    "created_before",
    "optout_after",
    "optout_before",
    "include",
    "include_count",
];

const LIST: &str = "/contact_lists/{list_id}";
const FIELD: &str = "/contact_custom_fields/{custom_field_id}";
const CONTACT: &str = "/contacts/{contact_id}";

macro_rules! routes {
    ($($method:ident $pattern:expr, $carries:expr, $query:expr, $run:path;)*) => {
        &[$(Route { method: Method::$method, pattern: $pattern, carries: $carries, query: $query, run: $run }),*]
    };
}

static ROUTES: &[Route] = routes! {
    GET "/account/summary", Nothing, &["extra_fields"], account::summary;
    GET "/account/user/privileges", Nothing, NONE, account::privileges;
    GET "/contact_lists", Nothing, LISTS, lists::all;
    POST "/contact_lists", Json, NONE, lists::create;
    GET LIST, Nothing, &["include_membership_count"], lists::get;
    PUT LIST, Json, NONE, lists::update;
    DELETE LIST, Nothing, NONE, deletions::list;
    GET "/contact_custom_fields", Nothing, &["limit"], fields::all;
    POST "/contact_custom_fields", Json, NONE, fields::create;
    GET FIELD, Nothing, NONE, fields::get;
    DELETE FIELD, Nothing, NONE, fields::delete;
    GET "/contacts", Nothing, CONTACTS, browse::all;
    POST "/contacts", Json, NONE, contacts::create;
    GET CONTACT, Nothing, &["include"], contacts::get;
    PUT CONTACT, Json, NONE, contacts::put;
    DELETE CONTACT, Nothing, NONE, contacts::delete;
    GET "/activities", Nothing, &["limit", "state"], activities::all;
    POST "/activities/contacts_json_import", Json, NONE, imports::json;
    POST "/activities/contacts_file_import", Multipart, NONE, imports::file;
    POST "/activities/add_list_memberships", Json, NONE, memberships::add;
    POST "/activities/remove_list_memberships", Json, NONE, memberships::remove;
    POST "/activities/contact_delete", Json, NONE, deletions::contacts;
    POST "/activities/list_delete", Json, NONE, deletions::lists;
    POST "/activities/contact_exports", Json, NONE, exports::create;
    GET "/activities/{activity_id}", Nothing, NONE, activities::get;
    GET "/contact_exports/{file_export_id}", Nothing, NONE, exports::file;
};

/// The pattern of a path, for logs and faults; what is unknown is one pattern too.
pub(super) fn pattern(path: &str) -> &'static str {
    let path = segments(path);
    ROUTES.iter().find(|route| params(route.pattern, path.iter().map(String::as_str)).is_some()).map_or("(unknown)", |route| route.pattern)
}

/// Finds the handler and runs it.
pub(super) fn run(ctx: &mut Ctx<'_>, call: &Call) -> Result<Answer> {
    let mut known = false;
    for route in ROUTES {
        let Some(params) = params(route.pattern, call.path.iter().map(String::as_str)) else { continue };
        if route.method == call.method {
            fits(ctx, call, route)?;
            return (route.run)(ctx, call, &params);
        }
        known = true;
    }
    Err(if known { Problem::method() } else { Problem::no_route() }.into())
}

/// The body is of the kind that the contract foresees; unknown parameters are ignored, and noted.
fn fits(ctx: &mut Ctx<'_>, call: &Call, route: &Route) -> Result<()> {
    for name in call.query.names().filter(|name| !route.query.contains(name)) {
        ctx.note(1, &format!("unknown query parameter {name}"));
    }
    match route.carries {
        Nothing if !call.body.is_empty() => ctx.note(1, "a body where none is foreseen"),
        Json if !call.content_type.starts_with("application/json") => {
            return Err(Problem::media_type("Content-Type has to be application/json.").into());
        }
        Multipart if !call.content_type.starts_with("multipart/form-data") => {
            return Err(Problem::media_type("The file has to be sent as multipart/form-data.").into());
        }
        _ => {}
    }
    Ok(())
}
