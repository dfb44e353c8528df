//! Small inputs that real reports boiled down to, each a folder of `tests/field`: definitions, data, and in `case.json` what
//! commands must say and what must be at the platform in the end.

use listkeeper_sandbox::{Options, Sandbox};
use md5::{Digest as _, Md5};
use predicates::{Predicate as _, str::is_match};
use rstest::rstest;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

const LIST: &str = "a1b2c3d4e5";
/// The version of the API that its emulator speaks.
const OMNISEND: &str = "2026-03-15";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    #[serde(default)]
    vendor: Vendor,
    /// Fields that the audience has.
    #[serde(default)]
    merge_fields: Vec<Value>,
    steps: Vec<Step>,
    #[serde(default)]
    contacts: BTreeMap<String, Expected>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Vendor {
    #[default]
    Mailchimp,
    Omnisend,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Step {
    Run(String),
    Checked {
        run: String,
        exit: Option<i32>,
        /// Patterns in the output, all of them.
        #[serde(default)]
        shows: Vec<String>,
        /// None of them.
        #[serde(default)]
        hides: Vec<String>,
    },
}

/// `null`: not there.
#[derive(Deserialize)]
#[serde(untagged)]
enum Expected {
    Status(Option<String>),
    Has { tags: Option<Vec<String>>, fields: Option<Map<String, Value>> },
}

struct Place {
    dir: tempfile::TempDir,
    sandbox: Sandbox,
    http: reqwest::Client,
}

impl Place {
    async fn new(case: &Case, from: &Path) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let sandbox = Sandbox::start(&dir.path().join("platform"), Options::default()).await.unwrap();
        sandbox.ensure_mailchimp_list(LIST, "News").unwrap();
        let place = Self { dir, sandbox, http: reqwest::Client::builder().no_proxy().build().unwrap() };
        place.copy(from, &place.definitions());
        for field in &case.merge_fields {
            // One that a new audience has is not taken twice.
            place.mailchimp("POST", &format!("/lists/{LIST}/merge-fields"), Some(field)).await;
        }
        place
    }

    fn definitions(&self) -> PathBuf {
        self.dir.path().join("definitions")
    }

    /// With the emulator's addresses in it.
    fn copy(&self, from: &Path, to: &Path) {
        fs::create_dir(to).unwrap();
        for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
            let target = to.join(entry.file_name());
            if entry.file_type().unwrap().is_dir() {
                self.copy(&entry.path(), &target);
            } else if entry.file_name() == "listkeeper.yaml" {
                let text = fs::read_to_string(entry.path()).unwrap();
                let text = text.replace("@MAILCHIMP@", self.sandbox.mailchimp_endpoint().as_str());
                fs::write(target, text.replace("@OMNISEND@", &self.url("/omnisend/api"))).unwrap();
            } else {
                fs::copy(entry.path(), target).unwrap();
            }
        }
    }

    fn url(&self, path: &str) -> String {
        self.sandbox.page().join(path).unwrap().into()
    }

    async fn mailchimp(&self, method: &str, path: &str, body: Option<&Value>) -> Option<Value> {
        self.ask(method, format!("{}{path}", self.sandbox.mailchimp_endpoint()), body).await
    }

    async fn ask(&self, method: &str, url: String, body: Option<&Value>) -> Option<Value> {
        let omnisend = url.contains("/omnisend/");
        let request = self.http.request(method.parse().unwrap(), url);
        let mut request = match omnisend {
            true => {
                request.header("authorization", format!("Omnisend-API-Key {}", self.sandbox.api_key())).header("omnisend-version", OMNISEND)
            }
            false => request.basic_auth("any", Some(self.sandbox.api_key())),
        };
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await.unwrap();
        let found = answer.status().is_success();
        let value = answer.json().await.unwrap();
        found.then_some(value)
    }

    /// stdout and stderr, and the exit code.
    fn run(&self, line: &str) -> (String, i32) {
        let mut words = line.split_whitespace();
        assert_eq!(words.next(), Some("listkeeper"), "{line}");
        let mut command = Command::new(env!("CARGO_BIN_EXE_listkeeper"));
        command.args(words).arg("--state").arg(self.dir.path().join("state")).current_dir(self.definitions());
        let output = command.env("LISTKEEPER_KEY", self.sandbox.api_key()).stdin(Stdio::null()).output().unwrap();
        let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap()).concat();
        (text, output.status.code().unwrap())
    }

    async fn contact(&self, vendor: &Vendor, address: &str) -> Option<Value> {
        match vendor {
            Vendor::Mailchimp => {
                let hash = hex::encode(Md5::digest(address.to_lowercase()));
                self.mailchimp("GET", &format!("/lists/{LIST}/members/{hash}"), None).await
            }
            Vendor::Omnisend => {
                let found = self.ask("GET", self.url(&format!("/omnisend/api/contacts?email={address}")), None).await?;
                found["contacts"].as_array()?.first().cloned()
            }
        }
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_report_of_the_field(
    #[files("tests/field/*/case.json")]
    #[base_dir = "$CARGO_MANIFEST_DIR"]
    file: PathBuf,
) {
    let case: Case = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
    let place = Place::new(&case, file.parent().unwrap()).await;
    for step in &case.steps {
        check(&place, step);
    }
    for (address, expected) in &case.contacts {
        let contact = place.contact(&case.vendor, address).await;
        is(address, contact.as_ref(), expected);
    }
}

fn check(place: &Place, step: &Step) {
    let none = Vec::new();
    let (run, exit, shows, hides) = match step {
        Step::Run(run) => (run, None, &none, &none),
        Step::Checked { run, exit, shows, hides } => (run, *exit, shows, hides),
    };
    let (text, code) = place.run(run);
    let has = |pattern: &String| is_match(pattern.as_str()).unwrap().eval(&text);
    assert!(exit.is_none_or(|exit| exit == code), "{run} ended with {code}:\n{text}");
    shows.iter().for_each(|pattern| assert!(has(pattern), "{run} does not show {pattern}:\n{text}"));
    hides.iter().for_each(|pattern| assert!(!has(pattern), "{run} shows {pattern}:\n{text}"));
}

fn is(address: &str, contact: Option<&Value>, expected: &Expected) {
    match expected {
        Expected::Status(None) => assert!(contact.is_none(), "{address} is there: {contact:?}"),
        Expected::Status(Some(status)) => {
            let contact = contact.unwrap_or_else(|| panic!("{address} is not there"));
            let found = contact["status"].as_str().or(contact["identifiers"][0]["channels"]["email"]["status"].as_str());
            assert_eq!(found, Some(status.as_str()), "{address}: {contact}");
        }
        Expected::Has { tags, fields } => {
            let contact = contact.unwrap_or_else(|| panic!("{address} is not there"));
            if let Some(tags) = tags {
                let found = contact["tags"].as_array().unwrap().iter().map(|tag| tag["name"].as_str().unwrap()).collect::<Vec<_>>();
                assert_eq!(&found, tags, "{address}");
            }
            if let Some(fields) = fields {
                let differs = fields.iter().find(|(name, value)| contact["merge_fields"][name.as_str()] != **value);
                assert!(differs.is_none(), "{address}: {differs:?} in {}", contact["merge_fields"]);
            }
        }
    }
}
