//! One member at a time: create, upsert, change, archive, forget.

use super::{
    email,
    lists::List,
    member::Member,
    merge_field,
    problem::{Problem, Result},
    request::{Answer, Call},
    schema::{self, Kind, Shape},
    standing::{Status, WRITABLE},
    tags,
    view::View,
    work::Ctx,
};
use rusqlite::params;
use serde_json::{Map, Value};

const LOCATION: &Shape = &[("latitude", Kind::Any, false), ("longitude", Kind::Any, false)];
const PERMISSION: &Shape = &[("marketing_permission_id", Kind::Text, false), ("enabled", Kind::Flag, false)];

/// What every writing of a member may carry; the first two as the call needs them.
macro_rules! shape {
    ($($extra:expr),*) => {
        &[
            $($extra,)*
            ("email_type", Kind::Text, false),
            ("merge_fields", Kind::Open, false),
            ("interests", Kind::Open, false),
            ("language", Kind::Text, false),
            ("vip", Kind::Flag, false),
            ("location", Kind::Object(LOCATION), false),
            ("marketing_permissions", Kind::Objects(PERMISSION), false),
            ("ip_signup", Kind::Text, false),
            ("timestamp_signup", Kind::Text, false),
            ("ip_opt", Kind::Text, false),
            ("timestamp_opt", Kind::Text, false)
        ]
    };
}

const CREATE: &Shape = shape![("email_address", Kind::Text, true), ("status", Kind::OneOf(WRITABLE), true), ("tags", Kind::Texts, false)];
/// The schema asks for `status_if_new`; the service does not for a member that exists.
const PUT: &Shape =
    shape![("email_address", Kind::Text, true), ("status", Kind::OneOf(WRITABLE), false), ("status_if_new", Kind::OneOf(WRITABLE), false)];
const PATCH: &Shape = shape![("email_address", Kind::Text, false), ("status", Kind::OneOf(WRITABLE), false)];
/// A row of the bulk call: it needs one of the two statuses.
pub(super) const ROW: &Shape = shape![
    ("email_address", Kind::Text, true),
    ("status", Kind::OneOf(WRITABLE), false),
    ("status_if_new", Kind::OneOf(WRITABLE), false),
    ("tags", Kind::Texts, false)
];

pub(super) fn status(body: &Map<String, Value>, name: &str) -> Option<Status> {
    body.get(name).and_then(Value::as_str).and_then(Status::parse)
}

fn checked<'a>(ctx: &mut Ctx<'_>, call: &'a Call, shape: &Shape) -> Result<&'a Map<String, Value>> {
    let body = call.object()?;
    ctx.notes.extend(schema::check(body, shape)?.iter().map(|name| format!("unknown field {name}")));
    Ok(body)
}

fn address(body: &Map<String, Value>) -> Result<&str> {
    email::check(body.get("email_address").and_then(Value::as_str).unwrap_or_default())
}

fn answer(ctx: &Ctx<'_>, list: &List, member: &Member) -> Result<Answer> {
    Answer::ok(View::new(ctx, list, &[])?.json(ctx, member)?)
}

pub(super) fn get(ctx: &mut Ctx<'_>, _: &Call, ids: &[&str]) -> Result<Answer> {
    let list = List::get(ctx, ids[0])?;
    let member = Member::get(ctx, &list, ids[1])?;
    answer(ctx, &list, &member)
}

/// A member that exists is refused, unless it is archived: then it comes back.
pub(super) fn create(ctx: &mut Ctx<'_>, call: &Call, ids: &[&str]) -> Result<Answer> {
    let list = List::get(ctx, ids[0])?;
    let body = checked(ctx, call, CREATE)?;
    let email = address(body)?;
    let wanted = status(body, "status");
    let mut member = match Member::by_hash(ctx, &list, &email::hash(email))? {
        Some(member) if member.standing.status == Status::Archived => member,
        Some(_) => return Err(Problem::member_exists(email).into()),
        None => Member::admit(ctx, &list, email, wanted.unwrap_or(Status::Subscribed))?,
    };
    write(ctx, &list, &mut member, call, wanted)?;
    for name in body.get("tags").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str) {
        tags::attach(ctx, tags::ensure(ctx, &list, name)?, member.id)?;
    }
    answer(ctx, &list, &member)
}

/// Upsert. What the path says finds the member; what the body says is its address afterwards.
pub(super) fn put(ctx: &mut Ctx<'_>, call: &Call, ids: &[&str]) -> Result<Answer> {
    let list = List::get(ctx, ids[0])?;
    let body = checked(ctx, call, PUT)?;
    let email = address(body)?;
    let wanted = status(body, "status");
    let (mut member, wanted) = match Member::find(ctx, &list, ids[1])? {
        Some(member) => (member, wanted),
        None => {
            if Member::by_hash(ctx, &list, &email::hash(email))?.is_some() {
                return Err(Problem::member_exists(email).into());
            }
            let status = wanted.or_else(|| status(body, "status_if_new"));
            let status = status.ok_or_else(|| Problem::field("", "Required fields were not provided: status_if_new"))?;
            (Member::admit(ctx, &list, email, status)?, Some(status))
        }
    };
    rename(ctx, &list, &mut member, email)?;
    write(ctx, &list, &mut member, call, wanted)?;
    answer(ctx, &list, &member)
}

pub(super) fn patch(ctx: &mut Ctx<'_>, call: &Call, ids: &[&str]) -> Result<Answer> {
    let list = List::get(ctx, ids[0])?;
    let body = checked(ctx, call, PATCH)?;
    let mut member = Member::get(ctx, &list, ids[1])?;
    if body.contains_key("email_address") {
        rename(ctx, &list, &mut member, address(body)?)?;
    }
    write(ctx, &list, &mut member, call, status(body, "status"))?;
    answer(ctx, &list, &member)
}

fn rename(ctx: &mut Ctx<'_>, list: &List, member: &mut Member, email: &str) -> Result<()> {
    let hash = email::hash(email);
    if hash != member.hash && Member::by_hash(ctx, list, &hash)?.is_some() {
        return Err(Problem::member_exists(email).into());
    }
    email.clone_into(&mut member.email);
    ctx.memo.addresses.set(list.row, member.hash, None);
    member.hash = hash;
    Ok(())
}

fn write(ctx: &mut Ctx<'_>, list: &List, member: &mut Member, call: &Call, wanted: Option<Status>) -> Result<()> {
    let skip_required = call.query.flag("skip_merge_validation")?;
    let fields = merge_field::load(ctx, list)?;
    member.apply(ctx, call.object()?, wanted, &fields, skip_required)?;
    member.save(ctx, list)
}

pub(super) fn archive(ctx: &mut Ctx<'_>, _: &Call, ids: &[&str]) -> Result<Answer> {
    let list = List::get(ctx, ids[0])?;
    let mut member = Member::get(ctx, &list, ids[1])?;
    member.standing = member.standing.archive().ok_or_else(Problem::not_removable)?;
    member.changed = ctx.now;
    member.save(ctx, &list)?;
    Answer::none()
}

/// For good: the address can never be imported again.
pub(super) fn forget(ctx: &mut Ctx<'_>, _: &Call, ids: &[&str]) -> Result<Answer> {
    let list = List::get(ctx, ids[0])?;
    let member = Member::get(ctx, &list, ids[1])?;
    member.remove(ctx, &list)?;
    ctx.db.execute("INSERT OR IGNORE INTO forgotten VALUES (?, ?)", params![list.row, member.hash])?;
    Answer::none()
}
