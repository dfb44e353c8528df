//! The way through the browser: where to send the person, and what comes back (RFC 6749, 4.1; RFC 7636).

use super::{
    app::App,
    error::Error,
    proof::{Verifier, random},
    refusal::{Refusal, Refused},
};
use secrecy::SecretString;
use url::Url;

/// One attempt to sign in.
#[derive(Clone, Debug)]
pub struct SignIn {
    title: &'static str,
    address: Url,
    redirect: Url,
    /// Ties the answer to this attempt.
    state: String,
    verifier: Option<Verifier>,
}

/// A code that came back, good for one exchange.
#[derive(Clone, Debug)]
pub struct Code {
    pub(super) code: SecretString,
    pub(super) redirect: Url,
    pub(super) verifier: Option<Verifier>,
}

impl SignIn {
    /// Begins one: `redirect` is where the browser is sent back to, as registered with the app.
    pub fn begin(app: &App, redirect: Url) -> Self {
        let state = random();
        let verifier = app.proves_by_pkce().then(Verifier::new);
        let mut address = app.at(app.vendor.authorize);
        {
            let mut query = address.query_pairs_mut();
            query.append_pair("response_type", "code").append_pair("client_id", &app.client_id);
            query.append_pair("redirect_uri", redirect.as_str()).append_pair("state", &state);
            if !app.vendor.scopes.is_empty() {
                query.append_pair("scope", &app.vendor.scopes.join(" "));
            }
            if let Some(verifier) = &verifier {
                query.append_pair("code_challenge", &verifier.challenge()).append_pair("code_challenge_method", "S256");
            }
        }
        Self { title: app.vendor.title, address, redirect, state, verifier }
    }

    /// Where the person says yes.
    pub fn address(&self) -> &Url {
        &self.address
    }

    pub fn redirect(&self) -> &Url {
        &self.redirect
    }

    /// Whether an address that a browser was sent back to belongs to this sign-in.
    pub fn is_answered_by(&self, back: &Url) -> bool {
        value(back, "state").as_deref() == Some(&self.state)
    }

    /// What the browser was sent back with: the query of the address that it was sent to.
    pub fn answered(&self, back: &Url) -> Result<Code, Error> {
        if !self.is_answered_by(back) {
            return Err(Error::stall("this answer is not to this sign-in (its `state` is another)")
                .hint("use the address that this command shows, and the answer to it, not an earlier one"));
        }
        if let Some(error) = value(back, "error") {
            let refusal = Refusal::redirected(&error, &value(back, "error_description").unwrap_or_default());
            return Err(self.refused(&refusal));
        }
        let code = value(back, "code").filter(|code| !code.is_empty());
        let code = code.ok_or_else(|| Error::stall("the answer holds neither a code nor an error").hint("copy the address whole"))?;
        Ok(Code { code: code.into(), redirect: self.redirect.clone(), verifier: self.verifier.clone() })
    }

    fn refused(&self, refusal: &Refusal) -> Error {
        let title = self.title;
        match refusal.code {
            Refused::Denied => Error::stall(format!("{title} was told no: {}", refusal.words()))
                .hint("run the command again and say yes, as a user who may connect apps"),
            _ => Error::stall(format!("{title} did not sign in: {}", refusal.words()))
                .hint(format!("the app's client id and the redirect address {} must be as registered with {title}", self.redirect)),
        }
    }
}

fn value(back: &Url, name: &str) -> Option<String> {
    back.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}
