//! Segments as Customer Insights knows them: whether one may be read now, how many people it holds, and as of when.

use super::{
    super::{
        super::{SourceError, SourceErrorKind},
        REFRESHING,
        refusal::plain,
    },
    instance::Instance,
};
use crate::definition::nearest;
use chrono::{DateTime, NaiveDateTime, Utc};
use serde::Deserialize;
use std::time::SystemTime;

const ROUTE: &str = "/manage/segments";

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Segment {
    name: String,
    friendly_name: Option<String>,
    state: Option<String>,
    error_description: Option<String>,
    evaluation_status: Option<Evaluation>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Evaluation {
    job_status: Option<String>,
    evaluation_date: Option<String>,
    entity_count: Option<i64>,
    last_successful_run_id: Option<String>,
}

/// A segment whose members can be read; equal as long as nothing happened to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ready {
    /// Of the table that holds the members.
    pub name: String,
    pub people: u64,
    pub evaluated: SystemTime,
    run: Option<String>,
}

/// The segment of this name, looked up now.
pub fn known(instance: &mut Instance, wanted: &str) -> Result<Segment, SourceError> {
    let mut all = all(instance)?;
    let at = find(&all, wanted)?;
    Ok(all.swap_remove(at))
}

/// All of them at one moment.
pub fn all(instance: &mut Instance) -> Result<Vec<Segment>, SourceError> {
    instance.ask(ROUTE, ["manage", "segments"], "")
}

/// Where among all the segment of this name is, else the only one that is shown by it; letter case does not matter.
pub fn find(all: &[Segment], wanted: &str) -> Result<usize, SourceError> {
    let wanted_lower = wanted.to_lowercase();
    let same = |name: &str| name.to_lowercase() == wanted_lower;
    let exact = all.iter().position(|segment| segment.name == wanted);
    if let Some(at) = exact.or_else(|| all.iter().position(|segment| same(&segment.name))) {
        return Ok(at);
    }
    let shown = all.iter().enumerate().filter(|(_, segment)| segment.friendly_name.as_deref().is_some_and(same));
    let shown = shown.collect::<Vec<_>>();
    match shown.as_slice() {
        [(at, _)] => Ok(*at),
        [] => {
            let names = all.iter().flat_map(|segment| [Some(segment.name.as_str()), segment.friendly_name.as_deref()]).flatten();
            Err(SourceError::new(format!("Customer Insights has no segment named {wanted:?}")).hint(nearest::hint(
                wanted,
                names.collect::<Vec<_>>(),
                "it has no segments at all: check `instanceId`",
            )))
        }
        several => {
            let names = several.iter().map(|(_, segment)| segment.name.as_str()).collect::<Vec<_>>().join(", ");
            let several = several.len();
            Err(SourceError::new(format!("Customer Insights shows {several} segments as {wanted:?}")).hint(format!("name one of {names}")))
        }
    }
}

impl Segment {
    /// Of the table that holds the members.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Fails unless its members are those of a finished evaluation.
    pub fn ready(self) -> Result<Ready, SourceError> {
        self.active()?;
        let evaluation = self.finished()?;
        let people = evaluation.entity_count.and_then(|count| u64::try_from(count).ok());
        let at = evaluation.evaluation_date.as_deref().and_then(moment);
        let (Some(people), Some(evaluated)) = (people, at) else {
            return Err(self.unfit("it does not say when it was evaluated and how many people it holds"));
        };
        Ok(Ready { people, evaluated, run: evaluation.last_successful_run_id.clone(), name: self.name })
    }

    fn active(&self) -> Result<(), SourceError> {
        match self.state.as_deref().unwrap_or("active").to_lowercase().as_str() {
            "active" | "validated" => Ok(()),
            "validating" => Err(self.under_way("it is being validated")),
            state => match self.error_description.as_deref().map(plain).filter(|why| !why.is_empty()) {
                Some(why) => Err(self.unfit(&format!("it is {state}: {why}"))),
                None => Err(self.unfit(&format!("it is {state}"))),
            },
        }
    }

    fn finished(&self) -> Result<&Evaluation, SourceError> {
        let Some(evaluation) = &self.evaluation_status else { return Err(self.unfit("it was never evaluated")) };
        match evaluation.job_status.as_deref().unwrap_or("none").to_lowercase().as_str() {
            "completedsuccess" => Ok(evaluation),
            "queued" => Err(self.under_way("its evaluation waits for its turn")),
            "running" => Err(self.under_way("it is being evaluated")),
            "none" => Err(self.unfit("it was never evaluated")),
            status => Err(self.unfit(&format!("its last evaluation ended as {}", plain(status)))),
        }
    }

    fn unfit(&self, why: &str) -> SourceError {
        SourceError::new(format!("segment {} at Customer Insights is not fit to be used: {why}", self.name))
            .kind(SourceErrorKind::Unfit)
            .hint("its page in Customer Insights tells more; activate or refresh it there")
    }

    fn under_way(&self, why: &str) -> SourceError {
        SourceError::new(format!("segment {} at Customer Insights cannot be read yet: {why}", self.name))
            .kind(REFRESHING)
            .hint("it is read again later, and until then nobody is added or taken out")
    }
}

/// A time without a zone is UTC, as all of them are there.
fn moment(text: &str) -> Option<SystemTime> {
    let zoned = text.parse::<DateTime<Utc>>();
    zoned.or_else(|_| text.parse::<NaiveDateTime>().map(|naive| naive.and_utc())).ok().map(SystemTime::from)
}
