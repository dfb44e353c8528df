//! Makes and deletes what a plan names: a tag needs nothing, its segment a call.

use super::{
    super::{ContainerId, Error, RemoteContainer, ResourceChange, ResourceDone},
    api::Api,
    segments,
};

pub(super) async fn change(api: &Api, views: bool, change: &ResourceChange) -> Result<ResourceDone, Error> {
    match change {
        ResourceChange::CreateContainer { name } => {
            if views {
                segments::create(api, name, name).await?;
            }
            Ok(ResourceDone::Container(RemoteContainer::new(name, name, Some(0))))
        }
        ResourceChange::CreateView { container: ContainerId(tag), name } => {
            segments::create(api, tag, name).await.map(|()| ResourceDone::View)
        }
        ResourceChange::DeleteContainer { id: ContainerId(tag) } => {
            if views {
                segments::delete(api, tag).await?;
            }
            Ok(ResourceDone::Deleted)
        }
        ResourceChange::CreatePlace { .. } | ResourceChange::CreateField { .. } | ResourceChange::RenameContainer { .. } => {
            Err(Error::stall("Omnisend has no such change; this is a bug in Listkeeper"))
        }
    }
}
