//! The project's lists and fields, as Iterable has them.

use super::{
    super::{Error, Observed, RemoteContainer, RemotePlace, Sought},
    account,
    api::Api,
    fields,
    known::Known,
    lists::{self, List},
};

pub(super) async fn observe(api: &Api, known: &Known, sought: &Sought<'_>) -> Result<Observed, Error> {
    let (lists, types) = futures::try_join!(lists::all(api), fields::all(api))?;
    // A project's type never changes: where we have lists already, it was looked at.
    if sought.known.is_empty() {
        account::refuse_user_ids(api, &types).await?;
    }
    known.learn(&types);
    let place = RemotePlace { id: api.place.clone(), name: api.place.0.clone(), contacts: None, made: None };
    let sought_lists = lists.into_iter().filter(|list| is_sought(list, sought)).map(|list| counted(api, list, sought));
    let containers = futures::future::try_join_all(sought_lists).await?;
    let fields = types.into_iter().map(|(name, kind)| fields::remote(name, kind)).collect();
    Ok(Observed { place: Some(place), same_name: Vec::new(), fields, containers })
}

/// How many are on a list costs one of five calls a minute: asked only where it decides whether the list is ours.
async fn counted(api: &Api, list: List, sought: &Sought<'_>) -> Result<RemoteContainer, Error> {
    let members = if sought.begun.contains(&list.name) { lists::size(api, list.id).await? } else { None };
    Ok(RemoteContainer { members, ..list.into() })
}

/// Names are compared exactly: two that differ in case are two.
fn is_sought(list: &List, sought: &Sought<'_>) -> bool {
    let id = list.id.to_string();
    sought.known.iter().any(|(known, _)| known.0 == id) || sought.names.contains(&list.name)
}
