//! Every path of the API that is emulated, and the limit it falls under.

use super::{
    batch_list, batches, brand, contact_list, contacts,
    limits::Bucket::{self, Common, SegmentWrites, Segments, Tags},
    problem::{Problem, Result},
    request::{Answer, Call},
    segment_list, segments, tag_jobs,
    work::Ctx,
};
use crate::kit::path;
use axum::http::Method;

type Handler = fn(&mut Ctx<'_>, &Call, &[&str]) -> Result<Answer>;

#[derive(Debug)]
pub(super) struct Route {
    method: Method,
    pattern: &'static str,
    pub bucket: Bucket,
    pub run: Handler,
}

impl Route {
    /// Whether the contract foresees a 429 here, with the time to come back at.
    pub(super) fn names_retry_after(&self) -> bool {
        !self.pattern.starts_with("/batches") && !self.pattern.starts_with("/brands")
    }
}

macro_rules! routes {
    ($($method:ident $pattern:literal, $bucket:ident, $run:path;)*) => {
        &[$(Route { method: Method::$method, pattern: $pattern, bucket: $bucket, run: $run }),*]
    };
}

/// What has a name stands before what has an id.
static ROUTES: &[Route] = routes! {
    GET "/brands/current", Common, brand::get;
    GET "/contacts", Common, contact_list::all;
    POST "/contacts", Common, contacts::upsert;
    PATCH "/contacts", Common, contacts::update_by_email;
    POST "/contacts/tags", Tags, tag_jobs::add;
    DELETE "/contacts/tags", Tags, tag_jobs::remove;
    GET "/contacts/{id}", Common, contacts::get;
    PATCH "/contacts/{id}", Common, contacts::update;
    GET "/batches", Common, batch_list::all;
    POST "/batches", Common, batches::create;
    GET "/batches/{batchID}", Common, batches::get;
    GET "/batches/{batchID}/items", Common, batches::items;
    GET "/segments", Segments, segment_list::all;
    POST "/segments", SegmentWrites, segments::create;
    GET "/segments/{segmentID}", Segments, segments::get;
    PUT "/segments/{segmentID}", SegmentWrites, segments::update;
    DELETE "/segments/{segmentID}", Segments, segments::delete;
    GET "/segments/{segmentID}/statistics", Segments, segments::statistics;
};

/// The pattern of a path, for logs and faults.
pub(super) fn pattern(path: &str) -> &'static str {
    ROUTES.iter().find(|route| params(route.pattern, path).is_some()).map_or("(unknown)", |route| route.pattern)
}

pub(super) fn find(method: &Method, path: &str) -> Result<&'static Route> {
    let fitting = || ROUTES.iter().filter(|route| params(route.pattern, path).is_some());
    let found = fitting().find(|route| route.method == *method);
    found.ok_or_else(|| if fitting().next().is_some() { Problem::method() } else { Problem::no_route() }.into())
}

/// What the pattern's `{…}` stand for.
pub(super) fn ids<'a>(route: &Route, path: &'a str) -> Vec<&'a str> {
    params(route.pattern, path).unwrap_or_default()
}

/// Of an address that is not decoded: no id here needs it.
fn params<'a>(pattern: &str, path: &'a str) -> Option<Vec<&'a str>> {
    path::params(pattern, path.split('/').filter(|part| !part.is_empty()))
}
