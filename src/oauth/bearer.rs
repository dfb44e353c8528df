//! What calls authorize themselves with: a token that is good now, renewed ahead of time, by one task at a time.

use super::{
    authority::{Authority, No},
    error::Error,
    refusal::{Refusal, Refused},
    sign_ins::{SignIns, Slot, bound, connect},
    tokens::Tokens,
};
use crate::{definition::Name, http::Authorization, platform::Renewal};
use chrono::{DateTime, TimeDelta, Utc};
use secrecy::SecretString;
use std::{sync::Arc, time::Duration};
use url::Url;

/// A token that was given so lately and is refused is not renewed once more: the next one would fare no better.
const JUST_GIVEN: TimeDelta = TimeDelta::seconds(30);
/// How long after a refused renewal it is asked for once more, before the sign-in is called lost: a server may be at odds with itself
/// for a moment, and only a person can mend what is lost.
const ASKED_AGAIN: Duration = Duration::from_secs(5);

/// One connection's. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Bearer(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    connection: Name,
    authority: Authority,
    sign_ins: SignIns,
    slot: Slot,
    api: Option<Url>,
}

/// Why a renewal is wanted.
#[derive(Clone)]
enum Why {
    /// Little of its life is left.
    Due,
    /// The vendor's API refused it.
    Refused(Authorization),
}

impl Bearer {
    pub(super) fn new(connection: Name, authority: Authority, sign_ins: SignIns, slot: Slot, api: Option<Url>) -> Self {
        Self(Arc::new(Inner { connection, authority, sign_ins, slot, api }))
    }

    /// Where the account's API is, where the vendor told it at sign-in.
    pub fn api(&self) -> Option<&Url> {
        self.0.api.as_ref()
    }

    /// Whether the vendor gives new tokens for old ones.
    pub fn is_renewed(&self) -> bool {
        self.0.authority.app.vendor().renewal != Renewal::Endless
    }

    /// For a call that is about to be made.
    pub async fn current(&self) -> Result<Authorization, Error> {
        let held = self.0.slot.lock().await;
        if let Some(tokens) = held.as_ref().filter(|tokens| !tokens.is_due(Utc::now())) {
            return Ok(Authorization::bearer(&tokens.access));
        }
        drop(held);
        self.renewed(Why::Due).await
    }

    /// The vendor refused a call made with `used` (401): gives another token to try with, once.
    pub async fn refused(&self, used: &Authorization) -> Result<Authorization, Error> {
        self.renewed(Why::Refused(used.clone())).await
    }

    /// In a task of its own: a caller that goes away in the middle takes no tokens with it.
    async fn renewed(&self, why: Why) -> Result<Authorization, Error> {
        let inner = Arc::clone(&self.0);
        let work = tokio::spawn(async move { inner.renewed(&why).await });
        work.await.unwrap_or_else(|_| Err(Error::retry(format!("connection {}: its renewal was cut off", self.0.connection))))
    }
}

impl Inner {
    async fn renewed(&self, why: &Why) -> Result<Authorization, Error> {
        let mut held = self.slot.lock().await;
        // Somebody may have done it meanwhile: a task of ours, or another process.
        let tokens = match held.take().filter(|tokens| !wanted(tokens, why, Utc::now())) {
            Some(tokens) => tokens,
            None => self.read()?,
        };
        let tokens = if wanted(&tokens, why, Utc::now()) { self.renew_or_wait(tokens, why).await? } else { tokens };
        let authorization = Authorization::bearer(&tokens.access);
        *held = Some(tokens);
        Ok(authorization)
    }

    /// A token that is still good will do when a new one cannot be had at the moment.
    async fn renew_or_wait(&self, old: Tokens, why: &Why) -> Result<Tokens, Error> {
        match self.renew(&old, why).await {
            Err(error) if error.may_pass() && matches!(why, Why::Due) && !old.is_over(Utc::now()) => {
                tracing::warn!(connection = %self.connection, %error, "the access token is not renewed yet; the old one is still good");
                Ok(old)
            }
            renewed => renewed,
        }
    }

    async fn renew(&self, old: &Tokens, why: &Why) -> Result<Tokens, Error> {
        // First the right to keep what comes: a rotated token that cannot be kept is the end of the sign-in.
        let mut writer = self.sign_ins.store().writer().await?;
        let now = self.read()?;
        if !wanted(&now, why, Utc::now()) {
            return Ok(now);
        }
        let Some(refresh) = now.refresh.as_ref() else { return Err(self.lost(old, None)) };
        if !worth_it(&now, why) {
            return Ok(now);
        }
        let renewed = match self.authority.renew(&now, refresh).await {
            Err(No::Refused(Refusal { code: Refused::Grant, .. })) => self.asked_again(&now, refresh).await,
            renewed => renewed,
        };
        let renewed = renewed.map_err(|no| self.not_renewed(old, no))?;
        writer.write(&self.connection, &renewed).await?;
        tracing::info!(connection = %self.connection, "the access token was renewed");
        Ok(renewed)
    }

    async fn asked_again(&self, now: &Tokens, refresh: &SecretString) -> Result<Tokens, No> {
        self.authority.wait(ASKED_AGAIN).await;
        self.authority.renew(now, refresh).await
    }

    fn read(&self) -> Result<Tokens, Error> {
        let tokens = self.sign_ins.store().read(&self.connection)?;
        let tokens = tokens
            .ok_or_else(|| Error::stall(format!("connection {} is signed in no more; {}", self.connection, connect(&self.connection))))?;
        bound(&self.connection, &self.authority.app.binding(), &tokens).map(|()| tokens)
    }

    fn not_renewed(&self, old: &Tokens, no: No) -> Error {
        match no {
            No::Refused(refusal @ Refusal { code: Refused::Grant, .. }) => self.lost(old, Some(&refusal)),
            no => {
                let error = no.told(self.authority.app.vendor().title);
                Error { message: format!("connection {}: {}", self.connection, error.message), ..error }
            }
        }
    }

    /// Only a person can go on from here.
    fn lost(&self, old: &Tokens, refusal: Option<&Refusal>) -> Error {
        let (name, title) = (&self.connection, self.authority.app.vendor().title);
        let words = refusal.map(|refusal| format!(": {}", refusal.words())).unwrap_or_default();
        let since = old.obtained.format("%F %H:%M UTC");
        Error::stall(format!("{title} no longer takes the sign-in of connection {name} (tokens of {since}){words}; {}", connect(name)))
            .hint("it was taken back, it was not used for too long, or it was renewed elsewhere")
    }
}

/// Whether these are the tokens that another is wanted for.
fn wanted(tokens: &Tokens, why: &Why, now: DateTime<Utc>) -> bool {
    match why {
        Why::Due => tokens.is_due(now),
        Why::Refused(used) => Authorization::bearer(&tokens.access) == *used,
    }
}

fn worth_it(tokens: &Tokens, why: &Why) -> bool {
    matches!(why, Why::Due) || Utc::now() - tokens.obtained > JUST_GIVEN
}
