//! What every request passes: the ten slots, the weather, the key, the work, the wait, the log.

use super::{BASE, Mailchimp, problem::Problem, route, work::Reply};
use crate::sandbox::{
    faults::{Fault, Weather},
    log::{Entry, Exchange},
    server::App,
};
use axum::{
    body::{Body, Bytes, to_bytes},
    extract::{Path, Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header},
    response::{IntoResponse as _, Response},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use std::{sync::Arc, time::Duration};
use tokio::time::{Instant, sleep_until};

/// Most bytes of a request's body; the vendor documents none.
const BODY_BYTES: usize = 64 << 20;
const BAD_GATEWAY: &str = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n";

/// One request at the door.
struct Visit {
    arrived: Instant,
    method: Method,
    pattern: &'static str,
    path: String,
    query: String,
    weather: Weather,
}

/// How the visit ends.
struct End {
    /// 0 without an answer.
    status: u16,
    response: Response,
    rows: usize,
    fault: Option<Fault>,
}

/// Everything below the API's base.
pub(in crate::sandbox) async fn handle(State(app): State<Arc<App>>, request: Request) -> Response {
    let uri = request.uri().clone();
    let path = uri.path().strip_prefix(BASE).unwrap_or_default().to_owned();
    let pattern = route::pattern(&path);
    let method = request.method().clone();
    let in_flight = app.log.enter();
    let weather = app.injector().draw(method.as_str(), pattern);
    let query = uri.query().unwrap_or_default().to_owned();
    let visit = Visit { arrived: Instant::now(), method, pattern, path, query, weather };
    let end = match app.slots.try_acquire() {
        Ok(_slot) => pass(&app, &visit, request).await,
        Err(_) => {
            app.log.refused_slot();
            app.log.violation(visit.method.as_str(), pattern, "an 11th request at one time");
            End::of(&Reply::refuse(&Problem::too_many_requests()), None)
        }
    };
    drop(in_flight);
    app.log.answered(visit.entry(&app, &end));
    end.response
}

async fn pass(app: &Arc<App>, visit: &Visit, request: Request) -> End {
    if let Some(end) = before_work(visit).await {
        return end;
    }
    let headers = request.headers().clone();
    let Ok(body) = to_bytes(request.into_body(), BODY_BYTES).await else {
        return End::of(&Reply::refuse(&Problem::new(413, "Request Too Large", "The request's body is too large.")), None);
    };
    let reply = match authorised(&headers) {
        Ok(()) => work(app, visit, body.clone()).await,
        Err(problem) => Reply::refuse(&problem),
    };
    for what in &reply.violations {
        app.log.violation(visit.method.as_str(), visit.pattern, what);
    }
    let (latency, timed_out) = app.latency(visit.weather.latency, reply.rows);
    sleep_until(visit.arrived + latency).await;
    record(app, visit, &body, &reply);
    if timed_out {
        return End { rows: reply.rows, ..gateway(None) };
    }
    after_work(&reply, visit.weather.fault)
}

/// Faults that keep a request from being worked on. They too take their time.
async fn before_work(visit: &Visit) -> Option<End> {
    let fault = visit.weather.fault?;
    let end = match fault {
        Fault::TooManyRequests => End::of(&Reply::refuse(&Problem::too_many_requests()), Some(fault)),
        Fault::ServerError => End::of(&Reply::refuse(&Problem::server()), Some(fault)),
        Fault::Forbidden => End { status: 403, response: StatusCode::FORBIDDEN.into_response(), rows: 0, fault: Some(fault) },
        Fault::BadGateway => gateway(Some(fault)),
        Fault::ResetConnection => End { status: 0, response: broken(Vec::new(), 0), rows: 0, fault: Some(fault) },
        Fault::CutBody | Fault::LostAnswer => return None,
    };
    sleep_until(visit.arrived + visit.weather.latency).await;
    Some(end)
}

fn after_work(reply: &Reply, fault: Option<Fault>) -> End {
    let end = match fault {
        Some(Fault::LostAnswer) => End { status: 0, response: broken(Vec::new(), 0), rows: 0, fault },
        Some(Fault::CutBody) => {
            let half = reply.body[..reply.body.len() / 2].to_vec();
            End { status: reply.status, response: broken(half, reply.body.len().max(1)), rows: 0, fault }
        }
        _ => End::of(reply, None),
    };
    End { rows: reply.rows, ..end }
}

fn gateway(fault: Option<Fault>) -> End {
    let html = [(header::CONTENT_TYPE, "text/html")];
    let response = (StatusCode::BAD_GATEWAY, html, BAD_GATEWAY).into_response();
    End { status: 502, response, rows: 0, fault }
}

/// The store works off the async threads.
async fn work(app: &Arc<App>, visit: &Visit, body: Bytes) -> Reply {
    let vendor = Arc::clone(&app.mailchimp);
    let (method, path, query) = (visit.method.clone(), visit.path.clone(), visit.query.clone());
    let done = tokio::task::spawn_blocking(move || vendor.answer(method, &path, &query, &body)).await;
    done.unwrap_or_else(|_| Reply::refuse(&Problem::server()))
}

/// Basic with any user, or Bearer. A key ends in `-` and its data centre; `invalid…` is refused.
fn authorised(headers: &HeaderMap) -> Result<(), Problem> {
    let value = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()).ok_or_else(Problem::key_missing)?;
    let key = match value.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Some(token.trim().to_owned()),
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("basic") => basic_password(token.trim()),
        _ => None,
    };
    let (name, centre) = key.as_deref().and_then(|key| key.rsplit_once('-')).ok_or_else(Problem::key_invalid)?;
    let good = !name.is_empty() && !name.starts_with("invalid") && !centre.is_empty();
    if good { Ok(()) } else { Err(Problem::key_invalid()) }
}

fn basic_password(token: &str) -> Option<String> {
    let decoded = String::from_utf8(STANDARD.decode(token).ok()?).ok()?;
    decoded.split_once(':').map(|(_, password)| password.to_owned())
}

fn record(app: &App, visit: &Visit, body: &[u8], reply: &Reply) {
    if let Some(recorder) = &app.recorder {
        recorder.keep(Exchange {
            method: visit.method.to_string(),
            path: visit.path.clone(),
            query: visit.query.clone(),
            body: String::from_utf8_lossy(body).into_owned(),
            status: reply.status,
            answer: String::from_utf8_lossy(&reply.body).into_owned(),
        });
    }
}

/// An answer that ends too early: the connection is closed after `sent`, of `promised` bytes. With nothing sent, not even
/// the head of the answer leaves.
fn broken(sent: Vec<u8>, promised: usize) -> Response {
    let nothing = sent.is_empty();
    let chunks = futures::stream::unfold(if nothing { 2 } else { 0 }, move |step| {
        let sent = sent.clone();
        async move {
            match step {
                0 => Some((Ok(Bytes::from(sent)), 1)),
                1 => {
                    // What was sent reaches the client before the connection ends.
                    tokio::time::sleep(Duration::from_millis(5)).await;
                    Some((Err(std::io::Error::other("cut on purpose")), 3))
                }
                2 => Some((Err(std::io::Error::other("lost on purpose")), 3)),
                _ => None,
            }
        }
    });
    let length = HeaderValue::from(promised.max(1));
    ([(header::CONTENT_LENGTH, length)], Body::from_stream(chunks)).into_response()
}

impl End {
    fn of(reply: &Reply, fault: Option<Fault>) -> Self {
        Self { status: reply.status, response: response(reply), rows: reply.rows, fault }
    }
}

impl Visit {
    fn entry(&self, app: &App, end: &End) -> Entry {
        Entry {
            at: app.now(),
            method: self.method.to_string(),
            route: self.pattern.to_owned(),
            status: end.status,
            took_us: self.arrived.elapsed().as_micros() as u64,
            rows: end.rows,
            fault: end.fault,
        }
    }
}

fn response(reply: &Reply) -> Response {
    let kind = if reply.problem { "application/problem+json; charset=utf-8" } else { "application/json; charset=utf-8" };
    let mut response = Response::new(Body::from(reply.body.clone()));
    *response.status_mut() = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    if let Ok(id) = HeaderValue::from_str(&reply.instance) {
        headers.insert(HeaderName::from_static("x-request-id"), id);
    }
    if let Some(Ok(allow)) = reply.allow.as_deref().map(HeaderValue::from_str) {
        headers.insert(header::ALLOW, allow);
    }
    response
}

/// Results of batches: no slot, no weather, and no key. The address is signed, and the store behind it refuses a second
/// way of saying who one is.
pub(in crate::sandbox) async fn result(State(app): State<Arc<App>>, Path(file): Path<String>, headers: HeaderMap) -> Response {
    if headers.contains_key(header::AUTHORIZATION) {
        app.log.violation("GET", super::RESULTS, "a key was sent along");
        let detail = "Only one way of authentication is allowed; this address is signed.";
        return response(&Reply::refuse(&Problem::new(400, "Bad Request", detail)));
    }
    let vendor: Arc<Mailchimp> = Arc::clone(&app.mailchimp);
    let found = tokio::task::spawn_blocking(move || vendor.result(&file)).await;
    let reply = found.unwrap_or_else(|_| Reply::refuse(&Problem::server()));
    let mut response = response(&reply);
    if !reply.problem {
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-gzip"));
    }
    response
}
