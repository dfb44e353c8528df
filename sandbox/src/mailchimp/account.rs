//! The account itself.

use super::{
    problem::Result,
    request::{Answer, Call, moment},
    work::Ctx,
};
use serde_json::json;

pub(super) fn ping(_: &mut Ctx<'_>, _: &Call, _: &[&str]) -> Result<Answer> {
    Answer::ok(json!({"health_status": "Everything's Chimpy!"}))
}

pub(super) fn root(ctx: &mut Ctx<'_>, _: &Call, _: &[&str]) -> Result<Answer> {
    let subscribers: i64 = ctx.db.query_row("SELECT count(*) FROM members WHERE status = 0", [], |row| row.get(0))?;
    Answer::ok(json!({
        "account_id": "5a4db0c5a4db0c5a4db0c5a4d", "account_name": "Listkeeper sandbox", "login_id": "1",
        "email": "owner@sandbox.invalid", "first_name": "Sandbox", "last_name": "Owner", "username": "sandbox", "avatar_url": "",
        "role": "owner", "member_since": moment(1_577_836_800), "pricing_plan_type": "monthly", "first_payment": "",
        "account_timezone": "Etc/UTC", "account_industry": "", "last_login": moment(ctx.now), "pro_enabled": false,
        "contact": {"company": "Sandbox", "addr1": "", "addr2": "", "city": "", "state": "", "zip": "", "country": ""},
        "total_subscribers": subscribers, "industry_stats": {"open_rate": 0, "bounce_rate": 0, "click_rate": 0},
        "_links": [{"rel": "self", "href": ctx.href("/"), "method": "GET"}],
    }))
}
