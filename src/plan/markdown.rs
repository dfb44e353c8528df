//! A plan as Markdown, for a comment on a pull request: no addresses, and no name can change what it looks like.

use super::{
    Plan, SegmentPlan,
    sections::{self, sections},
    text::place,
    verdict::verdict,
    words::{counted, grouped, plain},
};

/// Heading, what it comes to, a row a segment, the guard, the rest folded. Ends with a line break.
pub fn markdown(plan: &Plan) -> String {
    let target = format!("{} ({}), {}", plan.connection, plan.vendor, place(plan));
    let mut parts = vec![format!("### {} → {}", code(&plan.export), code(&target)), summary(plan), table(plan), guard(plan)];
    if !plan.is_empty() || !sections::consent(plan).is_empty() || !plan.notes.is_empty() || !plan.notices.is_empty() {
        parts.push(details(plan));
    }
    parts.push(format!("Plan `{}`", plan.digest));
    parts.join("\n\n") + "\n"
}

fn summary(plan: &Plan) -> String {
    if plan.is_empty() {
        return format!("**Nothing to do**: {} unchanged.", counted(plan.members.unchanged, "member", "members"));
    }
    let members = &plan.members;
    let kept = members.known_as.values().sum::<u64>().min(members.new);
    let parts = [
        (plan.resources.len() as u64, "resources to create or change"),
        (members.new - kept, "new"),
        (kept, "known already, keeping a status other than subscribed"),
        (members.update, "with changed attributes"),
        (members.moved, "only joining or leaving"),
        (members.ids, "with a new id (recorded here, nothing is sent)"),
        (members.leave, "taken out"),
        (members.unchanged, "unchanged"),
    ];
    let parts: Vec<String> = parts.iter().filter(|(n, _)| *n > 0).map(|(n, words)| format!("**{}** {words}", grouped(*n))).collect();
    parts.join(" · ")
}

fn table(plan: &Plan) -> String {
    let head = format!("| segment | {} | before | join | leave | after |\n|---|---|--:|--:|--:|--:|", plan.words.container);
    let rows: Vec<String> = plan.segments.iter().map(row).collect();
    format!("{head}\n{}", rows.join("\n"))
}

fn row(segment: &SegmentPlan) -> String {
    let dropped = match (segment.deleted, segment.dropped) {
        (true, _) => " (deleted)",
        (false, true) => " (dropped)",
        (false, false) => "",
    };
    let numbers = [segment.before, segment.joins, segment.leaves, segment.after()].map(grouped).join(" | ");
    format!("| {}{dropped} | {} | {numbers} |", cell(&segment.segment), cell(&segment.container))
}

fn guard(plan: &Plan) -> String {
    if plan.verdict.passes() { "Guard: passes".to_owned() } else { fenced(&verdict(plan)) }
}

fn details(plan: &Plan) -> String {
    let mut lines = Vec::new();
    for section in sections(plan, false) {
        lines.push(format!("# {}", section.title));
        lines.extend(section.lines);
    }
    format!("<details><summary>Details</summary>\n\n{}\n\n</details>", fenced(&lines))
}

/// Coloured by the first character of each line, and nothing in it is markup: no line of ours begins with a backtick.
fn fenced(lines: &[String]) -> String {
    format!("```diff\n{}\n```", lines.join("\n"))
}

/// Inline code: mentions, links and HTML in a name stay what they are, text.
fn code(text: &str) -> String {
    let text = plain(text);
    let longest = text.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

fn cell(text: &str) -> String {
    code(text).replace('|', "\\|")
}
