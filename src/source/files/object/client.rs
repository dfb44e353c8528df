//! A client for one bucket, with the credentials that the definition names, read now.

use super::{
    address::{Address, Service, is_plain},
    web::SameHost,
};
use crate::definition::{EntraApp, Secret, Storage, StorageCredentials};
use object_store::{
    BackoffConfig, ClientOptions, HeaderMap, HeaderValue, ObjectStore, RetryConfig,
    aws::AmazonS3Builder,
    azure::{AzureConfigKey, MicrosoftAzureBuilder},
    gcp::GoogleCloudStorageBuilder,
    http::HttpBuilder,
};
use secrecy::ExposeSecret;
use std::{sync::Arc, time::Duration};
use url::Url;

/// For a connection, for the next bytes, and for a whole answer.
pub const CONNECT: Duration = Duration::from_secs(10);
pub const READ: Duration = Duration::from_secs(20);
pub const WHOLE: Duration = Duration::from_secs(60);

/// What is wrong with the definition's storage; never with a secret in it.
type Result<T> = std::result::Result<T, String>;

/// `written` is the address as the definition has it, with the query that [`Address`] leaves out.
pub fn client(address: &Address, written: &str, storage: &Storage) -> Result<Arc<dyn ObjectStore>> {
    match address.service {
        Service::S3 => s3(address, storage),
        Service::Azure => azure(address, storage),
        Service::GoogleCloud => google(address, storage),
        Service::Web => web(written, storage),
    }
}

fn s3(address: &Address, storage: &Storage) -> Result<Arc<dyn ObjectStore>> {
    let mut builder = match &storage.credentials {
        StorageCredentials::Chain => AmazonS3Builder::from_env(),
        StorageCredentials::Anonymous => AmazonS3Builder::new().with_skip_signature(true),
        StorageCredentials::Keys { id, secret, session } => {
            let keys = AmazonS3Builder::new().with_access_key_id(read(id)?).with_secret_access_key(read(secret)?);
            match session {
                Some(token) => keys.with_token(read(token)?),
                None => keys,
            }
        }
        _ => return Err(unfit("S3")),
    };
    if let Some(region) = &storage.region {
        builder = builder.with_region(region);
    }
    if let Some(endpoint) = &storage.endpoint {
        builder = builder.with_endpoint(base(endpoint));
    }
    let options = options(is_plain(storage.endpoint.as_ref()));
    built(builder.with_bucket_name(&address.bucket).with_client_options(options).with_retry(retries()).build())
}

fn azure(address: &Address, storage: &Storage) -> Result<Arc<dyn ObjectStore>> {
    let builder = match &storage.credentials {
        StorageCredentials::Chain => MicrosoftAzureBuilder::from_env(),
        StorageCredentials::Anonymous => MicrosoftAzureBuilder::new().with_skip_signature(true),
        StorageCredentials::AccountKey(key) => MicrosoftAzureBuilder::new().with_access_key(read(key)?),
        StorageCredentials::Sas(token) => {
            MicrosoftAzureBuilder::new().with_config(AzureConfigKey::SasKey, read(token)?.trim_start_matches('?'))
        }
        StorageCredentials::App(app) => entra(app)?,
        _ => return Err(unfit("Azure")),
    };
    let builder = account(builder, address, storage).with_container_name(&address.bucket);
    built(builder.with_client_options(options(is_plain(storage.endpoint.as_ref()))).with_retry(retries()).build())
}

fn entra(app: &EntraApp) -> Result<MicrosoftAzureBuilder> {
    let builder =
        MicrosoftAzureBuilder::new().with_client_secret_authorization(read(&app.client_id)?, read(&app.client_secret)?, read(&app.tenant)?);
    Ok(match &app.authority {
        Some(authority) => builder.with_authority_host(base(authority)),
        None => builder,
    })
}

/// `abfss://` names the account's host, whose Blob twin has the same name but for one word, in national clouds too.
fn account(mut builder: MicrosoftAzureBuilder, address: &Address, storage: &Storage) -> MicrosoftAzureBuilder {
    if let Some(host) = &address.host {
        let (account, service) = host.split_once('.').unwrap_or((host, ""));
        builder = builder.with_account(account);
        if let Some(suffix) = service.strip_prefix("dfs.").or_else(|| service.strip_prefix("blob.")) {
            builder = builder.with_endpoint(format!("https://{account}.blob.{suffix}"));
        }
    }
    if let Some(account) = &storage.account {
        builder = builder.with_account(account);
    }
    match &storage.endpoint {
        Some(endpoint) => builder.with_endpoint(base(endpoint)),
        None => builder,
    }
}

fn google(address: &Address, storage: &Storage) -> Result<Arc<dyn ObjectStore>> {
    let mut builder = match &storage.credentials {
        StorageCredentials::Chain => GoogleCloudStorageBuilder::from_env(),
        StorageCredentials::Anonymous => GoogleCloudStorageBuilder::new().with_skip_signature(true),
        StorageCredentials::ServiceAccount(key) => {
            let text = read(key)?;
            // The client would quote what it does not understand of it.
            serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(&text)
                .map_err(|_| format!("{key} is not the JSON of a service account's key"))?;
            GoogleCloudStorageBuilder::new().with_service_account_key(text)
        }
        _ => return Err(unfit("Google Cloud")),
    };
    if let Some(endpoint) = &storage.endpoint {
        builder = builder.with_base_url(&base(endpoint));
    }
    let options = options(is_plain(storage.endpoint.as_ref()));
    built(builder.with_bucket_name(&address.bucket).with_client_options(options).with_retry(retries()).build())
}

fn web(written: &str, storage: &Storage) -> Result<Arc<dyn ObjectStore>> {
    let mut headers = HeaderMap::new();
    match &storage.credentials {
        StorageCredentials::Chain | StorageCredentials::Anonymous => {}
        StorageCredentials::Bearer(token) => {
            let mut value = HeaderValue::try_from(format!("Bearer {}", read(token)?)).map_err(|_| format!("{token} cannot be a token"))?;
            value.set_sensitive(true);
            headers.insert("authorization", value);
        }
        _ => return Err(unfit("a web server")),
    }
    let plain = is_plain(Url::parse(written).ok().as_ref());
    let builder = HttpBuilder::new().with_url(written).with_client_options(options(plain)).with_retry(retries());
    built(builder.with_http_connector(SameHost { headers, plain }).build())
}

fn built<S: ObjectStore>(store: object_store::Result<S>) -> Result<Arc<dyn ObjectStore>> {
    match store {
        Ok(store) => Ok(Arc::new(store)),
        Err(error) => Err(super::failure::cause(&error)),
    }
}

fn read(secret: &Secret) -> Result<String> {
    secret.read().map(|text| text.expose_secret().to_owned())
}

fn unfit(service: &str) -> String {
    format!("these are not credentials for {service}")
}

fn base(url: &Url) -> String {
    url.as_str().trim_end_matches('/').to_owned()
}

/// About a minute in all for one request.
fn retries() -> RetryConfig {
    let backoff = BackoffConfig { init_backoff: Duration::from_millis(200), max_backoff: Duration::from_secs(10), base: 2.0 };
    RetryConfig { backoff, max_retries: 10, retry_timeout: Duration::from_secs(60) }
}

fn options(plain: bool) -> ClientOptions {
    let options = ClientOptions::new().with_connect_timeout(CONNECT).with_read_timeout(READ);
    options.with_timeout(WHOLE).with_allow_http(plain)
}
