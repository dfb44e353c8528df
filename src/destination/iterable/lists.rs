//! The project's lists.

use super::{
    super::{ContainerId, Error, RemoteContainer},
    api::{Api, Call, read},
    errors, patient, routes,
};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
struct Answered {
    lists: Vec<List>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct List {
    pub id: u64,
    pub name: String,
    #[serde(default)]
    list_type: Option<String>,
    /// Milliseconds.
    #[serde(default)]
    created_at: Option<i64>,
}

impl List {
    /// Why nobody can be put on it.
    fn closed(&self) -> Option<&'static str> {
        match self.list_type.as_deref() {
            None | Some("Standard") => None,
            Some("Dynamic") => Some("it is a dynamic list, which Iterable fills by itself"),
            Some("Suppression") => Some("it is a suppression list: who is on it gets no mail"),
            Some("Internal") => Some("it is a list of Iterable's own"),
            Some(_) => Some("it is not a static list"),
        }
    }
}

impl From<List> for RemoteContainer {
    fn from(list: List) -> Self {
        let closed = list.closed();
        // How many are on it costs one of five calls a minute, and no plan needs it.
        let made = list.created_at.and_then(chrono::DateTime::from_timestamp_millis);
        Self { closed, made, ..Self::new(list.id.to_string(), list.name, None) }
    }
}

/// All of them: the call has no pages and looks for no names.
pub(super) async fn all(api: &Api) -> Result<Vec<List>, Error> {
    Ok(read::<Answered>(&api.call(Call::to(routes::LISTS)).await?)?.lists)
}

/// How many are on it; `None`: there is no such list.
pub(super) async fn size(api: &Api, id: u64) -> Result<Option<u64>, Error> {
    let Some(answer) = patient::ask(api, id, || Ok(Call::to(routes::SIZE).of(id))).await? else { return Ok(None) };
    if answer.is_success() { read(&answer).map(Some) } else { Err(errors::refused(&answer, 1)) }
}

/// As calls name a list.
pub(super) fn id(container: &ContainerId) -> Result<u64, Error> {
    container.0.parse().map_err(|_| Error::stall(format!("{:?} is not the id of an Iterable list: those are whole numbers", container.0)))
}
