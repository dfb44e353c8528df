//! `type: customer-insights`, its three ways in.

use super::{location, storage};
use crate::definition::{
    Dataverse, EntraApp, Folder, InsightsApi, SourceKind,
    document::{InsightsCredentialsDoc, Short, SourceDoc},
    nearest,
    resolve::{
        connection::endpoint,
        credentials::{by_reference, literal, plain_or_secret},
        scope::Scope,
    },
};

const FROM: [&str; 3] = ["folder", "dataverse", "api"];
/// Where Customer Insights' REST API is.
const API: &str = "https://api.ci.ai.dynamics.com/v1";
const APP: &str = "register an application in Entra ID, and write `credentials: {tenantId: …, clientId: …, clientSecret: {env: NAME}}`";

pub fn resolve(doc: &SourceDoc, scope: &mut Scope<'_>) -> Option<SourceKind> {
    let from = scope.need(&doc.from, scope.head, "from", "add `from: folder`, `dataverse` or `api`")?;
    match from.as_str() {
        "folder" => folder(doc, scope).map(SourceKind::Folder),
        "dataverse" => dataverse(doc, scope).map(SourceKind::Dataverse),
        "api" => api(doc, scope).map(SourceKind::InsightsApi),
        other => {
            scope.error(from.at, format!("Customer Insights is not read from `{other}`"), nearest::hint(other, FROM, ""));
            None
        }
    }
}

fn folder(doc: &SourceDoc, scope: &mut Scope<'_>) -> Option<Folder> {
    let hint = "write the folder that holds model.json: `path: /mnt/exports/BlobExport`, or an address of s3, az, abfss or gs";
    let path = scope.need_text(&doc.path, scope.head, "path", hint)?;
    let location = location::folder(path, scope)?;
    let storage = storage::resolve(doc, std::iter::once(&location), scope)?;
    Some(Folder { path: path.value.clone(), location, storage })
}

fn dataverse(doc: &SourceDoc, scope: &mut Scope<'_>) -> Option<Dataverse> {
    let app = app(doc, scope);
    let url = scope.need_text(&doc.url, scope.head, "url", "write the environment's address: `url: https://NAME.crm4.dynamics.com`")?;
    let url = endpoint(url, scope)?;
    Some(Dataverse { url, app: app?.0 })
}

fn api(doc: &SourceDoc, scope: &mut Scope<'_>) -> Option<InsightsApi> {
    let app = app(doc, scope);
    let hint = "write `instanceId: …`; it is in the address of the environment's pages";
    let instance = scope.need_text(&doc.instance_id, scope.head, "instanceId", hint).cloned();
    if let Some(id) = instance.as_ref().filter(|id| !id.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')) {
        scope.error(id.at, format!("`{}` is not an instance's id", id.value), hint);
        return None;
    }
    let url = match &doc.url {
        Some(text) => endpoint(text, scope)?,
        None => url::Url::parse(API).ok()?,
    };
    let (app, key) = app?;
    let Some(subscription_key) = key else {
        let hint = "an administrator finds it under Permissions > APIs; write `subscriptionKey: {env: NAME}`";
        scope.error(scope.head, "the field `credentials.subscriptionKey` is missing", hint);
        return None;
    };
    Some(InsightsApi { url, instance: instance?.value, app, subscription_key, members: doc.members.unwrap_or_default() })
}

/// The application, and the API's key where one is given.
fn app(doc: &SourceDoc, scope: &mut Scope<'_>) -> Option<(EntraApp, Option<crate::definition::Secret>)> {
    let written = scope.need(&doc.credentials, scope.head, "credentials", APP)?;
    let Short::Full(InsightsCredentialsDoc { tenant_id, client_id, client_secret, subscription_key, authority }) = &written.value else {
        return literal(written.at, "credentials: {tenantId: ID, clientId: ID, clientSecret: {env: NAME}}", scope);
    };
    let tenant = scope.need(tenant_id, written.at, "tenantId", APP).and_then(|text| plain_or_secret(text, "tenantId", scope));
    let client_id = scope.need(client_id, written.at, "clientId", APP).and_then(|text| plain_or_secret(text, "clientId", scope));
    let client_secret =
        scope.need(client_secret, written.at, "clientSecret", APP).and_then(|secret| by_reference(secret, "clientSecret", scope));
    let key = match subscription_key {
        Some(key) => Some(by_reference(key, "subscriptionKey", scope)?),
        None => None,
    };
    let authority = match authority {
        Some(text) => Some(endpoint(text, scope)?),
        None => None,
    };
    Some((EntraApp { tenant: tenant?, client_id: client_id?, client_secret: client_secret?, authority }, key))
}
