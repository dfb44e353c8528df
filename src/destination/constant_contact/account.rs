//! Whose credentials these are; the account is the place that holds the contacts.

use super::{
    super::{Account, Error},
    api::{Api, Call, read},
};
use serde::Deserialize;

#[derive(Deserialize)]
struct Summary {
    encoded_account_id: String,
    #[serde(default)]
    organization_name: String,
}

pub(super) async fn verify(api: &Api) -> Result<Account, Error> {
    let answer = api.call(Call::get("/account/summary", &["account", "summary"])).await?;
    let Summary { encoded_account_id: id, organization_name: name } = read(&answer)?;
    Ok(Account { id, name, budget_key: api.budget_key.clone(), shows: None })
}
