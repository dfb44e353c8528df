//! The brand, and what of it an export has to do with. A tag is nothing but a word that contacts carry: one of ours is there even
//! while nobody carries it, another is there if somebody does.

use super::{
    super::{ContainerId, Error, Observed, PlaceId, RemoteContainer, RemotePlace, Sought},
    account::{self, Brand},
    api::Api,
    contacts, fields, segments,
};

pub(super) async fn observe(api: &Api, views: bool, sought: &Sought<'_>) -> Result<Observed, Error> {
    let (Brand { id, name }, found) = futures::try_join!(account::brand(api), found(api, sought))?;
    let known = sought.known.iter().map(|(ContainerId(id), name)| RemoteContainer::new(id, name, None));
    let mut containers: Vec<_> = known.chain(found).collect();
    if views && !containers.is_empty() {
        let segments = segments::all(api).await?;
        for container in &mut containers {
            container.lacks_view = !segments.iter().any(|segment| segment.name == container.name);
        }
    }
    let place = Some(RemotePlace { id: PlaceId(id), name, contacts: None, made: None });
    Ok(Observed { place, same_name: Vec::new(), fields: fields::known(), containers })
}

/// Of the wanted tags that are not known as ours, those that somebody carries.
async fn found(api: &Api, sought: &Sought<'_>) -> Result<Vec<RemoteContainer>, Error> {
    let folded = |name: &str| name.trim().to_lowercase();
    let strange = sought.names.iter().filter(|name| sought.known.iter().all(|(_, known)| folded(known) != folded(name)));
    let asked = strange.map(|name| async move { Ok::<_, Error>((name, contacts::count_of_tag(api, name).await?)) });
    let counted = futures::future::try_join_all(asked).await?;
    let carried = counted.into_iter().filter(|(_, members)| *members != Some(0));
    Ok(carried.map(|(name, members)| RemoteContainer::new(name, name, members)).collect())
}
