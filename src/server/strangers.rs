//! Wrong tokens: logged, counted, and answered later each time. Right ones never come here, so that nobody is locked out.

use super::{Problem, door::Peer};
use axum::http::StatusCode;
use std::{
    collections::HashMap,
    fmt,
    net::{IpAddr, Ipv6Addr},
    sync::{Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    sync::Semaphore,
    time::{Instant, sleep},
};

/// The first answer comes so much later, each further one twice as late.
const FIRST: Duration = Duration::from_millis(100);
const LATEST: Duration = Duration::from_secs(3);
/// Answers that wait at once. Whoever comes then is sent away.
const WAITING: usize = 32;
/// Peers that are remembered; of more, the one that was quiet for longest is forgotten.
const PEERS: usize = 1_024;
/// After so long without a wrong token, a peer is forgotten.
const FORGET: Duration = Duration::from_secs(600);
/// A peer's line in the log, at most once in so long.
const LOG: Duration = Duration::from_secs(10);

pub(super) struct Strangers {
    peers: Mutex<HashMap<Whence, Wrong>>,
    waiting: Semaphore,
}

/// An address; of IPv6 the network, which is one customer's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Whence {
    User(u32),
    Address(IpAddr),
}

impl Whence {
    fn of(peer: Option<&Peer>) -> Self {
        match peer {
            None => Self::User(u32::MAX),
            Some(Peer::Local { uid }) => Self::User(*uid),
            Some(Peer::Tcp(tcp)) => Self::Address(match tcp.from().ip().to_canonical() {
                IpAddr::V6(ip) => Ipv6Addr::from_bits(ip.to_bits() >> 64 << 64).into(),
                ip => ip,
            }),
        }
    }
}

impl fmt::Display for Whence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::User(uid) => write!(f, "uid {uid}"),
            Self::Address(IpAddr::V6(ip)) => write!(f, "{ip}/64"),
            Self::Address(ip) => ip.fmt(f),
        }
    }
}

/// Of one peer.
struct Wrong {
    times: u32,
    last: Instant,
    logged: Option<Instant>,
}

impl Default for Strangers {
    fn default() -> Self {
        Self { peers: Mutex::default(), waiting: Semaphore::new(WAITING) }
    }
}

impl Strangers {
    /// A wrong token came; gives the answer when it is time to give it.
    pub async fn refuse(&self, peer: Option<&Peer>, where_token: &str) -> Problem {
        let whence = Whence::of(peer);
        let delay = self.note(whence, Instant::now());
        let Ok(_place) = self.waiting.try_acquire() else {
            return Problem::new(StatusCode::TOO_MANY_REQUESTS, "too many wrong tokens are waiting for their answers")
                .hint("ask again in a few seconds, with the right one");
        };
        sleep(delay).await;
        Problem::new(StatusCode::UNAUTHORIZED, "this is not a token of this daemon, or it was revoked or has expired").hint(where_token)
    }

    /// How long its answer waits.
    fn note(&self, whence: Whence, now: Instant) -> Duration {
        let mut peers = self.peers.lock().unwrap_or_else(PoisonError::into_inner);
        if peers.len() >= PEERS && !peers.contains_key(&whence) {
            peers.retain(|_, wrong| now - wrong.last < FORGET);
            if peers.len() >= PEERS
                && let Some(quiet) = peers.iter().min_by_key(|(_, wrong)| wrong.last).map(|(whence, _)| *whence)
            {
                peers.remove(&quiet);
            }
        }
        let wrong = peers.entry(whence).or_insert(Wrong { times: 0, last: now, logged: None });
        let times = if now - wrong.last < FORGET { wrong.times.saturating_add(1) } else { 1 };
        (wrong.times, wrong.last) = (times, now);
        if wrong.logged.is_none_or(|logged| now - logged >= LOG) {
            wrong.logged = Some(now);
            tracing::warn!(peer = %whence, times, "the API was asked with a wrong token");
        }
        FIRST.saturating_mul(1 << (times - 1).min(10)).min(LATEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(n: u32) -> Whence {
        Whence::Address(IpAddr::V4(std::net::Ipv4Addr::from_bits(n)))
    }

    mod tokens {
        use super::*;

        #[tokio::test(start_paused = true)]
        async fn attack_wrong_tokens_are_answered_later_each_time_and_forgotten() {
            let strangers = Strangers::default();
            let now = Instant::now();
            let delays: Vec<_> = (0..7).map(|_| strangers.note(address(1), now).as_millis()).collect();
            assert_eq!(delays, [100, 200, 400, 800, 1600, 3000, 3000]);
            assert_eq!(strangers.note(address(2), now), FIRST, "another peer");
            assert_eq!(strangers.note(address(1), now + FORGET), FIRST, "much later");
        }

        #[tokio::test(start_paused = true)]
        async fn attack_wrong_tokens_from_everywhere_take_no_memory() {
            let strangers = Strangers::default();
            for n in 0..10_000 {
                strangers.note(address(n), Instant::now());
                tokio::time::advance(Duration::from_millis(1)).await;
            }
            let peers = strangers.peers.lock().unwrap();
            assert_eq!(peers.len(), PEERS);
            assert!(peers.contains_key(&address(9_999)) && !peers.contains_key(&address(0)));
        }

        #[tokio::test(start_paused = true)]
        async fn attack_wrong_tokens_at_once_hold_no_more_than_their_places() {
            let strangers = Strangers::default();
            let peer = Peer::Local { uid: 7 };
            let all = futures::future::join_all((0..100).map(|_| strangers.refuse(Some(&peer), ""))).await;
            let waited = all.iter().filter(|problem| problem.status == 401).count();
            assert_eq!((waited, all.len() - waited), (WAITING, 100 - WAITING));
        }
    }
}
