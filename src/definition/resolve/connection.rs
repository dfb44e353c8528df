//! Connections: the account, where its credentials are, who accepted that data goes there.

use super::{
    credentials,
    folders::{Admin, Folders, only_administrators},
    known::{Entry, Resolved},
    scope::Scope,
    segment::display_name,
};
use crate::{
    definition::{
        BulkUpdates, Connection, Limits, Name, Privacy, Region,
        document::{BulkUpdatesDoc, ConnectionDoc, LimitsDoc, PrivacyDoc, Text},
        nearest,
        yaml::At,
    },
    platform::Platform,
};

const CONSENT: &str = "nothing is sent without it. It means: personal data leaves your compliance boundary, and you answer for the \
     vendor's handling of it. Write `privacy: {acceptedBy: you@example.com, acceptedOn: YYYY-MM-DD}`";

pub fn resolve(scope: &mut Scope<'_>, entry: Entry<'_, ConnectionDoc>, admin: &Admin) -> Option<Resolved<Connection>> {
    let doc = entry.doc;
    only_administrators("connection", admin, scope);
    let folders = Folders::new(doc.usable_by.as_deref().unwrap_or_default(), scope);
    let kind = kind(doc, scope);
    let display = display_name(&doc.display_name, scope);
    let credentials = credentials::resolve(doc, kind, scope);
    let region = region(doc, kind, scope);
    let privacy = scope.need(&doc.privacy, scope.head, "privacy", CONSENT).and_then(|doc| privacy(doc, scope));
    let endpoint = doc.endpoint.as_ref().and_then(|text| endpoint(text, scope));
    let limits = limits(doc.limits.as_ref(), scope);
    let export_user = scope.optional(&doc.export_user, "exportUser");
    let mut hasher = blake3::Hasher::new();
    super::export::without(&entry.written.node, "usableBy").digest(&mut hasher);
    let name = entry.name?;
    let display_name = display.unwrap_or_else(|| name.to_string());
    let (kind, credentials, privacy) = (kind?, credentials?, privacy?);
    let value = Connection { name, display_name, kind, credentials, privacy, export_user, endpoint, region, limits };
    Some(Resolved { value, folders, digest: hasher.finalize() })
}

fn kind(doc: &ConnectionDoc, scope: &mut Scope<'_>) -> Option<Platform> {
    let kind = scope.need(&doc.r#type, scope.head, "type", "add `type: mailchimp`, `omnisend`, `constant-contact` or `iterable`")?;
    let found = Platform::named(kind);
    if found.is_none() {
        let known = Platform::ALL.map(Platform::as_str);
        let others = format!("types are {}", known.join(", "));
        scope.error(kind.at, format!("there is no connection of type `{}`", kind.value), nearest::hint(kind, known, &others));
    }
    found
}

fn region(doc: &ConnectionDoc, kind: Option<Platform>, scope: &mut Scope<'_>) -> Region {
    let Some(region) = &doc.region else { return Region::default() };
    if kind.is_some_and(|kind| kind.sheet().api_eu.is_none()) {
        scope.error(region.at, "only Iterable's accounts have a `region`", "leave the field out");
    }
    region.value
}

fn privacy(written: &At<PrivacyDoc>, scope: &mut Scope<'_>) -> Option<Privacy> {
    let by = scope.need_text(&written.accepted_by, written.at, "acceptedBy", "write who accepted it");
    let on = scope.need_text(&written.accepted_on, written.at, "acceptedOn", "write when, as YYYY-MM-DD")?;
    match moment(on) {
        Some(accepted_on) => Some(Privacy { accepted_by: by?.value.clone(), accepted_on }),
        None => {
            scope.error(on.at, format!("`{}` is not a date", on.value), "write it as YYYY-MM-DD, or YYYY-MM-DDTHH:MM");
            None
        }
    }
}

/// A day, or a minute of it: a consent can be renewed on the day on which it was given.
fn moment(text: &str) -> Option<chrono::NaiveDateTime> {
    let day = chrono::NaiveDate::parse_from_str(text, "%Y-%m-%d").map(Into::into);
    day.or_else(|_| chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M")).ok()
}

pub fn endpoint(text: &Text, scope: &mut Scope<'_>) -> Option<url::Url> {
    let url =
        url::Url::parse(text.trim().trim_end_matches('/')).ok().filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
    let Some(url) = url else {
        scope.error(text.at, "this is not a base URL", "write `https://host/path`");
        return None;
    };
    if !url.username().is_empty() || url.password().is_some() || url.query().is_some() || url.fragment().is_some() {
        scope.error(text.at, "a base URL has no user, password, query or fragment", "credentials belong in `credentials`, by reference");
        return None;
    }
    if url.scheme() == "http" && !is_loopback(&url) {
        let hint = "the API key and personal data go over the network unencrypted; use https";
        scope.report.warning(scope.file, text.at, "this endpoint is not encrypted", hint);
    }
    Some(url)
}

pub fn is_loopback(url: &url::Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

fn limits(doc: Option<&LimitsDoc>, scope: &mut Scope<'_>) -> Limits {
    let Some(doc) = doc else { return Limits::default() };
    let bulk_updates = doc.bulk_updates.as_ref().map(|word| bulk_updates(word, scope)).unwrap_or_default();
    let mut positive = |limit: &Option<At<u32>>, field: &str| {
        let limit = limit.as_ref()?;
        if limit.value == 0 {
            scope.error(limit.at, format!("`{field}` is 0"), "at least 1; `suspend: true` stops an export");
        }
        Some(limit.value)
    };
    Limits {
        connections: positive(&doc.connections, "connections"),
        per_second: positive(&doc.per_second, "perSecond"),
        per_minute: positive(&doc.per_minute, "perMinute"),
        per_day: positive(&doc.per_day, "perDay"),
        contacts: doc.contacts.as_ref().map(|limit| limit.value),
        bulk_updates,
        share_with: doc.share_with.as_ref().and_then(|text| share_with(text, scope)),
    }
}

fn bulk_updates(word: &At<BulkUpdatesDoc>, scope: &mut Scope<'_>) -> BulkUpdates {
    match word.value {
        BulkUpdatesDoc::Auto => return BulkUpdates::Auto,
        BulkUpdatesDoc::Never => return BulkUpdates::Never,
        BulkUpdatesDoc::Flag(true) => scope.error(
            word.at,
            "`bulkUpdates: true` is `bulkUpdates: auto` now",
            "write `auto`, or leave the line out: bulk updates send no status any more, and are tried with one contact first",
        ),
        BulkUpdatesDoc::Flag(false) => scope.error(
            word.at,
            "`bulkUpdates: false` is `bulkUpdates: never` now",
            "write `never` for one call a contact; leave the line out for 500 contacts a call, without a change of status",
        ),
    }
    BulkUpdates::Never
}

fn share_with(text: &Text, scope: &mut Scope<'_>) -> Option<Name> {
    Name::new(text).map_err(|rule| scope.error(text.at, format!("`{}` is not the name of a connection", text.value), rule)).ok()
}
