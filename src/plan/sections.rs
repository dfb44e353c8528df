//! What a plan says, line by line, whatever it is printed as. A line that begins with `+ `, `~ `, `- ` or `! ` adds,
//! changes, takes out or warns.

use super::{
    MemberTotals, Plan, ResourceStep, SegmentMake, SegmentPlan,
    bulk::BulkPlan,
    ids,
    words::{counted, duration, field_type, grouped, merged, operation, plain, quoted, rejected, sum},
};

/// A heading and its lines; sections without lines are not made.
pub(super) struct Section {
    pub title: &'static str,
    pub lines: Vec<String>,
}

/// Everything but the heading and the guard. `samples`: masked addresses too.
pub(super) fn sections(plan: &Plan, samples: bool) -> Vec<Section> {
    let all = [
        ("Resources", plan.resources.iter().map(|step| resource(step, plan)).collect()),
        ("Segments", plan.segments.iter().flat_map(|s| segment(s, plan, samples)).collect()),
        ("Made of", plan.made_of.iter().map(made_of).collect()),
        ("People", people(plan, samples)),
        ("Consent", consent(plan)),
        ("Rows", rows(plan, samples)),
        ("Read first", reading(plan)),
        ("Calls", calls(plan)),
        ("Note", plan.notes.iter().map(|note| format!("* {}", plain(note))).collect()),
    ];
    all.into_iter().filter(|(_, lines)| !lines.is_empty()).map(|(title, lines)| Section { title, lines }).collect()
}

fn resource(step: &ResourceStep, plan: &Plan) -> String {
    let container = plan.words.container;
    match step {
        ResourceStep::CreatePlace { name } => format!("+ {} {}", plan.words.place, quoted(name)),
        ResourceStep::CreateField { tag, field_type: kind } => format!("+ field {} ({})", plain(tag), field_type(*kind)),
        ResourceStep::CreateContainer { segment, name } => format!("+ {container} {} for {segment}", quoted(name)),
        ResourceStep::AdoptContainer { segment, name, id, members } => {
            let members = in_it(*members);
            format!("~ {container} {} (id {}, {members}) is taken over for {segment}", quoted(name), plain(id))
        }
        ResourceStep::RenameContainer { segment, id, from, to } => {
            format!("~ {container} {} is renamed {} for {segment} (id {})", quoted(from), quoted(to), plain(id))
        }
        ResourceStep::DeleteContainer { id, name, members } => {
            let members = in_it(*members);
            format!("- {container} {} (id {}, {members}) is deleted: this export created it", quoted(name), plain(id))
        }
        ResourceStep::RecreateContainer { segment, name, gone } => {
            let why = if *gone { "the one we made is gone" } else { "it cannot be renamed, and the old one is kept" };
            format!("! {container} {} is made anew for {segment}: {why}", quoted(name))
        }
        ResourceStep::CreateView { segment, name, .. } => format!("+ segment on the {container} {} for {segment}", quoted(name)),
    }
}

fn in_it(members: Option<u64>) -> String {
    members.map_or_else(|| "its members unknown".to_owned(), |members| counted(members, "member", "members"))
}

fn segment(segment: &SegmentPlan, plan: &Plan, samples: bool) -> Vec<String> {
    let sample = |addresses: &[String]| if samples { examples(addresses) } else { String::new() };
    let mut lines = vec![segment_head(segment, plan)];
    if segment.joins > 0 {
        let joins = grouped(segment.joins);
        lines.push(format!("+ {joins} join: in the segment, not yet in the {}{}", plan.words.container, sample(&segment.join_sample)));
    }
    if segment.leaves > 0 {
        lines.push(format!("- {} leave: {}{}", grouped(segment.leaves), why_leaving(segment), sample(&segment.leave_sample)));
    }
    lines
}

fn made_of(make: &SegmentMake) -> String {
    let part = |(name, count): &(String, u64)| format!("{name} ({})", grouped(*count));
    let list = |parts: &[(String, u64)], word: &str| parts.iter().map(part).collect::<Vec<_>>().join(word);
    let mut steps: Vec<String> = match (make.how, make.parts.split_first()) {
        (Some("union"), _) => vec![format!("{} together: {}", list(&make.parts, ", "), grouped(make.before))],
        (Some("intersect"), Some((first, others))) => {
            vec![format!("{}, of them those also in {}: {}", part(first), list(others, " and "), grouped(make.before))]
        }
        (Some(_), Some((first, others))) => {
            vec![format!("{}, of them those not in {}: {}", part(first), list(others, " or "), grouped(make.before))]
        }
        (_, None) | (None, _) => vec![counted(make.before, "row", "rows")],
    };
    steps.extend(make.sample.map(|share| format!("a sample of {} %", f64::from(share) / 10_000.0)));
    steps.extend(make.limit.map(|limit| format!("the first {}", counted(limit, "person", "people"))));
    let left = if steps.len() > 1 { format!(": {}", grouped(make.rows)) } else { String::new() };
    format!("{} = {}{left}", make.segment, steps.join("; "))
}

fn segment_head(segment: &SegmentPlan, plan: &Plan) -> String {
    let name = format!("{}, {} {}", segment.segment, plan.words.container, quoted(&segment.container));
    let after = segment.after();
    let size = if segment.joins + segment.leaves == 0 {
        format!("{}, no change", counted(after, "member", "members"))
    } else {
        format!("{} → {}", grouped(segment.before), counted(after, "member", "members"))
    };
    let mode = match (segment.dropped, segment.mirror) {
        _ if segment.deleted => " (the export was deleted)",
        (true, _) => " (dropped from the export)",
        (false, true) => "",
        (false, false) => " (upsert: leavers stay)",
    };
    format!("{name}: {size}{mode}")
}

fn why_leaving(segment: &SegmentPlan) -> String {
    let ordinary = segment.leaves.saturating_sub(segment.suppressed_leaves + segment.withdrawn_leaves);
    let gone = match (segment.deleted, segment.dropped) {
        (true, _) => "of an export that was deleted",
        (false, true) => "of a segment that the export dropped",
        (false, false) => "no longer in the segment",
    };
    let why =
        [(ordinary, gone), (segment.withdrawn_leaves, "consent withdrawn"), (segment.suppressed_leaves, "never to be sent (suppress)")];
    let why: Vec<_> = why.into_iter().filter(|(n, _)| *n > 0).collect();
    match why[..] {
        [(_, only)] => only.to_owned(),
        _ => why.iter().map(|(n, words)| format!("{} {words}", grouped(*n))).collect::<Vec<_>>().join(", "),
    }
}

/// What the consent column holds that a person should know.
pub(super) fn consent(plan: &Plan) -> Vec<String> {
    plan.members.consent.iter().flat_map(|consent| consent.lines(plan.words.container)).collect()
}

fn examples(addresses: &[String]) -> String {
    if addresses.is_empty() { String::new() } else { format!(" (e.g. {})", plain(&addresses.join(", "))) }
}

fn people(plan: &Plan, samples: bool) -> Vec<String> {
    let members = &plan.members;
    let updated = if samples { examples(&members.update_sample) } else { String::new() };
    let archive = members.archive.saturating_sub(members.archive_only);
    let archived = if archive > 0 { format!(", {} of them archived", grouped(archive)) } else { String::new() };
    let lines = [
        (members.new, format!("+ {} new: {}", grouped(members.new), arrivals(plan))),
        (members.update, format!("~ {} with changed attributes{updated}", grouped(members.update))),
        (members.moved, format!("~ {} only join or leave", grouped(members.moved))),
        (members.ids, format!("~ {} with a new id: recorded here, nothing is sent", grouped(members.ids))),
        (members.leave, format!("- {} taken out of at least one {}{archived}", grouped(members.leave), plan.words.container)),
        (members.archive_only, format!("- {} archived, whom an earlier run took out", grouped(members.archive_only))),
        (members.unchanged, format!("  {} unchanged", grouped(members.unchanged))),
        (
            members.protected,
            format!("! {} kept where they are: a row of theirs has an address that cannot be read", grouped(members.protected)),
        ),
    ];
    let lines = lines.into_iter().filter(|(n, _)| *n > 0).map(|(_, line)| line);
    lines.chain(ids::lines(&members.odd_ids, samples)).collect()
}

fn arrivals(plan: &Plan) -> String {
    let members = &plan.members;
    let created = match members.unread {
        true => format!("created unless {} knows them already; who it knows keeps their status", plan.vendor),
        false => "created".to_owned(),
    };
    let parts = [
        (members.create, created),
        (members.known, format!("known already, keeping their status{}", statuses(members))),
        (members.restore, "archived by us, restored to the status they had".to_owned()),
    ];
    let parts: Vec<_> = parts.iter().filter(|(n, _)| *n > 0).collect();
    match parts[..] {
        [(_, words)] => words.clone(),
        _ => parts.iter().map(|(n, words)| format!("{} {words}", grouped(*n))).collect::<Vec<_>>().join("; "),
    }
}

/// Those among the known who get no marketing mail for being new here.
fn statuses(members: &MemberTotals) -> String {
    let each: Vec<String> = members.known_as.iter().map(|(status, n)| format!("{} {status}", grouped(*n))).collect();
    if each.is_empty() { String::new() } else { format!(" ({})", each.join(", ")) }
}

/// Where rows went, and what was odd in them.
pub(super) fn rows(plan: &Plan, samples: bool) -> Vec<String> {
    let mut lines = vec![sum(&plan.counts, "to sync")];
    lines.extend(merged(&plan.counts));
    lines.extend(rejected(&plan.rejected).map(|line| format!("! {line}")));
    lines.extend(notices(plan, samples));
    lines
}

fn notices(plan: &Plan, samples: bool) -> Vec<String> {
    let mut notices = plan.notices.clone();
    if !samples {
        notices.clear_examples();
    }
    notices.iter().map(|notice| format!("! {}", plain(&notice.text(&grouped(notice.count))))).collect()
}

fn reading(plan: &Plan) -> Vec<String> {
    let Some(reading) = plan.reading else { return Vec::new() };
    let which = match (reading.contacts, reading.first) {
        (Some(n), true) => format!("about {}", counted(n, "contact", "contacts")),
        (Some(n), false) => format!("about {} changed since the last reading", counted(n, "contact", "contacts")),
        (None, true) => "all contacts".to_owned(),
        (None, false) => "the contacts changed since the last reading".to_owned(),
    };
    let cost = reading.calls.map(|n| format!(" ({})", counted(n, "call", "calls"))).unwrap_or_default();
    let later = if reading.first { "; later only of those changed since" } else { "" };
    vec![format!("the status of {which}{cost}, so that none is changed{later}")]
}

fn calls(plan: &Plan) -> Vec<String> {
    let cost = &plan.cost;
    if cost.total() == 0 {
        return Vec::new();
    }
    let mut parts: Vec<String> =
        cost.calls.iter().filter(|(_, n)| *n > 0).map(|(op, n)| format!("{} {}", grouped(*n), operation(*op))).collect();
    if cost.other_calls > 0 {
        parts.push(format!("{} other (reads, resources)", grouped(cost.other_calls)));
    }
    let total = counted(cost.total(), "call", "calls");
    let at_once = format!("{} at once, {} allowed", cost.connections, cost.connections_max);
    let time = match cost.seconds {
        Some(seconds) => format!("at the documented rate about {}; what {} does afterwards comes on top", duration(seconds), plan.vendor),
        None => format!("no rate is documented; at 1 s a call about {}", duration(cost.seconds_at(1000))),
    };
    let mut lines = vec![format!("{total}: {}; {at_once}", parts.join(", ")), time];
    lines.extend(plan.bulk_updates.as_ref().filter(|bulk| bulk.contacts > 0).map(|bulk| in_bulk(bulk, plan)));
    if plan.is_estimated() {
        lines.push("an estimate: the status of contacts is read first, and can change who is created and who is updated".to_owned());
    }
    if let Some(limit) = cost.per_day {
        let share = (cost.total() * 100).div_ceil(u64::from(limit.max(1)));
        let more = if share > 100 { ": it takes more than a day, and waits for the next at midnight UTC" } else { "" };
        lines.push(format!("{share} % of the day's {}{more}", counted(u64::from(limit), "request", "requests")));
    }
    lines
}

/// Both ways, so that nobody is surprised by the other.
fn in_bulk(bulk: &BulkPlan, plan: &Plan) -> String {
    let took = |calls: u64| duration(calls.div_ceil(u64::from(plan.cost.connections.max(1))));
    let (contacts, calls) = (counted(bulk.contacts, "contact", "contacts"), counted(bulk.calls, "call", "calls"));
    let (otherwise, vendor) = (counted(bulk.calls_one_by_one, "call", "calls"), plan.vendor);
    let (fast, slow) = (took(bulk.calls), took(bulk.calls_one_by_one));
    let tried = match bulk.trials.as_slice() {
        [] => String::new(),
        statuses => format!("; first with one contact alone ({})", statuses.join(", one ")),
    };
    format!(
        "changed attributes of {contacts} in bulk: {calls}, {otherwise} if {vendor} does not allow it; at 1 s a call about {fast}, or {slow}{tried}"
    )
}

#[cfg(test)]
#[path = "render_tests.rs"]
mod tests;
