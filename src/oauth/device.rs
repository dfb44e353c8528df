//! Signing in where there is no browser: the person enters a code on another device (RFC 8628).

use super::{
    answer::Granted,
    authority::{Authority, No, Tries},
    error::Error,
    refusal::{Refusal, Refused},
    tokens::Tokens,
};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use std::time::Duration;

const GRANT: &str = "urn:ietf:params:oauth:grant-type:device_code";
/// Between questions, where the server does not say; and what is added each time it says "slow down".
const INTERVAL: Duration = Duration::from_secs(5);
/// The server's own word for how long a code is good is believed up to here.
const LIFE_MAX: Duration = Duration::from_secs(1800);

/// What the person is told. `Debug` shows no secret.
#[derive(Clone, Debug)]
pub struct DeviceGrant {
    device_code: SecretString,
    /// To be entered.
    pub user_code: String,
    /// Where.
    pub address: String,
    /// The same with the code in it already.
    pub complete: Option<String>,
    life: Duration,
    interval: Duration,
}

#[derive(Deserialize)]
struct Wire {
    device_code: String,
    user_code: String,
    #[serde(alias = "verification_url")]
    verification_uri: String,
    #[serde(default)]
    verification_uri_complete: Option<String>,
    expires_in: u64,
    #[serde(default)]
    interval: Option<u64>,
}

impl Authority {
    /// Asks for a code that a person can enter elsewhere.
    pub async fn device(&self) -> Result<DeviceGrant, Error> {
        let title = self.app.vendor.title;
        let Some(path) = self.app.vendor.device else {
            return Err(Error::stall(format!("{title} knows no sign-in by a code on another device"))
                .hint("leave --device out; on a server without a browser --paste takes the address that your browser ends at"));
        };
        let scopes = self.app.vendor.scopes.join(" ");
        let answer = self.post(path, vec![("response_type", "code"), ("scope", &scopes)], Tries::Many).await;
        let answer = answer.map_err(|no| self.not_signed_in(no))?;
        let wire: Wire = serde_json::from_slice(&answer.body).map_err(|_| Error::stall(format!("{title} answered with no code")))?;
        Ok(wire.into())
    }

    /// Asks, no oftener than it may, until the person has said yes or no, or the code has run out.
    pub async fn granted(&self, grant: &DeviceGrant) -> Result<Tokens, Error> {
        let mut polling = Polling { interval: grant.interval, left: grant.life };
        loop {
            tokio::time::sleep(polling.interval).await;
            let form = vec![("grant_type", GRANT), ("device_code", grant.device_code.expose_secret())];
            match polling.heard(self.ask(form, Tries::One).await) {
                Next::Again => {}
                Next::Granted(granted) => return self.signed_in(granted).await,
                Next::Over(no) => return Err(self.not_granted(no)),
            }
        }
    }

    fn not_granted(&self, no: Option<No>) -> Error {
        let title = self.app.vendor.title;
        match no {
            None | Some(No::Refused(Refusal { code: Refused::Expired, .. })) => {
                Error::stall("nobody entered the code in time").hint("run the command again")
            }
            Some(No::Refused(Refusal { code: Refused::Denied, .. })) => Error::stall(format!("{title} was told no")),
            Some(no) => self.not_signed_in(no),
        }
    }
}

impl From<Wire> for DeviceGrant {
    fn from(wire: Wire) -> Self {
        Self {
            device_code: wire.device_code.into(),
            user_code: wire.user_code,
            address: wire.verification_uri,
            complete: wire.verification_uri_complete,
            life: Duration::from_secs(wire.expires_in).min(LIFE_MAX),
            interval: wire.interval.map_or(INTERVAL, |seconds| Duration::from_secs(seconds.max(1))),
        }
    }
}

/// How often, and how long still.
#[derive(Debug)]
struct Polling {
    interval: Duration,
    left: Duration,
}

enum Next {
    Again,
    Granted(Granted),
    /// With the answer that ended it; without: the time is up.
    Over(Option<No>),
}

impl Polling {
    fn heard(&mut self, heard: Result<Granted, No>) -> Next {
        self.left = self.left.saturating_sub(self.interval);
        match heard {
            Ok(granted) => return Next::Granted(granted),
            Err(No::Refused(Refusal { code: Refused::Pending | Refused::Unwell, .. })) => {}
            Err(No::Refused(Refusal { code: Refused::SlowDown | Refused::Throttled, .. })) => self.interval += INTERVAL,
            // A lost answer is asked for again, less often.
            Err(No::Lost(failure)) if Error::from(failure.clone()).may_pass() => self.interval *= 2,
            Err(no) => return Next::Over(Some(no)),
        }
        if self.left < self.interval { Next::Over(None) } else { Next::Again }
    }
}
