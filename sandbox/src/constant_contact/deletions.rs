//! Deleting lists and contacts: asked for now, done later.

use super::{
    activity::{Activity, Job, Order, Who},
    activity_run::Done,
    contact::{COLUMNS, Contact},
    lists::List,
    problem::{Problem, Result},
    request::{Answer, Call},
    shape::{self, Kind, Shape},
    who,
    work::Ctx,
};
use serde_json::{Value, json};

const CONTACTS: &Shape = &[("contact_ids", Kind::Ids(500), false), ("list_ids", Kind::Ids(50), false)];
const LISTS: &Shape = &[("list_ids", Kind::Ids(100), true)];

pub(super) fn list(ctx: &mut Ctx<'_>, _: &Call, ids: &[&str]) -> Result<Answer> {
    let job = Job::DeleteLists(vec![List::get(ctx, ids[0])?.row]);
    let order = Order { kind: "list_delete", job, counts: Value::Null, rows: None, people: None };
    let activity = Activity::enqueue(ctx, order)?;
    Ok(Answer { location: Some(activity.href()), ..Answer::json(202, activity.to_json(ctx.now))? })
}

pub(super) fn lists(ctx: &mut Ctx<'_>, call: &Call, _: &[&str]) -> Result<Answer> {
    let body = call.object()?;
    shape::check(&body, LISTS)?;
    let ids = shape::ids(&body, "list_ids");
    if ids.is_empty() {
        return Err(Problem::invalid("list_ids is missing").into());
    }
    let unknown = || Problem::unfit("list_ids names an unknown list");
    let rows = ids.iter().map(|id| Ok(List::find(ctx, id)?.ok_or_else(unknown)?.row)).collect::<Result<Vec<_>>>()?;
    let counts = json!({"list_count": rows.len()});
    let order = Order { kind: "list_delete", job: Job::DeleteLists(rows), counts, rows: None, people: None };
    Answer::json(201, Activity::enqueue(ctx, order)?.to_json(ctx.now))
}

pub(super) fn contacts(ctx: &mut Ctx<'_>, call: &Call, _: &[&str]) -> Result<Answer> {
    let body = call.object()?;
    shape::check(&body, CONTACTS)?;
    if body.len() != 1 {
        return Err(Problem::invalid("exactly one of contact_ids and list_ids is needed").into());
    }
    let who = who::read(ctx, &body, Vec::new())?;
    let total = if let Who::Contacts(rows) = &who { rows.len() } else { 0 };
    ctx.rows += total;
    let counts = json!({"items_total_count": total, "items_completed_count": 0});
    let order = Order { kind: "contact_delete", job: Job::DeleteContacts(who), counts, rows: None, people: None };
    Answer::json(201, Activity::enqueue(ctx, order)?.to_json(ctx.now))
}

pub(super) fn run_contacts(ctx: &mut Ctx<'_>, who: &Who) -> Result<Done> {
    let rows = who::contacts(ctx, who)?;
    for row in &rows {
        let mut query = ctx.db.prepare_cached(&format!("SELECT {COLUMNS} FROM contacts WHERE row = ?"))?;
        let mut contact = query.query_row([row], Contact::read)?;
        contact.delete(ctx)?;
    }
    let total = if let Who::Contacts(asked) = who { asked.len() } else { rows.len() };
    Ok(Done { counts: json!({"items_total_count": total, "items_completed_count": rows.len()}), result: None })
}

/// Their members stay contacts.
pub(super) fn run_lists(ctx: &mut Ctx<'_>, lists: &[i64]) -> Result<Done> {
    for list in lists {
        ctx.db.execute("UPDATE lists SET deleted = ?1, updated = ?1 WHERE row = ?2", [ctx.now, *list])?;
        ctx.db.execute("DELETE FROM memberships WHERE list = ?", [list])?;
        ctx.db.execute("DELETE FROM leavers WHERE list = ?", [list])?;
    }
    Ok(Done::default())
}
