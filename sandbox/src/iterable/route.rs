//! Every call of the API that is emulated: its query, its body, its budget.

use super::{
    forget, leave, lists, members, project,
    refusal::{Refusal, Result},
    request::{Answer, Call},
    settings::{Project, Settings, UnknownUsers},
    shape::{self, Shape},
    subscribe, users,
    work::Ctx,
};
use crate::kit::path::{params, segments};
use axum::http::Method;

type Handler = fn(&mut Ctx<'_>, &Call) -> Result<Answer>;

pub(super) struct Route {
    pub method: Method,
    pub pattern: &'static str,
    pub query: &'static [&'static str],
    pub body: Option<&'static Shape>,
    /// Whether the vendor says how large a body may be.
    pub bytes_documented: bool,
    pub rate: Rate,
    pub run: Handler,
}

impl Route {
    /// Whether the answer depends on who is there. Where addresses identify users and unknown ones are made, that of a list
    /// subscribe does not.
    pub(super) fn looks_up(&self, settings: &Settings) -> bool {
        let makes_all = settings.project == Project::Email && settings.unknown_users == UnknownUsers::Made;
        self.pattern != "/lists/subscribe" || !makes_all
    }
}

/// What a route may be asked.
#[derive(Clone, Copy, Debug)]
pub(super) enum Rate {
    PerSecond(u32),
    /// Readings of members: five a minute, together.
    Members,
    /// Nothing is published: what the settings say.
    ListCalls,
}

impl Rate {
    /// How many calls in how many milliseconds.
    pub(super) fn limit(self, settings: &Settings) -> (u32, i64) {
        match self {
            Self::PerSecond(limit) => (limit, 1_000),
            Self::Members => (5, 60_000),
            Self::ListCalls => (settings.list_calls_per_second, 1_000),
        }
    }

    pub(super) fn bucket(self, pattern: &'static str) -> &'static str {
        if matches!(self, Self::Members) { "members" } else { pattern }
    }
}

macro_rules! routes {
    ($($method:ident $pattern:literal, $query:expr, $body:expr, $rate:expr, $run:path;)*) => {
        &[$(Route {
            method: Method::$method, pattern: $pattern, query: &$query, body: $body,
            bytes_documented: matches!($pattern.as_bytes(), b"/users/bulkUpdate"), rate: $rate, run: $run,
        }),*]
    };
}

const MEMBERS: [&str; 2] = ["listId", "preferUserId"];
const PREVIEW: [&str; 3] = ["listId", "preferUserId", "size"];

/// Fixed names stand before those with `{…}`: the first that fits is the one.
static ROUTES: &[Route] = routes! {
    GET "/lists", [], None, Rate::PerSecond(100), lists::all;
    POST "/lists", [], Some(shape::NEW_LIST), Rate::PerSecond(100), lists::create;
    POST "/lists/subscribe", [], Some(shape::SUBSCRIBE), Rate::ListCalls, subscribe::run;
    POST "/lists/unsubscribe", [], Some(shape::UNSUBSCRIBE), Rate::ListCalls, leave::run;
    GET "/lists/getUsers", MEMBERS, None, Rate::Members, members::every;
    GET "/lists/previewUsers", PREVIEW, None, Rate::Members, members::some;
    GET "/lists/{listId}/size", [], None, Rate::Members, members::size;
    DELETE "/lists/{listId}", [], None, Rate::PerSecond(100), lists::delete;
    POST "/users/update", [], Some(shape::UPDATE), Rate::PerSecond(500), users::update;
    POST "/users/bulkUpdate", [], Some(shape::BULK_UPDATE), Rate::PerSecond(5), users::bulk_update;
    GET "/users/getByEmail", ["email"], None, Rate::PerSecond(100), users::by_email;
    GET "/users/getFields", [], None, Rate::PerSecond(3), project::fields;
    POST "/users/forget", [], Some(shape::FORGET), Rate::PerSecond(3), forget::run;
    GET "/users/forgotten", [], None, Rate::PerSecond(3), forget::every;
    POST "/users/updateSubscriptions", [], None, Rate::PerSecond(100), project::no_consent;
    POST "/users/bulkUpdateSubscriptions", [], None, Rate::PerSecond(100), project::no_consent;
    GET "/users/{email}", [], None, Rate::PerSecond(100), users::by_path;
    DELETE "/users/{email}", [], None, Rate::PerSecond(100), users::delete;
    GET "/channels", [], None, Rate::PerSecond(100), project::channels;
};

/// The pattern of a path, for logs and faults; what is unknown is one pattern too.
pub(super) fn pattern(path: &str) -> &'static str {
    let path = segments(path);
    ROUTES.iter().find(|route| params(route.pattern, path.iter().map(String::as_str)).is_some()).map_or("(unknown)", |route| route.pattern)
}

/// The route, and what its `{…}` stand for.
pub(super) fn find(method: &Method, path: &str) -> Result<(&'static Route, Vec<String>)> {
    let parts = segments(path);
    let of =
        |route: &Route| params(route.pattern, parts.iter().map(String::as_str)).map(|ids| ids.into_iter().map(str::to_owned).collect());
    let found = ROUTES.iter().filter(|route| route.method == *method).find_map(|route| Some((route, of(route)?)));
    found.ok_or_else(|| Refusal::no_route(path).into())
}
