//! What the vendor's documents leave open, or what differs between accounts. The default is the reading that is harder for
//! a client; tests switch to the other one.

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields, default)]
pub(super) struct Settings {
    /// For delays, and the order in which things happen that are due later.
    pub seed: u64,
    /// What `tags` does in the upsert of a contact that exists.
    pub tags_on_upsert: TagsOnUpsert,
    /// Whether addresses that differ in case only are two contacts.
    pub case_sensitive: bool,
    /// What a new contact becomes when nothing is said about its channel.
    pub without_channels: WithoutChannels,
    /// What an empty text in a field of a contact does.
    pub empty_text: EmptyText,
    /// One budget of 400 a minute for all calls, also those that have limits of their own.
    pub one_budget: bool,
    /// Whether a 429 says when to come back.
    pub retry_after: RetryAfter,
    /// Calls a minute that another integration takes from the budget of 400.
    pub others_per_minute: u32,
    /// The version of the API is no longer served.
    pub version_retired: bool,
    /// What an e-mail identifier without its channel comes to.
    pub email_channel: EmailChannel,
    /// What a status with an older date than the contact's does.
    pub older_date: OlderDate,
    /// How refusals name fields.
    pub row_paths: RowPaths,
    /// What a row that is not taken does to its call.
    pub bad_rows: BadRows,
    /// How the items of a batch are answered.
    pub item_answers: ItemAnswers,
    /// In which order batches are listed.
    pub batch_order: BatchOrder,
    /// Failed items with which a batch is stopped.
    pub stop_after_errors: usize,
    /// From accepting a batch to the first half of its items, and from there to its end.
    pub batch_delay_ms: Delay,
    pub tag_delay_ms: Delay,
    pub segment_delay_ms: Delay,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            seed: 0,
            tags_on_upsert: TagsOnUpsert::Replace,
            case_sensitive: true,
            without_channels: WithoutChannels::Subscribed,
            empty_text: EmptyText::Refused,
            one_budget: false,
            retry_after: RetryAfter::Documented,
            others_per_minute: 0,
            version_retired: false,
            email_channel: EmailChannel::Demanded,
            older_date: OlderDate::Ignored,
            row_paths: RowPaths::Dots,
            bad_rows: BadRows::Alone,
            item_answers: ItemAnswers::Older,
            batch_order: BatchOrder::NewestFirst,
            stop_after_errors: 50,
            batch_delay_ms: Delay::between(100, 1_000),
            tag_delay_ms: Delay::between(200, 2_000),
            segment_delay_ms: Delay::between(200, 2_000),
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum TagsOnUpsert {
    Replace,
    Merge,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum EmailChannel {
    /// Refused, as it was observed.
    Demanded,
    /// As the schema has it.
    Optional,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum OlderDate {
    /// As the documents say.
    Ignored,
    /// Whatever is said holds.
    Overrides,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum RowPaths {
    /// `items.3.city`, as the schema has it.
    Dots,
    /// `items[3].city`
    Brackets,
    /// `/items/3/city`
    Pointers,
    /// No field is named.
    None,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum BadRows {
    /// The others are taken; but a malformed address refuses a call to tag.
    Alone,
    /// The whole call is refused.
    RefuseTheCall,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum ItemAnswers {
    /// `error` and `fields`.
    Older,
    /// Problem documents.
    Problems,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum BatchOrder {
    NewestFirst,
    OldestFirst,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum WithoutChannels {
    Subscribed,
    NonSubscribed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum EmptyText {
    Refused,
    Clears,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum RetryAfter {
    /// Where the contract names it: contacts, tags and segments, not batches and brands.
    Documented,
    Always,
    Never,
}

/// Milliseconds of the sandbox's time, drawn between these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(super) struct Delay {
    pub min_ms: i64,
    pub max_ms: i64,
}

impl Delay {
    const fn between(min_ms: i64, max_ms: i64) -> Self {
        Self { min_ms, max_ms }
    }

    fn is_sound(self) -> bool {
        (0..=self.max_ms).contains(&self.min_ms)
    }
}

impl Settings {
    pub(super) fn check(&self) -> Result<(), &'static str> {
        let delays = [self.batch_delay_ms, self.tag_delay_ms, self.segment_delay_ms];
        if delays.into_iter().all(Delay::is_sound) { Ok(()) } else { Err("a delay's minMs is between 0 and its maxMs") }
    }
}
