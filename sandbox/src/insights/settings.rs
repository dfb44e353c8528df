//! What differs between environments, and what the documents leave open.

use serde::Deserialize;

#[derive(Clone, Debug)]
pub(super) struct Settings {
    /// A token's life.
    pub token_seconds: i64,
    /// Whether Dataverse's tables keep track of changes.
    pub change_tracking: bool,
    /// How a membership's segments are written.
    pub segments_as: Form,
    /// A row leaves out columns without a value, as those of elastic tables may.
    pub sparse: bool,
    /// Definitions of tables may be read.
    pub definitions: bool,
    /// Readings of memberships, and of profiles, end after so many rows in all, without a link to the rest; 0: they are whole.
    pub cut_memberships: usize,
    pub cut_profiles: usize,
    /// Which of a segment's files begin with a row of column names.
    pub headers: Headers,
    /// Calls of Dataverse's window of five minutes.
    pub dataverse_calls: u32,
    /// Calls of the REST API's window of a minute.
    pub api_calls: u32,
    /// Most rows of one file; never so many that there is only one.
    pub partition_rows: i64,
}

/// How `msdynci_segments` is written: Microsoft's pages print no value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Form {
    /// `{"Segments":["A"]}`.
    Object,
    /// `["A"]`.
    List,
    /// The object as a text in the text.
    Twice,
}

impl Form {
    /// Of a list of names in JSON.
    pub(super) fn write(self, list: &str) -> String {
        let object = || format!("{{\"Segments\":{list}}}");
        match self {
            Self::Object => object(),
            Self::List => list.to_owned(),
            Self::Twice => serde_json::Value::from(object()).to_string(),
        }
    }
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
            segments_as: Form::Object,
            sparse: false,
            definitions: true,
            cut_memberships: 0,
            cut_profiles: 0,
            headers: Headers::Some,
            dataverse_calls: 6_000,
            api_calls: 100,
            partition_rows: 50_000,
        }
    }
}
