//! Exports: what they name, what they inherit.

use super::{
    attributes::attributes,
    ceiling,
    folders::{Folders, may_use},
    grants::Grants,
    known::{Entry, Known, Resolved},
    new_contacts::new_contacts,
    scope::Scope,
    settings::{Defaults, guard, schedule, suppress},
    target,
    values::duration,
};
use crate::definition::{
    Connection, Export, Guard, Matching, Schedule, Segment, SharedIds,
    document::{ExportDoc, MatchDoc, Text},
    yaml::{At, Kind, Node},
};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

/// More tags than a contact list is ever cut into; each costs calls of its own.
const SEGMENTS: usize = 60;

/// What exports may name and inherit.
pub struct World<'a> {
    pub grants: Grants<'a>,
    pub connections: &'a Known<'a, Connection>,
    pub settings: &'a Defaults,
}

pub fn resolve(scope: &mut Scope<'_>, entry: Entry<'_, ExportDoc>, world: &World<'_>) -> Option<Resolved<Export>> {
    let doc = entry.doc;
    let mut hasher = blake3::Hasher::new();
    entry.written.node.digest(&mut hasher);
    let connection = connection(doc, world, scope, &mut hasher);
    let mut asks = hasher.clone();
    let segments = segments(doc, world, scope, &mut hasher);
    segments.iter().for_each(|segment| _ = asks.update(segment.display_name.as_bytes()).update(b"\0"));
    let kind = connection.as_ref().map(|connection| connection.kind);
    let target = target::resolve(doc, kind, &segments, scope);
    let matching = matching(&doc.r#match, scope);
    let attributes = attributes(doc.attributes.as_ref(), kind, scope);
    let new_contacts = new_contacts(doc, kind, scope);
    let schedule = match &doc.schedule {
        Some(written) => schedule(written, world.settings.time_zone, scope),
        None => world.settings.value.schedule.clone(),
    };
    let most = world.settings.ceiling.filter(|_| !world.grants.admin.owns(scope.file));
    let guard = guard(doc.guard.as_ref(), ceiling::cap(world.settings.value.guard, most), scope);
    ceiling::check(doc.guard.as_ref(), &guard, most, scope);
    let timeout = doc.timeout.as_ref().and_then(|text| duration(text, "timeout", scope));
    let renamed_from = doc.renamed_from.as_ref().and_then(|text| name(text, scope));
    let (own, digests) = suppress(doc.suppress.as_ref(), world.grants, scope);
    let digests = world.settings.suppress_digests.iter().chain(&digests);
    digests.for_each(|digest| _ = hasher.update(digest.as_bytes()));
    inherited(&mut hasher, schedule.as_ref(), &guard);
    inherited(&mut asks, schedule.as_ref(), &guard);
    let digest = hasher.finalize();
    let value = Export {
        name: entry.name?,
        file: scope.file.path.clone(),
        line: scope.head.line,
        owner: if world.grants.admin.owns(scope.file) { String::new() } else { scope.file.folder.clone() },
        connection: connection?,
        segments,
        suppress: together(&world.settings.value.suppress, own),
        suppress_by_settings: world.settings.value.suppress.len(),
        target: target?,
        matching: matching?,
        attributes,
        mode: doc.mode,
        on_leave: doc.on_leave.unwrap_or_default(),
        new_contacts: new_contacts?,
        verify: doc.verify,
        schedule,
        run_on_change: doc.run_on_change.unwrap_or_default(),
        guard,
        read_limits: world.settings.value.read_limits,
        suspend: doc.suspend.unwrap_or_default(),
        on_delete: doc.on_delete.unwrap_or_default(),
        timeout,
        renamed_from,
        digest: digest.to_hex().to_string(),
        asks: asks.finalize().to_hex().to_string(),
        broken: None,
        removed: false,
    };
    Some(Resolved { value, folders: Folders::default(), digest })
}

fn together(settings: &[Arc<Segment>], own: Vec<Arc<Segment>>) -> Vec<Arc<Segment>> {
    let mut all = settings.to_vec();
    all.extend(own.into_iter().filter(|segment| settings.iter().all(|other| other.name != segment.name)));
    all
}

/// What it has from the settings counts as much as what is written in it.
fn inherited(hasher: &mut blake3::Hasher, schedule: Option<&Schedule>, guard: &Guard) {
    let schedule = schedule.map(|s| format!("{} {} {} {}", s.cron, s.time_zone, s.deadline.as_secs(), s.jitter.as_secs()));
    hasher.update(schedule.unwrap_or_default().as_bytes());
    let Guard { max_removals, max_additions, max_members, max_rejected } = guard;
    hasher.update(format!("|{} {max_additions:?} {max_members} {}", max_removals.0, max_rejected.0).as_bytes());
}

/// A document without a field that does not change what it does.
pub fn without(node: &Node, field: &str) -> Node {
    let mut node = node.clone();
    if let Kind::Map(entries) = &mut node.kind {
        entries.retain(|entry| entry.key != field);
    }
    node
}

fn connection(doc: &ExportDoc, world: &World<'_>, scope: &mut Scope<'_>, hasher: &mut blake3::Hasher) -> Option<Arc<Connection>> {
    let name = scope.need(&doc.connection, scope.head, "connection", "add `connection:`, the name of a connection")?;
    let (item, connection) = world.connections.find(name, scope)?;
    may_use("connection", name, &item.folders, world.grants.admin, scope);
    hasher.update(item.digest.as_bytes());
    Some(connection.clone())
}

fn segments(doc: &ExportDoc, world: &World<'_>, scope: &mut Scope<'_>, hasher: &mut blake3::Hasher) -> Vec<Arc<Segment>> {
    let Some(names) = scope.need(&doc.segments, scope.head, "segments", "add `segments: [name]`") else { return Vec::new() };
    if names.is_empty() {
        scope.error(names.at, "the export has no segments", "name at least one: `segments: [name]`; `suspend: true` stops an export");
    }
    if names.len() > SEGMENTS {
        let message = format!("the export has {} segments, at most {SEGMENTS} are possible", names.len());
        scope.error(names[SEGMENTS].at, message, "split the export");
    }
    let mut seen = BTreeSet::new();
    for name in names.iter() {
        if !seen.insert(name.as_str()) {
            scope.error(name.at, format!("the segment `{}` is listed twice", name.value), "delete one of them");
        }
    }
    let mut found = Vec::new();
    for name in names.iter() {
        if let Some((item, segment)) = world.grants.segments.find(name, scope) {
            world.grants.segment(name, segment, scope);
            hasher.update(item.digest.as_bytes());
            found.push(segment.clone());
        }
    }
    found
}

fn matching(written: &Option<At<MatchDoc>>, scope: &mut Scope<'_>) -> Option<Matching> {
    let hint = "add `match: {email: COLUMN}`, naming the column that holds the address";
    let doc = scope.need(written, scope.head, "match", hint)?;
    let id = scope.optional(&doc.id, "id");
    let prefer = scope.optional(&doc.prefer, "prefer");
    let space = doc.id_space.as_ref().and_then(|text| name(text, scope));
    if let (Some(written), None) = (&doc.id_space, &id) {
        scope.error(written.at, "`idSpace` says whose ids they are, and there is no `id`", "add `id: COLUMN`, or delete the line");
    }
    let email = scope.need_text(&doc.email, doc.at, "email", hint)?;
    Some(Matching { email: email.value.clone(), id, prefer, ids: SharedIds { space, ..SharedIds::default() } })
}

/// A name that need not exist.
fn name(text: &Text, scope: &mut Scope<'_>) -> Option<crate::definition::Name> {
    crate::definition::Name::new(text).map_err(|rule| scope.error(text.at, format!("`{}` is not a name", text.value), rule)).ok()
}

/// Segments by name, for lookups.
pub fn by_name(segments: &[Arc<Segment>]) -> BTreeMap<&str, &Arc<Segment>> {
    segments.iter().map(|segment| (segment.name.as_str(), segment)).collect()
}
