//! Segments of the platform's own, each with the one rule "carries this tag", so that marketers find a tag like a list.

use super::{
    super::{Error, ErrorKind},
    api::{Api, Call, SEGMENT_WRITES, SEGMENTS, read},
    contacts::Paging,
    errors,
};
use crate::http::Method;
use serde::Deserialize;
use serde_json::{Value as Json, json};
use std::time::Duration;

/// Segments of a page, at most.
const PAGE: usize = 50;
/// More pages than any brand fills; ends a reading of a server that never does.
const PAGES_MAX: usize = 100;
/// Sendings of one creation whose answers were lost.
const ATTEMPTS: usize = 3;
/// A segment that is being built cannot be deleted: how often and after how long that is tried again.
const BUILDS: usize = 6;
const BUILDING: Duration = Duration::from_secs(10);

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Segment {
    #[serde(rename = "segmentID")]
    id: String,
    pub name: String,
    #[serde(default)]
    status: String,
    #[serde(default)]
    condition_groups: Json,
}

#[derive(Deserialize)]
struct Page {
    segments: Vec<Segment>,
    paging: Paging,
}

impl Segment {
    /// It is the tag's members and nobody else.
    fn is_on(&self, tag: &str) -> bool {
        let only = |list: &Json| list.as_array().filter(|list| list.len() == 1).map(|list| list[0].clone());
        let filter = only(&self.condition_groups).and_then(|group| only(&group["conditions"])).and_then(|c| only(&c["filters"]));
        filter.is_some_and(|f| f["property"] == "tags" && f["operator"] == "anyOf" && f["value"] == json!([tag]))
    }
}

/// All but those that somebody put away.
pub(super) async fn all(api: &Api) -> Result<Vec<Segment>, Error> {
    let (mut all, mut after) = (Vec::new(), None);
    for _ in 0..PAGES_MAX {
        let call = Call::get("/segments", &["segments"]).lane(SEGMENTS).query("limit", PAGE);
        let call = after.iter().fold(call, |call, after| call.query("after", after));
        let page: Page = read(&api.call(call).await?)?;
        all.extend(page.segments.into_iter().filter(|segment| segment.status != "archived"));
        after = page.paging.next()?;
        if after.is_none() {
            break;
        }
    }
    Ok(all)
}

/// Makes the segment on a tag unless it is there. Looks first, and again when nobody knows whether it was made.
pub(super) async fn create(api: &Api, tag: &str, name: &str) -> Result<(), Error> {
    let mut attempt = 0;
    loop {
        if is_there(api, tag, name).await? {
            return Ok(());
        }
        attempt += 1;
        match make(api, tag, name).await {
            Err(Error { kind: ErrorKind::Retry { unknown: true, .. }, .. }) if attempt < ATTEMPTS => {}
            made => return made,
        }
    }
}

async fn is_there(api: &Api, tag: &str, name: &str) -> Result<bool, Error> {
    let same: Vec<_> = all(api).await?.into_iter().filter(|segment| segment.name == name).collect();
    if same.is_empty() || same.iter().any(|segment| segment.is_on(tag)) {
        return Ok(!same.is_empty());
    }
    Err(Error::stall(format!("Omnisend has a segment {name:?} already, with another rule than the tag {tag:?}"))
        .hint("rename it at Omnisend, choose another name by `target: {names: {…}}`, or leave `segment: true` out"))
}

async fn make(api: &Api, tag: &str, name: &str) -> Result<(), Error> {
    let filter = json!({ "property": "tags", "operator": "anyOf", "value": [tag] });
    let condition = json!({ "entity": "contact", "junction": "and", "filters": [filter] });
    let body = json!({ "name": name, "conditionGroups": [{ "conditions": [condition] }] });
    let call = Call::send(Method::Post, "/segments", &["segments"], &body)?.once().lane(SEGMENT_WRITES);
    api.call(call).await.map(drop)
}

/// Deletes the segment that is called as the tag and on it, if there is one. Who carries the tag goes on carrying it.
pub(super) async fn delete(api: &Api, tag: &str) -> Result<(), Error> {
    let ours = all(api).await?.into_iter().find(|segment| segment.name == tag && segment.is_on(tag));
    let Some(Segment { id, .. }) = ours else { return Ok(()) };
    for _ in 0..BUILDS {
        let call = Call::delete("/segments/{id}", &["segments", &id]).lane(SEGMENTS);
        let what = call.what;
        let answer = api.answer(call).await?;
        match answer.status {
            // By somebody, or by a call of ours whose answer was lost.
            404 if errors::Problem::of(&answer.body).is_some() => return Ok(()),
            409 if api.wait(BUILDING).await => {}
            _ if answer.is_success() => return Ok(()),
            _ => return Err(errors::refused(&answer, what)),
        }
    }
    let kind = ErrorKind::Retry { after: Some(BUILDING), unknown: false };
    Err(Error::new(kind, format!("Omnisend is still building the segment {tag:?}, and deletes none meanwhile")))
}
