//! A member as the vendor answers it: some 1 to 3 kB each, or only what `fields` asks for.

use super::{
    lists::List,
    member::Member,
    merge_field::{self, MergeField},
    problem::Result,
    request::moment,
    tags::{self, Shown as ShownTags},
    work::Ctx,
};
use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::{Map, Value};

/// How a request wants its members.
pub(super) struct View<'a> {
    list: &'a List,
    /// With the key of their values.
    fields: Vec<(MergeField, String)>,
    wanted: Vec<&'static str>,
    /// The path of the members in the answer, where only parts of what is wanted are.
    parts: Option<Vec<String>>,
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
        let parts = ctx.select.is_deeper_than(path).then(|| path.iter().map(|name| (*name).to_owned()).collect());
        let keyed = |field: MergeField| {
            let key = field.merge_id.to_string();
            (field, key)
        };
        let fields = fields.into_iter().map(keyed).collect();
        Self { list, fields, wanted: KEYS.iter().copied().filter(wanted).collect(), parts }
    }

    pub(super) fn without_tags(mut self) -> Self {
        self.wanted.retain(|key| !key.starts_with("tags"));
        self
    }

    /// Whether the merge fields are needed at all.
    pub(super) fn with_values(&self) -> bool {
        self.wants("merge_fields") || self.wants("full_name")
    }

    /// Nobody wants anything of the members.
    pub(super) fn is_empty(&self) -> bool {
        self.wanted.is_empty()
    }

    fn wants(&self, key: &str) -> bool {
        self.wanted.contains(&key)
    }

    /// Everything that is wanted, parts or not.
    pub(super) fn json(&self, ctx: &Ctx<'_>, member: &Member) -> Result<Value> {
        Ok(serde_json::to_value(self.shown(ctx, member)?)?)
    }

    /// Exactly what is wanted, as text.
    pub(super) fn write(&self, ctx: &Ctx<'_>, member: &Member, text: &mut Vec<u8>) -> Result<()> {
        let Some(path) = &self.parts else { return Ok(serde_json::to_writer(text, &self.shown(ctx, member)?)?) };
        let mut value = self.json(ctx, member)?;
        ctx.select.prune_below(path, &mut value);
        Ok(serde_json::to_writer(text, &value)?)
    }

    fn shown<'m>(&'m self, ctx: &Ctx<'_>, member: &'m Member) -> Result<Shown<'m>> {
        let tags = match !member.untagged && (self.wants("tags") || self.wants("tags_count")) {
            true => tags::shown(ctx, member.id)?,
            false => ShownTags::default(),
        };
        let id = hex::encode(member.hash);
        let href = self.wants("_links").then(|| ctx.href(&format!("/lists/{}/members/{id}", self.list.id)));
        Ok(Shown { view: self, member, id, tags, href: href.unwrap_or_default() })
    }

    /// The merge fields that hold something, as text.
    pub(super) fn filled(&self, member: &Member) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let filled = |(field, key): &(MergeField, String)| Some((field.tag.clone(), text(member.values.get(key)?)));
        self.fields.iter().filter_map(filled).collect()
    }
}

/// A member with what was looked up for it.
struct Shown<'a> {
    view: &'a View<'a>,
    member: &'a Member,
    /// The vendor's id of the address.
    id: String,
    tags: ShownTags,
    href: String,
}

impl Serialize for Shown<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        self.view.wanted.iter().try_for_each(|key| self.entry(key, &mut map))?;
        map.end()
    }
}

impl Shown<'_> {
    fn entry<M: SerializeMap>(&self, key: &'static str, map: &mut M) -> std::result::Result<(), M::Error> {
        let (member, extra) = (self.member, &self.member.extra);
        match key {
            "id" => map.serialize_entry(key, &self.id),
            "email_address" => map.serialize_entry(key, &member.email),
            "unique_email_id" => map.serialize_entry(key, &self.id[22..]),
            "contact_id" => map.serialize_entry(key, &member.contact_id()),
            "full_name" => map.serialize_entry(key, &self.full_name()),
            "web_id" => map.serialize_entry(key, &member.id),
            "email_type" => map.serialize_entry(key, or(&extra.email_type, "html")),
            "status" => map.serialize_entry(key, member.standing.status.name()),
            "unsubscribe_reason" => match member.standing.unsubscribe_reason() {
                Some(reason) => map.serialize_entry(key, reason),
                None => Ok(()),
            },
            "consents_to_one_to_one_messaging" => map.serialize_entry(key, &member.standing.is_subscribed()),
            "merge_fields" => map.serialize_entry(key, &MergeFields(self)),
            "stats" => map.serialize_entry(key, &Stats::default()),
            "ip_signup" => map.serialize_entry(key, &extra.ip_signup),
            "timestamp_signup" => map.serialize_entry(key, &moment(extra.signed_up)),
            "ip_opt" => map.serialize_entry(key, or(&extra.ip_opt, if member.opted == 0 { "" } else { "127.0.0.1" })),
            "timestamp_opt" => map.serialize_entry(key, &moment(member.opted)),
            "member_rating" => map.serialize_entry(key, &2),
            "last_changed" => map.serialize_entry(key, &moment(member.changed)),
            "language" => map.serialize_entry(key, &extra.language),
            "vip" => map.serialize_entry(key, &extra.vip),
            "email_client" => map.serialize_entry(key, ""),
            "location" => map.serialize_entry(key, &Location::of(extra.location)),
            "source" => map.serialize_entry(key, "API - Generic"),
            "tags_count" => map.serialize_entry(key, &self.tags.count),
            "tags" => map.serialize_entry(key, &self.tags.first),
            "list_id" => map.serialize_entry(key, &self.view.list.id),
            _ => map.serialize_entry(key, &[Link { rel: "self", href: &self.href, method: "GET" }]),
        }
    }

    fn full_name(&self) -> String {
        let named = |tag: &str| {
            let (_, key) = self.view.fields.iter().find(|(field, _)| field.tag == tag)?;
            self.member.values.get(key)?.as_str()
        };
        [named("FNAME"), named("LNAME")].into_iter().flatten().collect::<Vec<_>>().join(" ")
    }
}

fn or<'t>(text: &'t str, absent: &'t str) -> &'t str {
    if text.is_empty() { absent } else { text }
}

/// All of the list's, what is empty as an empty text.
struct MergeFields<'a>(&'a Shown<'a>);

impl Serialize for MergeFields<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> std::result::Result<S::Ok, S::Error> {
        let (fields, values): (_, &Map<String, Value>) = (&self.0.view.fields, &self.0.member.values);
        let mut map = serializer.serialize_map(Some(fields.len()))?;
        for (field, key) in fields {
            match values.get(key) {
                Some(value) => map.serialize_entry(&field.tag, value)?,
                None => map.serialize_entry(&field.tag, "")?,
            }
        }
        map.end()
    }
}

#[derive(Default, Serialize)]
struct Stats {
    avg_open_rate: u8,
    avg_click_rate: u8,
}

#[derive(Default, Serialize)]
struct Location {
    latitude: f64,
    longitude: f64,
    gmtoff: u8,
    dstoff: u8,
    country_code: &'static str,
    timezone: &'static str,
    region: &'static str,
}

impl Location {
    fn of(place: Option<(f64, f64)>) -> Self {
        let (latitude, longitude) = place.unwrap_or_default();
        Self { latitude, longitude, ..Self::default() }
    }
}

#[derive(Serialize)]
struct Link<'a> {
    rel: &'static str,
    href: &'a str,
    method: &'static str,
}
