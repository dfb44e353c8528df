//! Lists made and deleted, fields announced, as a plan names them.

use super::{
    super::{
        ContainerId, Error, RemoteContainer, RemoteField, ResourceChange, ResourceDone,
        made_once::{always, made_once},
    },
    api::{Api, Call, read},
    errors, fields,
    known::Known,
    lists, patient, routes,
};
use crate::definition::FieldType;
use serde::Deserialize;
use serde_json::json;

pub(super) async fn change(api: &Api, known: &Known, change: &ResourceChange) -> Result<ResourceDone, Error> {
    match change {
        ResourceChange::CreateContainer { name } => {
            made_once("Iterable", || found_list(api, name), || always(create_list(api, name))).await.map(ResourceDone::Container)
        }
        ResourceChange::CreateField { tag, field_type } => announce_field(api, known, tag, *field_type).await.map(ResourceDone::Field),
        ResourceChange::DeleteContainer { id } => delete_list(api, id).await.map(|()| ResourceDone::Deleted),
        ResourceChange::CreatePlace { .. } => Err(cannot("make projects")),
        ResourceChange::RenameContainer { .. } => Err(cannot("rename lists")),
        ResourceChange::CreateView { .. } => Err(cannot("show a list by something else")),
    }
}

fn cannot(what: &str) -> Error {
    Error::stall(format!("Iterable's API cannot {what}; this is a bug in Listkeeper"))
}

/// Made by an earlier call whose answer was lost: then it is empty.
async fn found_list(api: &Api, name: &str) -> Result<Option<RemoteContainer>, Error> {
    let Some(list) = lists::all(api).await?.into_iter().find(|list| list.name == name) else { return Ok(None) };
    match lists::size(api, list.id).await? {
        None => Ok(None),
        Some(0) => Ok(Some(RemoteContainer { members: Some(0), ..list.into() })),
        Some(size) => Err(Error::stall(format!("a list {name:?} with {size} members exists already"))
            .hint("to take it over add `adopt: {lists: true}` under target")),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Made {
    list_id: u64,
}

async fn create_list(api: &Api, name: &str) -> Result<RemoteContainer, Error> {
    let body = json!({ "name": name, "description": "kept by Listkeeper: who is on it is changed by its definition" });
    let made: Made = read(&api.call(Call::to(routes::NEW_LIST).body(&body)?.once()).await?)?;
    api.young.made(made.list_id);
    let list = RemoteContainer::new(made.list_id.to_string(), name, Some(0));
    // The answer does not say when it was made, by which the list, and with it the project, is recognised later.
    let shown = lists::all(api).await.unwrap_or_default().into_iter().find(|list| list.id == made.list_id);
    Ok(RemoteContainer { made: shown.map(RemoteContainer::from).and_then(|shown| shown.made), ..list })
}

/// Gone already is as good as deleted now.
async fn delete_list(api: &Api, id: &ContainerId) -> Result<(), Error> {
    let list = lists::id(id)?;
    let Some(answer) = patient::ask(api, list, || Ok(Call::to(routes::DELETE_LIST).of(list))).await? else { return Ok(()) };
    match answer.status {
        409 => Err(Error::stall(format!("Iterable does not delete the list {id}: a journey or campaign uses it"))
            .hint("take the list out of them at Iterable, then try again")),
        _ if answer.is_success() => {
            api.young.deleted(list);
            Ok(())
        }
        _ => Err(errors::refused(&answer, 1)),
    }
}

/// No call makes a field: the first value does. What can be done before is to see that nobody else made it meanwhile.
async fn announce_field(api: &Api, known: &Known, name: &str, field_type: FieldType) -> Result<RemoteField, Error> {
    let word = fields::word_of(field_type);
    match fields::all(api).await?.remove(name) {
        Some(has) if has != word => {
            return Err(Error::stall(format!("the project has a field {name} of type {has} already, not {word}")).hint("plan again"));
        }
        Some(_) => known.learn(&[(name.to_owned(), word.to_owned())].into()),
        None => known.want(name, field_type),
    }
    Ok(fields::remote(name.to_owned(), word.to_owned()))
}
