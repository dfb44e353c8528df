//! Contacts and lists in memory, behind the trait of a destination.

use super::Like;
use crate::{
    definition::{AttributeSpec, Columns, OnEmpty},
    destination::{
        Account, Batch, BatchRow, BulkDone, Candidate, Capabilities, ContactId, ContactPage, ContactRecord, ContainerId, Cursor,
        Destination, Error, ErrorKind, FieldFit, JobId, JobOutcomes, Jobs, Observed, Operation, Outcome, PageRequest, Passed, Permit,
        PlaceId, Polled, Reading, Rejection, RemoteContainer, RemoteField, RemotePlace, ResourceChange, ResourceDone, RowSize, Sought,
        Submitted, Trial, WantedField,
    },
    member::{Email, FieldKind, Key},
    platform::SubscriptionStatus,
};
use async_trait::async_trait;
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard},
    time::{Duration, SystemTime},
};
use tokio::sync::Notify;

/// One contact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Person {
    pub standing: SubscriptionStatus,
    pub attributes: BTreeMap<String, String>,
    /// Ids of lists.
    pub lists: BTreeSet<String>,
}

/// A batch that was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Call {
    pub operation: Operation,
    pub list: Option<String>,
    pub emails: Vec<String>,
}

/// The platform, which outlives the runs that write to it.
#[derive(Clone)]
pub(crate) struct Platform {
    inner: Arc<Mutex<Inner>>,
    dead: Arc<Notify>,
}

#[derive(Default)]
struct Inner {
    people: BTreeMap<String, Person>,
    /// Id → name.
    lists: BTreeMap<String, String>,
    fields: Vec<RemoteField>,
    calls: Vec<Call>,
    script: Vec<(Operation, String, Outcome)>,
    bad: BTreeSet<(Operation, String)>,
    lost: Vec<Operation>,
    ignores_joins: bool,
    jobs: BTreeMap<JobId, JobOutcomes>,
    /// Rows of a batch about to be sent → the name under which it is looked up.
    named: BTreeMap<Vec<Key>, JobId>,
    made: u64,
    requests: u64,
    /// Of contacts, since the last time that they were asked for.
    readings: Vec<PageRequest>,
    clock: Option<SystemTime>,
    life: u64,
    calls_left: Option<u64>,
}

impl Platform {
    pub(super) fn new() -> Self {
        Self { inner: Arc::default(), dead: Arc::default() }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }

    /// Somebody else makes or changes a contact; `lists` by name.
    pub(crate) fn person(&self, email: &str, standing: SubscriptionStatus, lists: &[&str]) {
        let mut inner = self.lock();
        let ids = inner.lists.iter().filter(|(_, name)| lists.contains(&name.as_str())).map(|(id, _)| id.clone()).collect();
        let attributes = inner.people.get(email).map(|person| person.attributes.clone()).unwrap_or_default();
        inner.people.insert(email.to_owned(), Person { standing, attributes, lists: ids });
    }

    /// Somebody else deletes a contact.
    pub(crate) fn delete(&self, email: &str) {
        self.lock().people.remove(email);
    }

    pub(crate) fn find(&self, email: &str) -> Option<Person> {
        self.lock().people.get(email).cloned()
    }

    pub(crate) fn people(&self) -> BTreeMap<String, Person> {
        self.lock().people.clone()
    }

    /// Somebody else makes a list.
    pub(crate) fn list(&self, id: &str, name: &str) {
        self.lock().lists.insert(id.to_owned(), name.to_owned());
    }

    /// The name of a list.
    pub(crate) fn list_name(&self, id: &str) -> Option<String> {
        self.lock().lists.get(id).cloned()
    }

    /// Who is on the list of this name.
    pub(crate) fn members(&self, list: &str) -> Vec<String> {
        let inner = self.lock();
        let ids: Vec<_> = inner.lists.iter().filter(|(_, name)| *name == list).map(|(id, _)| id).collect();
        inner.people.iter().filter(|(_, p)| ids.iter().any(|id| p.lists.contains(*id))).map(|(email, _)| email.clone()).collect()
    }

    /// A field takes other values from now on.
    pub(crate) fn field(&self, tag: &str, kind: FieldKind) {
        let mut inner = self.lock();
        let known = inner.fields.iter().position(|field| field.tag == tag).map(|at| inner.fields.remove(at).id);
        let id = known.unwrap_or_else(|| tag.to_owned());
        inner.fields.push(RemoteField { id, tag: tag.to_owned(), name: tag.to_owned(), kind });
    }

    /// A person deletes a field and, where `again`, makes another one of its name.
    pub(crate) fn delete_field(&self, tag: &str, again: bool) {
        let mut inner = self.lock();
        let Some(at) = inner.fields.iter().position(|field| field.tag == tag) else { panic!("no field {tag}") };
        let gone = inner.fields.remove(at);
        inner.fields.extend(again.then(|| RemoteField { id: format!("another {}", gone.id), ..gone }));
    }

    /// The next time that this is asked of the contact, this is the answer, and nothing is done.
    pub(crate) fn answer(&self, operation: Operation, email: &str, outcome: Outcome) {
        self.lock().script.push((operation, email.to_owned(), outcome));
    }

    /// Each time that this is asked of the contact, it is rejected.
    pub(crate) fn always_reject(&self, operation: Operation, email: &str) {
        self.lock().bad.insert((operation, email.to_owned()));
    }

    /// The next batch of this operation is carried out, and its answer is lost.
    pub(crate) fn lose(&self, operation: Operation) {
        self.lock().lost.push(operation);
    }

    /// Whether a create like Mailchimp's leaves out the lists that it names from now on.
    pub(crate) fn ignore_joins(&self, ignore: bool) {
        self.lock().ignores_joins = ignore;
    }

    /// After so many more requests nothing is answered any more; the last one is carried out all the same.
    pub(crate) fn dies_after(&self, requests: u64) {
        self.lock().calls_left = Some(requests);
    }

    /// It answers those who begin anew; what was under way is over.
    pub(crate) fn revive(&self) {
        let mut inner = self.lock();
        inner.calls_left = None;
        inner.life += 1;
    }

    pub(super) fn life(&self) -> u64 {
        self.lock().life
    }

    /// Returns once the platform does not answer.
    pub(crate) async fn died(&self) {
        self.dead.notified().await;
    }

    /// Batches sent since the last call.
    pub(crate) fn calls(&self) -> Vec<Call> {
        std::mem::take(&mut self.lock().calls)
    }

    /// What its answers say that the time is; nothing, unless this was called.
    pub(crate) fn set_clock(&self, now: SystemTime) {
        self.lock().clock = Some(now);
    }

    /// Readings of contacts since the last call.
    pub(crate) fn readings(&self) -> Vec<PageRequest> {
        std::mem::take(&mut self.lock().readings)
    }

    /// Requests of any kind so far.
    pub(crate) fn requests(&self) -> u64 {
        self.lock().requests
    }
}

/// The platform as one run sees it.
pub(crate) struct Fake {
    /// Of the platform's lives, which it was opened in.
    pub(super) life: u64,
    pub(super) like: Like,
    pub(super) platform: Platform,
    /// Asked for what is constant; never for anything that needs the network.
    pub(super) real: Arc<dyn Destination>,
    pub(super) capabilities: &'static Capabilities,
}

impl Fake {
    /// One request; never returns where its answer is lost with the platform, nor to a run of an earlier life.
    async fn request<T>(&self, work: impl FnOnce(&mut Inner) -> T) -> T {
        let (answer, alive) = {
            let mut inner = self.platform.lock();
            inner.requests += 1;
            let left = inner.calls_left;
            inner.calls_left = left.map(|left| left.saturating_sub(1));
            let heard = left != Some(0) && inner.life == self.life;
            (heard.then(|| work(&mut inner)), left.is_none_or(|left| left > 1))
        };
        match answer {
            Some(answer) if alive => answer,
            _ => {
                self.platform.dead.notify_one();
                std::future::pending().await
            }
        }
    }

    /// `found`: by a call for this contact, or among those who changed.
    fn record(&self, email: &str, person: &Person, found: bool) -> ContactRecord {
        let tells = match self.like {
            Like::Mailchimp | Like::Omnisend => found,
            Like::ConstantContact | Like::Iterable => true,
        };
        let by_id = self.capabilities().leaves_by_id;
        ContactRecord {
            contact: by_id.then(|| ContactId(format!("id-{email}"))),
            containers: tells.then(|| person.lists.iter().cloned().map(ContainerId).collect()),
            ..ContactRecord::new(Email::trusted(email), person.standing)
        }
    }

    fn page(&self, inner: &Inner, request: &PageRequest, list: Option<&ContainerId>) -> ContactPage {
        let standing = |p: &Person| request.standing.is_none_or(|standing| standing == p.standing);
        let on = |p: &Person| list.is_none_or(|list| p.lists.contains(&list.0));
        let people = inner.people.iter().filter(|(_, p)| standing(p) && on(p));
        let told = list.is_none() && request.changed_since.is_some();
        let from = request.cursor.as_ref().map_or(0, |cursor| cursor.0.parse().unwrap());
        let mut rest = people.skip(from);
        let contacts = rest.by_ref().take(request.rows).map(|(email, p)| self.record(email, p, told)).collect();
        let next = rest.next().map(|_| Cursor((from + request.rows).to_string()));
        ContactPage { contacts, total: None, next }
    }

    fn carry_out(&self, inner: &mut Inner, batch: &Batch, row: &BatchRow) -> Outcome {
        let email = row.email.as_str();
        let scripted = inner.script.iter().position(|(operation, who, _)| *operation == batch.operation && who == email);
        if let Some(at) = scripted {
            return inner.script.remove(at).2;
        }
        if inner.bad.contains(&(batch.operation, email.to_owned())) {
            return Outcome::Rejected(Rejection { code: "bad", detail: "always rejected".into(), field: None });
        }
        let known = inner.people.contains_key(email);
        let makes = match batch.operation {
            Operation::Create => !known,
            Operation::Join => !known && self.capabilities().join_tells,
            _ => false,
        };
        if batch.operation == Operation::Create && known && self.like == Like::Mailchimp {
            return Outcome::Exists;
        }
        if !known && !makes {
            return Outcome::Gone;
        }
        let standing = row.standing.unwrap_or(SubscriptionStatus::Subscribed);
        let made = || Person { standing, attributes: BTreeMap::new(), lists: BTreeSet::new() };
        let person = inner.people.entry(email.to_owned()).or_insert_with(made);
        person.attributes.extend(row.attributes.iter().map(|(tag, value)| (tag.clone(), format!("{value:?}"))));
        if inner.ignores_joins && self.like == Like::Mailchimp && !row.joins.is_empty() {
            return Outcome::NotJoined { standing: Some(person.standing), containers: row.joins.clone() };
        }
        person.lists.extend(row.joins.iter().map(|list| list.0.clone()));
        let list = batch.container.as_ref().map(|list| list.0.clone());
        match batch.operation {
            Operation::Join => person.lists.extend(list),
            Operation::Leave => person.lists.retain(|on| Some(on) != list.as_ref()),
            Operation::Archive => person.standing = SubscriptionStatus::Archived,
            Operation::Restore => person.standing = standing,
            Operation::Create | Operation::Update => {}
        }
        match self.like {
            Like::Mailchimp => Outcome::Done { standing: Some(person.standing) },
            Like::Omnisend => Outcome::Done { standing: row.standing },
            Like::ConstantContact | Like::Iterable => Outcome::Unverified,
        }
    }

    fn is_job(&self, operation: Operation) -> bool {
        match self.like {
            Like::Mailchimp => operation == Operation::Archive,
            Like::Omnisend => matches!(operation, Operation::Create | Operation::Update),
            Like::ConstantContact => true,
            Like::Iterable => false,
        }
    }

    fn take(&self, inner: &mut Inner, batch: &Batch) -> Result<Submitted, Error> {
        let emails = batch.rows.iter().map(|row| row.email.as_str().to_owned()).collect();
        inner.calls.push(Call { operation: batch.operation, list: batch.container.as_ref().map(|list| list.0.clone()), emails });
        let outcomes: Vec<_> = batch.rows.iter().map(|row| self.carry_out(inner, batch, row)).collect();
        let keys: Vec<_> = batch.rows.iter().map(|row| row.key).collect();
        let told = of_job(&keys, &outcomes);
        if let Some(id) = inner.named.remove(&keys) {
            inner.jobs.insert(id, told.clone());
        }
        inner.made += 1;
        let id = JobId(format!("job-{}", inner.made));
        inner.jobs.insert(id.clone(), told);
        if let Some(at) = inner.lost.iter().position(|operation| *operation == batch.operation) {
            inner.lost.remove(at);
            return Err(Error::new(ErrorKind::Retry { after: None, unknown: true }, "the answer was lost"));
        }
        Ok(if self.is_job(batch.operation) { Submitted::Job(id) } else { Submitted::Done(outcomes) })
    }
}

/// As results tell of a job: those of whom there is something to say, and one word for all the others.
fn of_job(keys: &[Key], outcomes: &[Outcome]) -> JobOutcomes {
    let good = outcomes.iter().find(|o| matches!(o, Outcome::Done { .. } | Outcome::Unverified)).cloned();
    let others = good.unwrap_or(Outcome::Unconfirmed("the job's results do not say".to_owned()));
    let rows = keys.iter().copied().zip(outcomes.iter().cloned()).filter(|(_, outcome)| *outcome != others);
    JobOutcomes { rows: rows.collect(), others }
}

fn made(id: &str, name: &str) -> RemoteContainer {
    RemoteContainer::new(id, name, Some(0))
}

#[async_trait]
impl Destination for Fake {
    fn capabilities(&self) -> &'static Capabilities {
        self.capabilities
    }

    async fn verify(&self) -> Result<Account, Error> {
        Ok(Account { id: "account".into(), name: "Contoso".into(), budget_key: "fake".into(), shows: None })
    }

    async fn observe(&self, _sought: &Sought<'_>) -> Result<Observed, Error> {
        let observed = |inner: &mut Inner| {
            let place =
                RemotePlace { id: PlaceId("cdp".into()), name: "CDP".into(), contacts: Some(inner.people.len() as u64), made: None };
            let size = |id: &String| inner.people.values().filter(|p| p.lists.contains(id)).count() as u64;
            let lists = inner.lists.iter().map(|(id, name)| RemoteContainer { members: Some(size(id)), ..made(id, name) }).collect();
            Observed { place: Some(place), same_name: Vec::new(), fields: inner.fields.clone(), containers: lists }
        };
        Ok(self.request(observed).await)
    }

    fn fit(&self, wanted: &WantedField, remote: Option<&RemoteField>) -> FieldFit {
        self.real.fit(wanted, remote)
    }

    async fn change(&self, _place: Option<&PlaceId>, change: &ResourceChange) -> Result<ResourceDone, Error> {
        let apply = |inner: &mut Inner| match change {
            ResourceChange::CreatePlace { name } => {
                ResourceDone::Place(RemotePlace { id: PlaceId("cdp".into()), name: name.clone(), contacts: Some(0), made: None })
            }
            ResourceChange::CreateField { tag, field_type } => {
                let spec = AttributeSpec { columns: Columns::One(tag.clone()), kind: Some(*field_type), on_empty: OnEmpty::Keep, line: 1 };
                let kind = match self.real.fit(&WantedField { tag, spec: &spec }, None) {
                    FieldFit::Create(kind) | FieldFit::Fits(kind) => kind,
                    FieldFit::Refused { why, .. } => panic!("{why}"),
                };
                // What Iterable tells of a field is its type.
                let id = if self.like == Like::Iterable { "string".to_owned() } else { tag.clone() };
                let field = RemoteField { id, tag: tag.clone(), name: tag.clone(), kind };
                inner.fields.push(field.clone());
                ResourceDone::Field(field)
            }
            ResourceChange::CreateContainer { name } => {
                inner.made += 1;
                // A tag of Omnisend is its name.
                let id = if self.like == Like::Omnisend { name.clone() } else { format!("{}", 100 + inner.made) };
                inner.lists.insert(id.clone(), name.clone());
                ResourceDone::Container(made(&id, name))
            }
            ResourceChange::RenameContainer { id, to, .. } => {
                inner.lists.insert(id.0.clone(), to.clone());
                ResourceDone::Container(made(&id.0, to))
            }
            ResourceChange::DeleteContainer { id } => {
                inner.lists.remove(&id.0);
                inner.people.values_mut().for_each(|person| _ = person.lists.remove(&id.0));
                ResourceDone::Deleted
            }
            ResourceChange::CreateView { .. } => ResourceDone::View,
        };
        Ok(self.request(apply).await)
    }

    async fn contacts(&self, _place: &PlaceId, page: &PageRequest) -> Result<ContactPage, Error> {
        assert_ne!(self.capabilities().reading, Reading::Nothing);
        let read = |inner: &mut Inner| {
            inner.readings.push(page.clone());
            self.page(inner, page, None)
        };
        Ok(self.request(read).await)
    }

    fn rereads(&self, given: Option<SubscriptionStatus>) -> bool {
        self.real.rereads(given)
    }

    fn clock(&self) -> Option<SystemTime> {
        self.platform.lock().clock
    }

    async fn find(&self, _place: &PlaceId, email: &Email) -> Result<Option<ContactRecord>, Error> {
        let find = |inner: &mut Inner| inner.people.get(email.as_str()).map(|person| self.record(email.as_str(), person, true));
        Ok(self.request(find).await)
    }

    async fn find_sent(&self, _place: &PlaceId, row: &BatchRow) -> Result<Option<(ContactRecord, bool)>, Error> {
        let find = |inner: &mut Inner| {
            let person = inner.people.get(row.email.as_str())?;
            let held = |(tag, value): &(String, crate::member::Value)| person.attributes.get(tag) == Some(&format!("{value:?}"));
            let carries = self.like == Like::Mailchimp
                && row.standing == Some(person.standing)
                && !row.attributes.is_empty()
                && row.attributes.iter().all(held);
            let changed_at = Some(chrono::Utc::now().to_rfc3339());
            Some((ContactRecord { changed_at, ..self.record(row.email.as_str(), person, true) }, carries))
        };
        Ok(self.request(find).await)
    }

    async fn container_members(&self, _place: &PlaceId, container: &ContainerId, page: &PageRequest) -> Result<ContactPage, Error> {
        Ok(self.request(|inner| self.page(inner, page, Some(container))).await)
    }

    fn row_bytes(&self, operation: Operation, row: &BatchRow) -> usize {
        self.real.row_bytes(operation, row)
    }

    fn row_size(&self, operation: Operation, row: &BatchRow) -> RowSize {
        self.real.row_size(operation, row)
    }

    fn is_doubtful(&self, row: &BatchRow) -> bool {
        self.real.is_doubtful(row)
    }

    fn attributes_note(&self, doubtful: u64) -> Option<String> {
        self.real.attributes_note(doubtful)
    }

    fn job_of(&self, batch: &Batch) -> Option<JobId> {
        let mut inner = self.platform.lock();
        inner.made += 1;
        let id = JobId(format!("lost-{}", inner.made));
        inner.named.insert(batch.rows.iter().map(|row| row.key).collect(), id.clone());
        Some(id)
    }

    async fn submit(&self, _place: &PlaceId, batch: &Batch) -> Result<Submitted, Error> {
        self.request(|inner| self.take(inner, batch)).await
    }

    async fn candidate(&self, _place: &PlaceId, rows: &[BatchRow]) -> Result<Option<Candidate>, Error> {
        let has = |inner: &Inner, row: &BatchRow| inner.people.get(row.email.as_str()).map(|person| person.standing) == row.standing;
        let found = self.request(|inner| rows.iter().position(|row| has(inner, row))).await;
        Ok(found.map(|at| Candidate { at, before: serde_json::Value::Null }))
    }

    /// A call like any other update; the statuses stay.
    async fn try_bulk(&self, _place: &PlaceId, row: &BatchRow, _candidate: &Candidate) -> Result<Trial, Error> {
        let batch = Batch { operation: Operation::Update, container: None, rows: vec![row.clone()] };
        let outcome = match self.request(|inner| self.take(inner, &batch)).await? {
            Submitted::Done(mut outcomes) => outcomes.remove(0),
            Submitted::Job(id) => panic!("{id:?}"),
        };
        Ok(match (&outcome, row.standing) {
            (Outcome::Done { standing }, Some(had)) if *standing == Some(had) => Trial::Passed(Passed::on_record(had), outcome),
            (Outcome::Done { .. }, _) => Trial::Failed("another status".into(), outcome),
            _ => Trial::Open(outcome),
        })
    }

    async fn update_in_bulk(&self, _place: &PlaceId, rows: &[BatchRow], permit: &Permit) -> Result<BulkDone, Error> {
        assert!(rows.iter().all(|row| permit.covers(row.standing)), "{rows:?}");
        let batch = Batch { operation: Operation::Update, container: None, rows: rows.to_vec() };
        match self.request(|inner| self.take(inner, &batch)).await? {
            Submitted::Done(outcomes) => Ok(BulkDone { outcomes, stop: None, notes: Vec::new() }),
            Submitted::Job(id) => panic!("{id:?}"),
        }
    }

    async fn poll(&self, _place: &PlaceId, jobs: &Jobs<'_>) -> Result<Polled, Error> {
        let ask = |inner: &mut Inner| {
            let unknown = || JobOutcomes::all(Outcome::NotDone);
            let told = |id: &JobId| (id.clone(), inner.jobs.get(id).cloned().unwrap_or_else(unknown));
            Polled { finished: jobs.ids.iter().map(told).collect(), after: Duration::from_secs(1), ..Polled::default() }
        };
        Ok(self.request(ask).await)
    }
}
