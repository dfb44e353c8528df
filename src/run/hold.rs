//! A plan that waits for a person: stored whole, so that it can be reviewed and approved by its digest.

use super::{Context, Failure, Prepared, Recorder};
use crate::{
    member::Key,
    plan::{
        self,
        guard::{Allowed, Code, Verdict},
    },
    state::{Approval, HeldPlan, View},
};

/// Stores a held plan with everyone it would take out.
pub async fn hold(context: &Context, recorder: &Recorder, prepared: &Prepared) -> Result<(), Failure> {
    let plan = &prepared.plan;
    let reasons: Vec<_> = plan.verdict.held.iter().map(ToString::to_string).collect();
    let held = HeldPlan {
        digest: plan.digest.0.clone(),
        export: plan.export.clone(),
        made: context.now,
        reason: reasons.join("; "),
        text: plan::text(plan),
        json: serde_json::json!(plan.verdict).to_string(),
        approved: None,
    };
    let removals: Vec<Key> = prepared.work.leavers.iter().map(|l| l.key).collect();
    recorder.record(move |store| store.hold(&held, removals)).await
}

/// What an approval of the last 24 hours allows, if there is one.
pub fn allowed(context: &Context, view: &View) -> Result<Option<(Approval, Allowed)>, Failure> {
    let Some(approval) = view.approval(&context.export.name, context.now)? else { return Ok(None) };
    let held = view.held_by_digest(&approval.digest)?.pop();
    let verdict = held.and_then(|h| serde_json::from_str::<Verdict>(&h.json).ok()).unwrap_or_default();
    // Leave to remove a deleted export is none for one that was put back, nor the other way round.
    let of_a_removal = verdict.held.iter().any(|reason| reason.code == Code::Deleted);
    Ok((of_a_removal == context.export.removed).then_some((approval, Allowed { reasons: verdict.held })))
}
