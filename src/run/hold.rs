//! A plan that waits for a person: stored whole, so that it can be reviewed and approved by its digest.

use super::{Context, Failure, Prepared, Recorder};
use crate::{member::Key, plan, state::HeldPlan};

/// Stores a held plan; `approved_by` approves it at once.
pub async fn hold(context: &Context, recorder: &Recorder, prepared: &Prepared, approved_by: Option<String>) -> Result<(), Failure> {
    let plan = &prepared.plan;
    let held = HeldPlan {
        digest: plan.digest.0.clone(),
        made_at: context.now,
        verdict: plan.verdict.clone(),
        text: plan::text(plan),
    };
    let removals: Vec<Key> = prepared.work.leavers.iter().map(|l| l.key).collect();
    let (name, renamed, now) = (context.export.name.clone(), context.export.renamed_from.clone(), context.now);
    recorder
        .record(move |store| {
            let export = store.ensure_export(&name, renamed.as_ref())?;
            store.hold(export, &held, &removals)?;
            approved_by.map_or(Ok(()), |by| store.approve(export, &held.digest, &by, now))
        })
        .await
}
