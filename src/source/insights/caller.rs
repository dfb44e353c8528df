//! Asks one service: signed in, paced, patient.

use super::super::{Access, SourceError};
use super::{
    entra::Entra,
    odata,
    patience::Patience,
    refusal::{lost, refused},
};
use crate::{
    definition::EntraApp,
    http::{Answer, Authorization, Client, Request, Spend},
};
use std::time::Duration;
use url::Url;

/// Headers of a call that are the same every time.
pub type Headers = &'static [(&'static str, &'static str)];

/// The HTTP client waits itself where it is asked for up to a minute; Dataverse may ask for the rest of its window of five.
const LONGEST_PAUSE: Duration = Duration::from_secs(600);
const PAUSES: usize = 3;

/// What is particular to a service.
pub struct Service {
    /// In messages.
    pub name: &'static str,
    /// In metrics.
    pub platform: &'static str,
    pub spend: Spend,
    /// Of one attempt.
    pub timeout: Duration,
    pub answer_limit: usize,
    /// What to do when it answers with this status.
    pub hint: fn(u16) -> Option<&'static str>,
}

pub struct Caller {
    pub patience: Patience,
    pub service: &'static Service,
    client: Client,
    entra: Entra,
    /// Sent besides the token.
    also: Option<Authorization>,
}

impl Caller {
    /// `host` is whose budget it is, `scope` the address that tokens are for.
    pub fn open(service: &'static Service, host: &Url, app: &EntraApp, scope: &str, access: &Access) -> Result<Self, SourceError> {
        let patience = Patience::of(access)?;
        let hub = &patience.net.hub;
        let budget = format!("{}/{}", service.platform, host.host_str().unwrap_or_default());
        let (client, entra) = (hub.client(budget, service.spend), Entra::new(app, scope, hub)?);
        Ok(Self { patience, service, client, entra, also: None })
    }

    #[must_use]
    pub fn with(mut self, key: Authorization) -> Self {
        self.also = Some(key);
        self
    }

    /// An answer that is a success.
    pub fn get(&mut self, route: &'static str, url: Url, headers: Headers) -> Result<Answer, SourceError> {
        let answer = self.answer(route, url, headers)?;
        self.accept(route, answer)
    }

    /// Only a success.
    pub fn accept(&self, route: &str, answer: Answer) -> Result<Answer, SourceError> {
        if answer.is_success() { Ok(answer) } else { Err(refused(self.service.name, route, &answer, self.service.hint)) }
    }

    /// Any answer.
    pub fn answer(&mut self, route: &'static str, url: Url, headers: Headers) -> Result<Answer, SourceError> {
        let request = self.request(route, url, headers);
        self.patience.clone().wait(self.signed(request))
    }

    /// A token that is refused is replaced once: it may have been taken back before its time.
    async fn signed(&mut self, request: Request) -> Result<Answer, SourceError> {
        let token = self.entra.token().await?;
        let answer = self.send(&request, token).await?;
        if answer.status != 401 {
            return Ok(answer);
        }
        let token = self.entra.another().await?;
        self.send(&request, token).await
    }

    async fn send(&self, request: &Request, token: Authorization) -> Result<Answer, SourceError> {
        let authorization = match &self.also {
            Some(key) => key.clone().and(token),
            None => token,
        };
        let request = Request { authorization: Some(authorization), ..request.clone() };
        for _ in 0..PAUSES {
            let answer = self.client.send(&request).await.map_err(|failure| lost(&failure))?;
            match answer.retry_after {
                Some(pause) if matches!(answer.status, 429 | 503) && pause <= LONGEST_PAUSE => self.client.wait(pause).await,
                _ => return Ok(answer),
            };
        }
        self.client.send(&request).await.map_err(|failure| lost(&failure))
    }

    fn request(&self, route: &'static str, url: Url, headers: Headers) -> Request {
        let Service { platform, timeout, answer_limit, .. } = *self.service;
        Request { headers, timeout, answer_limit, judge: odata::judge, ..Request::get(platform, route, url) }
    }
}
