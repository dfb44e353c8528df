//! Where files are: a path relative to the document, or an address in object storage.

use crate::definition::{Location, document::Text, nearest, resolve::scope::Scope};
use std::path::Path;

/// What an address may begin with.
pub const SCHEMES: [&str; 5] = ["s3", "az", "abfss", "gs", "https"];

/// A path or glob. The folder part of a local one is taken literally even where the rest is a glob.
pub fn glob(pattern: &Text, scope: &mut Scope<'_>) -> Option<Location> {
    let is_glob = pattern.contains(['*', '?', '[']);
    if let Some((scheme, rest)) = pattern.split_once("://") {
        let plain = matches!(scheme, "https" | "http");
        if plain && pattern.contains('*') {
            scope.error(
                pattern.at,
                "a web server cannot say which files match a pattern",
                "give the address of one file, or use s3, az or gs",
            );
            return None;
        }
        return address(pattern, scheme, rest, is_glob && !plain, scope);
    }
    if is_glob && let Err(error) = glob::Pattern::new(pattern) {
        not_a_glob(pattern, &error, scope);
        return None;
    }
    Some(Location::Local(match (is_glob, scope.file.dir.to_str()) {
        (true, Some(dir)) => Path::new(&glob::Pattern::escape(dir)).join(&pattern.value),
        _ => scope.file.dir.join(&pattern.value),
    }))
}

/// A folder, without patterns.
pub fn folder(path: &Text, scope: &mut Scope<'_>) -> Option<Location> {
    match path.split_once("://") {
        Some(("https" | "http", _)) => {
            scope.error(path.at, "a web server cannot list a folder", "give a local path, or an address of s3, az, abfss or gs");
            None
        }
        Some((scheme, rest)) => address(path, scheme, rest, false, scope),
        None => Some(Location::Local(scope.file.dir.join(&path.value))),
    }
}

fn address(text: &Text, scheme: &str, rest: &str, is_glob: bool, scope: &mut Scope<'_>) -> Option<Location> {
    let loopback = scheme == "http" && url::Url::parse(text).is_ok_and(|url| super::super::connection::is_loopback(&url));
    if !SCHEMES.contains(&scheme) && !loopback {
        let what = if scheme == "http" {
            "without encryption only a server on this machine is read".to_owned()
        } else {
            format!("there is no object storage `{scheme}://`")
        };
        scope.error(text.at, what, nearest::hint(scheme, SCHEMES, "addresses begin with s3, az, abfss, gs or https"));
        return None;
    }
    let host = rest.split('/').next().unwrap_or_default();
    if rest.contains('@') && (scheme != "abfss" || host.contains(':')) {
        scope.error(text.at, "the address holds a user or a password", "credentials belong to `storage.credentials`, by reference");
        return None;
    }
    let whole = url::Url::parse(text).is_ok_and(|url| url.host_str().is_some_and(|host| !host.is_empty()));
    if !whole || (scheme == "abfss" && !host.contains('@')) {
        let hint = "s3://BUCKET/KEY, az://CONTAINER/KEY, abfss://CONTAINER@ACCOUNT.dfs.core.windows.net/KEY, gs://BUCKET/KEY, https://…";
        scope.error(text.at, "this is not an address of a file", hint);
        return None;
    }
    if is_glob && let Err(error) = glob::Pattern::new(rest) {
        not_a_glob(text, &error, scope);
        return None;
    }
    Some(Location::Object(text.value.clone()))
}

fn not_a_glob(text: &Text, error: &glob::PatternError, scope: &mut Scope<'_>) {
    scope.error(text.at, format!("this is not a glob: {}", error.msg), "`*` is any text, `**` any folders, `[ab]` one of these");
}
