//! Whose key this is.

use super::{
    super::{Account, Error},
    api::{Api, Call, read},
};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
pub(super) struct Brand {
    #[serde(rename = "brandID")]
    pub id: String,
    #[serde(default)]
    pub name: String,
}

pub(super) async fn brand(api: &Api) -> Result<Brand, Error> {
    let answer = api.call(Call::get("/brands/current", &["brands", "current"])).await?;
    read(&answer)
}

/// Probes the key, and ties our spending to the brand behind it. A key may be allowed one thing and not another, so reading
/// contacts is probed too.
pub(super) async fn verify(api: &Api) -> Result<Account, Error> {
    let contacts = Call::get("/contacts", &["contacts"]).query("limit", 1);
    let (Brand { id, name }, _) = futures::try_join!(brand(api), api.call(contacts))?;
    let budget_key = format!("omnisend/{id}");
    api.belongs_to(&budget_key);
    Ok(Account { id, name, budget_key, shows: None })
}
