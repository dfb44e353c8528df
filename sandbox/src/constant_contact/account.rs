//! Whose account it is, and what the token may do there.

use super::{
    problem::Result,
    request::{Answer, Call},
    work::Ctx,
};
use serde_json::json;

const PRIVILEGES: &[(i64, &str)] =
    &[(501, "account:read"), (502, "contacts:read"), (503, "contacts:write"), (504, "contacts:lists:read"), (505, "contacts:lists:write")];

pub(super) fn summary(_: &mut Ctx<'_>, call: &Call, _: &[&str]) -> Result<Answer> {
    let extra = call.query.words("extra_fields", &["physical_address", "company_logo"])?;
    let mut summary = json!({
        "contact_email": "owner@contoso.test", "country_code": "US", "encoded_account_id": "a07sandbox00us",
        "first_name": "Sandbox", "last_name": "Owner", "organization_name": "Sandbox account", "state_code": "MA",
        "time_zone_id": "US/Eastern",
    });
    if extra.contains(&"physical_address") {
        let address = json!({"address_line1": "1 Main St", "city": "Boston", "state_code": "MA", "country_code": "US"});
        summary["physical_address"] = address;
    }
    Answer::json(200, summary)
}

pub(super) fn privileges(_: &mut Ctx<'_>, _: &Call, _: &[&str]) -> Result<Answer> {
    let privilege = |(id, name): &(i64, &str)| json!({"privilege_id": id, "privilege_name": name});
    Answer::json(200, PRIVILEGES.iter().map(privilege).collect())
}
