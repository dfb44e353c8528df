//! Where an export's members go.

use super::Text;
use crate::definition::yaml::At;
use schemars::JsonSchema;
use serde::Deserialize;
use std::collections::BTreeMap;

/// Where the members go. Mailchimp: an audience by id or by name, each segment is a tag in it. Constant Contact: one list, by
/// id or by name. Omnisend: each segment is a tag. Iterable: each segment is a list.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct TargetDoc {
    /// Id of a Mailchimp audience; give this or `audience`.
    pub audience_id: Option<Text>,
    /// A Mailchimp audience by name; give this or `audienceId`.
    pub audience: Option<At<AudienceDoc>>,
    /// Id of a list of Constant Contact's; give this or `list`.
    pub list_id: Option<Text>,
    /// Name of a list of Constant Contact's, created if absent; give this or `listId`.
    pub list: Option<Text>,
    /// True: a segment of Omnisend's is kept on each tag, so that marketers find it like a list. Default: false.
    pub segment: Option<At<bool>>,
    /// True: where the platform cannot rename (Omnisend, Iterable), a new name makes a new tag or list, once approved. Default: false.
    pub recreate: Option<At<bool>>,
    /// Segment → tag or list, where it is not called as the segment's display name.
    pub names: Option<BTreeMap<Text, Text>>,
    /// What may be taken over that exists already and is not Listkeeper's.
    pub adopt: Option<AdoptDoc>,
}

/// An audience by name.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct AudienceDoc {
    /// The audience's name.
    #[schemars(required)]
    pub name: Option<Text>,
    /// An audience of this name that Listkeeper did not create may be used. Default: false.
    pub adopt: Option<bool>,
    /// What a new audience needs; without it the audience must exist.
    pub create: Option<At<CreateDoc>>,
}

/// What Mailchimp demands of a new audience: who sends, and why people get mail.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct CreateDoc {
    /// The sender's organisation; shown in the footer of every mail.
    #[schemars(required)]
    pub company: Option<Text>,
    /// Street and number of the sender.
    #[schemars(required)]
    pub address1: Option<Text>,
    /// More of the sender's address.
    pub address2: Option<Text>,
    /// City of the sender.
    #[schemars(required)]
    pub city: Option<Text>,
    /// State or province of the sender.
    pub state: Option<Text>,
    /// Postal code of the sender.
    pub zip: Option<Text>,
    /// Country of the sender, as two letters (`NL`).
    #[schemars(required)]
    pub country: Option<Text>,
    /// Telephone number of the sender.
    pub phone: Option<Text>,
    /// Why people get mail; shown in the footer of every mail.
    #[schemars(required)]
    pub permission_reminder: Option<Text>,
    /// The sender's name in campaigns, unless they set their own.
    #[schemars(required)]
    pub from_name: Option<Text>,
    /// The sender's address in campaigns, unless they set their own.
    #[schemars(required)]
    pub from_email: Option<Text>,
    /// The subject of campaigns, unless they set their own.
    pub subject: Option<Text>,
    /// The language of forms and notices, such as `en`.
    #[schemars(required)]
    pub language: Option<Text>,
    /// People may choose between HTML and plain text. Default: false.
    pub email_type_option: Option<bool>,
}

/// What may be taken over.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct AdoptDoc {
    /// Tags of the same name that exist already (Mailchimp, Omnisend). Default: false.
    pub tags: Option<bool>,
    /// Lists of the same name that exist already (Constant Contact, Iterable). Default: false.
    pub lists: Option<bool>,
    /// Members found in what was adopted; then they may be taken out like any other. Default: false.
    pub members: Option<bool>,
}
