//! Putting contacts onto lists and taking them off, many at a time, by id.

use super::{
    activity::{Activity, Job, Order, Who},
    activity_run::Done,
    lists::List,
    on_lists,
    problem::{Problem, Result},
    request::{Answer, Call},
    shape::{self, Kind, Shape},
    undone, who,
    work::Ctx,
};
use serde_json::{Map, Value, json};

/// The vendor knows more sources: tags, segments and engagement, of which this account has none.
const SOURCE: &Shape =
    &[("contact_ids", Kind::Ids(500), false), ("list_ids", Kind::Ids(50), false), ("all_active_contacts", Kind::Flag, false)];
const EXCLUDE: &Shape = &[("contact_ids", Kind::Ids(500), true)];
const BODY: &Shape =
    &[("source", Kind::Object(SOURCE), true), ("exclude", Kind::Object(EXCLUDE), false), ("list_ids", Kind::Ids(50), true)];

pub(super) fn add(ctx: &mut Ctx<'_>, call: &Call, _: &[&str]) -> Result<Answer> {
    accept(ctx, call, true, "add_list_memberships")
}

pub(super) fn remove(ctx: &mut Ctx<'_>, call: &Call, _: &[&str]) -> Result<Answer> {
    accept(ctx, call, false, "remove_list_memberships")
}

fn accept(ctx: &mut Ctx<'_>, call: &Call, on: bool, kind: &'static str) -> Result<Answer> {
    let body = call.object()?;
    shape::check(&body, BODY)?;
    let lists = targets(ctx, &body)?;
    let who = source(ctx, &body)?;
    let people = who::hashes(ctx, &who)?;
    let total = people.as_ref().map_or(0, Vec::len);
    ctx.rows += total;
    let touched = match &who {
        Who::OnLists { lists: from, .. } => [lists.as_slice(), from].concat(),
        _ => lists.clone(),
    };
    undone::check(ctx, on, &touched, people.as_deref())?;
    let counts = json!({"items_total_count": total, "items_completed_count": 0, "list_count": lists.len()});
    let order = Order { kind, job: Job::Members { on, lists, who }, counts, rows: None, people };
    Answer::json(201, Activity::enqueue(ctx, order)?.to_json(ctx.now))
}

fn targets(ctx: &Ctx<'_>, body: &Map<String, Value>) -> Result<Vec<i64>> {
    let ids = shape::ids(body, "list_ids");
    if ids.is_empty() {
        return Err(Problem::invalid("list_ids is missing").into());
    }
    ids.iter().map(|id| Ok(List::get(ctx, id)?.row)).collect()
}

/// Exactly one source; who is left out of it, where that is foreseen.
fn source(ctx: &Ctx<'_>, body: &Map<String, Value>) -> Result<Who> {
    let part = |name: &str| body.get(name).and_then(Value::as_object);
    let except = part("exclude").map(|exclude| who::rows(&shape::ids(exclude, "contact_ids")));
    let source = part("source").filter(|source| source.len() == 1);
    let source = source.ok_or_else(|| Problem::invalid("source has to have exactly one property"))?;
    if source.contains_key("contact_ids") && except.is_some() {
        return Err(Problem::invalid("exclude does not go with contact_ids").into());
    }
    who::read(ctx, source, except.unwrap_or_default())
}

pub(super) fn run(ctx: &mut Ctx<'_>, on: bool, lists: &[i64], who: &Who) -> Result<Done> {
    let contacts = who::contacts(ctx, who)?;
    let mut completed = 0;
    for contact in &contacts {
        let moved = if on { put(ctx, *contact, lists)? } else { take(ctx, *contact, lists)? };
        completed += u64::from(moved);
    }
    let total = match who {
        Who::Contacts(asked) => asked.len(),
        _ => contacts.len(),
    };
    let counts = json!({"items_total_count": total, "items_completed_count": completed, "list_count": lists.len()});
    Ok(Done { counts, result: None })
}

/// Nobody who unsubscribed or was deleted.
fn put(ctx: &mut Ctx<'_>, contact: i64, lists: &[i64]) -> Result<bool> {
    let sql = "SELECT 1 FROM contacts WHERE row = ? AND deleted IS NULL AND permission <> 'unsubscribed'";
    if !ctx.db.prepare_cached(sql)?.exists([contact])? {
        return Ok(false);
    }
    let mut all = true;
    for list in lists {
        all &= on_lists::put(ctx, contact, *list, "an activity")?;
    }
    touch(ctx, contact)?;
    Ok(all)
}

/// Who is not on a list is off it all the same.
fn take(ctx: &Ctx<'_>, contact: i64, lists: &[i64]) -> Result<bool> {
    for list in lists {
        ctx.db.prepare_cached("DELETE FROM memberships WHERE list = ? AND contact = ?")?.execute([*list, contact])?;
    }
    touch(ctx, contact)?;
    Ok(true)
}

fn touch(ctx: &Ctx<'_>, contact: i64) -> Result<()> {
    ctx.db.prepare_cached("UPDATE contacts SET updated = ? WHERE row = ?")?.execute([ctx.now, contact])?;
    Ok(())
}
