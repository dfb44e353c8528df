//! Whose account it is and where its API is, where the authorization server tells it.

use super::{
    app::App,
    authority::{Authority, No},
    error::Error,
    refusal::{Refusal, Refused},
};
use crate::{
    http::{Authorization, Request},
    platform::Metadata,
};
use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

/// What the server told.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Told {
    pub account: Option<String>,
    pub api: Url,
}

/// An account as it is told; each part may be missing.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Wire {
    api_endpoint: Option<String>,
    /// The data centre, `us6`: the first part of its API's host.
    dc: Option<String>,
    accountname: Option<String>,
}

impl Wire {
    fn endpoint(&self) -> Option<&str> {
        self.api_endpoint.as_deref().filter(|endpoint| !endpoint.is_empty())
    }

    /// Nothing that could lead the token to another host.
    fn centre(&self) -> Option<&str> {
        let plain = |text: &&str| (2..=8).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        self.dc.as_deref().filter(plain)
    }
}

impl Authority {
    /// The vendor's word for the scheme is `OAuth`; a server that knows only the standard's takes `Bearer`. One of them may be
    /// answered with less, also with success: then the other is tried, once. Where neither is told the endpoint, it is made of the
    /// data centre.
    pub(super) async fn metadata(&self, metadata: &Metadata, access: &SecretString) -> Result<Told, Error> {
        let title = self.app.vendor.title;
        let first = match self.whose(metadata, Authorization::scheme("OAuth", access)).await {
            Ok(wire) if wire.endpoint().is_some() => return self.told(metadata, &wire),
            Ok(wire) => Ok(wire),
            Err(no @ No::Refused(Refusal { code: Refused::Other(_) | Refused::Client, .. })) => Err(no),
            Err(no) => return Err(no.told(title)),
        };
        let second = self.whose(metadata, Authorization::bearer(access)).await;
        match (first, second) {
            (Ok(wire), Ok(other)) => {
                self.told(metadata, if other.endpoint().is_some() || wire.centre().is_none() { &other } else { &wire })
            }
            // What was told stands, whatever the other scheme came to.
            (Ok(wire), Err(_)) | (Err(_), Ok(wire)) => self.told(metadata, &wire),
            (Err(_), Err(no)) => Err(no.told(title)),
        }
    }

    async fn whose(&self, metadata: &Metadata, authorization: Authorization) -> Result<Wire, No> {
        let request = Request { authorization: Some(authorization), ..self.request(metadata.path, self.app.at(metadata.path)) };
        let answer = self.send(&request).await?;
        Ok(serde_json::from_slice(&answer.body).unwrap_or_default())
    }

    fn told(&self, metadata: &Metadata, wire: &Wire) -> Result<Told, Error> {
        let title = self.app.vendor.title;
        let of_centre = || wire.centre().map(|centre| format!("https://{centre}{}", metadata.api_host));
        let Some(endpoint) = wire.endpoint().map(str::to_owned).or_else(of_centre) else {
            return Err(Error::stall(format!("{title} says neither where the account's API is nor which data centre the account is in"))
                .hint("sign in again; if it stays, the vendor's status page may say why"));
        };
        let api = trusted(&endpoint, metadata.api_host, self.app.own_server)
            .ok_or_else(|| Error::stall(format!("{title} names an API that is not its own; the token is not sent there")))?;
        Ok(Told { account: wire.accountname.clone().filter(|name| !name.is_empty()), api })
    }
}

impl App {
    /// Whether its tokens may be sent to this API, which was told at some sign-in.
    pub(super) fn trusts(&self, api: Option<&Url>) -> bool {
        match (api, &self.vendor.metadata) {
            (None, _) => true,
            (Some(_), None) => false,
            (Some(api), Some(metadata)) => trusted(api.as_str(), metadata.api_host, self.own_server).is_some(),
        }
    }
}

/// Nothing that could lead the token to another host. Whoever set up an authorization server of their own is believed.
fn trusted(endpoint: &str, host: &str, own_server: bool) -> Option<Url> {
    let url = Url::parse(endpoint.trim_end_matches('/')).ok()?;
    let plain = url.username().is_empty() && url.password().is_none() && url.query().is_none() && url.fragment().is_none();
    let theirs = url.scheme() == "https" && url.port().is_none() && url.host_str()?.ends_with(host);
    (plain && matches!(url.scheme(), "https" | "http") && (theirs || own_server)).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case("https://us6.api.mailchimp.com", false, true)]
    #[case("https://us6.api.mailchimp.com/", false, true)]
    #[case::not_encrypted("http://us6.api.mailchimp.com", false, false)]
    #[case::another_host("https://us6.api.mailchimp.com.example.com", false, false)]
    #[case::a_look_alike("https://evilapi.mailchimp.com.example", false, false)]
    #[case::another_port("https://us6.api.mailchimp.com:444", false, false)]
    #[case::a_user("https://x@us6.api.mailchimp.com", false, false)]
    #[case::a_server_of_ones_own("http://127.0.0.1:8484/mailchimp", true, true)]
    #[case::no_address("us6", true, false)]
    fn a_token_goes_to_the_vendors_api_only(#[case] endpoint: &str, #[case] own: bool, #[case] good: bool) {
        assert_eq!(trusted(endpoint, ".api.mailchimp.com", own).is_some(), good);
    }
}
