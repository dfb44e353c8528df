//! The bulk upsert: up to 500 members a call, errors by row inside a 200.

use super::{
    bulk_settings::{ArchivedIs, BulkUpdates, Key, Unchanged, WithoutStatus},
    email::{self, Hash},
    lists::List,
    member::Member,
    members::{self, ROW},
    merge_field::{self, MergeField},
    problem::{Fail, Problem, Result},
    request::{Answer, Call},
    schema::{self, Kind, Shape},
    settings::{AnswerTags, BulkTags},
    standing::Status,
    tags,
    view::View,
    work::Ctx,
    written::Written,
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
    statuses(rows, ctx.settings.bulk_updates)?;
    let mut bulk = Bulk::new(ctx, &list, call, body)?;
    let (mut created, mut updated) = (bulk.written(ctx, "new_members"), bulk.written(ctx, "updated_members"));
    let mut errors = Vec::new();
    for row in rows.iter().filter_map(Value::as_object) {
        match bulk.row(ctx, row) {
            Ok(Done::Created(member)) => created.add(ctx, &member)?,
            Ok(Done::Updated(member)) => updated.add(ctx, &member)?,
            Ok(Done::Ignored) => {}
            Err(Fail::Refused(problem)) => errors.push(refused(ctx, *problem, row)),
            Err(other) => return Err(other),
        }
    }
    let href = ctx.href(&format!("/lists/{}", list.id));
    let body = json!({
        "total_created": created.total, "total_updated": updated.total, "error_count": errors.len(), "errors": errors,
        "_links": [{"rel": "self", "href": href, "method": "GET"}],
    });
    Answer::with(body, [created.array, updated.array])
}

/// Each item has `status` or `status_if_new`; one without `status` may refuse the whole call.
fn statuses(rows: &[Value], settings: BulkUpdates) -> Result<()> {
    let lacks = |names: &[&str]| rows.iter().position(|row| names.iter().all(|name| row.get(name).is_none()));
    if let Some(at) = lacks(&["status", "status_if_new"]) {
        return Err(Problem::field(&format!("members.item:{at}"), "Required fields were not provided: status or status_if_new").into());
    }
    match lacks(&["status"]).filter(|_| settings.without_status == WithoutStatus::CallRefused) {
        None => Ok(()),
        Some(at) => {
            let problem = Problem::field(&format!("members.item:{at}.status"), "This value should not be blank.");
            Err(Problem { violation: false, ..problem }.into())
        }
    }
}

fn refused(ctx: &mut Ctx<'_>, problem: Problem, row: &Map<String, Value>) -> Value {
    if problem.violation {
        ctx.notes.push("a row that is outside the contract".to_owned());
    }
    RowError::of(problem).to_json(row)
}

impl<'a> Bulk<'a> {
    fn new(ctx: &Ctx<'_>, list: &'a List, call: &Call, body: &Map<String, Value>) -> Result<Self> {
        let flag = |name: &str| body.get(name).and_then(Value::as_bool).unwrap_or(false);
        Ok(Self {
            list,
            fields: merge_field::load(ctx, list)?,
            skip_required: call.query.flag("skip_merge_validation")?,
            skip_duplicates: call.query.flag("skip_duplicate_check")?,
            update_existing: flag("update_existing"),
            sync_tags: flag("sync_tags") && flag("update_existing"),
            seen: HashSet::new(),
            tags: HashMap::new(),
        })
    }

    /// One array of the answer.
    fn written(&self, ctx: &Ctx<'_>, name: &'static str) -> Written<'a> {
        let view = View::over(ctx, self.list, &[name], self.fields.clone());
        let shows_tags = ctx.settings.bulk_answer != AnswerTags::Missing;
        Written::new(ctx, name, if shows_tags { view } else { view.without_tags() })
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
        let settings = ctx.settings.bulk_updates;
        if status.is_none() && settings.without_status == WithoutStatus::RowRefused {
            let problem = Problem::field("status", "This value should not be blank.");
            return Err(Problem { violation: false, detail: "The status is required.".to_owned(), ..problem }.into());
        }
        let known = Member::by_hash(ctx, self.list, &hash)?;
        let comes_back = status.is_some() || settings.archived == ArchivedIs::New;
        let is_new = known.as_ref().is_none_or(|member| member.standing.status == Status::Archived && comes_back);
        if !is_new && !self.update_existing {
            return Err(Problem::member_exists(email).into());
        }
        let written = status.or_else(|| without_status(settings.key, is_new, members::status(row, "status_if_new")));
        let mut member = match (known, written) {
            (Some(member), _) => member,
            (None, Some(status)) => Member::admit(ctx, self.list, email, status)?,
            (None, None) => return Err(Problem::field("status", "This value should not be blank.").into()),
        };
        let names = tag_names(row)?;
        let before = (member.standing, member.values.clone());
        member.apply(ctx, row, written, &self.fields, self.skip_required)?;
        member.save(ctx, self.list)?;
        self.tag(ctx, &mut member, names)?;
        let unchanged = before == (member.standing, member.values.clone());
        Ok(match (is_new, unchanged && settings.unchanged == Unchanged::LeftOut) {
            (true, _) => Done::Created(member.into()),
            (false, true) => Done::Ignored,
            (false, false) => Done::Updated(member.into()),
        })
    }

    fn tag(&mut self, ctx: &Ctx<'_>, member: &mut Member, names: Option<Vec<&str>>) -> Result<()> {
        let Some(names) = names.filter(|_| ctx.settings.bulk_tags == BulkTags::Honoured) else { return Ok(()) };
        member.untagged = false;
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

/// What a row without `status` writes.
fn without_status(key: Key, is_new: bool, if_new: Option<Status>) -> Option<Status> {
    match key {
        _ if is_new => if_new,
        Key::NewOnly => None,
        Key::Status => if_new,
        Key::Subscribes => Some(Status::Subscribed),
        Key::Unsubscribes => Some(Status::Unsubscribed),
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
