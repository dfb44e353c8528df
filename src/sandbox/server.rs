//! Starting, binding, routing, stopping.

use super::{
    Counters, Error, Faults, Recorder, admin,
    faults::Injector,
    hold::Hold,
    log::Log,
    mailchimp::{self, Mailchimp, Person},
    page,
};
use axum::{
    Router, middleware,
    routing::{any, get},
};
use std::{
    net::Ipv4Addr,
    path::Path,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{net::TcpListener, sync::Semaphore, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use url::Url;

/// Where the time comes from, Unix seconds.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> i64 + Send + Sync>);

impl Clock {
    pub fn new(now: impl Fn() -> i64 + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    pub(super) fn now(&self) -> i64 {
        (self.0)()
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::new(|| chrono::Utc::now().timestamp())
    }
}

impl std::fmt::Debug for Clock {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Clock")
    }
}

/// How a sandbox starts.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The port on loopback; 0 for a free one.
    pub port: u16,
    /// The weather from the first request on.
    pub faults: Faults,
    /// Begin with nothing: what an earlier sandbox received in this folder is removed.
    pub reset: bool,
    /// Keeps every exchange in full.
    pub recorder: Option<Recorder>,
    pub clock: Clock,
}

/// What the handlers share.
#[derive(Debug)]
pub(super) struct App {
    pub mailchimp: Arc<Mailchimp>,
    pub slots: Semaphore,
    pub log: Arc<Log>,
    pub recorder: Option<Recorder>,
    injector: Mutex<Injector>,
    clock: Clock,
}

impl App {
    pub(super) fn injector(&self) -> MutexGuard<'_, Injector> {
        self.injector.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn now(&self) -> i64 {
        self.clock.now()
    }

    /// How long a request takes that carries so many members, and whether the content network gives up first.
    pub(super) fn latency(&self, drawn: Duration, rows: usize) -> (Duration, bool) {
        let injector = self.injector();
        let (wanted, limit) = (drawn + injector.for_rows(rows), injector.timeout());
        (wanted.min(limit), wanted > limit)
    }

    pub(super) fn set_faults(&self, faults: Faults) -> Result<(), Error> {
        faults.check()?;
        *self.injector() = Injector::new(faults);
        Ok(())
    }
}

/// The vendors' stand-ins, running. Dropping it stops it.
#[derive(Debug)]
pub struct Sandbox {
    origin: Url,
    app: Arc<App>,
    stop: CancellationToken,
    task: Option<JoinHandle<()>>,
}

impl Sandbox {
    /// The key that the sandbox names; any key that ends in a data centre (`…-us0`) opens the same account, except those
    /// that begin with `invalid`.
    pub const API_KEY: &'static str = "sandbox-us0";
    /// How long [`Sandbox::shutdown`] waits for requests under way.
    const DRAIN: Duration = Duration::from_secs(2);

    /// Takes the folder (made with mode 0700), opens its database, listens on 127.0.0.1.
    ///
    /// # Errors
    /// The folder is held by another process or cannot be used; the port is taken; the database is of another version.
    pub async fn start(dir: &Path, options: Options) -> Result<Self, Error> {
        options.faults.check()?;
        let mut hold = Hold::take(dir)?;
        if options.reset {
            hold.wipe()?;
        }
        let bind = |source| Error::Bind { port: options.port, source };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await.map_err(bind)?;
        let address = listener.local_addr().map_err(bind)?;
        let origin = Url::parse(&format!("http://{address}")).map_err(|error| Error::Refused(error.to_string()))?;
        hold.sign(address)?;
        let app = Arc::new(App {
            mailchimp: Arc::new(Mailchimp::open(hold, options.clock.clone(), format!("http://{address}"))?),
            slots: Semaphore::new(mailchimp::SLOTS),
            log: Arc::default(),
            recorder: options.recorder,
            injector: Mutex::new(Injector::new(options.faults)),
            clock: options.clock,
        });
        let stop = CancellationToken::new();
        let service = axum::serve(listener, router(Arc::clone(&app))).with_graceful_shutdown(stop.clone().cancelled_owned());
        let task = tokio::spawn(async move {
            if let Err(error) = service.await {
                tracing::error!(%error, "the sandbox stopped");
            }
        });
        Ok(Self { origin, app, stop, task: Some(task) })
    }

    /// What `endpoint:` of a Mailchimp connection has to be.
    pub fn mailchimp_endpoint(&self) -> Url {
        self.url(mailchimp::BASE)
    }

    /// The page that shows what was received.
    pub fn page(&self) -> Url {
        self.url("/")
    }

    fn url(&self, path: &str) -> Url {
        let mut url = self.origin.clone();
        url.set_path(path);
        url
    }

    pub fn api_key(&self) -> &str {
        Self::API_KEY
    }

    /// Makes the audience of this id (letters and digits) if there is none: definitions name audiences by id, and a fresh
    /// sandbox has none. Blocks for a moment.
    pub fn ensure_mailchimp_list(&self, id: &str, name: &str) -> Result<(), Error> {
        self.app.mailchimp.ensure_list(id, name)
    }

    /// Makes a person awkward on purpose. Blocks for a moment.
    pub fn set_mailchimp_person(&self, person: &Person) -> Result<(), Error> {
        self.app.mailchimp.person(person)
    }

    /// The weather from the next request on; the seed starts anew.
    pub fn set_faults(&self, faults: Faults) -> Result<(), Error> {
        self.app.set_faults(faults)
    }

    /// What was asked since the start.
    pub fn counters(&self) -> Counters {
        self.app.log.counters()
    }

    /// Stops listening, lets requests under way finish for two seconds, and lets go of the folder.
    pub async fn shutdown(mut self) {
        self.stop.cancel();
        if let Some(mut task) = self.task.take()
            && tokio::time::timeout(Self::DRAIN, &mut task).await.is_err()
        {
            task.abort();
        }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.stop.cancel();
        if let Some(task) = &self.task {
            task.abort();
        }
    }
}

fn router(app: Arc<App>) -> Router {
    let own = Router::new()
        .route("/", get(page::overview))
        .route("/mailchimp/lists/{id}", get(page::list))
        .merge(admin::routes())
        .layer(middleware::from_fn(admin::loopback_only));
    Router::new()
        .route(mailchimp::BASE, any(mailchimp::handle))
        .route(&format!("{}/", mailchimp::BASE), any(mailchimp::handle))
        .route(&format!("{}/{{*path}}", mailchimp::BASE), any(mailchimp::handle))
        .route(mailchimp::RESULTS, get(mailchimp::result))
        .merge(own)
        .with_state(app)
}
