//! What the vendor's documents leave open, or what others saw it do. The default is what is documented; tests switch to the others.

use super::bulk_settings::BulkUpdates;
use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct Settings {
    /// What `tags` does in the rows of a bulk call.
    pub bulk_tags: BulkTags,
    /// Whether the members in its answer carry their tags.
    pub bulk_answer: AnswerTags,
    /// Pages of members with a larger `count` are not managed; `null`: all are.
    pub largest_page: Option<i64>,
    /// How that is answered.
    pub too_large: TooLarge,
    /// Whom the bulk call of a tag takes.
    pub tag_call: TagCall,
    /// Updates by the bulk call.
    pub bulk_updates: BulkUpdates,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            bulk_tags: BulkTags::Honoured,
            bulk_answer: AnswerTags::Shown,
            largest_page: None,
            too_large: TooLarge::GatewayTimeout,
            tag_call: TagCall::Everyone,
            bulk_updates: BulkUpdates::default(),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum BulkTags {
    /// Since the release note of 2022-01-24.
    Honoured,
    /// As in the older contracts, which do not have it.
    Ignored,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum AnswerTags {
    Shown,
    /// Neither `tags` nor `tags_count`.
    Missing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum TagCall {
    Everyone,
    /// Only who gets mail: others are left out of the answer, without an error (hitobito/hitobito, 3171).
    Subscribed,
}

/// As clients of large lists saw it (VingtCinq/python-mailchimp, 207).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum TooLarge {
    /// 504, a page of HTML.
    GatewayTimeout,
    /// 502, a page of HTML.
    BadGateway,
    /// 500, in the vendor's own words.
    ServerError,
}
