//! The audience, its merge fields and its tags, as Mailchimp has them.

use super::super::words::moment;
use super::{
    super::{Error, Observed, PlaceId, RemoteContainer, RemoteField, RemotePlace},
    api::{Api, Call, read},
    errors::{self, Problem},
    fields,
};
use crate::definition::AudienceRef;
use serde::{Deserialize, de::DeserializeOwned};

const PAGE: usize = super::capabilities::PAGE_ROWS;
/// More pages than any account fills; ends a reading of a server that never does.
const PAGES_MAX: usize = 100;

#[derive(Debug, Deserialize)]
pub(super) struct List {
    pub id: String,
    pub name: String,
    #[serde(default)]
    stats: Stats,
    #[serde(default)]
    date_created: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Stats {
    member_count: u64,
    unsubscribe_count: u64,
    cleaned_count: u64,
    total_contacts: Option<u64>,
}

impl From<List> for RemotePlace {
    fn from(List { id, name, stats, date_created }: List) -> Self {
        let counted = stats.member_count + stats.unsubscribe_count + stats.cleaned_count;
        Self { id: PlaceId(id), name, contacts: Some(stats.total_contacts.unwrap_or(counted).max(counted)), made: moment(&date_created) }
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct Segment {
    pub id: u64,
    pub name: String,
    #[serde(default)]
    pub member_count: u64,
    #[serde(default)]
    created_at: String,
}

impl From<Segment> for RemoteContainer {
    fn from(Segment { id, name, member_count, created_at }: Segment) -> Self {
        Self { made: moment(&created_at), ..Self::new(id.to_string(), name, Some(member_count)) }
    }
}

pub(super) async fn observe(api: &Api, audience: &AudienceRef, known: Option<&PlaceId>) -> Result<Observed, Error> {
    let (place, same_name) = find(api, audience, known).await?;
    let Some(place) = place else { return Ok(Observed { same_name, ..Observed::default() }) };
    let (fields, containers) = futures::try_join!(fields_of(api, &place.id), containers_of(api, &place.id))?;
    Ok(Observed { place: Some(place), same_name, fields, containers })
}

/// The recorded id wins, then the definition's; a name is looked for only where neither leads to an audience. Of
/// several audiences of one name none is taken.
async fn find(api: &Api, audience: &AudienceRef, known: Option<&PlaceId>) -> Result<(Option<RemotePlace>, Vec<PlaceId>), Error> {
    if let Some(known) = known
        && let Some(place) = by_id(api, &known.0).await?
    {
        return Ok((Some(place), Vec::new()));
    }
    match audience {
        AudienceRef::Id(id) if known.is_none_or(|known| known.0 != *id) => Ok((by_id(api, id).await?, Vec::new())),
        AudienceRef::Id(_) => Ok((None, Vec::new())),
        AudienceRef::Named { name, .. } => {
            let mut found = by_name(api, name).await?;
            let same_name = found.iter().map(|place| place.id.clone()).collect();
            let only = if found.len() == 1 && known.is_none() { found.pop() } else { None };
            Ok((only, same_name))
        }
    }
}

async fn by_id(api: &Api, id: &str) -> Result<Option<RemotePlace>, Error> {
    let call = Call::get("/lists/{id}", &["lists", id]).query("include_total_contacts", true);
    let answer = api.answer(call).await?;
    match answer.status {
        // A 404 that is not the API's own says that the endpoint is wrong, not that the audience is gone.
        404 if Problem::of(&answer.body).is_some() => Ok(None),
        _ if answer.is_success() => Ok(Some(read::<List>(&answer)?.into())),
        _ => Err(errors::refused(&answer, 1)),
    }
}

/// Names are compared exactly: two that differ in case are two.
pub(super) async fn by_name(api: &Api, name: &str) -> Result<Vec<RemotePlace>, Error> {
    let lists: Vec<List> = all(api, || Call::get("/lists", &["lists"]).query("include_total_contacts", true)).await?;
    Ok(lists.into_iter().filter(|list| list.name == name).map(RemotePlace::from).collect())
}

pub(super) async fn fields_of(api: &Api, place: &PlaceId) -> Result<Vec<RemoteField>, Error> {
    let fields: Vec<fields::MergeField> = all(api, || Call::get("/lists/{id}/merge-fields", &["lists", &place.0, "merge-fields"])).await?;
    Ok(fields.into_iter().map(RemoteField::from).collect())
}

pub(super) async fn containers_of(api: &Api, place: &PlaceId) -> Result<Vec<RemoteContainer>, Error> {
    let call = || {
        Call::get("/lists/{id}/segments", &["lists", &place.0, "segments"])
            .query("type", "static")
            .query("include_cleaned", true)
            .query("include_transactional", true)
            .query("include_unsubscribed", true)
    };
    let segments: Vec<Segment> = all(api, call).await?;
    Ok(segments.into_iter().map(RemoteContainer::from).collect())
}

/// A page of whatever: each answer names its rows after themselves.
#[derive(Deserialize)]
struct Page<T> {
    #[serde(alias = "lists", alias = "merge_fields", alias = "segments", alias = "tags")]
    items: Vec<T>,
    total_items: Option<usize>,
}

/// Every page of a small collection.
pub(super) async fn all<'a, T: DeserializeOwned>(api: &Api, call: impl Fn() -> Call<'a>) -> Result<Vec<T>, Error> {
    let mut items = Vec::new();
    for _ in 0..PAGES_MAX {
        let answer = api.call(call().query("count", PAGE).query("offset", items.len())).await?;
        let page: Page<T> = read(&answer)?;
        let got = page.items.len();
        items.extend(page.items);
        if got == 0 || items.len() >= page.total_items.unwrap_or(if got < PAGE { 0 } else { usize::MAX }) {
            break;
        }
    }
    Ok(items)
}
