//! `retry( connection and rate( timeout( send )))`.

use super::{
    Answer, Effect, Failure, FailureKind, Hub, Lost, Raw, Request, Transport, Unproved, Verdict,
    budget::Budget,
    retry::{ATTEMPTS, BROKEN, LONGEST_PAUSE, TOO_MUCH, UNPROVED_AGAIN, backoff},
};
use std::{
    future::Future,
    time::{Duration, SystemTime},
};
use tokio::{fs::File, time::Instant};
use tokio_util::sync::CancellationToken;

/// Sends requests on one budget.
#[derive(Clone, Debug)]
pub struct Client {
    hub: Hub,
    key: String,
}

/// How one attempt ended.
enum Ended {
    Answered(Answer, Verdict),
    Lost(FailureKind),
}

impl Client {
    pub(super) fn new(hub: Hub, key: String) -> Self {
        Self { hub, key }
    }

    /// The same client, whose waiting `stop` ends.
    #[must_use]
    pub fn stopped_by(&self, stop: CancellationToken) -> Self {
        Self { hub: self.hub.stopped_by(stop), key: self.key.clone() }
    }

    /// The account behind the credentials is known now: its budget is shared by all who spend from it.
    pub fn belongs_to(&self, account: &str) {
        self.hub.merge(&self.key, account);
    }

    /// The platform's clock, as the last of its answers had it: never ahead of it. `None`: it told no time yet.
    pub fn clock(&self) -> Option<SystemTime> {
        self.hub.budget(&self.key)?.clock.told()
    }

    /// Waits as long as a vendor asks; `false`: stopped before that.
    pub async fn wait(&self, time: Duration) -> bool {
        self.unless_stopped(tokio::time::sleep(time / self.hub.speed())).await.is_some()
    }

    /// Sends, and tries again as the request allows: at most 10 attempts, full jitter, `Retry-After` obeyed.
    ///
    /// The last answer comes back whatever it says; [`Failure`] means that there is none. Where the client was stopped,
    /// that is a [`FailureKind::Stopped`] with what is known of the work.
    pub async fn send(&self, request: &Request) -> Result<Answer, Failure> {
        self.repeat(Calls::new(request, None)).await
    }

    /// The same for a body of any length: that of a success is in the file and not in the answer.
    pub async fn download(&self, request: &Request, into: &mut File) -> Result<Answer, Failure> {
        self.repeat(Calls::new(request, Some(into))).await
    }

    async fn repeat(&self, mut calls: Calls<'_>) -> Result<Answer, Failure> {
        let Some(budget) = self.hub.budget(&self.key) else {
            return Err(calls.failure(FailureKind::Unusable("its budget is gone".into())));
        };
        loop {
            let ended = self.attempt(&budget, &mut calls).await?;
            let Some(pause) = self.pause(&calls, &ended) else { return calls.end(ended) };
            let waited = self.unless_stopped(async {
                let granted = budget.retries.take().await;
                tokio::time::sleep(pause / self.hub.speed()).await;
                granted
            });
            match waited.await {
                Some(true) => {}
                Some(false) => return calls.end(ended),
                None => return Err(calls.failure(FailureKind::Stopped)),
            }
        }
    }

    /// One attempt, paced, in its turn, timed, logged.
    async fn attempt(&self, budget: &Budget, calls: &mut Calls<'_>) -> Result<Ended, Failure> {
        let turn = budget.turn(self.hub.ledger(), calls.request.lane.as_ref(), self.hub.speed());
        let Some(permit) = self.unless_stopped(turn).await else { return Err(calls.failure(FailureKind::Stopped)) };
        if let Some(limit) = budget.spend().per_day {
            self.hub.days().spend(&budget.key(), limit).map_err(|until| calls.failure(FailureKind::QuotaSpent { until }))?;
        }
        calls.attempts += 1;
        let flight = budget.tally.sent(calls.attempts);
        let start = Instant::now();
        let carried = tokio::time::timeout(calls.request.timeout, calls.carried_by(self.hub.transport())).await;
        drop((flight, permit));
        let status = carried.as_ref().ok().and_then(|carried| Some(carried.as_ref().ok()?.status));
        if let Ok(Ok(Raw { date: Some(date), .. })) = &carried
            && calls.request.authorization.is_some()
        {
            budget.clock.tells(*date);
        }
        self.hub.meter().ended(calls.request.platform, status, start.elapsed());
        let ended = calls.note(carried.unwrap_or(Err(Lost::Broken(String::new()))), start.elapsed());
        self.react(budget, calls.request, &ended);
        log(calls, &ended, start.elapsed());
        Ok(ended)
    }

    /// The budget learns from every answer.
    fn react(&self, budget: &Budget, request: &Request, ended: &Ended) {
        match ended {
            Ended::Answered(_, Verdict::Throttled { .. }) => {
                budget.tally.throttled();
                budget.gate.throttled();
                self.hub.ledger().refused(&budget.purses(request.lane.as_ref()), self.hub.speed());
            }
            Ended::Answered(answer, Verdict::Take) => {
                budget.gate.succeeded();
                if answer.status != 401 {
                    budget.retries.earn();
                }
            }
            _ => {}
        }
    }

    /// How long to wait before the next attempt; `None`: there is none.
    fn pause(&self, calls: &Calls<'_>, ended: &Ended) -> Option<Duration> {
        if let Ended::Answered(Answer { status: 401, .. }, Verdict::Take) = ended {
            let again = calls.request.unproved == Unproved::Again && calls.unproved <= UNPROVED_AGAIN.len();
            return again.then(|| UNPROVED_AGAIN[calls.unproved - 1].mul_f64(1.0 + self.hub.throw()));
        }
        // Who waited a whole time limit for nothing waits half as often.
        if calls.attempts + calls.timed_out >= ATTEMPTS || !calls.may_repeat(ended) {
            return None;
        }
        let jittered = match ended {
            Ended::Answered(_, Verdict::Throttled { .. }) => backoff(TOO_MUCH, calls.throttled, self.hub.throw()),
            _ => backoff(BROKEN, calls.attempts - calls.throttled, self.hub.throw()),
        };
        match ended {
            Ended::Answered(Answer { retry_after: Some(asked), .. }, _) => (*asked <= LONGEST_PAUSE).then_some((*asked).max(jittered)),
            _ => Some(jittered),
        }
    }

    async fn unless_stopped<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            () = self.hub.stop().cancelled() => None,
            done = work => Some(done),
        }
    }
}

/// The attempts of one request so far.
struct Calls<'a> {
    request: &'a Request,
    start: Instant,
    attempts: u32,
    /// Of them refused for being too much at once; and without an answer in time.
    throttled: u32,
    timed_out: u32,
    /// Answered with a 401.
    unproved: usize,
    /// An attempt may have been carried out.
    unknown: bool,
    /// Where the body goes, if not into the answer.
    into: Option<&'a mut File>,
}

impl<'a> Calls<'a> {
    fn new(request: &'a Request, into: Option<&'a mut File>) -> Self {
        Self { request, start: Instant::now(), attempts: 0, throttled: 0, timed_out: 0, unproved: 0, unknown: false, into }
    }

    async fn carried_by(&mut self, transport: &dyn Transport) -> Result<Raw, Lost> {
        match &mut self.into {
            Some(file) => transport.download(self.request, file).await,
            None => transport.carry(self.request).await,
        }
    }

    /// What an attempt came to.
    fn note(&mut self, carried: Result<Raw, Lost>, took: Duration) -> Ended {
        match carried {
            Ok(Raw { status, content_type, retry_after, body, .. }) => {
                let mut answer = Answer { status, content_type, retry_after, body, attempts: self.attempts, uncertain: self.unknown };
                let verdict = (self.request.judge)(self.request, &answer);
                if let Verdict::Throttled { after } = verdict {
                    self.throttled += 1;
                    answer.retry_after = answer.retry_after.or(after);
                }
                self.unproved += usize::from(status == 401);
                self.unknown |= verdict == Verdict::Failed;
                Ended::Answered(answer, verdict)
            }
            Err(Lost::Unreachable(why)) => Ended::Lost(FailureKind::Unreachable(why)),
            Err(Lost::Unusable(why)) => Ended::Lost(FailureKind::Unusable(why)),
            Err(Lost::NotKept(why)) => Ended::Lost(FailureKind::NotKept(why)),
            Err(lost) => {
                self.unknown = true;
                self.timed_out += u32::from(took >= self.request.timeout);
                Ended::Lost(match lost {
                    Lost::TooBig => FailureKind::TooBig(self.request.answer_limit),
                    _ if took >= self.request.timeout => FailureKind::TimedOut(self.request.timeout),
                    Lost::Broken(why) | Lost::Unreachable(why) | Lost::Unusable(why) | Lost::NotKept(why) => FailureKind::Broken(why),
                })
            }
        }
    }

    fn may_repeat(&self, ended: &Ended) -> bool {
        match ended {
            Ended::Answered(_, Verdict::Take)
            | Ended::Lost(FailureKind::TooBig(_) | FailureKind::NotKept(_) | FailureKind::Unusable(_)) => false,
            Ended::Answered(_, Verdict::Throttled { .. }) | Ended::Lost(FailureKind::Unreachable(_)) => true,
            Ended::Lost(FailureKind::TimedOut(_)) if self.request.divisible => false,
            _ => self.request.effect == Effect::Repeatable,
        }
    }

    fn end(&self, ended: Ended) -> Result<Answer, Failure> {
        match ended {
            Ended::Answered(answer, _) => Ok(answer),
            Ended::Lost(kind) => Err(self.failure(kind)),
        }
    }

    fn failure(&self, kind: FailureKind) -> Failure {
        Failure {
            kind,
            host: self.request.host().to_owned(),
            route: format!("{} {}", self.request.method.as_str(), self.request.route),
            attempts: self.attempts,
            elapsed: self.start.elapsed(),
            unknown: self.unknown,
        }
    }
}

/// Never a path, query, body or address: those hold people.
fn log(calls: &Calls<'_>, ended: &Ended, took: Duration) {
    let (method, route, attempt, ms) = (calls.request.method.as_str(), calls.request.route, calls.attempts, took.as_millis() as u64);
    match ended {
        Ended::Answered(answer, verdict) => tracing::debug!(method, route, status = answer.status, ms, attempt, ?verdict, "answered"),
        Ended::Lost(kind) => tracing::debug!(method, route, ms, attempt, ?kind, "no answer"),
    }
}
