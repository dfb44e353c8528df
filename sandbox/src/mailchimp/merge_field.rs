//! A merge field: one attribute in the catalogue of an audience.

use super::{
    lists::List,
    problem::{Problem, Result},
    work::Ctx,
};
use rusqlite::{Row, params};
use serde_json::{Map, Value, json};

/// Names with a meaning of their own in the vendor's templates.
const RESERVED: &[&str] = &["INTERESTS", "UNSUB", "FORWARD", "REWARDS", "ARCHIVE", "USER_URL", "DATE", "EMAIL", "EMAIL_TYPE", "TO"];

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
    pub(super) fn new(merge_id: i64, kind: &str) -> Self {
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
    pub(super) fn apply(&mut self, body: &Map<String, Value>) {
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

    pub(super) fn check(&self, others: &[Self]) -> Result<()> {
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

    pub(super) fn to_json(&self, ctx: &Ctx<'_>, list: &List) -> Value {
        let path = format!("/lists/{}/merge-fields/{}", list.id, self.merge_id);
        json!({
            "merge_id": self.merge_id, "tag": self.tag, "name": self.name, "type": self.kind, "required": self.required,
            "default_value": self.default_value, "public": self.public, "display_order": self.display_order,
            "options": self.options, "help_text": self.help_text, "list_id": list.id,
            "_links": [{"rel": "self", "href": ctx.href(&path), "method": "GET"}],
        })
    }

    pub(super) fn save(&self, ctx: &mut Ctx<'_>, list: &List) -> Result<()> {
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
pub(super) fn next_id(ctx: &Ctx<'_>, list: &List) -> Result<i64> {
    let sql = "UPDATE lists SET next_merge_id = next_merge_id + 1 WHERE row = ? RETURNING next_merge_id - 1";
    Ok(ctx.db.query_row(sql, [list.row], |row| row.get(0))?)
}
