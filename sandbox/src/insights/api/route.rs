//! The addresses there are.

use std::borrow::Cow;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Route {
    Instances,
    Segments,
    Entities,
    Size(String),
    Data(String),
    Jobs,
    Schedules,
}

impl Route {
    /// The environment in the path, if the path has one, and what is asked of it.
    pub(super) fn read(path: &str) -> Option<(Option<String>, Self)> {
        let parts: Vec<Cow<'_, str>> = path.strip_prefix('/')?.split('/').map(decoded).collect();
        let parts: Vec<&str> = parts.iter().map(|part| &**part).collect();
        let (instance, route) = match parts.as_slice() {
            ["instances"] => return Some((None, Self::Instances)),
            ["instances", instance, "manage", "segments"] => (instance, Self::Segments),
            ["instances", instance, "manage", "entities"] => (instance, Self::Entities),
            ["instances", instance, "manage", "entities", entity, "entitysize"] => (instance, Self::Size((*entity).to_owned())),
            ["instances", instance, "data", entity] => (instance, Self::Data((*entity).to_owned())),
            ["instances", instance, "workflows", "main", "jobs"] => (instance, Self::Jobs),
            ["instances", instance, "workflows", "main", "schedules"] => (instance, Self::Schedules),
            _ => return None,
        };
        Some((Some((*instance).to_owned()), route))
    }

    pub(super) fn pattern(&self) -> &'static str {
        match self {
            Self::Instances => "/instances",
            Self::Segments => "/instances/{id}/manage/segments",
            Self::Entities => "/instances/{id}/manage/entities",
            Self::Size(_) => "/instances/{id}/manage/entities/{name}/entitysize",
            Self::Data(_) => "/instances/{id}/data/{entity}",
            Self::Jobs => "/instances/{id}/workflows/main/jobs",
            Self::Schedules => "/instances/{id}/workflows/main/schedules",
        }
    }
}

fn decoded(part: &str) -> Cow<'_, str> {
    // A path has no plus signs that mean spaces.
    let plain = part.replace('+', "%2B");
    let decoded = url::form_urlencoded::parse(plain.as_bytes()).next().map(|(name, _)| name.into_owned());
    Cow::Owned(decoded.unwrap_or_default())
}
