//! Creates, renames and deletes what a plan names.
//!
//! Nothing is made twice: each creation looks first, sends without blind repeats, and looks again when the answer was
//! lost. What is found then and is still empty is what an earlier call of ours made; anything else is somebody's.

use super::{
    super::{
        ContainerId, Error, PlaceId, RemoteContainer, RemoteField, RemotePlace, ResourceChange, ResourceDone,
        made_once::{always, made_once},
    },
    api::{Api, Call, read},
    errors::{self, Problem},
    fields::{MergeField, NewField, name_of},
    observe::{self, List, Segment},
};
use crate::{
    definition::{AudienceCreate, AudienceRef, FieldType},
    http::Method,
};
use serde_json::json;

pub(super) async fn change(
    api: &Api,
    audience: &AudienceRef,
    place: Option<&PlaceId>,
    change: &ResourceChange,
) -> Result<ResourceDone, Error> {
    let within = || place.ok_or_else(|| Error::stall("the audience must exist before its fields and tags; this is a bug in Listkeeper"));
    match change {
        ResourceChange::CreatePlace { name } => {
            let create = details(audience, name)?;
            made_once("Mailchimp", || found_place(api, name), || always(create_place(api, name, create))).await.map(ResourceDone::Place)
        }
        ResourceChange::CreateField { tag, field_type } => {
            let place = within()?;
            let done =
                made_once("Mailchimp", || found_field(api, place, tag, *field_type), || always(create_field(api, place, tag, *field_type)));
            done.await.map(ResourceDone::Field)
        }
        ResourceChange::CreateContainer { name } => {
            let place = within()?;
            let done = made_once("Mailchimp", || found_container(api, place, name), || always(create_container(api, place, name)));
            done.await.map(ResourceDone::Container)
        }
        ResourceChange::RenameContainer { id, to, .. } => {
            let path = ["lists", &within()?.0, "segments", &id.0];
            // Only the name: a `static_segment` would empty the tag.
            let call = Call::send(Method::Patch, "/lists/{id}/segments/{id}", &path, &json!({ "name": to }))?;
            Ok(ResourceDone::Container(read::<Segment>(&api.call(call).await?)?.into()))
        }
        ResourceChange::CreateView { .. } => Err(Error::stall("Mailchimp shows a tag by itself; this is a bug in Listkeeper")),
        ResourceChange::DeleteContainer { id } => delete_container(api, within()?, id).await.map(|()| ResourceDone::Deleted),
    }
}

/// The vendor's own "not found" means that it is deleted: by somebody, or by this call, whose first answer was lost.
async fn delete_container(api: &Api, place: &PlaceId, id: &ContainerId) -> Result<(), Error> {
    let path = ["lists", &place.0, "segments", &id.0];
    let answer = api.answer(Call::delete("/lists/{id}/segments/{id}", &path)).await?;
    let gone = answer.status == 404 && Problem::of(&answer.body).is_some();
    if answer.is_success() || gone { Ok(()) } else { Err(errors::refused(&answer, 1)) }
}

fn details<'a>(audience: &'a AudienceRef, name: &str) -> Result<&'a AudienceCreate, Error> {
    match audience {
        AudienceRef::Named { create: Some(create), .. } => Ok(create),
        _ => Err(Error::stall(format!("there is no audience {name:?}, and the export does not say how to create it"))
            .hint("add `create:` under target.audience, or name an audience that exists")),
    }
}

async fn found_place(api: &Api, name: &str) -> Result<Option<RemotePlace>, Error> {
    let mut found = observe::by_name(api, name).await?;
    match (found.pop(), found.len()) {
        (None, _) => Ok(None),
        (Some(place), 0) if place.contacts == Some(0) => Ok(Some(place)),
        _ => Err(Error::stall(format!("an audience {name:?} exists already"))
            .hint("to use it write its id as target.audienceId, or add `adopt: true`")),
    }
}

async fn create_place(api: &Api, name: &str, create: &AudienceCreate) -> Result<RemotePlace, Error> {
    let body = json!({
        "name": name,
        "contact": {
            "company": create.company, "address1": create.address1, "address2": create.address2, "city": create.city,
            "state": create.state, "zip": create.zip, "country": create.country, "phone": create.phone,
        },
        "permission_reminder": create.permission_reminder,
        "campaign_defaults": {
            "from_name": create.from_name, "from_email": create.from_email, "subject": create.subject,
            "language": create.language,
        },
        "email_type_option": create.email_type_option,
    });
    let call = Call::send(Method::Post, "/lists", &["lists"], &body)?.once();
    Ok(read::<List>(&api.call(call).await?)?.into())
}

async fn found_field(api: &Api, place: &PlaceId, tag: &str, field_type: FieldType) -> Result<Option<RemoteField>, Error> {
    let found = observe::fields_of(api, place).await?.into_iter().find(|field| field.tag == tag);
    match found {
        Some(field) if field.kind.field_type != field_type => {
            let (has, wanted) = (name_of(field.kind.field_type), name_of(field_type));
            Err(Error::stall(format!("the audience has a {has} field {tag} already, not a {wanted} field")).hint("plan again"))
        }
        found => Ok(found),
    }
}

async fn create_field(api: &Api, place: &PlaceId, tag: &str, field_type: FieldType) -> Result<RemoteField, Error> {
    let path = ["lists", &place.0, "merge-fields"];
    let call = Call::send(Method::Post, "/lists/{id}/merge-fields", &path, &NewField::new(tag, field_type))?.once();
    let made = RemoteField::from(read::<MergeField>(&api.call(call).await?)?);
    if made.tag == tag {
        return Ok(made);
    }
    Err(Error::stall(format!("Mailchimp created the field {tag} under the tag {}", made.tag))
        .hint("delete that field at Mailchimp, and name another tag"))
}

/// Tag names come back in another case at times: names that differ only so are one.
async fn found_container(api: &Api, place: &PlaceId, name: &str) -> Result<Option<RemoteContainer>, Error> {
    let folded = name.to_lowercase();
    let found = observe::containers_of(api, place).await?.into_iter().find(|tag| tag.name.to_lowercase() == folded);
    match found {
        Some(RemoteContainer { name, members: Some(members @ 1..), .. }) => {
            Err(Error::stall(format!("a tag {name:?} with {members} members exists already"))
                .hint("to take it over add `adopt: {tags: true}` under target"))
        }
        found => Ok(found),
    }
}

async fn create_container(api: &Api, place: &PlaceId, name: &str) -> Result<RemoteContainer, Error> {
    let path = ["lists", &place.0, "segments"];
    let body = json!({ "name": name, "static_segment": [] });
    let call = Call::send(Method::Post, "/lists/{id}/segments", &path, &body)?.once();
    Ok(read::<Segment>(&api.call(call).await?)?.into())
}
