//! When there is no answer to speak of.

use std::time::{Duration, SystemTime};

/// Why a request ended without an answer. Says host, route and what was tried; never a secret, path or query.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{}", self.told())]
pub struct Failure {
    pub kind: FailureKind,
    pub host: String,
    /// Method and path template.
    pub route: String,
    pub attempts: u32,
    /// From the first attempt to the last.
    pub elapsed: Duration,
    /// It may have been carried out.
    pub unknown: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// No connection was made. The words are the operating system's or the TLS library's.
    Unreachable(String),
    /// An attempt took longer than it may.
    TimedOut(Duration),
    /// The connection broke, or the answer did.
    Broken(String),
    /// The answer is longer than any that is expected.
    TooBig(usize),
    /// There is no room on disk for what came, or no file can be written.
    NotKept(String),
    /// We were asked to stop.
    Stopped,
    /// The day's quota is spent until then.
    QuotaSpent { until: SystemTime },
    /// The client itself could not be made (TLS, proxy settings).
    Unusable(String),
}

impl Failure {
    fn told(&self) -> String {
        let Self { host, route, .. } = self;
        let tried = self.tried();
        match &self.kind {
            FailureKind::Unreachable(why) => format!("{host} cannot be reached ({route}, {tried}): {why}"),
            FailureKind::TimedOut(limit) => format!("{host} did not answer {route} within {} s ({tried})", limit.as_secs()),
            FailureKind::Broken(why) => format!("the answer of {host} to {route} was lost on the way ({tried}): {why}"),
            FailureKind::TooBig(limit) => format!("the answer of {host} to {route} is longer than {} MiB", limit >> 20),
            FailureKind::NotKept(why) => format!("the answer of {host} to {route} cannot be kept in a temporary file: {why}"),
            FailureKind::Stopped => format!("stopped before {host} had answered {route}"),
            FailureKind::QuotaSpent { .. } => format!("the day's requests to {host} (limits.perDay) are spent"),
            FailureKind::Unusable(why) => format!("no request can be made to {host}: {why}"),
        }
    }

    fn tried(&self) -> String {
        match self.attempts {
            1 => "tried once".into(),
            n => format!("tried {n} times in {} s", self.elapsed.as_secs()),
        }
    }

    /// What a person can do about it.
    pub fn hint(&self) -> Option<&'static str> {
        match self.kind {
            FailureKind::Unreachable(_) => {
                Some("check the connection's endpoint, the network, and the proxy variables (HTTPS_PROXY, HTTP_PROXY, NO_PROXY)")
            }
            FailureKind::TooBig(_) => Some("check that the connection's endpoint is the vendor's API"),
            FailureKind::NotKept(_) => Some("TMPDIR says where temporary files are written"),
            FailureKind::Unusable(_) => Some("check the proxy variables (HTTPS_PROXY, HTTP_PROXY) and the system's certificates"),
            _ => None,
        }
    }
}
