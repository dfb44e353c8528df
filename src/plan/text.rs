//! A plan as text for a terminal or a log, without colour.

use super::{
    MemberAction, MemberLine, PlacePlan, Plan, ids,
    sections::{consent, rows, sections},
    verdict::verdict,
    words::{counted, grouped, plain, quoted},
};

/// The whole plan, for someone who does not know the code. Ends with a line break.
pub fn text(plan: &Plan) -> String {
    let mut lines = vec![heading(plan)];
    if plan.is_empty() {
        lines.extend(nothing_to_do(plan));
    } else {
        for section in sections(plan, true) {
            lines.push(String::new());
            lines.push(section.title.to_owned());
            lines.extend(section.lines.iter().map(|line| indented(section.title, line)));
        }
        lines.push(String::new());
    }
    if !plan.is_empty() || !plan.verdict.passes() || plan.waiting.is_some() {
        lines.extend(verdict(plan));
        lines.push(format!("Plan {}", plan.digest));
    }
    lines.join("\n") + "\n"
}

/// What happens in a segment stands under its name.
fn indented(title: &str, line: &str) -> String {
    let under = title == "Segments" && line.starts_with(['+', '-']);
    format!("{}{line}", if under { "    " } else { "  " })
}

fn heading(plan: &Plan) -> String {
    format!("{} → {} ({}), {}", plan.export, plain(&plan.connection), plan.vendor, place(plan))
}

/// Where the members go, in words.
pub(super) fn place(plan: &Plan) -> String {
    let word = plan.words.place;
    match &plan.place {
        PlacePlan::Create { name } => format!("new {word} {}", quoted(name)),
        PlacePlan::Absent { name } => format!("{word} {} (not there)", quoted(name)),
        PlacePlan::Existing { id, name, contacts, adopted } => {
            let contacts = contacts.map(|n| format!(", {}", counted(n, "contact", "contacts"))).unwrap_or_default();
            let adopted = if *adopted { ", taken over" } else { "" };
            format!("{word} {} ({}{contacts}{adopted})", quoted(name), plain(id))
        }
    }
}

fn nothing_to_do(plan: &Plan) -> Vec<String> {
    let sizes: Vec<String> = plan.segments.iter().map(|s| format!("{} {}", s.segment, grouped(s.after()))).collect();
    let unchanged = counted(plan.members.unchanged, "member", "members");
    let kept = plan.members.protected;
    let mut lines = vec![format!("  nothing to do: {unchanged} unchanged ({})", sizes.join(", "))];
    lines.extend(rows(plan, true).iter().map(|line| format!("  {line}")));
    if kept > 0 {
        lines.push(format!("  ! {} kept where they are: a row of theirs has an address that cannot be read", grouped(kept)));
    }
    lines.extend(ids::lines(&plan.members.odd_ids, true).iter().map(|line| format!("  {line}")));
    lines.extend(consent(plan).iter().map(|line| format!("  {line}")));
    lines.extend(plan.notes.iter().map(|note| format!("  * {}", plain(note))));
    lines
}

/// One person, for `--members`; the address is not masked.
pub fn text_member(line: &MemberLine) -> String {
    let (sign, what) = match line.action {
        MemberAction::Add => ('+', "new"),
        MemberAction::AddKnown => ('+', "known, keeps their status"),
        MemberAction::Restore => ('+', "restored to the status they had"),
        MemberAction::Update => ('~', "changed attributes"),
        MemberAction::Move => ('~', ""),
        MemberAction::Remove => ('-', ""),
        MemberAction::Archive => ('-', "archived"),
    };
    let list = |verb: &str, names: &[String]| (!names.is_empty()).then(|| format!("{verb} {}", plain(&names.join(", "))));
    let why = line.why.as_deref().map(plain);
    let parts = [list("joins", &line.joins), list("leaves", &line.leaves), (!what.is_empty()).then(|| what.to_owned()), why];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    format!("{sign} {} {}", plain(&line.address), parts.join("; "))
}
