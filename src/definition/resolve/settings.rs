//! Settings, and the schedules and guards that exports inherit from them.

use super::{
    ceiling::{self, Ceiling},
    grants::Grants,
    known::Known,
    read_limits,
    scope::Scope,
    values::{duration, percentage},
};
use crate::definition::{
    Guard, MaxAdditions, Position, Schedule, Segment, Settings,
    document::{GuardDoc, ScheduleDoc, SettingsDoc, Several, Short, Text, each},
    documents::Written,
    report::Report,
    schedule::{check_cron, time_zone},
    yaml::At,
};
use chrono_tz::Tz;
use std::{sync::Arc, time::Duration};

/// A missed time is caught up within this long, unless a schedule says otherwise.
const DEADLINE: Duration = Duration::from_secs(3_600);
/// Far beyond what was measured (10 million); a slip of the finger is still caught.
const MAX_MEMBERS: u64 = 100_000_000;

/// The settings, with what only exports need of them.
pub struct Defaults {
    pub value: Settings,
    pub time_zone: Option<Tz>,
    /// What exports outside administrators' folders may set.
    pub ceiling: Option<Ceiling>,
    /// Of the suppression lists.
    pub suppress_digests: Vec<blake3::Hash>,
    /// What the settings name cannot be used.
    pub because: Option<String>,
}

pub fn resolve(documents: &[Written<SettingsDoc>], segments: &Known<'_, Segment>, report: &mut Report) -> Defaults {
    let mut defaults = Defaults { value: Settings::default(), time_zone: None, ceiling: None, suppress_digests: Vec::new(), because: None };
    let first = documents.iter().find(|settings| settings.file.folder.is_empty());
    let Some((written, doc)) = first.and_then(|written| Some((written, written.doc.as_ref()?))) else { return defaults };
    let scope = &mut Scope::of(written, report);
    defaults.time_zone = doc.time_zone.as_ref().and_then(|zone| zone_of(zone, scope));
    defaults.value.schedule = doc.schedule.as_ref().and_then(|written| schedule(written, defaults.time_zone, scope));
    defaults.value.guard = guard(doc.guard.as_ref(), Guard::default(), scope);
    defaults.ceiling = doc.guard_ceiling.as_ref().map(|doc| ceiling::resolve(doc, scope));
    defaults.value.retention = doc.retention.as_ref().and_then(|text| duration(text, "retention", scope));
    // For everyone, by whoever writes the settings: this gives nobody the right to name them.
    (defaults.value.suppress, defaults.suppress_digests) = find(doc.suppress.as_ref(), segments, |_, _, _| (), scope);
    defaults.value.read_limits = read_limits::resolve(doc.read_limits.as_ref(), scope);
    defaults.because = scope.because.take();
    defaults
}

/// Suppression lists of an export, each once, with their digests.
pub fn suppress(written: Option<&At<Several>>, grants: Grants<'_>, scope: &mut Scope<'_>) -> (Vec<Arc<Segment>>, Vec<blake3::Hash>) {
    find(written, grants.segments, |name, segment, scope| grants.segment(name, segment, scope), scope)
}

fn find(
    written: Option<&At<Several>>,
    segments: &Known<'_, Segment>,
    check: impl Fn(&Text, &Segment, &mut Scope<'_>),
    scope: &mut Scope<'_>,
) -> (Vec<Arc<Segment>>, Vec<blake3::Hash>) {
    let names = written.map(each).unwrap_or_default();
    let mut found: Vec<(Arc<Segment>, blake3::Hash)> = Vec::new();
    for name in &names {
        let Some((item, segment)) = segments.find(name, scope) else { continue };
        check(name, segment, scope);
        if found.iter().all(|(other, _)| other.name != segment.name) {
            found.push((segment.clone(), item.digest));
        }
    }
    found.into_iter().unzip()
}

fn zone_of(text: &Text, scope: &mut Scope<'_>) -> Option<Tz> {
    time_zone(text.trim()).map_err(|error| scope.error(text.at, error.message, error.hint)).ok()
}

/// A schedule as written, its zone inherited.
pub fn schedule(written: &At<Short<ScheduleDoc>>, inherited: Option<Tz>, scope: &mut Scope<'_>) -> Option<Schedule> {
    let short;
    let doc = match &written.value {
        Short::Text(cron) => {
            short = ScheduleDoc { cron: Some(At { value: cron.clone(), at: written.at }), ..ScheduleDoc::default() };
            &short
        }
        Short::Full(doc) => doc,
    };
    let zone = doc.time_zone.as_ref().map(|zone| zone_of(zone, scope));
    let deadline = doc.deadline.as_ref().and_then(|text| duration(text, "deadline", scope)).unwrap_or(DEADLINE);
    let jitter = doc.jitter.as_ref().and_then(|text| duration(text, "jitter", scope)).unwrap_or_default();
    let cron = scope.need(&doc.cron, written.at, "cron", "write `cron: \"0 6 * * 1-5\"`, or `cron: \"@daily\"`")?;
    check_cron(cron).map_err(|error| scope.error(cron.at, error.message, error.hint)).ok()?;
    let time_zone = zone.unwrap_or(inherited.or(Some(Tz::UTC)))?;
    Some(Schedule { cron: cron.trim().to_owned(), time_zone, deadline, jitter })
}

/// A guard as written, field by field over what it inherits.
pub fn guard(written: Option<&GuardDoc>, inherited: Guard, scope: &mut Scope<'_>) -> Guard {
    let mut guard = inherited;
    let Some(doc) = written else { return guard };
    let mut share = |text: &Option<Text>, field: &str| text.as_ref().and_then(|text| percentage(text, field, scope));
    guard.max_removals = share(&doc.max_removals, "maxRemovals").unwrap_or(guard.max_removals);
    guard.max_rejected = share(&doc.max_rejected, "maxRejected").unwrap_or(guard.max_rejected);
    guard.max_additions = doc.max_additions.as_ref().and_then(|text| additions(text, scope)).unwrap_or(guard.max_additions);
    if let Some(members) = &doc.max_members {
        guard.max_members = members.value;
        members_in_range(members.value, members.at, scope);
    }
    guard
}

fn members_in_range(members: u64, at: Position, scope: &mut Scope<'_>) {
    if !(1..=MAX_MEMBERS).contains(&members) {
        scope.error(at, "`maxMembers` is 1 to 100000000", "split the export beyond that");
    }
}

pub fn additions(text: &Text, scope: &mut Scope<'_>) -> Option<MaxAdditions> {
    match (text.trim(), text.trim().parse()) {
        ("none", _) => Some(MaxAdditions::Unlimited),
        (_, Ok(count)) => Some(MaxAdditions::AtMost(count)),
        _ => {
            let message = format!("`{}` of `maxAdditions` is not a number", text.value);
            scope.error(text.at, message, "write a number of members, or `none` for no limit");
            None
        }
    }
}
