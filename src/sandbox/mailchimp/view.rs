//! A member as the vendor answers it: some 1 to 3 kB each, or only what `fields` asks for.

use super::{
    field_values::Values,
    lists::List,
    member::Member,
    merge_field::{self, MergeField},
    problem::Result,
    request::moment,
    standing::Status,
    tags,
    work::Ctx,
};
use serde_json::{Map, Value, json};

/// How a request wants its members.
pub(super) struct View<'a> {
    list: &'a List,
    fields: Vec<MergeField>,
    wanted: Vec<&'static str>,
}

const KEYS: &[&str] = &[
    "id",
    "email_address",
    "unique_email_id",
    "contact_id",
    "full_name",
    "web_id",
    "email_type",
    "status",
    "unsubscribe_reason",
    "consents_to_one_to_one_messaging",
    "merge_fields",
    "stats",
    "ip_signup",
    "timestamp_signup",
    "ip_opt",
    "timestamp_opt",
    "member_rating",
    "last_changed",
    "language",
    "vip",
    "email_client",
    "location",
    "source",
    "tags_count",
    "tags",
    "list_id",
    "_links",
];

impl<'a> View<'a> {
    /// For members found at `path` in the answer.
    pub(super) fn new(ctx: &Ctx<'_>, list: &'a List, path: &[&str]) -> Result<Self> {
        Ok(Self::over(ctx, list, path, merge_field::load(ctx, list)?))
    }

    pub(super) fn over(ctx: &Ctx<'_>, list: &'a List, path: &[&str], fields: Vec<MergeField>) -> Self {
        let wanted = |key: &&str| ctx.select.wants(&[path, &[*key]].concat());
        Self { list, fields, wanted: KEYS.iter().copied().filter(wanted).collect() }
    }

    /// Whether the merge fields are needed at all.
    pub(super) fn with_values(&self) -> bool {
        self.wanted.iter().any(|key| matches!(*key, "merge_fields" | "full_name"))
    }

    /// Nobody wants anything of the members.
    pub(super) fn is_empty(&self) -> bool {
        self.wanted.is_empty()
    }

    pub(super) fn json(&self, ctx: &Ctx<'_>, member: &Member) -> Result<Value> {
        let mut object = Map::new();
        for key in &self.wanted {
            if let Some(value) = self.value(ctx, member, key)? {
                object.insert((*key).to_owned(), value);
            }
        }
        Ok(object.into())
    }

    fn value(&self, ctx: &Ctx<'_>, member: &Member, key: &str) -> Result<Option<Value>> {
        let extra = &member.extra;
        let or = |text: &str, absent: &str| Value::from(if text.is_empty() { absent } else { text });
        Ok(Some(match key {
            "id" => hex::encode(member.hash).into(),
            "email_address" => member.email.as_str().into(),
            "unique_email_id" => hex::encode(&member.hash[11..]).into(),
            "contact_id" => member.contact_id().into(),
            "full_name" => self.full_name(&member.values).into(),
            "web_id" => member.id.into(),
            "email_type" => or(&extra.email_type, "html"),
            "status" => member.standing.status.name().into(),
            "unsubscribe_reason" => match member.standing.unsubscribe_reason() {
                Some(reason) => reason.into(),
                None => return Ok(None),
            },
            "consents_to_one_to_one_messaging" => (member.standing.status == Status::Subscribed).into(),
            "merge_fields" => self.merge_fields(&member.values),
            "stats" => json!({"avg_open_rate": 0, "avg_click_rate": 0}),
            "ip_signup" => extra.ip_signup.as_str().into(),
            "timestamp_signup" => moment(extra.signed_up).into(),
            "ip_opt" => or(&extra.ip_opt, if member.opted == 0 { "" } else { "127.0.0.1" }),
            "timestamp_opt" => moment(member.opted).into(),
            "member_rating" => 2.into(),
            "last_changed" => moment(member.changed).into(),
            "language" => extra.language.as_str().into(),
            "vip" => extra.vip.into(),
            "email_client" => "".into(),
            "location" => location(extra.location),
            "source" => "API - Generic".into(),
            "tags_count" => tags::count_of(ctx, member.id)?.into(),
            "tags" => tags::first_of(ctx, member.id)?,
            "list_id" => self.list.id.as_str().into(),
            _ => self.links(ctx, member),
        }))
    }

    fn merge_fields(&self, values: &Values) -> Value {
        let value = |field: &MergeField| values.get(&field.merge_id.to_string()).cloned().unwrap_or_else(|| "".into());
        Value::Object(self.fields.iter().map(|field| (field.tag.clone(), value(field))).collect())
    }

    /// The merge fields that hold something, as text.
    pub(super) fn filled(&self, member: &Member) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let filled = |field: &MergeField| Some((field.tag.clone(), text(member.values.get(&field.merge_id.to_string())?)));
        self.fields.iter().filter_map(filled).collect()
    }

    fn full_name(&self, values: &Values) -> String {
        let named = |tag: &str| {
            let field = self.fields.iter().find(|field| field.tag == tag)?;
            values.get(&field.merge_id.to_string())?.as_str()
        };
        [named("FNAME"), named("LNAME")].into_iter().flatten().collect::<Vec<_>>().join(" ")
    }

    fn links(&self, ctx: &Ctx<'_>, member: &Member) -> Value {
        let href = ctx.href(&format!("/lists/{}/members/{}", self.list.id, hex::encode(member.hash)));
        json!([{"rel": "self", "href": href, "method": "GET"}])
    }
}

fn location(location: Option<(f64, f64)>) -> Value {
    let (latitude, longitude) = location.unwrap_or_default();
    json!({
        "latitude": latitude, "longitude": longitude, "gmtoff": 0, "dstoff": 0, "country_code": "", "timezone": "", "region": "",
    })
}
