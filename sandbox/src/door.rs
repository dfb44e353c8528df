//! What every request to every vendor passes: the slots, the weather, the work, the wait, the log.

use super::{
    app::App,
    broken::broken,
    faults::{Fault, Weather},
    log::{Entry, Exchange},
    vendor::{Ask, Reply, Vendor},
};
use axum::{
    body::{Body, to_bytes},
    extract::Request,
    http::{HeaderValue, StatusCode, header},
    response::Response,
};
use std::sync::Arc;
use tokio::{
    sync::Semaphore,
    time::{Instant, sleep_until},
};

/// Most bytes of a request's body that are read at all; the vendors' own limits are theirs to keep.
const BODY_BYTES: usize = 64 << 20;
const BAD_GATEWAY: &str = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n";

/// A vendor, and how many may be inside.
#[derive(Debug)]
pub(super) struct Door {
    pub vendor: Arc<dyn Vendor>,
    slots: Option<Semaphore>,
}

/// One request at the door.
struct Visit {
    vendor: &'static str,
    arrived: Instant,
    method: String,
    route: &'static str,
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

/// The time by the sandbox's own clock, which may run faster than the wall's.
fn dated(app: &App, mut response: Response) -> Response {
    let now = std::time::UNIX_EPOCH + std::time::Duration::from_secs(u64::try_from(app.clock.now()).unwrap_or_default());
    if let Ok(date) = HeaderValue::from_str(&httpdate::fmt_http_date(now)) {
        response.headers_mut().insert(header::DATE, date);
    }
    response
}

impl Door {
    pub(super) fn new(vendor: Arc<dyn Vendor>) -> Self {
        let slots = vendor.slots().map(Semaphore::new);
        Self { vendor, slots }
    }

    /// Everything below the vendor's base.
    pub(super) async fn handle(&self, app: &App, request: Request) -> Response {
        let in_flight = app.log.enter();
        let visit = self.visit(app, &request);
        let slot = self.slots.as_ref().map(Semaphore::try_acquire).transpose();
        let end = match slot {
            Ok(_slot) => self.pass(app, &visit, request).await,
            Err(_) => self.full(app, &visit),
        };
        drop(in_flight);
        app.log.answered(visit.entry(app, &end));
        dated(app, end.response)
    }

    fn visit(&self, app: &App, request: &Request) -> Visit {
        let (vendor, route) = (self.vendor.about().name, (self.vendor.about().route)(self.below(request)));
        let method = request.method().to_string();
        let weather = app.injector().draw(&method, route);
        Visit { vendor, arrived: Instant::now(), method, route, weather }
    }

    /// The path below the vendor's base.
    fn below<'a>(&self, request: &'a Request) -> &'a str {
        request.uri().path().strip_prefix(self.vendor.about().base).unwrap_or_default()
    }

    fn full(&self, app: &App, visit: &Visit) -> End {
        app.log.refused_slot();
        let slots = self.vendor.slots().unwrap_or_default();
        app.log.violation(visit.vendor, &visit.method, visit.route, &format!("more than {slots} requests at one time"));
        End::of(&self.vendor.refuse(Fault::TooManyRequests), None)
    }

    async fn pass(&self, app: &App, visit: &Visit, request: Request) -> End {
        if let Some(end) = self.before_work(visit).await {
            return end;
        }
        let Some(ask) = self.ask(request).await else {
            return End::of(&Reply::text(413, "Request Entity Too Large"), None);
        };
        let reply = self.work(ask.clone()).await;
        for what in &reply.violations {
            app.log.violation(visit.vendor, &visit.method, visit.route, what);
        }
        let (latency, timed_out) = app.latency(visit.weather.latency, reply.rows);
        sleep_until(visit.arrived + latency).await;
        record(app, visit, &ask, &reply);
        match timed_out {
            true => End { rows: reply.rows, ..End::of(&gateway(), None) },
            false => after_work(&reply, visit.weather.fault),
        }
    }

    /// The request in full; `None` if the body is too large or does not come.
    async fn ask(&self, request: Request) -> Option<Ask> {
        let (method, path) = (request.method().clone(), self.below(&request).to_owned());
        let query = request.uri().query().unwrap_or_default().to_owned();
        let headers = request.headers().clone();
        let body = to_bytes(request.into_body(), BODY_BYTES).await.ok()?;
        Some(Ask { method, path, query, headers, body })
    }

    /// Faults that keep a request from being worked on. They too take their time.
    async fn before_work(&self, visit: &Visit) -> Option<End> {
        let fault = visit.weather.fault?;
        let end = match fault {
            Fault::TooManyRequests | Fault::ServerError | Fault::Forbidden => End::of(&self.vendor.refuse(fault), Some(fault)),
            Fault::PlainTooManyRequests => End::of(&Reply::text(429, "Too Many Requests"), Some(fault)),
            Fault::PlainServerError => End::of(&Reply::text(500, "Internal Server Error"), Some(fault)),
            Fault::Unavailable => End::of(&Reply::text(503, "Service Unavailable"), Some(fault)),
            Fault::BadGateway => End::of(&gateway(), Some(fault)),
            Fault::ResetConnection => End::nothing(fault),
            Fault::CutBody | Fault::LostAnswer => return None,
        };
        sleep_until(visit.arrived + visit.weather.latency).await;
        Some(end)
    }

    /// The vendor's database works off the async threads.
    async fn work(&self, ask: Ask) -> Reply {
        let vendor = Arc::clone(&self.vendor);
        let done = tokio::task::spawn_blocking(move || vendor.answer(&ask)).await;
        done.unwrap_or_else(|_| self.vendor.refuse(Fault::ServerError))
    }
}

fn after_work(reply: &Reply, fault: Option<Fault>) -> End {
    let end = match fault {
        Some(fault @ Fault::LostAnswer) => End::nothing(fault),
        Some(Fault::CutBody) => {
            let half = reply.body[..reply.body.len() / 2].to_vec();
            End { status: reply.status, response: broken(half, reply.body.len().max(1)), rows: 0, fault }
        }
        _ => End::of(reply, None),
    };
    End { rows: reply.rows, ..end }
}

fn gateway() -> Reply {
    let html = (header::CONTENT_TYPE, HeaderValue::from_static("text/html"));
    Reply { headers: vec![html], body: BAD_GATEWAY.into(), ..Reply::bare(502) }
}

fn record(app: &App, visit: &Visit, ask: &Ask, reply: &Reply) {
    if let Some(recorder) = &app.recorder {
        recorder.keep(Exchange {
            vendor: visit.vendor,
            method: visit.method.clone(),
            path: ask.path.clone(),
            query: ask.query.clone(),
            body: String::from_utf8_lossy(&ask.body).into_owned(),
            status: reply.status,
            answer: String::from_utf8_lossy(&reply.body).into_owned(),
        });
    }
}

impl End {
    fn of(reply: &Reply, fault: Option<Fault>) -> Self {
        Self { status: reply.status, response: reply.response(), rows: reply.rows, fault }
    }

    /// The connection ends without an answer.
    fn nothing(fault: Fault) -> Self {
        Self { status: 0, response: broken(Vec::new(), 0), rows: 0, fault: Some(fault) }
    }
}

impl Visit {
    fn entry(&self, app: &App, end: &End) -> Entry {
        Entry {
            at: app.now(),
            vendor: self.vendor,
            method: self.method.clone(),
            route: self.route.to_owned(),
            status: end.status,
            took_us: self.arrived.elapsed().as_micros() as u64,
            rows: end.rows,
            fault: end.fault,
        }
    }
}

impl Reply {
    pub(super) fn response(&self) -> Response {
        let mut response = Response::new(Body::from(self.body.clone()));
        *response.status_mut() = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        response.headers_mut().extend(self.headers.iter().cloned());
        response
    }
}
