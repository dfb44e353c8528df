//! What drivers say, without what nobody may see: they repeat addresses with passwords, and values of rows.

use crate::definition::{Adbc, Secret};
use secrecy::ExposeSecret;
use std::collections::BTreeMap;

/// What a parameter's name holds if its value is a secret.
const SECRET: [&str; 7] = ["password", "secret", "token", "auth_data", "private_key", "credential", "apikey"];

/// The options of a connection as they are given to the driver; `uri` is one of them.
pub fn options(definition: &Adbc) -> Result<BTreeMap<String, String>, String> {
    let uri = definition.uri.iter().map(|uri| ("uri", uri));
    let all = uri.chain(definition.options.iter().map(|(name, value)| (name.as_str(), value)));
    all.map(|(name, value)| Ok((name.to_owned(), value.read()?.expose_secret().to_owned()))).collect()
}

/// Texts to blot out, the longest first.
#[derive(Clone, Debug, Default)]
pub struct Blots(Vec<String>);

impl Blots {
    pub fn of(definition: &Adbc, options: &BTreeMap<String, String>) -> Self {
        let written = |name: &str| {
            let value = if name == "uri" { definition.uri.as_ref() } else { definition.options.get(name) };
            matches!(value, Some(Secret::Plain(_)))
        };
        let mut blots = options.iter().filter(|(name, _)| !written(name)).map(|(_, value)| value.clone()).collect::<Vec<_>>();
        blots.extend(options.values().flat_map(|value| parts(value)));
        let decoded = blots.iter().map(|blot| decoded(blot)).collect::<Vec<_>>();
        blots.extend(decoded);
        blots.retain(|blot| !blot.is_empty());
        blots.sort_by_key(|blot| std::cmp::Reverse(blot.len()));
        blots.dedup();
        Self(blots)
    }

    /// `text` without secrets, and with addresses masked.
    pub fn over(&self, text: &str) -> String {
        masked(&self.0.iter().fold(text.to_owned(), |text, blot| text.replace(blot, "…")))
    }
}

/// The password and the secret parameters of an address.
fn parts(uri: &str) -> Vec<String> {
    let user = uri.split_once("://").and_then(|(_, rest)| rest.split('/').next()?.rsplit_once('@'));
    let password = user.and_then(|(user, _)| user.split_once(':')).map(|(_, password)| password.to_owned());
    let secrets = uri.match_indices('=').filter(|(at, _)| is_secret(&uri[..*at])).map(|(at, _)| value(&uri[at + 1..]).to_owned());
    password.into_iter().chain(secrets).collect()
}

/// Whether the name at the end of `text` is that of a secret.
fn is_secret(text: &str) -> bool {
    let name = text.rsplit(|sign: char| !sign.is_alphanumeric() && !"._-".contains(sign)).next().unwrap_or_default().to_ascii_lowercase();
    SECRET.iter().any(|word| name.contains(word))
}

/// The value at the beginning of `text`, which may be in quotes.
fn value(text: &str) -> &str {
    match text.strip_prefix('\'') {
        Some(quoted) => quoted.split('\'').next().unwrap_or_default(),
        None => text.split(|sign: char| matches!(sign, '&' | ';') || sign.is_whitespace()).next().unwrap_or_default(),
    }
}

/// Percent signs undone: a driver says what it understood.
fn decoded(text: &str) -> String {
    let guarded = text.replace('+', "%2B").replace('&', "%26");
    url::form_urlencoded::parse(guarded.as_bytes())
        .next()
        .map(|(name, value)| match text.contains('=') {
            true => format!("{name}={value}"),
            false => name.into_owned(),
        })
        .unwrap_or_default()
}

/// `d***@example.com` for each address.
fn masked(text: &str) -> String {
    let in_address = |character: char| character.is_alphanumeric() || ".-_+%".contains(character);
    let mut pieces = text.split('@');
    let mut masked = pieces.next().unwrap_or_default().to_owned();
    for piece in pieces {
        let start =
            masked.rfind(|character| !in_address(character)).map_or(0, |at| at + masked[at..].chars().next().map_or(1, char::len_utf8));
        let domain = piece.find(|character| !in_address(character)).map_or(piece, |end| &piece[..end]);
        let first = masked[start..].chars().next().filter(|_| domain.trim_end_matches('.').contains('.'));
        if let Some(first) = first {
            masked.replace_range(start.., &format!("{first}***"));
        }
        masked = masked + "@" + piece;
    }
    masked
}
