//! A plan as JSON, for programs: fields in the order of the types, so that equal plans are equal bytes.

use super::Plan;
use serde::Serialize;

/// What programs read first, then the plan.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    /// Changes when a field changes its meaning or goes.
    format: &'static str,
    nothing_to_do: bool,
    /// Why the guard holds it, in words; empty: it passes.
    held_because: Vec<String>,
    calls_total: u64,
    /// What is read before a step can change its numbers.
    estimated: bool,
    #[serde(flatten)]
    plan: &'a Plan,
}

/// Pretty, without addresses unless `samples` asks for the masked ones.
pub fn json(plan: &Plan, samples: bool) -> serde_json::Result<String> {
    let bare = (!samples).then(|| without_samples(plan));
    let plan = bare.as_ref().unwrap_or(plan);
    let held_because = plan.verdict.held.iter().map(ToString::to_string).collect();
    let calls_total = plan.cost.total();
    let document = Document {
        format: "listkeeper/plan/v1",
        nothing_to_do: plan.is_empty(),
        held_because,
        calls_total,
        estimated: plan.is_estimated(),
        plan,
    };
    serde_json::to_string_pretty(&document)
}

fn without_samples(plan: &Plan) -> Plan {
    let mut plan = plan.clone();
    plan.members.update_sample.clear();
    plan.members.odd_ids.shared_examples.clear();
    plan.members.odd_ids.scientific_examples.clear();
    plan.notices.clear_examples();
    for segment in &mut plan.segments {
        segment.join_sample.clear();
        segment.leave_sample.clear();
    }
    plan
}
