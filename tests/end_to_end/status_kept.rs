//! At Omnisend an update says a status with a date of 2000, which changes nothing by the vendor's documents. One contact of each
//! status shows it before anybody else is updated (G2).

use super::cli::told;
use listkeeper_sandbox::{Options, Sandbox};
use serde_json::{Value, json};
use std::{fs, path::PathBuf, process::Command};

struct Shop {
    dir: tempfile::TempDir,
    sandbox: Sandbox,
}

impl Shop {
    /// Four contacts are subscribed, two unsubscribed, two neither.
    async fn new(settings: &Value) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let sandbox = Sandbox::start(&dir.path().join("platform"), Options::default()).await.unwrap();
        sandbox.set("omnisend", settings).unwrap();
        for n in 0..8 {
            let is = ["subscribed", "subscribed", "unsubscribed", "non-subscribed"][n / 2];
            let person = json!({"email": format!("p{n}@contoso.test"), "is": is, "at": "2024-05-01T00:00:00Z"});
            sandbox.set_person("omnisend", &person).unwrap();
        }
        let shop = Self { dir, sandbox };
        fs::create_dir(shop.definitions()).unwrap();
        fs::write(shop.definitions().join("key"), "sandbox\n").unwrap();
        shop.define("2026-11-22");
        shop.people("Ada");
        shop
    }

    fn definitions(&self) -> PathBuf {
        self.dir.path().join("definitions")
    }

    fn define(&self, accepted_on: &str) {
        let yaml = format!(
            "apiVersion: listkeeper/v1
kind: Source
name: crm
type: files
tables: {{people: people.csv}}
---
apiVersion: listkeeper/v1
kind: Connection
name: shop
type: omnisend
endpoint: {}
credentials: {{apiKey: {{file: key}}}}
privacy: {{acceptedBy: privacy@contoso.test, acceptedOn: {accepted_on}}}
---
apiVersion: listkeeper/v1
kind: Segment
name: everyone
source: crm
query: SELECT * FROM people
---
apiVersion: listkeeper/v1
kind: Export
name: news
connection: shop
segments: [everyone]
match: {{email: Email}}
attributes: {{firstName: First}}
newContacts: {{status: non-subscribed}}
",
            self.sandbox.endpoint("omnisend").unwrap()
        );
        fs::write(self.definitions().join("listkeeper.yaml"), yaml).unwrap();
    }

    /// Eight people, all of this name.
    fn people(&self, first: &str) {
        let rows: String = (0..8).map(|n| format!("p{n}@contoso.test,{first}\n")).collect();
        fs::write(self.definitions().join("people.csv"), format!("Email,First\n{rows}")).unwrap();
    }

    fn run(&self, args: &[&str]) -> (i32, String, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_listkeeper"));
        command.args(args).arg("--state").arg(self.dir.path().join("state")).current_dir(self.definitions());
        told(command.output().unwrap())
    }

    fn observed(&self, what: &str) -> u64 {
        self.sandbox.observed("omnisend").unwrap()[what].as_u64().unwrap()
    }

    fn batches(&self) -> u64 {
        self.sandbox.counters().requests_of("POST", "/batches")
    }

    /// How many are of this name there.
    async fn called(&self, first: &str) -> usize {
        let url = format!("{}/contacts?limit=250", self.sandbox.endpoint("omnisend").unwrap());
        let request =
            reqwest::Client::new().get(url).header("Authorization", "Omnisend-API-Key x").header("Omnisend-Version", "2026-03-15");
        let page: Value = serde_json::from_str(&request.send().await.unwrap().text().await.unwrap()).unwrap();
        page["contacts"].as_array().unwrap().iter().filter(|contact| contact["firstName"] == first).count()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_contact_of_each_status_is_updated_first_and_the_others_once_it_kept_it() {
    let shop = Shop::new(&json!({})).await;
    let (code, _, err) = shop.run(&["apply"]);
    assert_eq!(code, 0, "{err}");
    assert_eq!((shop.called("Ada").await, shop.observed("statusChanges"), shop.batches()), (8, 0, 3), "one and one, then six");
    // From then on it is known, also by another process.
    shop.people("Bea");
    let (_, plan, _) = shop.run(&["plan", "--json"]);
    assert!(!plan.contains("prove-statuses"), "{plan}");
    let (code, _, err) = shop.run(&["apply"]);
    assert_eq!(code, 0, "{err}");
    assert_eq!((shop.called("Bea").await, shop.observed("statusChanges"), shop.batches()), (8, 0, 4));
    assert_eq!(shop.sandbox.counters().last_violations, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_status_that_changes_stops_the_connection_before_a_second_contact() {
    let shop = Shop::new(&json!({"olderDate": "overrides"})).await;
    let (code, _, err) = shop.run(&["apply"]);
    assert_eq!(code, 1, "{err}");
    for words in
        ["Omnisend changed the subscription status of", "from subscribed to nonSubscribed", "privacy.acceptedOn", "listkeeper rejected"]
    {
        assert!(err.contains(words), "{words}: {err}");
    }
    assert!(!err.contains("p0@contoso.test") && !err.contains("p1@contoso.test"), "masked: {err}");
    assert_eq!((shop.observed("statusChanges"), shop.called("Ada").await, shop.batches()), (1, 1, 1), "one contact, and no more");
    // With its address where members are shown.
    let (code, out, err) = shop.run(&["rejected", "news", "--csv"]);
    assert_eq!(code, 0, "{err}");
    assert!(out.contains("@contoso.test") && out.contains("status-changed") && out.contains("it was subscribed"), "{out}");
    // It stays so, whatever changes, for plans too; and no call says anything of a status.
    shop.people("Bea");
    for command in ["plan", "apply"] {
        let (code, _, err) = shop.run(&[command]);
        assert!(code == 1 && err.contains("nothing more is sent to this brand"), "{command}: {code} {err}");
    }
    assert_eq!((shop.observed("statusChanges"), shop.batches()), (1, 1));
    // Acknowledged while it is still so: one contact again, and it stops again.
    shop.define("2026-11-23");
    assert_eq!(shop.run(&["apply"]).0, 1);
    assert_eq!((shop.observed("statusChanges"), shop.batches()), (2, 2));
    // Once the platform does as it says.
    shop.sandbox.set("omnisend", &json!({})).unwrap();
    shop.define("2026-11-24");
    let (code, _, err) = shop.run(&["apply"]);
    assert_eq!(code, 0, "{err}");
    assert_eq!((shop.called("Bea").await, shop.observed("statusChanges")), (8, 2));
}

/// A call that is refused without saying which of its rows is at fault.
#[tokio::test(flavor = "multi_thread")]
async fn a_bad_row_that_nothing_names_is_found_by_dividing_the_call() {
    let shop = Shop::new(&json!({"rowPaths": "none", "badRows": "refuse-the-call"})).await;
    for n in [1, 6] {
        shop.sandbox.set_person("omnisend", &json!({"email": format!("p{n}@contoso.test"), "is": "refused"})).unwrap();
    }
    let (code, _, err) = shop.run(&["apply"]);
    assert_eq!(code, 3, "{err}");
    assert_eq!(shop.called("Ada").await, 6);
    let (_, out, _) = shop.run(&["rejected", "news", "--csv"]);
    assert!(out.contains("p1@contoso.test") && out.contains("p6@contoso.test") && !out.contains("p2@contoso.test"), "{out}");
    let sent = shop.batches();
    assert!(sent < 16, "{sent}");
    let (code, _, err) = shop.run(&["apply"]);
    assert!(code == 0 && err.contains("nothing to do"), "{code} {err}");
    assert_eq!(shop.batches(), sent);
    assert_eq!(shop.sandbox.counters().last_violations, Vec::<String>::new());
}

/// Where every row is refused, the call is at fault: it is not divided for ever.
#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_is_refused_whatever_is_in_it_stops_the_run() {
    let shop = Shop::new(&json!({"rowPaths": "none", "badRows": "refuse-the-call"})).await;
    let rows: String = (10..110).map(|n| format!("p{n}@contoso.test,Ada\n")).collect();
    fs::write(shop.definitions().join("people.csv"), format!("Email,First\n{rows}")).unwrap();
    for n in 10..110 {
        shop.sandbox.set_person("omnisend", &json!({"email": format!("p{n}@contoso.test"), "is": "refused"})).unwrap();
    }
    let (code, _, err) = shop.run(&["apply"]);
    assert_eq!(code, 1, "{err}");
    assert!(err.contains("Omnisend refused the call") && err.contains("api-access-logs"), "{err}");
    assert!(shop.batches() < 80, "{}", shop.batches());
}
