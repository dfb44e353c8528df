//! The vendor at the sandbox's common door, and the one way in beside it: results of batches.

use super::{BASE, Mailchimp, SLOTS, people::Person, problem::Problem, request::Query, route, settings::TooLarge, work};
use crate::{
    Error, Fault,
    app::App,
    vendor::{About, Ask, Held, Reply, Vendor},
};
use axum::{
    extract::{Path, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, header},
    response::Response,
};
use serde_json::Value;
use std::sync::Arc;

impl Vendor for Mailchimp {
    fn about(&self) -> About {
        About { name: "mailchimp", title: "Mailchimp", base: BASE, route: route::pattern }
    }

    fn slots(&self) -> Option<usize> {
        Some(SLOTS)
    }

    fn answer(&self, ask: &Ask) -> Reply {
        let settings = *self.settings();
        match settings.largest_page.filter(|largest| is_larger(ask, *largest)) {
            Some(_) => not_managed(settings.too_large),
            None => self.reply(ask).into(),
        }
    }

    fn refuse(&self, fault: Fault) -> Reply {
        match fault {
            // As under extreme load: no body at all.
            Fault::Forbidden => Reply::bare(403),
            Fault::TooManyRequests => work::Reply::refuse(&Problem::too_many_requests()).into(),
            _ => work::Reply::refuse(&Problem::server()).into(),
        }
    }

    fn ensure(&self, id: &str) -> Result<(), Error> {
        self.ensure_list(id, "Sandbox audience")
    }

    fn containers(&self) -> Result<Vec<Held>, Error> {
        let lists = self.lists()?.into_iter();
        Ok(lists.map(|list| Held { kind: "audience", id: list.id, name: list.name, members: list.members }).collect())
    }

    fn set(&self, settings: &Value) -> Result<(), Error> {
        *self.settings() = serde_json::from_value(settings.clone()).map_err(|error| Error::Refused(error.to_string()))?;
        Ok(())
    }

    fn person(&self, person: &Value) -> Result<(), Error> {
        let person: Person = serde_json::from_value(person.clone()).map_err(|error| Error::Refused(error.to_string()))?;
        self.set_person(&person)
    }
}

/// A page of members with more rows than that.
fn is_larger(ask: &Ask, largest: i64) -> bool {
    let members = matches!(route::pattern(&ask.path), "/lists/{list_id}/members" | "/lists/{list_id}/segments/{segment_id}/members");
    let page = Query::parse(&ask.query).page();
    members && ask.method == Method::GET && page.is_ok_and(|page| page.count > largest)
}

fn not_managed(how: TooLarge) -> Reply {
    let (status, words) = match how {
        TooLarge::GatewayTimeout => (504, "504 Gateway Time-out"),
        TooLarge::BadGateway => (502, "502 Bad Gateway"),
        TooLarge::ServerError => return work::Reply::refuse(&Problem::server()).into(),
    };
    let html = (header::CONTENT_TYPE, HeaderValue::from_static("text/html"));
    Reply { headers: vec![html], ..Reply::text(status, format!("<html><head><title>{words}</title></head><body>{words}</body></html>")) }
}

impl From<work::Reply> for Reply {
    fn from(reply: work::Reply) -> Self {
        let kind = if reply.problem { "application/problem+json; charset=utf-8" } else { "application/json; charset=utf-8" };
        let mut headers = vec![(header::CONTENT_TYPE, HeaderValue::from_static(kind))];
        let given = [("x-request-id", Some(reply.instance)), ("allow", reply.allow)];
        for (name, value) in given {
            if let Some(Ok(value)) = value.as_deref().map(HeaderValue::from_str) {
                headers.push((HeaderName::from_static(name), value));
            }
        }
        Self { status: reply.status, headers, body: reply.body, violations: reply.violations, rows: reply.rows }
    }
}

/// Results of batches: no slot, no weather, and no key. The address is signed, and the store behind it refuses a second
/// way of saying who one is.
pub(crate) async fn result(State(app): State<Arc<App>>, Path(file): Path<String>, headers: HeaderMap) -> Response {
    if headers.contains_key(header::AUTHORIZATION) {
        app.log.violation("mailchimp", "GET", super::RESULTS, "a key was sent along");
        let detail = "Only one way of authentication is allowed; this address is signed.";
        return Reply::from(work::Reply::refuse(&Problem::new(400, "Bad Request", detail))).response();
    }
    let vendor: Arc<Mailchimp> = Arc::clone(&app.mailchimp);
    let found = tokio::task::spawn_blocking(move || vendor.result(&file)).await;
    let reply = found.unwrap_or_else(|_| work::Reply::refuse(&Problem::server()));
    let archive = !reply.problem;
    let mut response = Reply::from(reply).response();
    if archive {
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-gzip"));
    }
    response
}
