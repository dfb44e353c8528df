//! A contact as it is answered.

use super::{
    contact::{Contact, Profile},
    contact_id::id_of,
    fields::{self, Field},
    problem::Result,
    request::{Call, day, moment},
    work::Ctx,
};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

const PARTS: &[&str] = &["custom_fields", "list_memberships", "phone_numbers", "street_addresses", "taggings", "notes"];

/// Which parts are wanted, and what it takes to write them.
#[derive(Debug)]
pub(super) struct View {
    parts: Vec<String>,
    fields: BTreeMap<i64, Field>,
}

impl View {
    pub(super) fn of(ctx: &Ctx<'_>, call: &Call) -> Result<Self> {
        let parts: Vec<_> = call.query.words("include", PARTS)?.into_iter().map(str::to_owned).collect();
        Ok(Self { parts, fields: fields::every(ctx)? })
    }

    pub(super) fn full(ctx: &Ctx<'_>) -> Result<Self> {
        Ok(Self { parts: PARTS.iter().map(|part| (*part).to_owned()).collect(), fields: fields::every(ctx)? })
    }

    pub(super) fn json(&self, ctx: &Ctx<'_>, contact: &Contact) -> Result<Value> {
        let mut shown: Map<String, Value> = contact.profile.plain.clone().into_iter().collect();
        shown.insert("contact_id".into(), id_of(contact.row).into());
        if let Some(address) = &contact.email {
            shown.insert("email_address".into(), email(contact, address));
        }
        shown.insert("create_source".into(), json!(contact.create_source));
        shown.insert("update_source".into(), json!(contact.update_source));
        shown.insert("created_at".into(), moment(contact.created).into());
        shown.insert("updated_at".into(), moment(contact.updated).into());
        if let Some(deleted) = contact.deleted {
            shown.insert("deleted_at".into(), day(deleted).into());
        }
        for part in &self.parts {
            shown.insert(part.clone(), self.part(ctx, contact, part)?);
        }
        Ok(shown.into())
    }

    fn part(&self, ctx: &Ctx<'_>, contact: &Contact, part: &str) -> Result<Value> {
        Ok(match part {
            "custom_fields" => self.custom(&contact.profile),
            "list_memberships" => json!(lists_of(ctx, contact.row)?),
            "phone_numbers" => contact.profile.phones.iter().map(|(kind, number)| json!({"kind": kind, "phone_number": number})).collect(),
            "street_addresses" => contact.profile.streets.iter().map(street).collect(),
            _ => json!([]),
        })
    }

    /// Values of fields that were deleted are gone.
    fn custom(&self, profile: &Profile) -> Value {
        let value = |(row, value)| Some(json!({"custom_field_id": self.fields.get(row)?.id, "value": value}));
        profile.custom.iter().filter_map(value).collect()
    }
}

fn street((kind, parts): (&String, &BTreeMap<String, String>)) -> Value {
    let mut street = json!(parts);
    street["kind"] = json!(kind);
    street
}

fn email(contact: &Contact, address: &str) -> Value {
    let mut email = json!({
        "address": address, "permission_to_send": contact.permission, "opt_in_source": contact.opt_in_source,
        "opt_in_date": moment(contact.opt_in), "created_at": moment(contact.created), "updated_at": moment(contact.updated),
        "confirm_status": "off",
    });
    if let Some(out) = &contact.opt_out {
        email["opt_out_source"] = json!(out.source);
        email["opt_out_date"] = moment(out.at).into();
        if let Some(reason) = &out.reason {
            email["opt_out_reason"] = json!(reason);
        }
    }
    email
}

/// Ids of the lists that a contact is on.
pub(super) fn lists_of(ctx: &Ctx<'_>, contact: i64) -> Result<Vec<String>> {
    let sql = "SELECT l.id FROM memberships m JOIN lists l ON l.row = m.list WHERE m.contact = ? ORDER BY l.row";
    Ok(ctx.db.prepare_cached(sql)?.query_map([contact], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?)
}
