//! Audiences.

use super::{
    merge_field,
    problem::{Problem, Result},
    request::{Answer, Call, moment},
    schema::{self, Kind, Shape},
    standing::Status,
    work::Ctx,
};
use rusqlite::{OptionalExtension as _, Row, params};
use serde_json::{Map, Value, json};

/// Audiences that the account may have.
const LISTS: i64 = 100;
/// The vendor keeps a list's figures this long.
const STATS_SECONDS: i64 = 300;

const CONTACT: &Shape = &[
    ("company", Kind::Text, true),
    ("address1", Kind::Text, true),
    ("address2", Kind::Text, false),
    ("city", Kind::Text, true),
    ("state", Kind::Text, false),
    ("zip", Kind::Text, false),
    ("country", Kind::Text, true),
    ("phone", Kind::Text, false),
];
const CAMPAIGN: &Shape =
    &[("from_name", Kind::Text, true), ("from_email", Kind::Text, true), ("subject", Kind::Text, true), ("language", Kind::Text, true)];

const fn shape(must: bool) -> [(&'static str, Kind, bool); 10] {
    [
        ("name", Kind::Text, must),
        ("contact", Kind::Object(CONTACT), must),
        ("permission_reminder", Kind::Text, must),
        ("campaign_defaults", Kind::Object(CAMPAIGN), must),
        ("email_type_option", Kind::Flag, must),
        ("use_archive_bar", Kind::Flag, false),
        ("notify_on_subscribe", Kind::Text, false),
        ("notify_on_unsubscribe", Kind::Text, false),
        ("double_optin", Kind::Flag, false),
        ("marketing_permissions", Kind::Flag, false),
    ]
}
const CREATE: &Shape = &shape(true);
/// The schema asks for all of it again; the service takes a part.
const UPDATE: &Shape = &shape(false);

/// One audience.
#[derive(Debug)]
pub(super) struct List {
    pub row: i64,
    pub id: String,
    pub name: String,
    settings: Map<String, Value>,
    created: i64,
}

const COLUMNS: &str = "row, id, name, settings, created";

impl List {
    fn read(row: &Row<'_>) -> rusqlite::Result<(Self, String)> {
        let list = Self { row: row.get(0)?, id: row.get(1)?, name: row.get(2)?, settings: Map::new(), created: row.get(4)? };
        Ok((list, row.get(3)?))
    }

    fn with_settings((mut list, settings): (Self, String)) -> Result<Self> {
        list.settings = serde_json::from_str(&settings)?;
        Ok(list)
    }

    pub(super) fn find(ctx: &Ctx<'_>, id: &str) -> Result<Option<Self>> {
        let mut query = ctx.db.prepare_cached(&format!("SELECT {COLUMNS} FROM lists WHERE id = ?"))?;
        query.query_row([id], Self::read).optional()?.map(Self::with_settings).transpose()
    }

    pub(super) fn get(ctx: &Ctx<'_>, id: &str) -> Result<Self> {
        Ok(Self::find(ctx, id)?.ok_or_else(Problem::not_found)?)
    }

    fn path(&self) -> String {
        format!("/lists/{}", self.id)
    }
}

/// Every audience, oldest first.
pub(super) fn every(ctx: &Ctx<'_>) -> Result<Vec<List>> {
    let mut query = ctx.db.prepare_cached(&format!("SELECT {COLUMNS} FROM lists ORDER BY row"))?;
    let rows = query.query_map([], List::read)?.collect::<rusqlite::Result<Vec<_>>>()?;
    rows.into_iter().map(List::with_settings).collect()
}

pub(super) fn all(ctx: &mut Ctx<'_>, call: &Call, _: &[&str]) -> Result<Answer> {
    let page = call.query.page()?;
    let total_contacts = call.query.flag("include_total_contacts")?;
    call.query.word("sort_field", &["date_created"])?;
    let newest_first = call.query.word("sort_dir", &["ASC", "DESC"])? == Some("DESC");
    let mut lists = every(ctx)?;
    keep_created_within(&mut lists, call)?;
    if newest_first {
        lists.reverse();
    }
    let total = lists.len();
    let shown = lists.iter().skip(page.offset as usize).take(page.count as usize);
    let bodies = shown.map(|list| to_json(ctx, list, total_contacts)).collect::<Result<Vec<_>>>()?;
    Answer::ok(json!({
        "lists": bodies, "total_items": total,
        "constraints": {"may_create": (total as i64) < LISTS, "max_instances": LISTS, "current_total_instances": total},
        "_links": [{"rel": "self", "href": ctx.href("/lists"), "method": "GET"}],
    }))
}

fn keep_created_within(lists: &mut Vec<List>, call: &Call) -> Result<()> {
    if let Some(since) = call.query.time("since_date_created")? {
        lists.retain(|list| list.created > since);
    }
    if let Some(before) = call.query.time("before_date_created")? {
        lists.retain(|list| list.created < before);
    }
    Ok(())
}

pub(super) fn create(ctx: &mut Ctx<'_>, call: &Call, _: &[&str]) -> Result<Answer> {
    let body = call.object()?;
    ctx.notes.extend(schema::check(body, CREATE)?.iter().map(|name| format!("unknown field {name}")));
    let count: i64 = ctx.db.query_row("SELECT count(*) FROM lists", [], |row| row.get(0))?;
    if count >= LISTS {
        return Err(Problem::new(403, "Forbidden", "You have reached the maximum number of audiences of your plan.").into());
    }
    let id = uuid::Uuid::new_v4().simple().to_string()[..10].to_owned();
    let list = insert(ctx, &id, body)?;
    Answer::ok(to_json(ctx, &list, false)?)
}

/// Makes an audience with the four merge fields that every new one has.
fn insert(ctx: &mut Ctx<'_>, id: &str, body: &Map<String, Value>) -> Result<List> {
    let name = body.get("name").and_then(Value::as_str).unwrap_or_default();
    if name.trim().is_empty() {
        return Err(Problem::field("name", "This value should not be blank.").into());
    }
    let settings = serde_json::to_string(body)?;
    ctx.db.execute(
        "INSERT INTO lists(id, name, settings, created, next_merge_id) VALUES (?, ?, ?, ?, 1)",
        params![id, name, settings, ctx.now],
    )?;
    let list = List::get(ctx, id)?;
    merge_field::seed(ctx, &list)?;
    Ok(list)
}

/// The audience of this id, made if there is none: definitions name audiences by id, and a fresh sandbox has none.
pub(super) fn ensure(ctx: &mut Ctx<'_>, id: &str, name: &str) -> Result<()> {
    if id.is_empty() || id.len() > 40 || !id.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Err(Problem::invalid("An audience's id is 1 to 40 letters and digits.").into());
    }
    if List::find(ctx, id)?.is_none() {
        insert(ctx, id, &Map::from_iter([("name".to_owned(), Value::from(name))]))?;
    }
    Ok(())
}

pub(super) fn get(ctx: &mut Ctx<'_>, call: &Call, ids: &[&str]) -> Result<Answer> {
    let list = List::get(ctx, ids[0])?;
    Answer::ok(to_json(ctx, &list, call.query.flag("include_total_contacts")?)?)
}

pub(super) fn update(ctx: &mut Ctx<'_>, call: &Call, ids: &[&str]) -> Result<Answer> {
    let mut list = List::get(ctx, ids[0])?;
    let body = call.object()?;
    ctx.notes.extend(schema::check(body, UPDATE)?.iter().map(|name| format!("unknown field {name}")));
    if let Some(name) = body.get("name").and_then(Value::as_str) {
        if name.trim().is_empty() {
            return Err(Problem::field("name", "This value should not be blank.").into());
        }
        name.clone_into(&mut list.name);
    }
    list.settings.extend(body.clone());
    let settings = serde_json::to_string(&list.settings)?;
    ctx.db.execute("UPDATE lists SET name = ?, settings = ? WHERE row = ?", params![list.name, settings, list.row])?;
    Answer::ok(to_json(ctx, &list, false)?)
}

pub(super) fn delete(ctx: &mut Ctx<'_>, _: &Call, ids: &[&str]) -> Result<Answer> {
    let list = List::get(ctx, ids[0])?;
    for sql in [
        "DELETE FROM tagged WHERE tag IN (SELECT id FROM tags WHERE list = ?)",
        "DELETE FROM tags WHERE list = ?",
        "DELETE FROM members WHERE list = ?",
        "DELETE FROM fields WHERE list = ?",
        "DELETE FROM forgotten WHERE list = ?",
        "DELETE FROM lists WHERE row = ?",
    ] {
        ctx.db.execute(sql, [list.row])?;
    }
    ctx.memo.touch(list.row);
    ctx.memo.stats.remove(&list.row);
    ctx.memo.addresses.remove_list(list.row);
    Answer::none()
}

fn to_json(ctx: &mut Ctx<'_>, list: &List, total_contacts: bool) -> Result<Value> {
    let setting = |name: &str, absent: Value| list.settings.get(name).cloned().unwrap_or(absent);
    let mut stats = stats(ctx, list)?;
    if let (false, Value::Object(stats)) = (total_contacts, &mut stats) {
        stats.remove("total_contacts");
    }
    Ok(json!({
        "id": list.id, "web_id": list.row, "name": list.name, "date_created": moment(list.created), "stats": stats,
        "contact": setting("contact", json!({"company": "", "address1": "", "city": "", "state": "", "zip": "", "country": ""})),
        "permission_reminder": setting("permission_reminder", "".into()),
        "campaign_defaults":
            setting("campaign_defaults", json!({"from_name": "", "from_email": "", "subject": "", "language": "en"})),
        "email_type_option": setting("email_type_option", false.into()),
        "use_archive_bar": setting("use_archive_bar", false.into()),
        "notify_on_subscribe": setting("notify_on_subscribe", "".into()),
        "notify_on_unsubscribe": setting("notify_on_unsubscribe", "".into()),
        "double_optin": setting("double_optin", false.into()),
        "marketing_permissions": setting("marketing_permissions", false.into()),
        "has_welcome": false, "list_rating": 0, "modules": [], "visibility": "prv", "beamer_address": "",
        "subscribe_url_short": "", "subscribe_url_long": "",
        "_links": [{"rel": "self", "href": ctx.href(&list.path()), "method": "GET"}],
    }))
}

/// The figures of a list, up to five minutes old.
fn stats(ctx: &mut Ctx<'_>, list: &List) -> Result<Value> {
    if let Some((at, stats)) = ctx.memo.stats.get(&list.row)
        && ctx.now - at < STATS_SECONDS
    {
        return Ok(stats.clone());
    }
    let counts = counts(ctx, list.row)?;
    let last = |status: &str| -> Result<String> {
        let sql = format!("SELECT coalesce(max(changed), 0) FROM members WHERE list = ? AND status {status}");
        Ok(moment(ctx.db.query_row(&sql, [list.row], |row| row.get(0))?))
    };
    let fields: i64 = ctx.db.query_row("SELECT count(*) FROM fields WHERE list = ?", [list.row], |row| row.get(0))?;
    let stats = json!({
        "member_count": counts[0], "unsubscribe_count": counts[1], "cleaned_count": counts[2],
        "total_contacts": counts[..5].iter().sum::<i64>(), "member_count_since_send": counts[0],
        "unsubscribe_count_since_send": counts[1], "cleaned_count_since_send": counts[2], "campaign_count": 0,
        "campaign_last_sent": "", "merge_field_count": fields, "avg_sub_rate": 0, "avg_unsub_rate": 0, "target_sub_rate": 0,
        "open_rate": 0, "click_rate": 0, "last_sub_date": last("= 0")?, "last_unsub_date": last("= 1")?,
    });
    ctx.memo.stats.insert(list.row, (ctx.now, stats.clone()));
    Ok(stats)
}

/// Members by status, as of now. One pass over an index; grouping would sort a million rows in memory.
pub(super) fn counts(ctx: &Ctx<'_>, list: i64) -> Result<[i64; 6]> {
    let sums = Status::ALL.map(|status| format!("coalesce(sum(status = {}), 0)", status.code())).join(", ");
    let mut query = ctx.db.prepare_cached(&format!("SELECT {sums} FROM members WHERE list = ?"))?;
    let mut counts = [0; 6];
    query.query_row([list], |row| {
        for (index, count) in counts.iter_mut().enumerate() {
            *count = row.get(index)?;
        }
        Ok(())
    })?;
    Ok(counts)
}
