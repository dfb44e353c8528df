//! A sandbox to send to: this process's own, or the one that another process runs in the same folder, so that a plan can be
//! looked at while a rehearsal is running.

use super::{Error, Options, Sandbox, hold::Hold, insights, mailchimp, vendors};
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

    /// Customer Insights as a source: Dataverse.
    pub fn dataverse(&self) -> Url {
        self.url(insights::DATAVERSE)
    }

    /// Customer Insights as a source: the REST API.
    pub fn insights_api(&self) -> Url {
        self.url(insights::API)
    }

    /// The authority of the app that may read both.
    pub fn entra(&self) -> Url {
        self.url(insights::ENTRA)
    }

    /// Makes a segment of Customer Insights, with a stable part of the people, and these columns, with nothing in them, where they
    /// are not there; another process has made its own.
    pub fn ensure_segment(&self, name: &str, columns: &[&str]) -> Result<(), Error> {
        let Self::Own(sandbox) = self else { return Ok(()) };
        sandbox.ensure(insights::NAME, name)?;
        sandbox.set(insights::NAME, &json!({"columns": columns}))
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
}
