//! `type: adbc`.

use crate::definition::{
    Adbc, Secret,
    document::{SecretDoc, Short, SourceDoc, SourceLimitsDoc, Text},
    resolve::{
        credentials::{literal, plain_or_secret},
        scope::Scope,
        values::duration,
    },
    yaml::At,
};
use std::{collections::BTreeMap, time::Duration};

const MAX_ROWS: u64 = 100_000_000;
const TIMEOUT: Duration = Duration::from_secs(1800);

/// What an option's name holds if its value is a secret.
const SECRET: [&str; 11] =
    ["password", "passwd", "pwd", "secret", "token", "auth_data", "private_key", "access_key", "accesskey", "credential", "apikey"];

pub fn resolve(doc: &SourceDoc, scope: &mut Scope<'_>) -> Option<Adbc> {
    let driver = scope.need_text(&doc.driver, scope.head, "driver", "add `driver: postgresql`, the name of an installed ADBC driver");
    let driver = driver.and_then(|text| driver_name(text, scope));
    let uri = match &doc.uri {
        Some(written) => Some(uri(written, scope)?),
        None => None,
    };
    let options = options(doc.options.as_ref(), scope);
    let (max_rows, timeout) = limits(doc.limits.as_ref(), scope);
    if uri.is_none() && doc.options.is_none() && driver.is_some() {
        let hint = "add `uri: {env: NAME}`, or `options` as the driver documents them";
        scope.error(scope.head, "nothing says where the database is", hint);
    }
    Some(Adbc { driver: driver?, uri, options: options?, max_rows, timeout })
}

/// A manifest's name: a path here would let a definition load any library of the machine.
fn driver_name(text: &Text, scope: &mut Scope<'_>) -> Option<String> {
    let name = text.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b));
    if !name {
        let hint = "a name such as postgresql, duckdb or snowflake; the operator puts NAME.toml into the drivers' directory";
        scope.error(text.at, format!("`{}` is not the name of a driver", text.value), hint);
    }
    name.then(|| text.value.clone())
}

fn uri(written: &At<Short<SecretDoc>>, scope: &mut Scope<'_>) -> Option<Secret> {
    if let Short::Text(text) = &written.value {
        let authority = text.split_once("://").map_or(text.as_str(), |(_, rest)| rest).split('/').next().unwrap_or_default();
        let user = authority.rsplit_once('@').map(|(user, _)| user);
        let parameters = text.to_ascii_lowercase();
        if user.is_some_and(|user| user.contains(':')) || SECRET.iter().any(|word| parameters.contains(&format!("{word}="))) {
            return literal(written.at, "uri: {env: NAME}", scope);
        }
    }
    plain_or_secret(written, "uri", scope)
}

fn options(doc: Option<&BTreeMap<Text, At<Short<SecretDoc>>>>, scope: &mut Scope<'_>) -> Option<BTreeMap<String, Secret>> {
    let mut options = BTreeMap::new();
    for (name, written) in doc.into_iter().flatten() {
        let lower = name.to_ascii_lowercase();
        if ["driver", "entrypoint", "uri"].contains(&lower.as_str()) {
            scope.error(name.at, format!("`{}` is not an option", name.value), "the fields `driver` and `uri` say it");
            return None;
        }
        let secret = SECRET.iter().any(|word| lower.contains(word));
        let value = match &written.value {
            Short::Text(_) if secret => return literal(written.at, &format!("{}: {{env: NAME}}", name.value), scope),
            _ => plain_or_secret(written, &name.value, scope)?,
        };
        options.insert(name.value.clone(), value);
    }
    Some(options)
}

fn limits(doc: Option<&SourceLimitsDoc>, scope: &mut Scope<'_>) -> (u64, Duration) {
    let rows = doc.and_then(|limits| limits.rows.as_ref());
    if let Some(rows) = rows.filter(|rows| rows.value == 0) {
        scope.error(rows.at, "`rows` is 0", "at least 1");
    }
    let time = doc.and_then(|limits| limits.time.as_ref()).and_then(|text| duration(text, "time", scope));
    (rows.map_or(MAX_ROWS, |rows| rows.value), time.unwrap_or(TIMEOUT))
}
