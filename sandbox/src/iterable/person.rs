//! One user as a call names it.

use super::{
    email,
    failures::Why,
    refusal::{Refusal, Result},
    settings::Project,
};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Person {
    /// In lower case.
    pub email: Option<String>,
    pub user_id: Option<String>,
    #[serde(default)]
    pub data: Map<String, Value>,
    /// Objects are merged, not replaced.
    #[serde(default)]
    pub merge: bool,
    #[serde(skip)]
    pub prefer_user_id: bool,
}

impl Person {
    /// From a body of the right shape. Somebody has to be named.
    pub(super) fn parse(body: &Map<String, Value>) -> Result<Self> {
        let text = |name: &str| body.get(name).and_then(Value::as_str);
        let flag = |name: &str| body.get(name).and_then(Value::as_bool).unwrap_or_default();
        let (email, user_id) = (text("email").map(email::folded), text("userId").map(str::to_owned));
        if email.is_none() && user_id.is_none() {
            let refusal = Refusal::bad_params("Either email or userId must be specified");
            return Err(refusal.violates("400 neither email nor userId").into());
        }
        let data = body.get("dataFields").and_then(Value::as_object).cloned().unwrap_or_default();
        Ok(Self { email, user_id, data, merge: flag("mergeNestedObjects"), prefer_user_id: flag("preferUserId") })
    }

    /// What tells this user from others.
    pub(super) fn who(&self) -> &str {
        self.email.as_deref().or(self.user_id.as_deref()).unwrap_or_default()
    }

    /// Why this names nobody in such a project, whoever it may be.
    pub(super) fn unfit(&self, project: Project) -> Option<Why> {
        let bad_email = self.email.as_deref().is_some_and(|email| !email::good(email));
        let bad_id = self.user_id.as_deref().is_some_and(|id| !good_id(id));
        match project {
            _ if bad_email || bad_id => Some(Why::Invalid),
            Project::UserId if self.user_id.is_none() => Some(Why::NotFound),
            _ => None,
        }
    }
}

/// Printable ASCII, at most 52 characters, no blank at the end.
fn good_id(id: &str) -> bool {
    (1..=52).contains(&id.len()) && id.chars().all(|c| c.is_ascii_graphic() || c == ' ') && !id.ends_with(' ')
}
