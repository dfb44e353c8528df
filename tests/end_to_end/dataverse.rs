//! Customer Insights' tables in Dataverse as an export's source: what is wrong with a reading removes nobody, and is said.

use super::world::{Defined, LIST, World};
use listkeeper::{
    http::{Hub, InMemoryDays},
    run::{Decision, Engine, Recorder, Report, Silent},
    state::{End, Store, Trigger},
};
use listkeeper_sandbox::{Options, Sandbox};
use serde_json::{Value, json};
use std::{fmt::Write as _, fs, path::Path, sync::Arc};

const SERVICE: &str = "customer-insights";
const SEGMENT: &str = "Loyal";
/// A minute of waiting is a tenth of a second.
const SPEED: u32 = 600;
/// More than the 1,000 rows after which readings of some tables end.
const PEOPLE: usize = 1_220;

/// An export from Dataverse's tables to an audience, with a run whenever one is asked for.
struct Dataverse {
    world: World,
    insights: Sandbox,
    recorder: Option<Recorder>,
}

/// Everybody is in the segment.
fn exported(to: &Path) {
    for table in ["Customer", SEGMENT] {
        let folder = to.join(table).join("2026/11/21/0200");
        fs::create_dir_all(&folder).unwrap();
        let mut csv = "CustomerId,EMail\n".to_owned();
        (0..PEOPLE).for_each(|n| writeln!(csv, "{},p{n}@contoso.test", id(n)).unwrap());
        fs::write(folder.join(format!("{table}_1.csv")), csv).unwrap();
    }
}

fn id(n: usize) -> String {
    format!("{:032x}", (n as u128).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835))
}

impl Dataverse {
    async fn new() -> Self {
        let world = World::new(&Defined::default(), &[]).await;
        let folder = world.dir.path().join("exported");
        exported(&folder);
        let options = Options { insights: Some(folder), ..Options::default() };
        let insights = Sandbox::start(&world.dir.path().join("insights"), options).await.unwrap();
        let app = format!("tenantId: {}, clientId: {}, clientSecret: {{file: key}}", Sandbox::TENANT, Sandbox::CLIENT_ID);
        let (entra, url) = (insights.endpoint("entra").unwrap(), insights.endpoint("dataverse").unwrap());
        let yaml = format!(
            "apiVersion: listkeeper/v1\nkind: Source\nname: insights\ntype: customer-insights\nfrom: dataverse\nurl: {url}\n\
             credentials: {{{app}, authority: {entra}}}\n---\n\
             apiVersion: listkeeper/v1\nkind: Segment\nname: loyal\nsource: insights\ntable: {SEGMENT}\n---\n\
             apiVersion: listkeeper/v1\nkind: Connection\nname: account\ntype: mailchimp\nendpoint: {}\n\
             credentials: {{apiKey: {{file: key}}}}\nprivacy: {{acceptedBy: privacy@contoso.test, acceptedOn: 2026-11-22}}\n---\n\
             apiVersion: listkeeper/v1\nkind: Export\nname: news\nconnection: account\nsegments: [loyal]\ntarget: {{audienceId: {LIST}}}\n\
             match: {{email: EMail}}\nmode: mirror\nnewContacts: {{status: subscribed}}\n\
             schedule: {{cron: \"0 6 * * *\", deadline: 2m}}\nguard: {{maxRemovals: 100%}}\n",
            world.sandbox.mailchimp_endpoint()
        );
        fs::write(world.directory().join("listkeeper.yaml"), yaml).unwrap();
        let (recorder, _) = Recorder::start(Store::open(&world.state(), world.now).unwrap());
        Self { world, insights, recorder: Some(recorder) }
    }

    fn set(&self, settings: Value) {
        self.insights.set(SERVICE, &settings).unwrap();
    }

    async fn run(&self) -> Report {
        let hub = Hub::with_days(Arc::new(InMemoryDays::default()), SPEED);
        let engine = Engine { hub, ..self.world.engine(self.recorder.clone()) };
        engine.recorded(&self.world.read(), Trigger::OnDemand, Arc::new(Silent), self.world.now, &|_| Decision::Go).await
    }
}

/// The reason of a run that did not go through.
fn reason(report: &Report) -> &str {
    match &report.end {
        End::Skipped { reason } | End::Failed { reason, .. } => reason,
        end => panic!("{end:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_removed_by_a_cut_of_either_table() {
    let dataverse = Dataverse::new().await;
    let whole = dataverse.run().await;
    assert_eq!((whole.counts.read, whole.counts.added), (PEOPLE as u64, PEOPLE as u64), "{whole:?}");
    for tracked in [false, true] {
        for table in ["cutMemberships", "cutProfiles"] {
            dataverse.set(json!({table: 1_000, "changeTracking": tracked}));
            let cut = dataverse.run().await;
            assert!(reason(&cut).contains("and has more: the reading was cut off, and is not used"), "{table}: {cut:?}");
            assert_eq!(cut.counts.removed, 0);
            dataverse.set(json!({table: 0}));
        }
    }
    let again = dataverse.run().await;
    assert_eq!((again.counts.unchanged, again.counts.removed), (PEOPLE as u64, 0), "{again:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn members_without_a_profile_are_waited_for_and_the_third_run_names_the_roles() {
    let dataverse = Dataverse::new().await;
    dataverse.run().await;
    let drop = |n| dataverse.insights.set_person(SERVICE, &json!({"customerId": id(n), "is": "dropped"})).unwrap();
    let what = "1 of the segment's 1220 members have no profile";
    drop(7);
    for _ in 0..2 {
        let waited = dataverse.run().await;
        assert!(reason(&waited).contains(what) && reason(&waited).contains("this run waited for it for 2 min"), "{waited:?}");
        assert!(!reason(&waited).contains("roles"), "a refresh under way, at first: {waited:?}");
    }
    let third = dataverse.run().await;
    for named in
        [what, "Customer Insights Data Read Access", "Customer Insights Data Configuration Viewer", "business unit", "unified anew"]
    {
        assert!(reason(&third).contains(named), "{named}: {third:?}");
    }
    assert!(matches!(third.end, End::Skipped { .. }) && !reason(&third).contains("waited"), "waiting is of no use: {third:?}");
    assert_eq!(third.counts.removed, 0);
    drop(8);
    let other = dataverse.run().await;
    assert!(reason(&other).contains("2 of the segment's 1220") && !reason(&other).contains("roles"), "another count: {other:?}");
}
