//! Credentials by type of connection: always by reference, never written out.

use super::scope::Scope;
use crate::{
    definition::{
        Credentials, OAuthApp, Position, Secret,
        document::{ConnectionDoc, CredentialsDoc, OAuthDoc, SecretDoc, Short, Text},
        yaml::At,
    },
    platform::{Platform, SecretUse},
};

pub fn resolve(doc: &ConnectionDoc, kind: Option<Platform>, scope: &mut Scope<'_>) -> Option<Credentials> {
    let example = kind.unwrap_or(Platform::ALL[0]).sheet().credentials_example;
    let written = scope.need(&doc.credentials, scope.head, "credentials", &format!("add `{example}`"))?;
    let Short::Full(CredentialsDoc { api_key, oauth }) = &written.value else { return literal(written.at, example, scope) };
    let credentials = match (api_key, oauth) {
        (Some(key), None) => by_reference(key, "apiKey", scope).map(Credentials::ApiKey),
        (None, Some(app)) => self::oauth(app, kind, scope).map(Credentials::OAuth),
        (Some(_), Some(app)) => {
            scope.error(app.at, "the connection has both `apiKey` and `oauth`", "keep one of them");
            None
        }
        (None, None) => {
            scope.error(written.at, "the credentials are empty", format!("write `{example}`"));
            None
        }
    }?;
    let how = if matches!(credentials, Credentials::ApiKey(_)) { "apiKey" } else { "oauth" };
    let kind = kind?;
    if !kind.sheet().credentials.contains(&how) {
        scope.error(written.at, format!("{} does not take `{how}`", kind.title()), format!("write `{example}`"));
        return None;
    }
    Some(credentials)
}

fn oauth(written: &At<OAuthDoc>, kind: Option<Platform>, scope: &mut Scope<'_>) -> Option<OAuthApp> {
    let hint = "register an application at the vendor, and write its id: `clientId: …`";
    let client_id = plain_or_secret(scope.need(&written.client_id, written.at, "clientId", hint)?, "clientId", scope);
    let client_secret = match written.client_secret.as_ref().map(|secret| by_reference(secret, "clientSecret", scope)) {
        Some(None) => return None,
        found => found.flatten(),
    };
    let server = kind.and_then(|kind| kind.sheet().authorization_server);
    if let Some(server) = server.filter(|server| client_secret.is_none() && server.secret == SecretUse::Form) {
        let hint = format!("{} needs it: `clientSecret: {{env: CLIENT_SECRET}}`", server.title);
        scope.error(written.at, "the field `clientSecret` is missing", hint);
        return None;
    }
    let endpoint = written.endpoint.as_ref().and_then(|text| super::connection::endpoint(text, scope));
    Some(OAuthApp { client_id: client_id?, client_secret, endpoint })
}

/// What is no secret may be written out.
pub fn plain_or_secret(written: &At<Short<SecretDoc>>, field: &str, scope: &mut Scope<'_>) -> Option<Secret> {
    match &written.value {
        Short::Text(text) => scope.filled(&At { value: text.clone(), at: written.at }, field).then(|| Secret::Plain(text.clone())),
        Short::Full(reference) => secret(reference, written, scope),
    }
}

/// A secret is never written out.
pub fn by_reference(key: &At<Short<SecretDoc>>, field: &str, scope: &mut Scope<'_>) -> Option<Secret> {
    match &key.value {
        Short::Text(_) => literal(key.at, &format!("{field}: {{env: NAME}}"), scope),
        Short::Full(reference) => secret(reference, key, scope),
    }
}

/// `instead`: how it is written, an environment variable being the example.
pub fn literal<T>(at: Position, instead: &str, scope: &mut Scope<'_>) -> Option<T> {
    let hint = format!(
        "write where the secret is, never the secret: `{instead}`; besides `env` there are `{{file: PATH}}` and \
         `{{systemdCredential: NAME}}`. If it was committed, revoke it"
    );
    scope.error(at, "a secret is written here literally", hint);
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
    scope.error(env.at, "this is not the name of an environment variable", "a name such as MAILCHIMP_API_KEY, never the secret itself");
    None
}
