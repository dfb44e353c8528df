//! Starting, binding, routing, stopping.

use super::{
    Clock, Counters, Error, Faults, Recorder, admin,
    app::App,
    door::Door,
    faults::Injector,
    guests::{Guests, IsAnothers},
    hold::Hold,
    insights,
    mailchimp::{self, Person},
    page,
    vendors::{self, Vendors},
};
use axum::{
    Router,
    extract::{Request, State},
    middleware,
    routing::{any, get},
};
use serde_json::Value;
use std::{
    net::Ipv4Addr,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use url::Url;

/// How a sandbox starts.
#[derive(Clone, Debug)]
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
    /// How many times faster than its clock the sandbox's time runs: delays, rate windows, daily quotas.
    pub speed: u32,
    /// A folder that Customer Insights exported: its people and segments stand behind Dataverse and the REST API. Without
    /// one, a built-in sample does.
    pub insights: Option<PathBuf>,
    /// Tells connections of other users, which are closed. Without it everyone on this machine is let in.
    pub is_anothers: Option<IsAnothers>,
}

impl Default for Options {
    fn default() -> Self {
        let (faults, clock, recorder, insights, is_anothers) = (Faults::default(), Clock::default(), None, None, None);
        Self { port: 0, faults, reset: false, recorder, clock, speed: 1, insights, is_anothers }
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
    /// The tenant and the app that its Entra ID knows, as it knows any that do not begin with `invalid`; the app's secret and
    /// the subscription key are [`Sandbox::API_KEY`], or any other.
    pub const TENANT: &'static str = "sandbox";
    pub const CLIENT_ID: &'static str = "sandbox-app";
    /// The environment of its Customer Insights.
    pub const INSTANCE: &'static str = insights::INSTANCE;
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
            hold.wipe(vendors::names())?;
        }
        let bind = |source| Error::Bind { port: options.port, source };
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await.map_err(bind)?;
        let address = listener.local_addr().map_err(bind)?;
        let origin = Url::parse(&format!("http://{address}")).map_err(|error| Error::Refused(error.to_string()))?;
        hold.sign(address)?;
        let clock = options.clock.faster(options.speed, hold.dir())?;
        let Vendors { mailchimp, all } = Vendors::open(&Arc::new(hold), &clock, &origin, options.insights.as_deref())?;
        let app = Arc::new(App {
            doors: all.into_iter().map(|vendor| Arc::new(Door::new(vendor))).collect(),
            mailchimp,
            log: Arc::default(),
            recorder: options.recorder,
            injector: Mutex::new(Injector::new(options.faults)),
            clock,
        });
        let stop = CancellationToken::new();
        let guests = Guests { listener, is_anothers: options.is_anothers };
        let service = axum::serve(guests, router(Arc::clone(&app))).with_graceful_shutdown(stop.clone().cancelled_owned());
        let task = tokio::spawn(async move {
            if let Err(error) = service.await {
                tracing::error!(%error, "the sandbox stopped");
            }
        });
        Ok(Self { origin, app, stop, task: Some(task) })
    }

    /// What `endpoint:` of a connection has to be; `None` for a vendor that has no stand-in.
    pub fn endpoint(&self, vendor: &str) -> Option<Url> {
        vendors::base(vendor).map(|base| self.url(base))
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

    /// Makes the place or list that a definition names by this id if there is none. Blocks for a moment.
    pub fn ensure(&self, vendor: &str, id: &str) -> Result<(), Error> {
        self.app.vendor(vendor)?.ensure(id)
    }

    /// Makes a person at a vendor awkward on purpose, in the vendor's own JSON. Blocks for a moment.
    pub fn set_person(&self, vendor: &str, person: &Value) -> Result<(), Error> {
        self.app.vendor(vendor)?.person(person)
    }

    /// Sets how a vendor behaves where accounts differ, in the vendor's own JSON. Blocks for a moment.
    pub fn set(&self, vendor: &str, settings: &Value) -> Result<(), Error> {
        self.app.vendor(vendor)?.set(settings)
    }

    /// What happened at a vendor behind its answers. Blocks for a moment.
    pub fn observed(&self, vendor: &str) -> Result<Value, Error> {
        self.app.vendor(vendor)?.observed()
    }

    /// Makes the audience of this id (letters and digits) if there is none: definitions name audiences by id, and a fresh
    /// sandbox has none. Blocks for a moment.
    pub fn ensure_mailchimp_list(&self, id: &str, name: &str) -> Result<(), Error> {
        self.app.mailchimp.ensure_list(id, name)
    }

    /// Makes a person awkward on purpose. Blocks for a moment.
    pub fn set_mailchimp_person(&self, person: &Person) -> Result<(), Error> {
        self.app.mailchimp.set_person(person)
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
    let vendors = app.doors.iter().fold(Router::new(), |router, door| router.merge(below(door)));
    vendors.route(mailchimp::RESULTS, get(mailchimp::result)).merge(own).with_state(app)
}

/// Everything below one vendor's base.
fn below(door: &Arc<Door>) -> Router<Arc<App>> {
    let (base, door) = (door.vendor.about().base, Arc::clone(door));
    let handle = any(move |State(app): State<Arc<App>>, request: Request| async move { door.handle(&app, request).await });
    Router::new().route(base, handle.clone()).route(&format!("{base}/"), handle.clone()).route(&format!("{base}/{{*path}}"), handle)
}
