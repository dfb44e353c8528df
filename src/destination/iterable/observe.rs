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
    let place = RemotePlace { id: api.place.clone(), name: api.place.0.clone(), contacts: None };
    let containers = lists.into_iter().filter(|list| is_sought(list, sought)).map(RemoteContainer::from).collect();
    let fields = types.into_iter().map(|(name, kind)| fields::remote(name, kind)).collect();
    Ok(Observed { place: Some(place), same_name: Vec::new(), fields, containers })
}

/// Names are compared exactly: two that differ in case are two.
fn is_sought(list: &List, sought: &Sought<'_>) -> bool {
    let id = list.id.to_string();
    sought.known.iter().any(|(known, _)| known.0 == id) || sought.names.contains(&list.name)
}
