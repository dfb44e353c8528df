//! What one process needs to run exports: accounts' budgets, the state and its one writer, a place for temporary files.

use super::{
    Context, Ending, Failure, FailureKind, Prepared, Recorder, Watch, back, bulk,
    consents::DurableConsents,
    early::{Early, Reads, Shape},
    execute, jobs,
    observe::{self, Settled},
    page_size::PageSize,
    persons, prepare, settled, standings,
    turn::{self, AtTurn},
};
use crate::{
    definition::{Export, Name},
    destination::{self, Account, Destination, PlaceId},
    http::Hub,
    oauth::SignIns,
    plan::{
        PlacePlan, Plan,
        diff::DiffTally,
        projects::{self, Known, KnownList},
    },
    source::Isolation,
    state::{ContainerRecord, Origin, PlaceRow, StateDir, View, approve},
};
use chrono::{DateTime, TimeDelta, Utc};
use std::{
    collections::BTreeMap,
    path::PathBuf,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Shared by every export of a process.
#[derive(Clone)]
pub struct Engine {
    pub hub: Hub,
    /// What connections without a key authorize themselves with.
    pub sign_ins: SignIns,
    pub state: StateDir,
    /// `None`: the state is only read.
    pub recorder: Option<Recorder>,
    pub temp: PathBuf,
    /// Where strangers' queries and files are read.
    pub isolation: Isolation,
    pub cancel: CancellationToken,
    /// How long history is kept; `None`: 90 days.
    pub retention: Option<Duration>,
    /// Every export that is defined: some may share an audience.
    pub exports: Arc<BTreeMap<Name, Arc<Export>>>,
}

/// An audience whose creates put nobody onto a list is asked once more after so long.
const APART: TimeDelta = TimeDelta::days(30);

/// What whoever watches a plan says to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Carry it out. A held plan only with somebody's approval, whose name is kept.
    Go,
    Approve {
        by: String,
    },
    /// Do not send; nothing was refused.
    Decline,
}

/// How a run came out.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// The plan was carried out, perhaps not to its end.
    Done(Box<Ending>),
    NothingToDo {
        /// Rows rejected for a reason that was not listed before.
        new_rejected: u64,
    },
    /// The source is older than the definition expects, and nothing else is in the way.
    Stale,
    Held,
    Declined,
}

impl Engine {
    /// The state as committed now; `None` before the first run.
    pub fn view(&self, now: DateTime<Utc>) -> Result<Option<View>, Failure> {
        Ok(View::open(&self.state, now)?)
    }

    /// The destination of an export, which sends nothing that the connection's privacy consent does not cover (C4).
    pub(super) fn destination(&self, export: &Export, hub: &Hub) -> Result<Arc<dyn Destination>, destination::Error> {
        destination::open(export, hub, &self.sign_ins, Arc::new(self.consents()))
    }

    pub(super) fn consents(&self) -> DurableConsents {
        DurableConsents { recorder: self.recorder.clone(), state: self.state.clone() }
    }

    /// Probes the connection of an export (C5) and gives what its run needs.
    pub async fn connect(&self, export: &Arc<Export>, watch: Arc<dyn Watch>, now: DateTime<Utc>) -> Result<Context, Failure> {
        let cancel = self.cancel.child_token();
        // Stopping this run ends its waiting at once, and nobody else's.
        let destination = self.destination(export, &self.hub.stopped_by(cancel.clone()))?;
        let view = self.view(now)?.filter(|_| !export.removed);
        let shape = view.and_then(|view| Shape::recorded(export, destination.as_ref(), &view));
        let (temp, hub, isolation) = (&self.temp, &self.hub, self.isolation);
        let early = shape.map(|shape| Early::begin(&Reads { export, watch: &watch, cancel: &cancel, temp, hub, isolation, now }, shape));
        let account = destination.verify().await.map_err(|error| Failure::from(error).or_canceled(&cancel))?;
        let account = self.recognised(export, account, now)?;
        let capabilities = destination.capabilities();
        let connections = export.connection.limits.connections.unwrap_or(capabilities.connections_default);
        Ok(Context {
            export: Arc::clone(export),
            destination,
            capabilities,
            account,
            watch,
            now,
            run: None,
            cancel,
            early: Arc::new(Mutex::new(early)),
            temp: self.temp.clone(),
            isolation,
            connections,
            pages: Arc::new(PageSize::new(capabilities.page_rows)),
            hub: self.hub.clone(),
            exports: Arc::clone(&self.exports),
            turn: None,
        })
    }

    /// Waits for the export's turn at its audience, which it keeps until the result is dropped (E16). A reading that began
    /// before is dropped if others wrote meanwhile: it would be as old as the wait.
    pub async fn at_turn(&self, mut context: Context) -> Result<AtTurn, Failure> {
        let (recorder, began, waited) = (self.recorder()?, Instant::now(), AtomicBool::new(false));
        loop {
            let claims = self.claims(&context)?;
            let queued = |behind: &Name| {
                waited.store(true, Ordering::Relaxed);
                drop(context.early.lock().unwrap_or_else(PoisonError::into_inner).take());
                context.watch.queued(Some(behind));
            };
            let taking = recorder.turns().take(&context.export.name, claims, &queued);
            let turn = context.cancel.run_until_cancelled(taking).await.ok_or_else(Failure::canceled)?;
            // What it waited for may have told where it writes to.
            if turn.covers(&self.claims(&context)?) {
                if waited.into_inner() {
                    context.watch.queued(None);
                    // What is old and what is fresh is judged by when it reads.
                    context.now += began.elapsed();
                }
                return Ok(AtTurn::new(context, turn));
            }
        }
    }

    fn claims(&self, context: &Context) -> Result<Vec<turn::Claim>, Failure> {
        let view = self.view(context.now)?;
        let state = view.map(|view| observe::known(&context.export, &view)).transpose()?.flatten();
        Ok(turn::claims(&context.export, &context.account.id, state.as_ref()))
    }

    /// The account as the state knows it, where the platform does not say whose it is (C11).
    fn recognised(&self, export: &Export, account: Account, now: DateTime<Utc>) -> Result<Account, Failure> {
        let (Some(shows), Some(view)) = (&account.shows, self.view(now)?) else { return Ok(account) };
        let list = |c: ContainerRecord| KnownList { id: c.remote, name: c.name, made: c.made };
        let places = view.places()?.into_iter().filter(|(place, _)| place.account == place.remote.0);
        let known: Vec<_> =
            places.map(|(place, lists)| Known { id: place.account, lists: lists.into_iter().map(list).collect() }).collect();
        let ours = observe::known(export, &view)?.and_then(|state| state.place).map(|place| place.account);
        let id = projects::recognise(&known, shows, ours.as_deref(), &account.id);
        Ok(Account { id, ..account })
    }

    /// Plans from the state and the platform's resources; writes nothing anywhere.
    pub async fn plan(&self, context: &Context) -> Result<Prepared, Failure> {
        let view = self.view(context.now)?;
        let mut settled = observe::settle(context, view.as_ref()).await?;
        let place = known_place(context, view.as_ref(), &settled)?;
        if let (Some(view), Some(place)) = (&view, place) {
            recall(context, view, place, &mut settled)?;
        }
        prepare(context, view.as_ref(), place, settled).await
    }

    /// Creates the lists, tags and fields that a definition wants, and sends no member (E5).
    pub async fn create_resources(&self, context: &AtTurn) -> Result<usize, Failure> {
        if context.export.removed {
            return Ok(0);
        }
        let recorder = &self.recorder()?.for_run();
        // No member is sent, so none is read.
        drop(context.early.lock().unwrap_or_else(PoisonError::into_inner).take());
        let view = self.view(context.now)?;
        let settled = observe::settle(context, view.as_ref()).await?;
        is_at(context, &settled)?;
        let another = observe::other_folder(&context.export, view.as_ref())?.is_some();
        if another || settled.moved || settled.resources.containers.iter().any(|c| c.needs_approval()) {
            return Ok(0);
        }
        let steps = settled.resources.steps.len();
        observe::apply_resources(context, recorder, &settled).await?;
        Ok(steps)
    }

    /// One whole run: statuses read, plan made, `decide` asked, plan carried out.
    pub async fn run(&self, context: &AtTurn, decide: &dyn Fn(&Prepared) -> Decision) -> Result<(Plan, Outcome), Failure> {
        // The state machines of a whole run are large: on the heap, so that no caller's stack has to hold them.
        let result = Box::pin(self.carry_out(context, decide)).await;
        if let Some((place, rows)) = context.pages.learnt() {
            self.recorder()?.note(move |store| store.record_page_rows(place, rows))?;
        }
        // The next one at the audience sees all of it.
        let durable = self.recorder()?.flush().await;
        // A call that was stopped while it waited comes back as one to be tried again.
        result.and_then(|done| durable.map(|()| done)).map_err(|failure| failure.or_canceled(&context.cancel))
    }

    async fn carry_out(&self, context: &Context, decide: &dyn Fn(&Prepared) -> Decision) -> Result<(Plan, Outcome), Failure> {
        let recorder = &self.recorder()?.for_run();
        let Some(view) = self.view(context.now)? else {
            return Err(Failure::new(FailureKind::Stalled, "the state is gone"));
        };
        take_over(context, recorder, &view).await?;
        // What another account says of them would be about other people.
        if !observe::known(&context.export, &view)?.is_some_and(|state| observe::leads_elsewhere(context, &state)) {
            jobs::finish(context, recorder, &view).await?;
        }
        let mut settled = observe::settle(context, Some(&view)).await?;
        is_at(context, &settled)?;
        let place = read_standings(context, recorder, &view, &mut settled).await?;
        back::fields_defined_anew(recorder, &settled).await?;
        back::look(context, recorder, &view, &settled).await?;
        let mut prepared = Box::pin(prepare(context, Some(&view), place, settled)).await?;
        persons::remember(recorder, &view, place, &context.export, &prepared.work)?;
        let plan = prepared.plan.clone();
        let apart = prepared.apart.take();
        let outcome = Box::pin(self.decided(context, recorder, &view, &mut prepared, decide)).await?;
        if !matches!(outcome, Outcome::Done(_) | Outcome::NothingToDo { .. }) {
            persons::remember_new(recorder, &view, place, &context.export, &prepared.work)?;
        }
        // Only now, since what was held before is past once a run went through.
        if let Some(apart) = apart.filter(|_| !matches!(outcome, Outcome::Declined)) {
            super::hold::keep(context, recorder, &apart.plan, apart.changes).await?;
        }
        Ok((plan, outcome))
    }

    async fn decided(
        &self,
        context: &Context,
        recorder: &Recorder,
        view: &View,
        prepared: &mut Prepared,
        decide: &dyn Fn(&Prepared) -> Decision,
    ) -> Result<Outcome, Failure> {
        let plan = prepared.plan.clone();
        if plan.is_empty() && plan.verdict.passes() {
            let new_rejected = super::execute::nothing_to_do(context, recorder, view, prepared).await?;
            remember(recorder, prepared, &prepared.work.tally).await?;
            return Ok(Outcome::NothingToDo { new_rejected });
        }
        if plan.verdict.is_stale() {
            return Ok(Outcome::Stale);
        }
        Ok(match (decide(prepared), plan.verdict.passes()) {
            (Decision::Decline, _) => Outcome::Declined,
            (Decision::Go, false) => {
                self.hold(context, recorder, view, prepared).await?;
                Outcome::Held
            }
            (Decision::Approve { by }, false) if plan.verdict.can_be_approved() => {
                self.hold(context, recorder, view, prepared).await?;
                approve(&self.state, &plan.digest.0, &by, context.now)?;
                Outcome::Done(Box::new(Box::pin(send(context, recorder, view, prepared)).await?))
            }
            (Decision::Approve { .. }, false) => {
                self.hold(context, recorder, view, prepared).await?;
                Outcome::Held
            }
            (Decision::Go | Decision::Approve { .. }, true) => {
                Outcome::Done(Box::new(Box::pin(send(context, recorder, view, prepared)).await?))
            }
        })
    }

    async fn hold(&self, context: &Context, recorder: &Recorder, view: &View, prepared: &mut Prepared) -> Result<(), Failure> {
        super::execute::list_rejected(context, recorder, view, prepared)?;
        super::hold::hold(context, recorder, prepared).await
    }

    /// The state's writer; there is none where the state is only read.
    pub fn recorder(&self) -> Result<&Recorder, Failure> {
        self.recorder.as_ref().ok_or_else(|| Failure::new(FailureKind::Stalled, "the state was opened for reading only"))
    }
}

fn is_at(context: &Context, settled: &Settled) -> Result<(), Failure> {
    match &settled.resources.place {
        PlacePlan::Existing { id, .. } => context.is_at(&PlaceId(id.clone())),
        PlacePlan::Create { .. } | PlacePlan::Absent { .. } => Ok(()),
    }
}

/// A renamed export takes over what its earlier name had, before anything of it is looked up (E17).
async fn take_over(context: &Context, recorder: &Recorder, view: &View) -> Result<(), Failure> {
    let (name, before) = (context.export.name.clone(), context.export.renamed_from.clone());
    let known = |name: &Name| view.export(name).map(|export| export.is_some());
    match before {
        Some(before) if !context.export.removed && !known(&name)? && known(&before)? => {
            recorder.record(move |store| store.ensure_export(&name, Some(&before))).await.map(drop)
        }
        _ => Ok(()),
    }
}

/// Carries the plan out. After a complete first load both sides are known to be equal.
async fn send(context: &Context, recorder: &Recorder, view: &View, prepared: &mut Prepared) -> Result<Ending, Failure> {
    let first = prepared.work.tally.before.is_empty() && prepared.work.leavers.is_empty();
    let ending = Box::pin(execute(context, recorder, view, prepared)).await?;
    if first && ending.stopped.is_none() && ending.counts.synced + ending.counts.unverified == prepared.work.comparison.wanted {
        let before = prepared.work.desired.tally.members.clone();
        let tally = DiffTally { unchanged: prepared.work.comparison.wanted, before, ..DiffTally::default() };
        prepared.settled.state = view.export(&context.export.name)?;
        // Who was found in a container that we took over was recorded after the comparison.
        let containers = prepared.settled.state.iter().flat_map(|s| &s.segments).filter_map(|s| s.container.as_ref());
        if containers.into_iter().all(|c| c.origin == Origin::Created) {
            remember(recorder, prepared, &tally).await?;
        }
    }
    Ok(ending)
}

async fn remember(recorder: &Recorder, prepared: &Prepared, tally: &DiffTally) -> Result<(), Failure> {
    match &prepared.settled.state {
        Some(state) if prepared.work.comparison.fresh => {
            settled::remember(recorder, state.id, prepared.work.comparison.reading, tally).await
        }
        _ => Ok(()),
    }
}

fn known_place(context: &Context, view: Option<&View>, settled: &Settled) -> Result<Option<PlaceRow>, Failure> {
    match (view, &settled.resources.place) {
        (Some(view), PlacePlan::Existing { id, .. }) => Ok(view.place(&context.account.id, &PlaceId(id.clone()))?),
        _ => Ok(None),
    }
}

/// What earlier runs learnt of the audience.
fn recall(context: &Context, view: &View, place: PlaceRow, settled: &mut Settled) -> Result<(), Failure> {
    let habits = view.habits(place)?;
    context.pages.begin(place, habits.page_rows);
    settled.creates_apart = habits.creates_apart.is_some_and(|seen| context.now - seen < APART);
    Ok(())
}

async fn read_standings(context: &Context, recorder: &Recorder, view: &View, settled: &mut Settled) -> Result<Option<PlaceRow>, Failure> {
    let PlacePlan::Existing { id, name, contacts, .. } = &settled.resources.place else { return Ok(None) };
    let origin = observe::place_origin(&context.export);
    let (account, remote, name) = (context.account.id.clone(), PlaceId(id.clone()), name.clone());
    let known = remote.clone();
    let row = recorder.record(move |store| store.ensure_place(&account, &remote, &name, origin)).await?;
    let contacts = *contacts;
    recall(context, view, row, settled)?;
    bulk::settle_trial(context, recorder, view, &known, row).await?;
    let begun = Instant::now();
    settled.everyone_read = standings::read(context, recorder, view, &known, row, contacts).await?;
    settled.read_at = Some(begun);
    Ok(Some(row))
}
