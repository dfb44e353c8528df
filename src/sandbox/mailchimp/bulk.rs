//! The bulk upsert: up to 500 members a call, errors by row inside a 200.

use super::{
    email::{self, Hash},
    lists::List,
    member::Member,
    members::{self, ROW},
    merge_fields::{self, MergeField},
    problem::{Fail, Problem, Result},
    request::{Answer, Call},
    schema::{self, Kind, Shape},
    standing::Status,
    tags,
    view::View,
    work::Ctx,
};
use serde_json::{Map, Value, json};
use std::collections::{HashMap, HashSet};

/// Members a call may carry.
const ROWS: usize = 500;

const BODY: &Shape = &[("members", Kind::Objects(ROW), true), ("update_existing", Kind::Flag, false), ("sync_tags", Kind::Flag, false)];

/// What the call says of all its rows.
struct Bulk<'a> {
    list: &'a List,
    fields: Vec<MergeField>,
    skip_required: bool,
    skip_duplicates: bool,
    update_existing: bool,
    sync_tags: bool,
    seen: HashSet<Hash>,
    /// Folded name → id, for this call.
    tags: HashMap<String, i64>,
}

/// What became of one row.
enum Done {
    Created(Box<Member>),
    Updated(Box<Member>),
    Ignored,
}

/// Why one row was refused.
struct RowError {
    exists: bool,
    text: String,
    field: String,
    message: String,
}

pub(super) fn upsert(ctx: &mut Ctx<'_>, call: &Call, ids: &[&str]) -> Result<Answer> {
    let list = List::get(ctx, ids[0])?;
    let body = call.object()?;
    let rows = body.get("members").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    if rows.len() > ROWS {
        return Err(Problem::over_limit(format!("At most {ROWS} members may be sent in one call; this one has {}.", rows.len())).into());
    }
    ctx.notes.extend(schema::check(body, BODY)?.iter().map(|name| format!("unknown field {name}")));
    let mut bulk = Bulk::new(ctx, &list, call, body)?;
    let views = (bulk.view(ctx, "new_members"), bulk.view(ctx, "updated_members"));
    let (mut created, mut updated, mut errors) = (Vec::new(), Vec::new(), Vec::new());
    let (mut total_created, mut total_updated) = (0, 0);
    for row in rows.iter().filter_map(Value::as_object) {
        match bulk.row(ctx, row) {
            Ok(Done::Created(member)) => {
                total_created += 1;
                show(ctx, &views.0, &member, &mut created)?;
            }
            Ok(Done::Updated(member)) => {
                total_updated += 1;
                show(ctx, &views.1, &member, &mut updated)?;
            }
            Ok(Done::Ignored) => {}
            Err(Fail::Problem(problem)) => {
                if problem.violation {
                    ctx.notes.push("a row that is outside the contract".to_owned());
                }
                errors.push(RowError::of(*problem).to_json(row));
            }
            Err(other) => return Err(other),
        }
    }
    let href = ctx.href(&format!("/lists/{}", list.id));
    Answer::ok(json!({
        "new_members": created, "updated_members": updated, "total_created": total_created, "total_updated": total_updated,
        "error_count": errors.len(), "errors": errors, "_links": [{"rel": "self", "href": href, "method": "GET"}],
    }))
}

/// An answer that nobody reads is not built.
fn show(ctx: &Ctx<'_>, view: &View<'_>, member: &Member, into: &mut Vec<Value>) -> Result<()> {
    if !view.is_empty() {
        into.push(view.json(ctx, member)?);
    }
    Ok(())
}

impl<'a> Bulk<'a> {
    fn new(ctx: &Ctx<'_>, list: &'a List, call: &Call, body: &Map<String, Value>) -> Result<Self> {
        let flag = |name: &str| body.get(name).and_then(Value::as_bool).unwrap_or(false);
        Ok(Self {
            list,
            fields: merge_fields::load(ctx, list)?,
            skip_required: call.query.flag("skip_merge_validation")?,
            skip_duplicates: call.query.flag("skip_duplicate_check")?,
            update_existing: flag("update_existing"),
            sync_tags: flag("sync_tags") && flag("update_existing"),
            seen: HashSet::new(),
            tags: HashMap::new(),
        })
    }

    fn view(&self, ctx: &Ctx<'_>, path: &str) -> View<'a> {
        View::over(ctx, self.list, &[path], self.fields.clone())
    }

    /// Refuses before anything is written.
    fn row(&mut self, ctx: &mut Ctx<'_>, row: &Map<String, Value>) -> Result<Done> {
        let email = email::check(row.get("email_address").and_then(Value::as_str).unwrap_or_default())?;
        let hash = email::hash(email);
        if !self.seen.insert(hash) {
            return match self.skip_duplicates {
                true => Ok(Done::Ignored),
                false => Err(Problem::over_limit(format!("{email} is more than once in this request.")).into()),
            };
        }
        let status = members::status(row, "status");
        let known = Member::by_hash(ctx, self.list, &hash)?;
        let is_new = known.as_ref().is_none_or(|member| member.standing.status == Status::Archived);
        if !is_new && !self.update_existing {
            return Err(Problem::member_exists(email).into());
        }
        let mut member = match (known, status) {
            (Some(member), _) => member,
            (None, Some(status)) => Member::admit(ctx, self.list, email, status)?,
            (None, None) => return Err(Problem::field("status", "This value should not be blank.").into()),
        };
        let names = tag_names(row)?;
        member.apply(ctx, row, status, &self.fields, self.skip_required)?;
        member.save(ctx, self.list)?;
        self.tag(ctx, &member, names)?;
        Ok(if is_new { Done::Created(member.into()) } else { Done::Updated(member.into()) })
    }

    fn tag(&mut self, ctx: &Ctx<'_>, member: &Member, names: Option<Vec<&str>>) -> Result<()> {
        let Some(names) = names else { return Ok(()) };
        let mut ids = Vec::with_capacity(names.len());
        for name in names {
            let id = match self.tags.get(&tags::fold(name)) {
                Some(id) => *id,
                None => tags::ensure(ctx, self.list, name)?,
            };
            self.tags.insert(tags::fold(name), id);
            ids.push(id);
        }
        if self.sync_tags {
            return tags::replace(ctx, member.id, &ids);
        }
        ids.iter().try_for_each(|tag| tags::attach(ctx, *tag, member.id).map(drop))
    }
}

fn tag_names(row: &Map<String, Value>) -> Result<Option<Vec<&str>>> {
    let Some(Value::Array(names)) = row.get("tags") else { return Ok(None) };
    let names: Vec<_> = names.iter().filter_map(Value::as_str).collect();
    names.iter().try_for_each(|name| tags::check_name(name))?;
    Ok(Some(names))
}

impl RowError {
    fn of(problem: Problem) -> Self {
        let exists = problem.title == "Member Exists";
        let first = problem.errors.into_iter().next();
        let (field, message) = first.map(|error| (error.field, error.message)).unwrap_or_default();
        Self { exists, text: problem.detail, field, message }
    }

    fn to_json(&self, row: &Map<String, Value>) -> Value {
        let email = row.get("email_address").cloned().unwrap_or_default();
        let text = match (self.exists, email.as_str()) {
            (true, Some(email)) => {
                format!("{email} is already a list member, do you want to update? please provide update_existing:true in the request body")
            }
            _ => self.text.clone(),
        };
        let code = if self.exists { "ERROR_CONTACT_EXISTS" } else { "ERROR_GENERIC" };
        json!({"email_address": email, "error": text, "error_code": code, "field": self.field, "field_message": self.message})
    }
}
