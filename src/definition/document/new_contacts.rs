//! What happens to people the platform has never seen.

use super::Text;
use crate::definition::yaml::At;
use schemars::JsonSchema;
use serde::Deserialize;

/// What happens to people the platform has never seen.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct NewContactsDoc {
    /// `subscribed`: they agreed to get mail; `unsubscribed`: known, gets none; `pending`: the platform asks each by
    /// mail (always held first); `transactional`: never subscribed, gets order mail only; `non-subscribed`: never subscribed,
    /// gets no campaigns until they opt in. Mailchimp: all but the last. Omnisend: `non-subscribed`, `subscribed` (only with
    /// `consent.at`), `unsubscribed`. Constant Contact and Iterable decide by themselves.
    pub status: Option<At<StatusDoc>>,
    /// The evidence of consent; rows that lack it are not created.
    pub consent: Option<ConsentDoc>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(inline)]
pub enum StatusDoc {
    Subscribed,
    Unsubscribed,
    Pending,
    Transactional,
    NonSubscribed,
}

/// The evidence of consent.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct ConsentDoc {
    /// The column that says so: empty, false or 0 is no consent.
    #[schemars(required)]
    pub column: Option<Text>,
    /// The column that says when.
    pub at: Option<Text>,
}
