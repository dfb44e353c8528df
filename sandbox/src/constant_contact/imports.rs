//! Imports as they are accepted: JSON or a CSV file.

use super::{
    activity::{Activity, Job, Order},
    csv_rows, fields,
    import_cut::{self, Rows},
    lists::List,
    multipart::{self, Part},
    problem::{Problem, Result},
    request::{Answer, Call},
    shape,
    tally::Event,
    undone,
    work::Ctx,
};
use serde_json::{Map, Value, json};

/// Lists that one import may fill.
const LISTS: usize = 50;

pub(super) fn json(ctx: &mut Ctx<'_>, call: &Call, _: &[&str]) -> Result<Answer> {
    let (rows, lists) = import_cut::json(&call.body, &fields::by_name(ctx)?)?;
    let lists = lists_of(ctx, lists)?;
    accept(ctx, "contacts_json_import", rows, lists)
}

pub(super) fn file(ctx: &mut Ctx<'_>, call: &Call, _: &[&str]) -> Result<Answer> {
    let parts = multipart::parts(&call.content_type, &call.body);
    let parts = parts.ok_or_else(|| Problem::malformed("The body is not multipart/form-data."))?;
    if let Some(part) = parts.iter().find(|part| !matches!(part.name.as_str(), "file" | "list_ids")) {
        return Err(Problem::invalid(format!("{} is not known", part.name)).into());
    }
    let ids = String::from_utf8_lossy(part(&parts, "list_ids")?.content).into_owned();
    let lists = lists_of(ctx, ids.split(',').map(str::trim).collect())?;
    let file = part(&parts, "file")?;
    let rows = csv_rows::read(file.content, file.start, &fields::by_name(ctx)?)?;
    accept(ctx, "contacts_file_import", rows, lists)
}

fn part<'a>(parts: &'a [Part<'a>], name: &str) -> Result<&'a Part<'a>> {
    Ok(parts.iter().find(|part| part.name == name).ok_or_else(|| Problem::invalid(format!("{name} is missing")))?)
}

fn lists_of(ctx: &Ctx<'_>, ids: Value) -> Result<Vec<i64>> {
    let body = Map::from_iter([("list_ids".to_owned(), ids)]);
    shape::check(&body, &[("list_ids", shape::Kind::Ids(LISTS), true)])?;
    let ids = shape::ids(&body, "list_ids");
    if ids.is_empty() {
        return Err(Problem::invalid("list_ids is missing").into());
    }
    let found = |id: &String| Ok(List::find(ctx, id)?.ok_or_else(|| Problem::unfit("list_ids names an unknown list"))?.row);
    ids.iter().map(found).collect()
}

/// What was dropped, and addresses that come twice, are noted: the vendor says nothing of either.
fn accept(ctx: &mut Ctx<'_>, kind: &'static str, mut rows: Rows, lists: Vec<i64>) -> Result<Answer> {
    let repeated = rows.finish();
    if rows.count == 0 && rows.dropped == 0 {
        return Err(Problem::invalid("there is nobody to import").into());
    }
    ctx.tally.add(Event::RowDropped, rows.dropped as u64);
    ctx.note(u64::from(rows.dropped > 0), &format!("{} rows beyond the limits of an import were dropped", rows.dropped));
    ctx.tally.add(Event::RowRepeated, repeated);
    ctx.note(u64::from(repeated > 0), &format!("{repeated} rows repeat an address of the same import"));
    ctx.rows += rows.count + rows.dropped;
    undone::check(ctx, true, &lists, Some(&rows.people))?;
    let counts = ["items_total_count", "person_count", "error_count", "correctable_count", "cannot_add_to_list_count"];
    let counts = Value::Object(counts.map(|name| (name.to_owned(), json!(0))).into_iter().collect());
    let job = Job::Import { lists, headed: kind == "contacts_file_import" };
    let order = Order { kind, job, counts, rows: Some(rows.text), people: Some(rows.people) };
    Answer::json(201, Activity::enqueue(ctx, order)?.to_json(ctx.now))
}
