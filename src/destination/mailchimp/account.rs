//! Whose credentials these are.

use super::{
    super::{Account, Error},
    api::{Api, Call, read},
};
use serde::Deserialize;
use serde_json::Value as Json;

#[derive(Deserialize)]
struct Root {
    account_id: String,
    #[serde(default)]
    account_name: String,
    /// Text in the contract; a number elsewhere.
    #[serde(default)]
    login_id: Json,
}

/// Probes the key, and ties our spending to the account and user behind it, whose connections are limited together.
pub(super) async fn verify(api: &Api) -> Result<Account, Error> {
    let (_, answer) = futures::try_join!(api.call(Call::get("/ping", &["ping"])), api.call(Call::get("/", &[""])))?;
    let root: Root = read(&answer)?;
    let user = match &root.login_id {
        Json::String(id) if !id.is_empty() => id.clone(),
        Json::Number(id) => id.to_string(),
        // The user is not told: the key stands for it.
        _ => api.key_name.clone(),
    };
    let budget_key = format!("mailchimp/{}/{user}", root.account_id);
    api.belongs_to(&budget_key);
    Ok(Account { id: root.account_id, name: root.account_name, budget_key, shows: None })
}
