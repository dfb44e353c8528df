//! Finds the rows of imports that did not take everyone, by reading the contacts that changed since the first of them.

use super::{
    super::{ContainerId, Error, JobId, JobOutcomes, Outcome, PageRequest, Rejection},
    activities::Activity,
    api::Api,
    capabilities::PAGE_ROWS,
    contacts,
    job::Job,
};
use crate::{member::Key, platform::SubscriptionStatus};
use std::collections::{HashMap, HashSet};

/// How far the vendor's clocks may differ among themselves.
const MARGIN: chrono::TimeDelta = chrono::TimeDelta::minutes(5);

/// A finished import.
pub(super) struct Import {
    job: Job,
    activity: Activity,
    /// Whose rows went along.
    rows: Vec<Key>,
    /// How many of them the vendor says it did not put onto the list.
    pub refused: u64,
}

/// What a reading shows of someone: their status, whether they are on the list.
type Seen = HashMap<Key, (SubscriptionStatus, bool)>;

pub(super) async fn settle(api: &Api, phones: bool, imports: Vec<(JobId, Import)>) -> Result<Vec<(JobId, JobOutcomes)>, Error> {
    let mut seen = Seen::new();
    let Some(list) = imports.first().map(|(_, import)| import.job.list.clone()) else { return Ok(Vec::new()) };
    let mut wanted: HashSet<Key> = imports.iter().flat_map(|(_, import)| &import.rows).copied().collect();
    read(api, &list, since(&imports), &mut wanted, &mut seen).await?;
    // More are unseen than the vendor refused: it does not count an import that changes nothing as a change.
    if imports.iter().any(|(_, import)| import.unseen(&seen) > import.refused) {
        read_list(api, &list, &mut wanted, &mut seen).await?;
    }
    Ok(imports.into_iter().map(|(id, import)| (id, import.told(&seen, phones))).collect())
}

/// A little before the first of them was accepted; everyone, where the vendor does not say when that was.
fn since(imports: &[(JobId, Import)]) -> Option<String> {
    let times = imports.iter().map(|(_, import)| chrono::DateTime::parse_from_rfc3339(&import.activity.created_at).ok());
    let first = times.collect::<Option<Vec<_>>>()?.into_iter().min()?;
    Some((first - MARGIN).to_utc().to_rfc3339_opts(chrono::SecondsFormat::Secs, true))
}

/// Reads until everyone wanted was seen, or to the end.
async fn read(
    api: &Api,
    list: &ContainerId,
    changed_since: Option<String>,
    wanted: &mut HashSet<Key>,
    seen: &mut Seen,
) -> Result<(), Error> {
    let mut page = PageRequest { cursor: None, rows: PAGE_ROWS, changed_since, standing: None };
    while !wanted.is_empty() {
        let read = contacts::of_account(api, &page).await?;
        for contact in read.contacts {
            let key = Key::of(&contact.email);
            if wanted.remove(&key) {
                seen.insert(key, (contact.standing, contact.containers.is_some_and(|lists| lists.contains(list))));
            }
        }
        page.cursor = read.next;
        if page.cursor.is_none() {
            break;
        }
    }
    Ok(())
}

async fn read_list(api: &Api, list: &ContainerId, wanted: &mut HashSet<Key>, seen: &mut Seen) -> Result<(), Error> {
    let mut page = PageRequest { cursor: None, rows: PAGE_ROWS, changed_since: None, standing: None };
    while !wanted.is_empty() {
        let read = contacts::of_list(api, list, &page).await?;
        for contact in read.contacts {
            let key = Key::of(&contact.email);
            if wanted.remove(&key) {
                seen.insert(key, (contact.standing, true));
            }
        }
        page.cursor = read.next;
        if page.cursor.is_none() {
            break;
        }
    }
    Ok(())
}

impl Import {
    pub(super) fn new(job: Job, activity: Activity, mut rows: Vec<Key>) -> Self {
        let left_out: HashSet<_> = job.left_out.iter().collect();
        rows.retain(|key| !left_out.contains(key));
        let refused = activity.status.refused(rows.len() as u64);
        Self { job, activity, rows, refused }
    }

    /// The counts say that everyone was put onto the list, or they are not to be looked into.
    pub(super) fn unverified(&self) -> JobOutcomes {
        self.job.outcomes(Vec::new(), Outcome::Unverified)
    }

    fn unseen(&self, seen: &Seen) -> u64 {
        self.rows.iter().filter(|key| !seen.contains_key(key)).count() as u64
    }

    fn told(&self, seen: &Seen, phones: bool) -> JobOutcomes {
        let rows = self.rows.iter().map(|key| (*key, self.outcome(seen.get(key), phones))).collect();
        self.job.outcomes(rows, Outcome::Unconfirmed("the row is not among those that were sent".to_owned()))
    }

    fn not_imported(&self, phones: bool) -> String {
        let counts = self.activity.status;
        let why = if phones { "; its imports do not take international phone numbers, so look at the phone first" } else { "" };
        format!(
            "not imported: Constant Contact did not take {} rows of this import ({} as errors, {} as correctable) and does not say why{why}",
            self.refused, counts.error_count, counts.correctable_count
        )
    }

    fn outcome(&self, seen: Option<&(SubscriptionStatus, bool)>, phones: bool) -> Outcome {
        let (code, detail) = match seen {
            Some((standing, true)) => return Outcome::Done { standing: Some(*standing) },
            Some((SubscriptionStatus::Unsubscribed, false)) => ("unsubscribed", "this person unsubscribed at Constant Contact".to_owned()),
            Some(_) => ("not-added", "imported, but not on the list: the contact may be on 50 lists already".to_owned()),
            None => ("not-added", self.not_imported(phones)),
        };
        Outcome::Rejected(Rejection { code, detail, field: None })
    }
}
