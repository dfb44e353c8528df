//! A vendor's authorization server, asked.

use super::{
    answer::{self, Granted},
    app::App,
    authorize::Code,
    error::{Error, ErrorKind},
    refusal::{Refusal, Refused},
    tokens::Tokens,
};
use crate::{
    http::{Answer, Authorization, Client, Effect, Failure, Hub, Request, Spend, Verdict},
    platform::{Renewal, SecretUse},
};
use chrono::Utc;
use secrecy::{ExposeSecret, SecretString};
use std::time::Duration;
use url::{Url, form_urlencoded};

/// Asks on a budget that all connections to this server share.
#[derive(Clone, Debug)]
pub struct Authority {
    pub(super) app: App,
    client: Client,
}

/// Who asks again after a lost or broken answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tries {
    /// The client, at once: tokens in a lost answer are lost with it, so asking again can only mend that.
    Many,
    /// The caller, in its own time.
    One,
}

/// Nothing was granted.
#[derive(Debug)]
pub(super) enum No {
    Refused(Refusal),
    Lost(Failure),
    /// Success, and nothing in it.
    Empty,
}

impl Authority {
    pub fn new(app: App, hub: &Hub) -> Self {
        let key = format!("oauth/{}/{}", app.vendor.name, app.base.host_str().unwrap_or_default());
        let spend = Spend { connections: 1, per_second: None, per_minute: app.vendor.per_minute, per_day: None };
        Self { client: hub.client(key, spend), app }
    }

    /// The code that came back, exchanged for tokens.
    pub async fn exchange(&self, code: &Code) -> Result<Tokens, Error> {
        let mut form =
            vec![("grant_type", "authorization_code"), ("code", code.code.expose_secret()), ("redirect_uri", code.redirect.as_str())];
        if let Some(verifier) = &code.verifier {
            form.push(("code_verifier", verifier.0.expose_secret()));
        }
        let granted = self.ask(form, Tries::Many).await.map_err(|no| self.not_signed_in(no))?;
        self.signed_in(granted).await
    }

    /// What a sign-in gave.
    pub(super) async fn signed_in(&self, granted: Granted) -> Result<Tokens, Error> {
        self.confirmed(self.tokens(granted)).await
    }

    /// Tokens as they may be kept, whoever hands them over: whose account it is and where its API is are asked of the server,
    /// never believed of the caller. A sign-in that could not be kept alive is none.
    pub async fn confirmed(&self, tokens: Tokens) -> Result<Tokens, Error> {
        let vendor = self.app.vendor;
        if tokens.refresh.is_none() && matches!(vendor.renewal, Renewal::Refresh { .. }) {
            return Err(Error::stall(format!(
                "{} gave no refresh token, so this sign-in would end within a day; it is not kept",
                vendor.title
            ))
            .hint(
                "the app must be allowed the scope offline_access; if you signed in with --device, sign in through the browser instead",
            ));
        }
        let (account, api) = match &vendor.metadata {
            Some(metadata) => self.metadata(metadata, &tokens.access).await.map(|told| (told.account, Some(told.api)))?,
            None => (None, None),
        };
        Ok(Tokens { account, api, obtained: tokens.obtained.min(Utc::now()), ..tokens })
    }

    /// New tokens for the old: where no new refresh token comes, the old one goes on being good.
    pub(super) async fn renew(&self, old: &Tokens, refresh: &SecretString) -> Result<Tokens, No> {
        let form = vec![("grant_type", "refresh_token"), ("refresh_token", refresh.expose_secret())];
        let mut granted = self.ask(form, Tries::Many).await?;
        granted.refresh.get_or_insert_with(|| refresh.clone());
        Ok(Tokens { account: old.account.clone(), api: old.api.clone(), ..self.tokens(granted) })
    }

    /// In the vendor's time; shorter where the process is stopped.
    pub(super) async fn wait(&self, time: Duration) {
        self.client.wait(time).await;
    }

    fn tokens(&self, granted: Granted) -> Tokens {
        let Granted { access, refresh, expires } = granted;
        Tokens { bound: self.app.binding(), access, refresh, obtained: Utc::now(), expires, account: None, api: None }
    }

    /// Asks the token endpoint.
    pub(super) async fn ask(&self, form: Vec<(&str, &str)>, tries: Tries) -> Result<Granted, No> {
        let answer = self.post(self.app.vendor.token, form, tries).await?;
        answer::read(&answer.body, self.app.vendor, Utc::now()).ok_or(No::Empty)
    }

    /// Sends a form with what proves the app.
    pub(super) async fn post(&self, path: &'static str, mut form: Vec<(&str, &str)>, tries: Tries) -> Result<Answer, No> {
        let App { client_id, secret, vendor, .. } = &self.app;
        let basic = secret.as_ref().filter(|_| vendor.secret == SecretUse::BasicOrPkce);
        if basic.is_none() {
            form.push(("client_id", client_id));
            form.extend(secret.iter().map(|secret| ("client_secret", secret.expose_secret())));
        }
        let authorization = basic.map(|secret| Authorization::basic(&encoded(client_id), &encoded(secret.expose_secret()).into()));
        let request = Request {
            authorization,
            effect: if tries == Tries::Many { Effect::Repeatable } else { Effect::Once },
            judge: if tries == Tries::Many { judge } else { |_, _| Verdict::Take },
            ..self.request(path, self.app.at(path)).form(form)
        };
        self.send(&request).await
    }

    pub(super) async fn send(&self, request: &Request) -> Result<Answer, No> {
        let answer = self.client.send(request).await.map_err(No::Lost)?;
        if answer.is_success() { Ok(answer) } else { Err(No::Refused(Refusal::of(&answer))) }
    }

    pub(super) fn request(&self, route: &'static str, url: Url) -> Request {
        Request { judge, ..Request::get(self.app.vendor.name, route, url) }
    }

    /// Why a sign-in came to nothing.
    pub(super) fn not_signed_in(&self, no: No) -> Error {
        let (title, register_at) = (self.app.vendor.title, self.app.vendor.register_at);
        match &no {
            No::Refused(Refusal { code: Refused::Client, .. }) => no.told(title).hint(format!(
                "the client id and secret must be those of the app under {register_at}; an app without a secret needs one that is \
                 registered for it (PKCE, or device)"
            )),
            No::Refused(Refusal { code: Refused::Grant, .. }) => {
                no.told(title).hint("a code is good for one use and a few minutes: run the command again")
            }
            _ => no.told(title),
        }
    }
}

impl No {
    /// In words, and whether it may pass.
    pub(super) fn told(self, title: &str) -> Error {
        match self {
            Self::Lost(failure) => failure.into(),
            Self::Empty => {
                Error::stall(format!("{title} answered with no token")).hint("check that oauth.endpoint is an authorization server")
            }
            Self::Refused(refusal) => {
                let kind = match refusal.code {
                    Refused::Throttled | Refused::Unwell => ErrorKind::Retry { after: None },
                    _ => ErrorKind::Stall,
                };
                Error { kind, message: format!("{title} gave no token: {}", refusal.words()), hint: None }
            }
        }
    }
}

/// As RFC 6749, 2.3.1 wants ids and secrets in Basic.
fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

fn judge(_: &Request, answer: &Answer) -> Verdict {
    match answer.status {
        429 => Verdict::Throttled { after: None },
        500.. => Verdict::Failed,
        _ => Verdict::Take,
    }
}
