//! A sandbox to send to: this process's own, or the one that another process runs in the same folder, so that a plan can be
//! looked at while a rehearsal is running. It knows of definitions only how a source says where it is.

use super::{Error, Options, Sandbox, hold::Hold, insights, mailchimp, vendors};
use crate::definition::{Dataverse, EntraApp, InsightsApi, Secret, Source, SourceKind};
use serde_json::json;
use std::path::Path;
use url::Url;

/// Where a rehearsal is sent.
#[derive(Debug)]
pub enum Stage {
    Own(Sandbox),
    Other(Url),
}

impl Stage {
    /// Starts a sandbox in the folder, or finds the one that runs there.
    pub async fn open(dir: &Path, options: Options) -> Result<Self, Error> {
        match Sandbox::start(dir, options).await {
            Ok(own) => Ok(Self::Own(own)),
            Err(held @ Error::Held { .. }) => Hold::address(dir).map(Self::Other).ok_or(held),
            Err(error) => Err(error),
        }
    }

    /// What `endpoint:` of a connection has to be; `None` for a vendor that has no stand-in.
    pub fn endpoint(&self, vendor: &str) -> Option<Url> {
        vendors::base(vendor).map(|base| self.url(base))
    }

    pub fn mailchimp_endpoint(&self) -> Url {
        self.url(mailchimp::BASE)
    }

    fn url(&self, path: &str) -> Url {
        let mut url = self.page();
        url.set_path(path);
        url
    }

    /// The page that shows what was received.
    pub fn page(&self) -> Url {
        match self {
            Self::Own(sandbox) => sandbox.page(),
            Self::Other(origin) => origin.clone(),
        }
    }

    /// Makes the place or list that a definition names by its id; another process has made its own.
    pub fn ensure(&self, vendor: &str, id: &str) -> Result<(), Error> {
        match self {
            Self::Own(sandbox) => sandbox.ensure(vendor, id),
            Self::Other(_) => Ok(()),
        }
    }

    /// Makes an audience that a definition names by its id; another process has made its own.
    pub fn ensure_mailchimp_list(&self, id: &str, name: &str) -> Result<(), Error> {
        match self {
            Self::Own(sandbox) => sandbox.ensure_mailchimp_list(id, name),
            Self::Other(_) => Ok(()),
        }
    }

    /// The same source at the stand-ins, if it is Customer Insights over the network; files, folders and databases are read
    /// as they are.
    pub fn source(&self, source: &Source) -> Source {
        let kind = match &source.kind {
            SourceKind::Dataverse(_) => SourceKind::Dataverse(Dataverse { url: self.url(insights::DATAVERSE), app: self.app() }),
            SourceKind::InsightsApi(api) => SourceKind::InsightsApi(InsightsApi {
                url: self.url(insights::API),
                instance: insights::INSTANCE.to_owned(),
                app: self.app(),
                subscription_key: Secret::Plain(Sandbox::API_KEY.to_owned()),
                members: api.members,
            }),
            other => other.clone(),
        };
        Source { kind, ..source.clone() }
    }

    /// The app that may read the stand-ins.
    fn app(&self) -> EntraApp {
        let plain = |text: &str| Secret::Plain(text.to_owned());
        EntraApp {
            tenant: plain(Sandbox::TENANT),
            client_id: plain(Sandbox::CLIENT_ID),
            client_secret: plain(Sandbox::API_KEY),
            authority: Some(self.url(insights::ENTRA)),
        }
    }

    /// Makes the segment that a definition takes of a source, with a stable part of the people, and the columns that it asks
    /// for, with nothing in them, where they are not there; another process has made its own.
    pub fn ensure_segment(&self, source: &Source, name: &str, columns: &[&str]) -> Result<(), Error> {
        match (self, &source.kind) {
            (Self::Own(sandbox), SourceKind::Dataverse(_) | SourceKind::InsightsApi(_)) => {
                sandbox.ensure(insights::NAME, name)?;
                sandbox.set(insights::NAME, &json!({"columns": columns}))
            }
            _ => Ok(()),
        }
    }

    pub async fn shutdown(self) {
        if let Self::Own(sandbox) = self {
            sandbox.shutdown().await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definition::{Files, MembersBy, Name};

    #[tokio::test(flavor = "multi_thread")]
    async fn a_second_one_finds_the_first() {
        let dir = tempfile::tempdir().unwrap();
        let first = Stage::open(dir.path(), Options::default()).await.unwrap();
        let second = Stage::open(dir.path(), Options::default()).await.unwrap();
        assert!(matches!(second, Stage::Other(_)));
        assert_eq!(first.mailchimp_endpoint(), second.mailchimp_endpoint());
        assert_eq!(first.endpoint("mailchimp"), Some(second.mailchimp_endpoint()));
        assert_eq!((second.endpoint("none"), first.ensure("none", "1").is_err()), (None, true));
        second.shutdown().await;
        first.shutdown().await;
        assert!(matches!(Stage::open(dir.path(), Options::default()).await.unwrap(), Stage::Own(_)));
    }

    fn source(kind: SourceKind) -> Source {
        Source { name: Name::new("insights").unwrap(), kind, export_user: None }
    }

    fn there(text: &str) -> (Url, EntraApp) {
        let secret = || Secret::Env("NONE".to_owned());
        (text.parse().unwrap(), EntraApp { tenant: secret(), client_id: secret(), client_secret: secret(), authority: None })
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_source_over_the_network_is_the_sandboxs_own() {
        let dir = tempfile::tempdir().unwrap();
        let stage = Stage::open(dir.path(), Options::default()).await.unwrap();
        let (url, app) = there("https://contoso.crm4.dynamics.com");
        let dataverse = source(SourceKind::Dataverse(Dataverse { url: url.clone(), app: app.clone() }));
        let key = app.client_secret.clone();
        let members = MembersBy::Pages;
        let api = source(SourceKind::InsightsApi(InsightsApi { url, instance: "i".into(), app, subscription_key: key, members }));
        let page = stage.page();
        let SourceKind::Dataverse(there) = stage.source(&dataverse).kind else { panic!("another kind") };
        assert_eq!((there.url.as_str(), there.app.authority), (&*format!("{page}dataverse"), Some(page.join("entra").unwrap())));
        let SourceKind::InsightsApi(there) = stage.source(&api).kind else { panic!("another kind") };
        assert_eq!((there.url.as_str(), &*there.instance, there.members), (&*format!("{page}ci/v1"), Sandbox::INSTANCE, members));
        assert_eq!(there.app.client_secret, Secret::Plain(Sandbox::API_KEY.to_owned()));
        let folder = source(SourceKind::Files(Files::default()));
        assert!(matches!(stage.source(&folder).kind, SourceKind::Files(_)), "files are read as they are");
        for (source, segments) in [(&folder, 0), (&api, 1), (&dataverse, 1)] {
            stage.ensure_segment(source, "Gold", &["EMail", "msdynci_loyalty"]).unwrap();
            let Stage::Own(own) = &stage else { panic!("another's") };
            assert_eq!(own.observed("customer-insights").unwrap()["segments"].as_array().unwrap().len(), segments);
        }
        stage.shutdown().await;
    }
}
