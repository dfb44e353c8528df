//! Where members go: what the connection's platform takes, and what its tags or lists are called.

use super::{audience, export::by_name, scope::Scope};
use crate::{
    definition::{
        Audience, ListRef, Name, Segment, Target,
        document::{ExportDoc, TargetDoc, Text},
        nearest,
        yaml::At,
    },
    platform::Platform,
};
use std::{collections::BTreeMap, sync::Arc};

/// What the target itself lets one guess of a platform, where the connection cannot be used.
fn guess(target: Option<&At<TargetDoc>>) -> Option<Platform> {
    let target = target?;
    if target.audience_id.is_some() || target.audience.is_some() {
        return Some(Platform::Mailchimp);
    }
    (target.list.is_some() || target.list_id.is_some()).then_some(Platform::ConstantContact)
}

pub fn resolve(doc: &ExportDoc, kind: Option<Platform>, segments: &[Arc<Segment>], scope: &mut Scope<'_>) -> Option<Target> {
    let kind = kind.or_else(|| guess(doc.target.as_ref()))?;
    let nothing = At { value: TargetDoc::default(), at: scope.head };
    // The account is the place at some platforms: there is nothing that must be said.
    let written = match (&doc.target, kind.sheet().target_example) {
        (None, None) => &nothing,
        (written, example) => scope.need(written, scope.head, "target", example.unwrap_or_default())?,
    };
    foreign(written, kind, scope);
    let names = names(written, kind, doc.segments.as_ref(), scope);
    let audience = audience(written, kind, scope);
    let adopt = written.adopt.clone().unwrap_or_default();
    let target = Target {
        audience: audience?,
        names,
        adopt_containers: if kind.sheet().list_word == "tag" { adopt.tags } else { adopt.lists }.unwrap_or_default(),
        adopt_members: adopt.members.unwrap_or_default(),
        recreate: written.recreate.as_ref().is_some_and(|recreate| recreate.value),
    };
    distinct(&target, kind, doc.segments.as_ref(), segments, scope);
    Some(target)
}

/// Fields that belong to another platform's target.
fn foreign(written: &At<TargetDoc>, kind: Platform, scope: &mut Scope<'_>) {
    let adopt = written.adopt.as_ref();
    let given = [
        ("audienceId", written.audience_id.as_ref().map(|text| text.at)),
        ("audience", written.audience.as_ref().map(|doc| doc.at)),
        ("listId", written.list_id.as_ref().map(|text| text.at)),
        ("list", written.list.as_ref().map(|text| text.at)),
        ("segment", written.segment.as_ref().map(|flag| flag.at)),
        ("recreate", written.recreate.as_ref().map(|flag| flag.at)),
        ("names", written.names.as_ref().map(|_| written.at)),
    ];
    for (field, at) in given {
        if let Some(at) = at.filter(|_| !kind.sheet().target_fields.contains(&field)) {
            let hint = format!("a target at {} has {}", kind.title(), kind.sheet().target_fields.join(", "));
            scope.error(at, format!("{} has no `{field}`", kind.title()), hint);
        }
    }
    let (wrong, right) = if kind.sheet().list_word == "tag" { ("lists", "tags") } else { ("tags", "lists") };
    if adopt.is_some_and(|adopt| if wrong == "lists" { adopt.lists } else { adopt.tags }.is_some()) {
        scope.error(written.at, format!("{} has {right}, no {wrong}", kind.title()), format!("write `adopt: {{{right}: true}}`"));
    }
}

fn audience(written: &At<TargetDoc>, kind: Platform, scope: &mut Scope<'_>) -> Option<Audience> {
    match kind {
        Platform::Mailchimp => audience::audience(written, scope).map(Audience::Mailchimp),
        Platform::Omnisend => Some(Audience::Omnisend { segment: written.segment.as_ref().is_some_and(|flag| flag.value) }),
        Platform::ConstantContact => list(written, scope).map(Audience::ConstantContact),
        Platform::Iterable => Some(Audience::Iterable),
    }
}

fn list(written: &At<TargetDoc>, scope: &mut Scope<'_>) -> Option<ListRef> {
    match (&written.list_id, &written.list) {
        (Some(id), None) => list_id(id, scope),
        (None, Some(name)) => list_name(name, scope),
        (Some(id), Some(_)) => {
            scope.error(id.at, "the target has both `listId` and `list`", "keep one of them");
            None
        }
        (None, None) => {
            scope.error(written.at, "the target names no list", Platform::ConstantContact.sheet().target_example.unwrap_or_default());
            None
        }
    }
}

fn list_id(id: &Text, scope: &mut Scope<'_>) -> Option<ListRef> {
    let good = uuid::Uuid::parse_str(id).ok();
    if good.is_none() {
        let hint = "the list's UUID, as its page's address ends with; a name goes into `list: NAME`";
        scope.error(id.at, format!("`{}` is not the id of a list", id.value), hint);
    }
    good.map(|id| ListRef::Id(id.to_string()))
}

fn list_name(name: &Text, scope: &mut Scope<'_>) -> Option<ListRef> {
    if let Some(fault) = Platform::ConstantContact.list_name_fault(name) {
        scope.error(name.at, fault, "write a shorter one");
        return None;
    }
    scope.filled(name, "list").then(|| ListRef::Named(name.trim().to_owned()))
}

fn names(written: &TargetDoc, kind: Platform, listed: Option<&At<Vec<Text>>>, scope: &mut Scope<'_>) -> BTreeMap<Name, String> {
    let mut names = BTreeMap::new();
    for (segment, name) in written.names.iter().flatten() {
        let known = listed.map(|list| list.iter().map(|text| text.as_str()).collect::<Vec<_>>()).unwrap_or_default();
        if !known.contains(&segment.as_str()) {
            let hint = nearest::hint(segment, known, "`names` is about the segments of this export");
            scope.error(segment.at, format!("the export has no segment `{}`", segment.value), hint);
        } else if let Some(fault) = kind.list_name_fault(name.trim()) {
            scope.error(name.at, fault, "write another name");
        } else if scope.filled(name, segment)
            && let Ok(segment) = Name::new(segment)
        {
            names.insert(segment, name.trim().to_owned());
        }
    }
    names
}

/// Two segments must not become one tag or list, unless all of an export's segments are one.
fn distinct(target: &Target, kind: Platform, listed: Option<&At<Vec<Text>>>, segments: &[Arc<Segment>], scope: &mut Scope<'_>) {
    if matches!(target.audience, Audience::ConstantContact(_)) {
        return;
    }
    let by_name = by_name(segments);
    let mut seen: BTreeMap<String, &str> = BTreeMap::new();
    for text in listed.map(|list| list.value.as_slice()).unwrap_or_default() {
        let Some(segment) = by_name.get(text.as_str()) else { continue };
        let derived = || kind.list_name(&segment.display_name, segment.name.as_str());
        let name = target.names.get(&segment.name).cloned().unwrap_or_else(derived);
        if let Some(other) = seen.insert(kind.fold(&name), text).filter(|other| *other != text.as_str()) {
            let word = kind.sheet().list_word;
            let message = format!("the segments `{other}` and `{}` would both be the {word} `{name}`", text.value);
            let hint = format!("{} does not tell them apart; add `target.names: {{{}: another name}}`", kind.title(), text.value);
            scope.error(text.at, message, hint);
        }
    }
}
