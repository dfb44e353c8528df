//! Whose account it is and where its API is, where the authorization server tells it.

use super::{
    app::App,
    authority::{Authority, No},
    error::Error,
    refusal::{Refusal, Refused},
    vendor::Metadata,
};
use crate::http::{Authorization, Request};
use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

/// What the server told.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Told {
    pub account: Option<String>,
    pub api: Url,
}

#[derive(Deserialize)]
struct Wire {
    api_endpoint: String,
    #[serde(default)]
    accountname: Option<String>,
}

impl Authority {
    pub(super) async fn metadata(&self, metadata: &Metadata, access: &SecretString) -> Result<Told, Error> {
        let title = self.app.vendor.title;
        let mut request = self.request(metadata.path, self.app.at(metadata.path));
        request.authorization = Some(Authorization::scheme("OAuth", access));
        let answer = match self.send(&request).await {
            // The vendor's word for the scheme is `OAuth`; a server that knows only the standard's takes `Bearer`.
            Err(No::Refused(Refusal { code: Refused::Other(_) | Refused::Client, .. })) => {
                let request = Request { authorization: Some(Authorization::bearer(access)), ..request };
                self.send(&request).await
            }
            other => other,
        };
        let answer = answer.map_err(|no| no.told(title))?;
        let wire: Wire = serde_json::from_slice(&answer.body).map_err(|_| {
            Error::stall(format!("{title} does not say where the account's API is"))
                .hint("sign in again; if it stays, the vendor's status page may say why")
        })?;
        let api = trusted(&wire.api_endpoint, metadata.api_host, self.app.own_server)
            .ok_or_else(|| Error::stall(format!("{title} names an API that is not its own; the token is not sent there")))?;
        Ok(Told { account: wire.accountname.filter(|name| !name.is_empty()), api })
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
