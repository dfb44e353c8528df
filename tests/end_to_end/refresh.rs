//! A source that is being refreshed is waited for; one that says that it is not fit is skipped (SPEC 4).

use super::world::{Defined, LIST, World};
use listkeeper::{
    http::{Hub, InMemoryDays},
    run::{Decision, Engine, Recorder, Report, Watch},
    state::{End, Store, Trigger},
};
use listkeeper_sandbox::{Options, Sandbox};
use serde_json::json;
use std::{fs, sync::Arc};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};

const SERVICE: &str = "customer-insights";
const SEGMENT: &str = "Loyal";
/// A minute of waiting is a tenth of a second.
const SPEED: u32 = 600;

/// Passes on what the run says it is doing.
struct Phases(UnboundedSender<String>);

impl Watch for Phases {
    fn phase(&self, label: &str, _: Option<u64>) {
        self.0.send(label.to_owned()).unwrap();
    }

    fn advance(&self, _: u64) {}

    fn note(&self, _: &str) {}
}

/// One run over the stand-in's segment; `status` is its evaluation's, until the run waits for it.
async fn run(status: &str) -> (Report, Vec<String>) {
    let world = World::new(&Defined::default(), &[]).await;
    // Of its own, since what the world's is asked is held against Mailchimp's contract.
    let insights = Sandbox::start(&world.dir.path().join("insights"), Options::default()).await.unwrap();
    let app = format!("tenantId: {}, clientId: {}, clientSecret: {{file: key}}", Sandbox::TENANT, Sandbox::CLIENT_ID);
    let (entra, url) = (insights.endpoint("entra").unwrap(), insights.endpoint(SERVICE).unwrap());
    let source = format!(
        "apiVersion: listkeeper/v1\nkind: Source\nname: insights\ntype: customer-insights\nfrom: api\nurl: {url}\ninstanceId: {}\n\
         credentials: {{{app}, authority: {entra}, subscriptionKey: {{file: key}}}}\n---\n\
         apiVersion: listkeeper/v1\nkind: Segment\nname: loyal\nsource: insights\ntable: {SEGMENT}\n---\n\
         apiVersion: listkeeper/v1\nkind: Connection\nname: account\ntype: mailchimp\nendpoint: {}\n\
         credentials: {{apiKey: {{file: key}}}}\nprivacy: {{acceptedBy: privacy@contoso.test, acceptedOn: 2026-11-22}}\n---\n\
         apiVersion: listkeeper/v1\nkind: Export\nname: news\nconnection: account\nsegments: [loyal]\ntarget: {{audienceId: {LIST}}}\n\
         match: {{email: EMail}}\nnewContacts: {{status: subscribed}}\n",
        Sandbox::INSTANCE,
        world.sandbox.mailchimp_endpoint()
    );
    fs::write(world.directory().join("listkeeper.yaml"), source).unwrap();
    insights.ensure(SERVICE, SEGMENT).unwrap();
    let set = |status: &str| insights.set(SERVICE, &json!({"segments": {SEGMENT: {"status": status}}})).unwrap();
    set(status);
    let (recorder, writer) = Recorder::start(Store::open(&world.state(), world.now).unwrap());
    let hub = Hub::with_days(Arc::new(InMemoryDays::default()), SPEED);
    let engine = Engine { hub, ..world.engine(Some(recorder)) };
    let (tell, mut told) = unbounded_channel();
    let (export, mut phases) = (world.read(), Vec::new());
    let report = {
        let work = engine.recorded(&export, Trigger::OnDemand, Arc::new(Phases(tell)), world.now, &|_| Decision::Go);
        tokio::pin!(work);
        loop {
            tokio::select! {
                report = &mut work => break report,
                Some(phase) = told.recv() => {
                    if phase == "waiting for the source" {
                        set("CompletedSuccess");
                    }
                    phases.push(phase);
                }
            }
        }
    };
    drop(engine);
    tokio::task::spawn_blocking(move || writer.join().unwrap()).await.unwrap();
    (report, phases)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_under_way_is_waited_for() {
    let (report, phases) = run("Running").await;
    assert!(!matches!(report.end, End::Failed { .. } | End::Skipped { .. } | End::Stalled { .. }), "{report:?}");
    assert!(report.counts.read > 0 && report.counts.synced == report.counts.read - report.counts.not_addressable, "{report:?}");
    let at = |label: &str| phases.iter().rposition(|phase| phase == label);
    assert!(at("waiting for the source").is_some() && at("waiting for the source") < at("reading the source"), "{phases:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refresh_that_failed_is_skipped() {
    let (report, phases) = run("Failed").await;
    assert!(matches!(&report.end, End::Skipped { reason } if reason.contains(SEGMENT)), "{report:?}");
    assert!(!phases.iter().any(|phase| phase == "waiting for the source"), "{phases:?}");
}
