//! A Mailchimp audience: by its id, or by name with what a new one needs.

use super::scope::Scope;
use crate::definition::{
    AudienceCreate, AudienceRef,
    document::{AudienceDoc, CreateDoc, TargetDoc, Text},
    yaml::At,
};

pub fn audience(written: &At<TargetDoc>, scope: &mut Scope<'_>) -> Option<AudienceRef> {
    match (&written.audience_id, &written.audience) {
        (Some(id), None) => audience_id(id, scope),
        (None, Some(named)) => self::named(named, scope),
        (Some(id), Some(_)) => {
            scope.error(id.at, "the target has both `audienceId` and `audience`", "keep one of them");
            None
        }
        (None, None) => {
            scope.error(written.at, "the target names no audience", "give `audienceId: …` or `audience: {name: …}`");
            None
        }
    }
}

fn audience_id(id: &Text, scope: &mut Scope<'_>) -> Option<AudienceRef> {
    if !id.is_empty() && id.len() <= 50 && id.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return Some(AudienceRef::Id(id.value.clone()));
    }
    let hint =
        "letters and digits, as Mailchimp shows it under Audience, Settings, \"Audience ID\"; a name goes into `audience: {name: …}`";
    scope.error(id.at, format!("`{}` is not the id of an audience", id.value), hint);
    None
}

fn named(written: &At<AudienceDoc>, scope: &mut Scope<'_>) -> Option<AudienceRef> {
    let create = written.create.as_ref().and_then(|doc| create(doc, scope)).map(Box::new);
    let name = scope.need_text(&written.name, written.at, "name", "write the audience's name")?;
    Some(AudienceRef::Named { name: name.trim().to_owned(), create, adopt: written.adopt.unwrap_or_default() })
}

fn create(written: &At<CreateDoc>, scope: &mut Scope<'_>) -> Option<AudienceCreate> {
    let doc = &written.value;
    let required: [(&str, &Option<Text>); 8] = [
        ("company", &doc.company),
        ("address1", &doc.address1),
        ("city", &doc.city),
        ("country", &doc.country),
        ("permissionReminder", &doc.permission_reminder),
        ("fromName", &doc.from_name),
        ("fromEmail", &doc.from_email),
        ("language", &doc.language),
    ];
    let missing: Vec<_> = required.iter().filter(|(_, value)| value.is_none()).map(|(field, _)| *field).collect();
    if !missing.is_empty() {
        let hint = "Mailchimp demands them of a new audience: who sends, and why people get mail";
        scope.error(written.at, format!("`create` lacks {}", missing.join(", ")), hint);
    }
    let blank = required.iter().filter_map(|(field, value)| value.as_ref().map(|value| (field, value)));
    let filled = blank.filter(|(field, value)| scope.filled(value, field)).count();
    country(doc, scope);
    from_email(doc, scope);
    let text = |value: &Option<Text>| value.as_ref().map(|text| text.trim().to_owned()).unwrap_or_default();
    (filled == required.len()).then(|| AudienceCreate {
        company: text(&doc.company),
        address1: text(&doc.address1),
        address2: text(&doc.address2),
        city: text(&doc.city),
        state: text(&doc.state),
        zip: text(&doc.zip),
        country: text(&doc.country),
        phone: text(&doc.phone),
        permission_reminder: text(&doc.permission_reminder),
        from_name: text(&doc.from_name),
        from_email: text(&doc.from_email),
        subject: text(&doc.subject),
        language: text(&doc.language),
        email_type_option: doc.email_type_option.unwrap_or_default(),
    })
}

fn country(doc: &CreateDoc, scope: &mut Scope<'_>) {
    if let Some(country) = &doc.country
        && (country.len() != 2 || !country.bytes().all(|b| b.is_ascii_uppercase()))
    {
        scope.error(country.at, format!("`{}` is not a country's code", country.value), "two capital letters: `NL`, `US`");
    }
}

fn from_email(doc: &CreateDoc, scope: &mut Scope<'_>) {
    if let Some(address) = &doc.from_email
        && !email_address::EmailAddress::is_valid(address.trim())
    {
        scope.error(address.at, format!("`{}` is not an e-mail address", address.value), "the address campaigns come from");
    }
}
