//! What differs between environments, and what the documents leave open.

use serde::Deserialize;

#[derive(Clone, Debug)]
pub(super) struct Settings {
    /// A token's life.
    pub token_seconds: i64,
    /// Whether Dataverse's tables keep track of changes.
    pub change_tracking: bool,
    /// Which of a segment's files begin with a row of column names.
    pub headers: Headers,
    /// Calls of Dataverse's window of five minutes.
    pub dataverse_calls: u32,
    /// Calls of the REST API's window of a minute.
    pub api_calls: u32,
    /// Most rows of one file; never so many that there is only one.
    pub partition_rows: i64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Headers {
    /// Every other one.
    Some,
    All,
    None,
}

impl Headers {
    pub(super) fn has(self, partition: i64) -> bool {
        match self {
            Self::Some => partition % 2 == 0,
            Self::All => true,
            Self::None => false,
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            token_seconds: 3_599,
            change_tracking: false,
            headers: Headers::Some,
            dataverse_calls: 6_000,
            api_calls: 100,
            partition_rows: 50_000,
        }
    }
}
