//! Merge fields: the catalogue of an audience's attributes.

use super::{
    lists::List,
    problem::{Problem, Result},
    request::{Answer, Call},
    schema::{self, Kind, Shape},
    work::Ctx,
};
use rusqlite::{Row, params};
use serde_json::{Map, Value, json};

/// Merge fields that an audience may have.
pub(super) const LIMIT: usize = 30;

const TYPES: &[&str] = &["text", "number", "address", "phone", "date", "url", "imageurl", "radio", "dropdown", "birthday", "zip"];
/// Names with a meaning of their own in the vendor's templates.
const RESERVED: &[&str] = &["INTERESTS", "UNSUB", "FORWARD", "REWARDS", "ARCHIVE", "USER_URL", "DATE", "EMAIL", "EMAIL_TYPE", "TO"];

const OPTIONS: &Shape = &[
    ("default_country", Kind::Integer, false),
    ("phone_format", Kind::Text, false),
    ("date_format", Kind::Text, false),
    ("choices", Kind::Texts, false),
    ("size", Kind::Integer, false),
];
const CREATE: &Shape = &[
    ("name", Kind::Text, true),
    ("type", Kind::OneOf(TYPES), true),
    ("tag", Kind::Text, false),
    ("required", Kind::Flag, false),
    ("default_value", Kind::Text, false),
    ("public", Kind::Flag, false),
    ("display_order", Kind::Integer, false),
    ("options", Kind::Object(OPTIONS), false),
    ("help_text", Kind::Text, false),
];
/// The schema asks for the name again; the service takes any part. `type` cannot be changed.
const UPDATE: &Shape = &[
    ("name", Kind::Text, false),
    ("tag", Kind::Text, false),
    ("required", Kind::Flag, false),
    ("default_value", Kind::Text, false),
    ("public", Kind::Flag, false),
    ("display_order", Kind::Integer, false),
    ("options", Kind::Object(OPTIONS), false),
    ("help_text", Kind::Text, false),
];

/// One merge field.
#[derive(Clone, Debug)]
pub(super) struct MergeField {
    pub merge_id: i64,
    pub tag: String,
    pub name: String,
    pub kind: String,
    pub required: bool,
    pub default_value: String,
    pub public: bool,
    pub display_order: i64,
    pub options: Map<String, Value>,
    pub help_text: String,
}

impl MergeField {
    fn new(merge_id: i64, kind: &str) -> Self {
        Self {
            merge_id,
            tag: format!("MMERGE{merge_id}"),
            name: String::new(),
            kind: kind.to_owned(),
            required: false,
            default_value: String::new(),
            public: false,
            display_order: merge_id + 1,
            options: default_options(kind),
            help_text: String::new(),
        }
    }

    fn read(row: &Row<'_>) -> rusqlite::Result<(Self, String)> {
        let field = Self {
            merge_id: row.get(0)?,
            tag: row.get(1)?,
            name: row.get(2)?,
            kind: row.get(3)?,
            required: row.get(4)?,
            default_value: row.get(5)?,
            public: row.get(6)?,
            display_order: row.get(7)?,
            options: Map::new(),
            help_text: row.get(9)?,
        };
        Ok((field, row.get(8)?))
    }

    /// Takes what a body says.
    fn apply(&mut self, body: &Map<String, Value>) {
        let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
        let flag = |name: &str| body.get(name).and_then(Value::as_bool);
        self.name = text("name").unwrap_or_else(|| std::mem::take(&mut self.name));
        self.tag = text("tag").filter(|tag| !tag.is_empty()).map_or_else(|| std::mem::take(&mut self.tag), |t| t.to_uppercase());
        self.default_value = text("default_value").unwrap_or_else(|| std::mem::take(&mut self.default_value));
        self.help_text = text("help_text").unwrap_or_else(|| std::mem::take(&mut self.help_text));
        self.required = flag("required").unwrap_or(self.required);
        self.public = flag("public").unwrap_or(self.public);
        self.display_order = body.get("display_order").and_then(Value::as_i64).unwrap_or(self.display_order);
        if let Some(Value::Object(options)) = body.get("options") {
            self.options.extend(options.clone());
        }
    }

    fn check(&self, others: &[Self]) -> Result<()> {
        let refuse = |field: &str, why: &str| Err(Problem::field(field, why).into());
        if self.name.trim().is_empty() {
            return refuse("name", "This value should not be blank.");
        }
        if self.tag.len() > 10 || !self.tag.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_') {
            return refuse("tag", "Merge tags are at most 10 characters of A-Z, 0-9 and _.");
        }
        if RESERVED.contains(&self.tag.as_str()) {
            return refuse("tag", "This merge tag is reserved.");
        }
        if others.iter().any(|other| other.merge_id != self.merge_id && other.tag == self.tag) {
            return Err(Problem::invalid(format!("A Merge Field with the tag \"{}\" already exists for this list.", self.tag)).into());
        }
        if matches!(self.kind.as_str(), "radio" | "dropdown") && self.choices().next().is_none() {
            return refuse("options.choices", "Choices are required for this type.");
        }
        Ok(())
    }

    pub(super) fn choices(&self) -> impl Iterator<Item = &str> {
        self.options.get("choices").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str)
    }

    pub(super) fn option(&self, name: &str) -> &str {
        self.options.get(name).and_then(Value::as_str).unwrap_or_default()
    }

    fn to_json(&self, ctx: &Ctx<'_>, list: &List) -> Value {
        let path = format!("/lists/{}/merge-fields/{}", list.id, self.merge_id);
        json!({
            "merge_id": self.merge_id, "tag": self.tag, "name": self.name, "type": self.kind, "required": self.required,
            "default_value": self.default_value, "public": self.public, "display_order": self.display_order,
            "options": self.options, "help_text": self.help_text, "list_id": list.id,
            "_links": [{"rel": "self", "href": ctx.href(&path), "method": "GET"}],
        })
    }

    fn save(&self, ctx: &mut Ctx<'_>, list: &List) -> Result<()> {
        let mut write = ctx.db.prepare_cached("INSERT OR REPLACE INTO fields VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")?;
        write.execute(params![
            list.row,
            self.merge_id,
            self.tag,
            self.name,
            self.kind,
            self.required,
            self.default_value,
            self.public,
            self.display_order,
            serde_json::to_string(&self.options)?,
            self.help_text
        ])?;
        Ok(())
    }
}

fn default_options(kind: &str) -> Map<String, Value> {
    let options = match kind {
        "text" => json!({"size": 25}),
        "address" => json!({"default_country": 164}),
        "phone" => json!({"phone_format": "none"}),
        "date" => json!({"date_format": "MM/DD/YYYY"}),
        "birthday" => json!({"date_format": "MM/DD"}),
        _ => json!({}),
    };
    options.as_object().cloned().unwrap_or_default()
}

/// The catalogue of a list, by tag.
pub(super) fn load(ctx: &Ctx<'_>, list: &List) -> Result<Vec<MergeField>> {
    let mut query = ctx.db.prepare_cached(
        "SELECT merge_id, tag, name, kind, required, default_value, public, display_order, options, help_text
         FROM fields WHERE list = ? ORDER BY tag",
    )?;
    let rows = query.query_map([list.row], MergeField::read)?.collect::<rusqlite::Result<Vec<_>>>()?;
    rows.into_iter().map(|(field, options)| Ok(MergeField { options: serde_json::from_str(&options)?, ..field })).collect()
}

/// The fields that every new audience has.
pub(super) fn seed(ctx: &mut Ctx<'_>, list: &List) -> Result<()> {
    for (tag, name, kind, public) in [
        ("FNAME", "First Name", "text", true),
        ("LNAME", "Last Name", "text", true),
        ("ADDRESS", "Address", "address", false),
        ("PHONE", "Phone Number", "phone", false),
    ] {
        let field = MergeField { tag: tag.into(), name: name.into(), public, ..MergeField::new(next_id(ctx, list)?, kind) };
        field.save(ctx, list)?;
    }
    Ok(())
}

/// Ids are never given twice.
fn next_id(ctx: &Ctx<'_>, list: &List) -> Result<i64> {
    let sql = "UPDATE lists SET next_merge_id = next_merge_id + 1 WHERE row = ? RETURNING next_merge_id - 1";
    Ok(ctx.db.query_row(sql, [list.row], |row| row.get(0))?)
}

fn find(ctx: &Ctx<'_>, list: &List, merge_id: &str) -> Result<(MergeField, Vec<MergeField>)> {
    let fields = load(ctx, list)?;
    let found = fields.iter().find(|field| field.merge_id.to_string() == merge_id).cloned();
    Ok((found.ok_or_else(Problem::not_found)?, fields))
}

pub(super) fn all(ctx: &mut Ctx<'_>, call: &Call, ids: &[&str]) -> Result<Answer> {
    let list = List::get(ctx, ids[0])?;
    let page = call.query.page()?;
    let mut fields = load(ctx, &list)?;
    if let Some(kind) = call.query.text("type") {
        fields.retain(|field| field.kind == kind);
    }
    if call.query.text("required").is_some() {
        let required = call.query.flag("required")?;
        fields.retain(|field| field.required == required);
    }
    let shown = fields.iter().skip(page.offset as usize).take(page.count as usize);
    let bodies: Vec<_> = shown.map(|field| field.to_json(ctx, &list)).collect();
    let href = ctx.href(&format!("/lists/{}/merge-fields", list.id));
    Answer::ok(json!({
        "merge_fields": bodies, "list_id": list.id, "total_items": fields.len(),
        "_links": [{"rel": "self", "href": href, "method": "GET"}],
    }))
}

pub(super) fn create(ctx: &mut Ctx<'_>, call: &Call, ids: &[&str]) -> Result<Answer> {
    let list = List::get(ctx, ids[0])?;
    let body = call.object()?;
    ctx.notes.extend(schema::check(body, CREATE)?.iter().map(|name| format!("unknown field {name}")));
    let others = load(ctx, &list)?;
    if others.len() >= LIMIT {
        let detail = format!("You have reached the limit of {LIMIT} merge fields for this audience.");
        return Err(Problem::new(400, "Bad Request", detail).into());
    }
    let kind = body.get("type").and_then(Value::as_str).unwrap_or_default();
    let mut field = MergeField::new(next_id(ctx, &list)?, kind);
    field.apply(body);
    field.check(&others)?;
    field.save(ctx, &list)?;
    ctx.memo.touch(list.row);
    let mut answer = field.to_json(ctx, &list);
    answer["total_items"] = (others.len() + 1).into();
    answer["merge_field_limit"] = LIMIT.into();
    Answer::ok(answer)
}

pub(super) fn get(ctx: &mut Ctx<'_>, _: &Call, ids: &[&str]) -> Result<Answer> {
    let list = List::get(ctx, ids[0])?;
    let (field, _) = find(ctx, &list, ids[1])?;
    Answer::ok(field.to_json(ctx, &list))
}

pub(super) fn update(ctx: &mut Ctx<'_>, call: &Call, ids: &[&str]) -> Result<Answer> {
    let list = List::get(ctx, ids[0])?;
    let (mut field, others) = find(ctx, &list, ids[1])?;
    let body = call.object()?;
    ctx.notes.extend(schema::check(body, UPDATE)?.iter().map(|name| format!("unknown field {name}")));
    field.apply(body);
    field.check(&others)?;
    field.save(ctx, &list)?;
    Answer::ok(field.to_json(ctx, &list))
}

/// The members' values of the field are no longer answered.
pub(super) fn delete(ctx: &mut Ctx<'_>, _: &Call, ids: &[&str]) -> Result<Answer> {
    let list = List::get(ctx, ids[0])?;
    let (field, _) = find(ctx, &list, ids[1])?;
    ctx.db.execute("DELETE FROM fields WHERE list = ? AND merge_id = ?", [list.row, field.merge_id])?;
    Answer::none()
}
