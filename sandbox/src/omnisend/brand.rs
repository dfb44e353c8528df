//! The one brand.

use super::{
    problem::Result,
    request::{Answer, Call},
    work::Ctx,
};
use serde_json::json;

pub(super) fn get(_: &mut Ctx<'_>, call: &Call, _: &[&str]) -> Result<Answer> {
    call.query(&[]).done()?;
    let body = json!({
        "brandID": "5f92cbf10cf217478ba93561", "name": "Sandbox", "website": "https://shop.example.com", "currency": "EUR",
        "timezone": "Europe/Vilnius", "platform": "api", "version": "", "connected": true,
    });
    Ok(Answer::new(200, body))
}
