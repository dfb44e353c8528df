//! What every request shows before it is worked on: a key, a version, a known path, room within the limits.

use super::{
    limits::Full,
    problem::{Problem, Result},
    route::{self, Route},
    settings::{RetryAfter, Settings},
    work::{Omnisend, held},
};
use crate::vendor::{Ask, Reply};
use axum::http::{HeaderMap, HeaderValue, header};

/// The version that is emulated. A later date is served by it too, as long as there is no later version.
const VERSION: &str = "2026-03-15";

pub(super) fn pass(vendor: &Omnisend, ask: &Ask, settings: &Settings) -> Result<&'static Route> {
    key(&ask.headers)?;
    version(&ask.headers, settings)?;
    let route = route::find(&ask.method, &ask.path)?;
    let admitted = vendor.limits.admit(route.bucket, settings, vendor.now_ms());
    held(&vendor.observed).call(route.bucket, admitted.is_ok());
    admitted.map_err(|full| too_many(full, route, settings))?;
    Ok(route)
}

/// `Omnisend-API-Key …`, or `Bearer …` of an app; those that begin with `invalid` are refused.
fn key(headers: &HeaderMap) -> Result<()> {
    let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let key = ["Omnisend-API-Key ", "Bearer "].iter().find_map(|scheme| value.strip_prefix(scheme));
    match key.map(str::trim) {
        None | Some("") => Err(Problem::key_missing().into()),
        Some(key) if key.starts_with("invalid") => Err(Problem::key_invalid().into()),
        Some(_) => Ok(()),
    }
}

fn version(headers: &HeaderMap, settings: &Settings) -> Result<()> {
    let asked = headers.get("omnisend-version").and_then(|value| value.to_str().ok());
    let asked = asked.ok_or_else(|| Problem::version("The header Omnisend-Version is required."))?;
    let is_date = asked.len() == VERSION.len() && chrono::NaiveDate::parse_from_str(asked, "%Y-%m-%d").is_ok();
    match is_date && asked >= VERSION {
        false => Err(Problem::version("The header Omnisend-Version names no version.").into()),
        true if settings.version_retired => Err(Problem::retired().into()),
        true => Ok(()),
    }
}

fn too_many(full: Full, route: &Route, settings: &Settings) -> Problem {
    let told = match settings.retry_after {
        RetryAfter::Always => true,
        RetryAfter::Never => false,
        RetryAfter::Documented => route.names_retry_after(),
    };
    let seconds = (full.wait_ms + 999) / 1000;
    Problem::too_many_requests(told.then_some(seconds), full.ours)
}

pub(super) fn refusal(problem: &Problem) -> Reply {
    let kind = (header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    let violations = if problem.violation { vec![problem.in_words()] } else { Vec::new() };
    Reply { headers: vec![kind], violations, ..Reply::json(problem.status, &problem.to_json()) }
}
