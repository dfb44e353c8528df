//! Exports: contacts as a CSV file, made later and fetched by the activity's id.

use super::{
    activity::{Activity, Job, Order, Who},
    activity_run::Done,
    contact::{COLUMNS, Contact, MAILABLE},
    contact_id::id_of,
    fields,
    problem::{Fail, Problem, Result},
    request::{Answer, Call, Content, moment},
    shape::{self, Kind, Shape},
    who,
    work::Ctx,
};
use rusqlite::OptionalExtension as _;
use serde_json::{Value, json};

const STATUSES: &[&str] = &["all", "active", "deleted", "not_set", "pending_confirmation", "temp_hold", "unsubscribed"];
const EXCLUDE: &Shape = &[("contact_ids", Kind::Ids(50), true)];
const BODY: &Shape = &[
    ("contact_ids", Kind::Ids(500), false),
    ("list_ids", Kind::Ids(50), false),
    ("fields", Kind::Texts, false),
    ("status", Kind::OneOf(STATUSES), false),
    ("exclude", Kind::Object(EXCLUDE), false),
];
/// Columns beside custom fields; those that begin with `email_o` need `email_address`.
const FIELDS: &[&str] = &[
    "email_address",
    "email_permission_to_send",
    "email_optin_source",
    "email_optin_date",
    "email_optout_source",
    "email_optout_date",
    "email_optout_reason",
    "first_name",
    "last_name",
    "job_title",
    "company_name",
    "birthday_month",
    "birthday_day",
    "anniversary",
    "created_at",
    "updated_at",
];
const ID: &str = "contact_id";

pub(super) fn create(ctx: &mut Ctx<'_>, call: &Call, _: &[&str]) -> Result<Answer> {
    let body = call.object()?;
    shape::check(&body, BODY)?;
    let except = body.get("exclude").and_then(Value::as_object).map(|exclude| who::rows(&shape::ids(exclude, "contact_ids")));
    let named = ["contact_ids", "list_ids"].into_iter().filter(|name| body.contains_key(*name)).count();
    if named > 1 || (body.contains_key("contact_ids") && except.is_some()) {
        return Err(Problem::invalid("contact_ids goes with no other filter but status").into());
    }
    let who = match named {
        0 => Who::Everybody { except: except.unwrap_or_default() },
        _ => who::read(ctx, &body, except.unwrap_or_default())?,
    };
    let status = body.get("status").and_then(Value::as_str).map(str::to_owned);
    let job = Job::Export { who, status, fields: columns(ctx, body.get("fields"))? };
    let counts = json!({"items_total_count": 0, "items_completed_count": 0});
    let order = Order { kind: "contact_exports", job, counts, rows: None, people: None };
    Answer::json(201, Activity::enqueue(ctx, order)?.to_json(ctx.now))
}

/// All of them unless some are asked for.
fn columns(ctx: &Ctx<'_>, asked: Option<&Value>) -> Result<Vec<String>> {
    let custom: Vec<_> = fields::every(ctx)?.into_values().map(|field| field.name).collect();
    let id = ctx.settings.export_contact_id.then(|| ID.to_owned());
    let every = id.into_iter().chain(FIELDS.iter().map(|name| (*name).to_owned())).chain(custom);
    let Some(asked) = asked.and_then(Value::as_array).filter(|asked| !asked.is_empty()) else { return Ok(every.collect()) };
    let every: Vec<_> = every.collect();
    let asked: Vec<_> = asked.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    if let Some(name) = asked.iter().find(|name| !every.contains(name)) {
        return Err(Problem::invalid(format!("fields: {name} cannot be exported")).into());
    }
    let of_email = asked.iter().any(|name| name.starts_with("email_o"));
    match of_email && !asked.iter().any(|name| name == "email_address") {
        true => Err(Problem::invalid("fields has to have email_address").into()),
        false => Ok(asked),
    }
}

pub(super) fn run(ctx: &mut Ctx<'_>, who: &Who, status: Option<&str>, columns: &[String]) -> Result<Done> {
    let rows = who::contacts(ctx, who)?;
    let sql = format!("SELECT {COLUMNS} FROM contacts WHERE row = ? AND {}", condition(status));
    let mut query = ctx.db.prepare_cached(&sql)?;
    let fields = fields::by_name(ctx)?;
    let mut file = csv::Writer::from_writer(Vec::new());
    file.write_record(columns).map_err(full)?;
    let mut count = 0;
    for row in rows {
        let Some(contact) = query.query_row([row], Contact::read).optional()? else { continue };
        let cells = columns.iter().map(|name| match fields.get(name) {
            Some(field) => contact.profile.custom.get(&field.row).cloned().unwrap_or_default(),
            None => cell(&contact, name),
        });
        file.write_record(cells).map_err(full)?;
        count += 1;
    }
    let result = file.into_inner().map_err(|error| full(error.into_error().into()))?;
    Ok(Done { counts: json!({"items_total_count": count, "items_completed_count": count}), result: Some(result) })
}

/// Writing into memory does not fail.
fn full(error: csv::Error) -> Fail {
    Fail::Store(rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
}

fn condition(status: Option<&str>) -> String {
    match status {
        Some("all") => "1".to_owned(),
        Some("deleted") => "deleted IS NOT NULL".to_owned(),
        Some("active") => format!("deleted IS NULL AND permission IN ({MAILABLE})"),
        Some(other) => format!("deleted IS NULL AND permission = '{other}'"),
        None => "deleted IS NULL".to_owned(),
    }
}

fn cell(contact: &Contact, name: &str) -> String {
    let out = contact.opt_out.as_ref();
    match name {
        ID => id_of(contact.row),
        "email_address" => contact.email.clone().unwrap_or_default(),
        "email_permission_to_send" => contact.permission.clone(),
        "email_optin_source" => contact.opt_in_source.clone(),
        "email_optin_date" => moment(contact.opt_in),
        "email_optout_source" => out.map(|out| out.source.clone()).unwrap_or_default(),
        "email_optout_date" => out.map(|out| moment(out.at)).unwrap_or_default(),
        "email_optout_reason" => out.and_then(|out| out.reason.clone()).unwrap_or_default(),
        "created_at" => moment(contact.created),
        "updated_at" => moment(contact.updated),
        plain => match contact.profile.plain.get(plain) {
            Some(Value::String(text)) => text.clone(),
            Some(value) => value.to_string(),
            None => String::new(),
        },
    }
}

/// The file of a finished export.
pub(super) fn file(ctx: &mut Ctx<'_>, _: &Call, ids: &[&str]) -> Result<Answer> {
    let activity = Activity::get(ctx, ids[0])?;
    let sql = "SELECT result FROM activities WHERE row = ?";
    let file: Option<Vec<u8>> = ctx.db.query_row(sql, [activity.row], |row| row.get(0))?;
    let file = file.ok_or_else(|| Problem::not_found("file_export_id"))?;
    Ok(Answer { status: 200, body: Content::Csv(file), location: None })
}
