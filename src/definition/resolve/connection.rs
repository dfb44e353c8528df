//! Connections: the account, where its credentials are, who accepted that data goes there.

use super::{
    folders::{Folders, only_administrators},
    known::{Entry, Resolved},
    scope::Scope,
    segment::display_name,
};
use crate::definition::{
    Connection, ConnectionType, Limits, Position, Privacy, Secret,
    document::{ConnectionDoc, CredentialsDoc, LimitsDoc, PrivacyDoc, SecretDoc, Short, Text},
    nearest,
    yaml::At,
};

/// What other versions know; they are named so that nobody looks for a typing error.
const OTHERS: [&str; 3] = ["omnisend", "constant-contact", "iterable"];
const BY_REFERENCE: &str = "write where the key is, never the key: `apiKey: {env: MAILCHIMP_API_KEY}`, `{file: PATH}` or \
     `{systemdCredential: NAME}`. If the key was committed, revoke it";
const CONSENT: &str = "nothing is sent without it. It means: personal data leaves your compliance boundary, and you answer for the \
     vendor's handling of it. Write `privacy: {acceptedBy: you@example.com, acceptedOn: YYYY-MM-DD}`";

pub fn resolve(scope: &mut Scope<'_>, entry: Entry<'_, ConnectionDoc>, admin: &Folders) -> Option<Resolved<Connection>> {
    let doc = entry.doc;
    only_administrators("connection", admin, scope);
    let folders = Folders::new(doc.usable_by.as_deref().unwrap_or_default(), scope);
    let kind = kind(doc, scope);
    let display = display_name(&doc.display_name, scope);
    let api_key = credentials(doc, scope);
    let privacy = scope.need(&doc.privacy, scope.head, "privacy", CONSENT).and_then(|doc| privacy(doc, scope));
    let endpoint = doc.endpoint.as_ref().and_then(|text| endpoint(text, scope));
    let limits = limits(doc.limits.as_ref(), scope);
    let export_user = scope.optional(&doc.export_user, "exportUser");
    let mut hasher = blake3::Hasher::new();
    super::export::without(&entry.written.node, "usableBy").digest(&mut hasher);
    let name = entry.name?;
    let display_name = display.unwrap_or_else(|| name.to_string());
    let value = Connection { name, display_name, kind: kind?, api_key: api_key?, privacy: privacy?, export_user, endpoint, limits };
    Some(Resolved { value, folders, digest: hasher.finalize() })
}

fn kind(doc: &ConnectionDoc, scope: &mut Scope<'_>) -> Option<ConnectionType> {
    let kind = scope.need(&doc.r#type, scope.head, "type", "add `type: mailchimp`")?;
    match kind.as_str() {
        "mailchimp" => return Some(ConnectionType::Mailchimp),
        other if OTHERS.contains(&other) => {
            let message = format!("connections of type `{other}` are not supported by this version");
            scope.error(kind.at, message, "this version connects to `mailchimp`");
        }
        other => scope.error(kind.at, format!("there is no connection of type `{other}`"), nearest::hint(other, ["mailchimp"], "")),
    }
    None
}

fn credentials(doc: &ConnectionDoc, scope: &mut Scope<'_>) -> Option<Secret> {
    let written = scope.need(&doc.credentials, scope.head, "credentials", "add `credentials: {apiKey: {env: MAILCHIMP_API_KEY}}`")?;
    let Short::Full(CredentialsDoc { api_key }) = &written.value else { return literal(written.at, scope) };
    let key = scope.need(api_key, written.at, "apiKey", "add `apiKey: {env: MAILCHIMP_API_KEY}`")?;
    match &key.value {
        Short::Text(_) => literal(key.at, scope),
        Short::Full(reference) => secret(reference, key, scope),
    }
}

fn literal(at: Position, scope: &mut Scope<'_>) -> Option<Secret> {
    scope.error(at, "a secret is written here literally", BY_REFERENCE);
    None
}

fn secret(doc: &SecretDoc, written: &At<Short<SecretDoc>>, scope: &mut Scope<'_>) -> Option<Secret> {
    match (&doc.env, &doc.file, &doc.systemd_credential) {
        (Some(env), None, None) => env_name(env, scope),
        (None, Some(file), None) => scope.filled(file, "file").then(|| Secret::File(scope.file.dir.join(&file.value))),
        (None, None, Some(name)) if !name.is_empty() && !name.contains('/') && !name.starts_with('.') => {
            Some(Secret::SystemdCredential(name.value.clone()))
        }
        (None, None, Some(name)) => {
            scope.error(name.at, "this is not the name of a systemd credential", "the id of LoadCredential=, without a path");
            None
        }
        _ => {
            scope.error(written.at, "a secret is in exactly one place", "give one of `env`, `file`, `systemdCredential`");
            None
        }
    }
}

fn env_name(env: &Text, scope: &mut Scope<'_>) -> Option<Secret> {
    let name = env.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') && !env.starts_with(|c: char| c.is_ascii_digit());
    if name && !env.is_empty() {
        return Some(Secret::Env(env.value.clone()));
    }
    scope.error(env.at, "this is not the name of an environment variable", BY_REFERENCE);
    None
}

fn privacy(written: &At<PrivacyDoc>, scope: &mut Scope<'_>) -> Option<Privacy> {
    let by = scope.need_text(&written.accepted_by, written.at, "acceptedBy", "write who accepted it");
    let on = scope.need_text(&written.accepted_on, written.at, "acceptedOn", "write when, as YYYY-MM-DD")?;
    match chrono::NaiveDate::parse_from_str(on, "%Y-%m-%d") {
        Ok(accepted_on) => Some(Privacy { accepted_by: by?.value.clone(), accepted_on }),
        Err(_) => {
            scope.error(on.at, format!("`{}` is not a date", on.value), "write it as YYYY-MM-DD");
            None
        }
    }
}

fn endpoint(text: &Text, scope: &mut Scope<'_>) -> Option<url::Url> {
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

fn is_loopback(url: &url::Url) -> bool {
    match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

fn limits(doc: Option<&LimitsDoc>, scope: &mut Scope<'_>) -> Limits {
    let Some(doc) = doc else { return Limits::default() };
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
        bulk_updates: doc.bulk_updates.unwrap_or_default(),
    }
}
