//! `storage`: how object storage is reached, with credentials that are the service's.

use crate::definition::{
    EntraApp, Location, Storage, StorageCredentials,
    document::{Short, SourceDoc, StorageCredentialsDoc},
    resolve::{
        connection::endpoint,
        credentials::{by_reference, literal, plain_or_secret},
        scope::Scope,
    },
    yaml::At,
};
use std::collections::BTreeSet;

const SHAPES: &str = "S3: `{accessKeyId, secretAccessKey}`; Azure: `{accountKey}`, `{sasToken}` or `{tenantId, clientId, clientSecret}`; Google \
     Cloud: `{serviceAccountKey}`; https: `{bearerToken}`; secrets as `{env: NAME}`; `none` for unsigned requests";

/// `None`: something is wrong with it, which is reported.
pub fn resolve<'l>(doc: &SourceDoc, locations: impl Iterator<Item = &'l Location>, scope: &mut Scope<'_>) -> Option<Storage> {
    let services: BTreeSet<_> = locations.filter_map(service).collect();
    if services.len() > 1 {
        let hint = "make a source for each: `storage` is one service's";
        scope.error(
            scope.head,
            format!("the source is in several services: {}", services.into_iter().collect::<Vec<_>>().join(", ")),
            hint,
        );
        return None;
    }
    let service = services.into_iter().next();
    let Some(written) = &doc.storage else { return Some(Storage::default()) };
    let Some(service) = service else {
        scope.error(written.at, "`storage` says how object storage is reached, and everything here is local", "leave the field out");
        return None;
    };
    let only = |field: &Option<_>, of: &str| field.is_some() && service != of;
    if only(&written.region.as_ref().map(drop), "S3") || only(&written.account.as_ref().map(drop), "Azure") {
        scope.error(written.at, format!("{service} has no such field"), "`region` is S3's, `account` is Azure's");
        return None;
    }
    let endpoint = match &written.endpoint {
        Some(text) => Some(endpoint(text, scope)?),
        None => None,
    };
    let region = scope.optional(&written.region, "region");
    let account = scope.optional(&written.account, "account");
    let credentials = match &written.credentials {
        Some(written) => credentials(written, service, scope)?,
        None => StorageCredentials::default(),
    };
    Some(Storage { endpoint, region, account, credentials })
}

fn service(location: &Location) -> Option<&'static str> {
    let Location::Object(address) = location else { return None };
    Some(match address.split(':').next() {
        Some("s3") => "S3",
        Some("az" | "abfss") => "Azure",
        Some("gs") => "Google Cloud",
        _ => "a web server",
    })
}

fn credentials(written: &At<Short<StorageCredentialsDoc>>, service: &str, scope: &mut Scope<'_>) -> Option<StorageCredentials> {
    let doc = match &written.value {
        Short::Text(text) if text == "none" => return Some(StorageCredentials::Anonymous),
        Short::Text(_) => return literal(written.at, example(service), scope),
        Short::Full(doc) => doc,
    };
    let app = (&doc.tenant_id, &doc.client_id, &doc.client_secret);
    let StorageCredentialsDoc { access_key_id: id, secret_access_key: secret, session_token: session, .. } = doc;
    let single = [&doc.account_key, &doc.sas_token, &doc.service_account_key, &doc.bearer_token];
    let singles = single.iter().filter(|field| field.is_some()).count();
    let keys = id.is_some() || secret.is_some() || session.is_some();
    let apps = app.0.is_some() || app.1.is_some() || app.2.is_some();
    if singles + usize::from(keys) + usize::from(apps) == 1 {
        match (service, (id, secret), app, single) {
            ("S3", (Some(id), Some(secret)), ..) => {
                let session = match session {
                    Some(session) => Some(by_reference(session, "sessionToken", scope)?),
                    None => None,
                };
                let id = plain_or_secret(id, "accessKeyId", scope)?;
                return Some(StorageCredentials::Keys { id, secret: by_reference(secret, "secretAccessKey", scope)?, session });
            }
            ("Azure", _, (Some(tenant), Some(client_id), Some(secret)), _) => {
                let tenant = plain_or_secret(tenant, "tenantId", scope)?;
                let client_id = plain_or_secret(client_id, "clientId", scope)?;
                let client_secret = by_reference(secret, "clientSecret", scope)?;
                return Some(StorageCredentials::App(EntraApp { tenant, client_id, client_secret, authority: None }));
            }
            ("Azure", .., [Some(key), ..]) => return by_reference(key, "accountKey", scope).map(StorageCredentials::AccountKey),
            ("Azure", .., [_, Some(sas), ..]) => return by_reference(sas, "sasToken", scope).map(StorageCredentials::Sas),
            ("Google Cloud", .., [_, _, Some(key), _]) => {
                return by_reference(key, "serviceAccountKey", scope).map(StorageCredentials::ServiceAccount);
            }
            ("a web server", .., [.., Some(token)]) => return by_reference(token, "bearerToken", scope).map(StorageCredentials::Bearer),
            _ => {}
        }
    }
    scope.error(written.at, format!("these are not one set of credentials for {service}"), SHAPES);
    None
}

fn example(service: &str) -> &'static str {
    match service {
        "S3" => "credentials: {accessKeyId: ID, secretAccessKey: {env: NAME}}",
        "Azure" => "credentials: {accountKey: {env: NAME}}",
        "Google Cloud" => "credentials: {serviceAccountKey: {env: NAME}}",
        _ => "credentials: {bearerToken: {env: NAME}}",
    }
}
