//! Customer Insights' stand-ins, each over HTTP.

mod api;
mod controls;
mod dataverse;
mod entra;
mod weather;

use crate::{Options, Sandbox, testing::Bench};
use reqwest::{RequestBuilder, Response};
use serde_json::{Value, json};

pub(super) const PROFILES: &str = "/dataverse/api/data/v9.2/msdynci_customerprofiles";
pub(super) const MEMBERSHIPS: &str = "/dataverse/api/data/v9.2/msdynci_segmentmemberships";

/// A sandbox with a segment, and a client that signs in.
pub(super) struct Insights {
    pub bench: Bench,
    /// For Dataverse, and for the REST API.
    tokens: [String; 2],
}

impl Insights {
    pub(super) async fn new() -> Self {
        let insights = Self::with(Options::default()).await;
        insights.bench.sandbox.ensure("customer-insights", "Gold").unwrap();
        insights
    }

    pub(super) async fn with(options: Options) -> Self {
        let bench = Bench::with(options).await;
        let mut insights = Self { bench, tokens: Default::default() };
        let scopes = [format!("{}.default", insights.url("/dataverse/")), "https://api.ci.ai.microsoft.com/.default".to_owned()];
        for (number, scope) in scopes.iter().enumerate() {
            let (status, answer) = insights.sign_in(&[("scope", scope)]).await;
            assert_eq!(status, 200, "{answer}");
            insights.tokens[number] = answer["access_token"].as_str().unwrap().to_owned();
        }
        insights
    }

    /// Asks for a token, with some fields of the form replaced; an empty one is left out.
    pub(super) async fn sign_in(&self, other: &[(&str, &str)]) -> (u16, Value) {
        let mut form = vec![
            ("grant_type", "client_credentials"),
            ("client_id", Sandbox::CLIENT_ID),
            ("client_secret", Sandbox::API_KEY),
            ("scope", "https://api.ci.ai.microsoft.com/.default"),
        ];
        form.retain(|(name, _)| other.iter().all(|(given, _)| given != name));
        form.extend(other.iter().filter(|(_, value)| !value.is_empty()));
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish();
        let request = self.bench.http.post(self.url("/entra/sandbox/oauth2/v2.0/token"));
        let response = request.header("content-type", "application/x-www-form-urlencoded").body(body).send().await.unwrap();
        (response.status().as_u16(), response.json().await.unwrap())
    }

    pub(super) fn url(&self, path: &str) -> String {
        format!("{}{path}", self.bench.sandbox.page().as_str().trim_end_matches('/'))
    }

    /// A request to an address of the sandbox, or to a link that it gave; with the credentials of its API.
    pub(super) fn request(&self, link: &str) -> RequestBuilder {
        let url = if link.starts_with('/') { self.url(link) } else { link.to_owned() };
        let dataverse = url.contains("/dataverse/");
        let request = self.bench.http.get(url).bearer_auth(&self.tokens[usize::from(!dataverse)]);
        if dataverse { request } else { request.header("Ocp-Apim-Subscription-Key", Sandbox::API_KEY) }
    }

    pub(super) async fn get(&self, link: &str) -> (u16, Value) {
        read(self.request(link).send().await.unwrap()).await
    }

    /// Below the environment's address at the REST API.
    pub(super) async fn ask(&self, path: &str) -> (u16, Value) {
        self.get(&format!("/ci/v1/instances/{}{path}", Sandbox::INSTANCE)).await
    }

    /// Every row of a table, page after page of that many rows, and the last page.
    pub(super) async fn all(&self, link: &str, page: usize, prefer: &str) -> (Vec<Value>, Value) {
        let (mut rows, mut link) = (Vec::new(), link.to_owned());
        loop {
            let prefer = format!("odata.maxpagesize={page}{prefer}");
            let (status, answer) = read(self.request(&link).header("Prefer", prefer).send().await.unwrap()).await;
            assert_eq!(status, 200, "{answer}");
            let given = answer["value"].as_array().unwrap();
            assert!(given.len() <= page, "{} rows", given.len());
            rows.extend(given.iter().cloned());
            match answer["@odata.nextLink"].as_str() {
                Some(next) => link = next.to_owned(),
                None => return (rows, answer),
            }
        }
    }

    pub(super) fn set(&self, settings: Value) {
        self.bench.sandbox.set("customer-insights", &settings).unwrap();
    }

    pub(super) fn person(&self, customer: &str, is: &str) {
        let person = json!({"customerId": customer, "is": is, "segment": "Gold"});
        self.bench.sandbox.set_person("customer-insights", &person).unwrap();
    }
}

pub(super) async fn read(response: Response) -> (u16, Value) {
    let status = response.status().as_u16();
    (status, serde_json::from_str(&response.text().await.unwrap()).unwrap_or(Value::Null))
}

/// One field of each row.
pub(super) fn field(rows: &[Value], name: &str) -> Vec<String> {
    rows.iter().map(|row| row[name].as_str().unwrap_or_default().to_owned()).collect()
}
