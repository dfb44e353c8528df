//! Activities: accepted at once, carried out later, side by side and in no order.

use super::{
    super::{Error, ErrorKind, cursors::Cursors},
    api::{Api, Call, Links, read},
    errors,
};
use serde::Deserialize;
use serde_json::Value as Json;
use std::{collections::BTreeMap, time::Duration};

/// Activities a page.
const PAGE: usize = 500;
/// How often somebody else's are asked for, and for how long: as long as the vendor takes for one.
const PAUSE: Duration = Duration::from_secs(15);
const PATIENCE: u32 = 60;

/// One activity as the vendor shows it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Activity {
    #[serde(rename = "activity_id")]
    pub id: String,
    state: String,
    pub created_at: String,
    activity_errors: Vec<Json>,
    pub status: Counts,
}

/// All that the vendor says of how it went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(super) struct Counts {
    pub items_total_count: u64,
    pub items_completed_count: u64,
    pub person_count: u64,
    pub error_count: u64,
    pub correctable_count: u64,
    pub cannot_add_to_list_count: u64,
}

impl Counts {
    /// Of so many rows sent, how many the vendor says it did not put onto the list. Which of its counts is that of the rows is
    /// not documented, and one of them may include the line of headings: the greatest is taken. No counts at all say nothing.
    pub(super) fn refused(self, sent: u64) -> u64 {
        let read = self.items_total_count.max(self.person_count);
        let unread = if read == 0 { 0 } else { sent.saturating_sub(read) };
        self.error_count + self.correctable_count + self.cannot_add_to_list_count + unread
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// Waiting, or being worked on; also a word newer than this program.
    Working,
    Completed,
    /// Failed, cancelled or timed out.
    Stopped,
}

impl Activity {
    pub(super) fn state(&self) -> State {
        match self.state.as_str() {
            "completed" => State::Completed,
            "failed" | "cancelled" | "timed_out" => State::Stopped,
            _ => State::Working,
        }
    }

    /// The vendor's reasons, without addresses.
    pub(super) fn reasons(&self) -> String {
        let text = |error: &Json| error.as_str().or_else(|| error["message"].as_str()).unwrap_or_default().to_owned();
        let said: Vec<_> = self.activity_errors.iter().map(text).collect();
        super::super::words::clean(&format!("{} {}", self.state, said.join("; ")))
    }
}

/// Sends what an activity is made of; gives its id.
pub(super) async fn started(api: &Api, call: Call<'_>) -> Result<String, Error> {
    Ok(read::<Activity>(&api.call(call).await?)?.id)
}

#[derive(Deserialize)]
struct Page {
    #[serde(default)]
    activities: Vec<Activity>,
    #[serde(rename = "_links", default)]
    links: Links,
}

/// Those of these that the vendor still knows: a single one by its id, several by a sweep, and by their ids those that the
/// sweep did not show.
pub(super) async fn look(api: &Api, ids: &[&str]) -> Result<BTreeMap<String, Activity>, Error> {
    let mut found = if ids.len() > 1 { sweep(api, ids).await? } else { BTreeMap::new() };
    for id in ids {
        if !found.contains_key(*id)
            && let Some(activity) = one(api, id).await?
        {
            found.insert((*id).to_owned(), activity);
        }
    }
    Ok(found)
}

/// The vendor has no filter for those that have not begun, so all are asked for.
async fn sweep(api: &Api, ids: &[&str]) -> Result<BTreeMap<String, Activity>, Error> {
    let (mut found, mut cursor, mut cursors) = (BTreeMap::new(), None, Cursors::default());
    loop {
        let page = page(api, cursor.as_deref()).await?;
        found.extend(page.activities.into_iter().filter(|a| ids.contains(&a.id.as_str())).map(|a| (a.id.clone(), a)));
        cursor = cursors.follow(page.links.next())?;
        if cursor.is_none() || found.len() == ids.len() {
            return Ok(found);
        }
    }
}

async fn page(api: &Api, cursor: Option<&str>) -> Result<Page, Error> {
    read(&api.call(Call::get("/activities", &["activities"]).query("limit", PAGE).after(cursor)).await?)
}

/// `None`: forgotten, which the vendor does after ten days.
pub(super) async fn one(api: &Api, id: &str) -> Result<Option<Activity>, Error> {
    let answer = api.answer(Call::get("/activities/{id}", &["activities", id])).await?;
    match answer.status {
        _ if errors::is_absent(&answer) => Ok(None),
        _ if answer.is_success() => Ok(Some(read(&answer)?)),
        _ => Err(errors::refused(&answer, 1)),
    }
}

/// Waits until nothing that was begun before us is unfinished: a call whose answer an earlier run did not get, above all. What
/// is sent meanwhile could be done first, and be undone by it. After a while it goes on all the same.
pub(super) async fn quiet(api: &Api) -> Result<(), Error> {
    for _ in 0..PATIENCE {
        let page = page(api, None).await?;
        if page.activities.iter().all(|activity| activity.state() != State::Working) {
            break;
        }
        pause(api).await?;
    }
    Ok(())
}

/// Waits for an activity that a change of resources depends on.
pub(super) async fn done(api: &Api, id: &str) -> Result<(), Error> {
    for _ in 0..PATIENCE {
        let Some(activity) = one(api, id).await? else { return Ok(()) };
        match activity.state() {
            State::Completed => return Ok(()),
            State::Stopped => return Err(Error::stall(format!("Constant Contact did not carry it out ({})", activity.reasons()))),
            State::Working => pause(api).await?,
        }
    }
    Err(Error::new(ErrorKind::Retry { after: None, unknown: true }, "Constant Contact has not carried it out yet"))
}

async fn pause(api: &Api) -> Result<(), Error> {
    if api.wait(PAUSE).await {
        return Ok(());
    }
    Err(Error::new(ErrorKind::Retry { after: None, unknown: false }, "stopped while waiting for Constant Contact"))
}
