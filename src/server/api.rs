//! What goes over the wire, where it is not already one of the daemon's views or the state's records.

use crate::{
    daemon::{self, ConnectionView, ExportView, HeldReading},
    definition::{Name, OnDelete},
    plan::MemberLine,
    state::{Approved, Audit, RejectedRow, RunId, RunRecord},
};
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{
    Deserialize, Deserializer, Serialize,
    de::{Error as _, SeqAccess, Visitor},
};
use serde_json::{Map, Value, value::RawValue};
use std::{fmt, marker::PhantomData, path::PathBuf};

pub use super::{
    sign_in::{SentTokens, SignedInNow},
    tokens::{NewSecret, NewToken, TokenList, TokenView},
};

/// The header in which a caller says who asks: a remark in the audit trail, which names whom the daemon knows it to be.
pub const USER_HEADER: &str = "X-Listkeeper-User";

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Exports {
    pub exports: Vec<ExportView>,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Connections {
    pub connections: Vec<ConnectionView>,
}

/// The newest first.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Runs {
    pub runs: Vec<RunRecord>,
}

/// The newest first.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct AuditTrail {
    pub audit: Vec<Audit>,
}

/// Rows that a check or the platform rejected, until they are accepted or gone.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Rejected {
    pub export: Name,
    /// The latest that read its source whole; `null`: none has yet.
    pub run: Option<RunId>,
    pub rows: Vec<RejectedRow>,
    /// There are more than `limit`.
    pub more: bool,
}

/// What waits for a person.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Waiting {
    pub plans: Vec<WaitingPlan>,
    /// A reading of the directory that lacks so much that a person must have meant it.
    pub reading: Option<HeldReading>,
}

/// A plan that was not carried out.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct WaitingPlan {
    pub digest: String,
    pub export: String,
    pub made: DateTime<Utc>,
    pub reason: String,
    /// As shown to people: addresses masked.
    pub text: String,
    pub approved: Option<Approved>,
}

/// A run was asked for.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Triggered {
    pub export: Name,
    /// It stood in the queue already: that run will do.
    pub already: bool,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct TriggeredAll {
    /// Every export that has an active schedule.
    pub exports: Vec<Name>,
}

/// What happens now, in words.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct Done {
    pub message: String,
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct ApprovedNow {
    /// The whole digest of what was approved.
    pub digest: String,
    pub message: String,
}

/// Definitions to plan. Only segments and exports are taken from them; everything else is the daemon's own. A file is in an
/// administrators' folder only if the daemon's directory has the very same file there.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Proposal {
    #[serde(deserialize_with = "few")]
    pub files: Vec<ProposedFile>,
    /// Only these; all that are defined unless given.
    #[serde(default, deserialize_with = "few")]
    pub exports: Vec<Name>,
    /// Plan with the rights of these folders only, as globs such as `marketing/**`. Of files elsewhere the daemon's own count,
    /// and exports elsewhere are not planned.
    #[serde(default, deserialize_with = "few")]
    pub folders: Vec<String>,
    /// List every member with the full address; needs the scope `operate` as well.
    #[serde(default)]
    pub members: bool,
}

/// So many of anything: a short text must not become many values.
const MANY: usize = 10_000;

fn few<'de, D: Deserializer<'de>, T: Deserialize<'de>>(deserializer: D) -> Result<Vec<T>, D::Error> {
    struct Few<T>(PhantomData<T>);
    impl<'de, T: Deserialize<'de>> Visitor<'de> for Few<T> {
        type Value = Vec<T>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            write!(f, "a list of at most {MANY}")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<T>, A::Error> {
            let mut list = Vec::new();
            while let Some(one) = seq.next_element()? {
                if list.len() == MANY {
                    return Err(A::Error::invalid_length(MANY + 1, &self));
                }
                list.push(one);
            }
            Ok(list)
        }
    }
    deserializer.deserialize_seq(Few(PhantomData))
}

#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ProposedFile {
    /// Relative to the directory of definitions.
    pub path: PathBuf,
    pub text: String,
}

/// What an apply of the definitions would do.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Planned {
    /// Warnings about the definitions.
    pub diagnostics: Vec<daemon::Problem>,
    pub exports: Vec<PlannedExport>,
    /// Exports that the daemon's own directory has, and that what was sent no longer has.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deleted: Vec<DeletedExport>,
    /// The folders that were asked for; none: all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub folders: Vec<String>,
    /// The folders that the token is bound to, if it is: only what both allow is planned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_folders: Option<Vec<String>>,
}

/// An export whose definition what was sent deletes.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeletedExport {
    pub export: Name,
    /// What would become of its members and lists.
    pub on_delete: OnDelete,
}

/// The plan of one export, or why there is none.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct PlannedExport {
    pub export: Name,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan: Option<Box<PlanView>>,
    /// Instead of a plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<FailureView>,
    /// With `members`: each with whom something would be done.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub members: Vec<MemberLine>,
}

/// A plan in all its forms.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PlanView {
    pub digest: String,
    pub nothing_to_do: bool,
    /// The plan as `listkeeper plan --json` gives it.
    #[schemars(with = "Map<String, Value>")]
    pub json: Box<RawValue>,
    pub text: String,
    pub markdown: String,
}

/// Why an export could not be planned.
#[derive(Debug, Serialize, Deserialize, JsonSchema)]
pub struct FailureView {
    pub message: String,
    pub hints: Vec<String>,
}
