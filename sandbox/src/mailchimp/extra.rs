//! What is known of a member beyond address, status, merge fields and tags. Most members have nothing of it.

use super::problem::FieldError;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Extra {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub email_type: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub language: String,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub vip: bool,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub ip_signup: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub ip_opt: String,
    #[serde(skip_serializing_if = "is_zero")]
    pub signed_up: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<(f64, f64)>,
}

fn is_zero(seconds: &i64) -> bool {
    *seconds == 0
}

impl Extra {
    /// `None` when there is nothing to keep.
    pub(super) fn to_text(&self) -> serde_json::Result<Option<String>> {
        if *self == Self::default() { Ok(None) } else { serde_json::to_string(self).map(Some) }
    }

    /// Takes what a body says.
    pub(super) fn apply(&mut self, body: &Map<String, Value>) -> Result<(), FieldError> {
        for (name, slot) in [
            ("email_type", &mut self.email_type),
            ("language", &mut self.language),
            ("ip_signup", &mut self.ip_signup),
            ("ip_opt", &mut self.ip_opt),
        ] {
            if let Some(text) = body.get(name).and_then(Value::as_str) {
                text.clone_into(slot);
            }
        }
        if let Some(vip) = body.get("vip").and_then(Value::as_bool) {
            self.vip = vip;
        }
        if let Some(at) = time(body, "timestamp_signup")? {
            self.signed_up = at;
        }
        if let Some(Value::Object(location)) = body.get("location") {
            let part = |name: &str| location.get(name).and_then(Value::as_f64).unwrap_or_default();
            self.location = Some((part("latitude"), part("longitude")));
        }
        Ok(())
    }
}

/// A time in a body as Unix seconds.
pub(super) fn time(body: &Map<String, Value>, name: &str) -> Result<Option<i64>, FieldError> {
    let Some(text) = body.get(name).and_then(Value::as_str).filter(|text| !text.is_empty()) else { return Ok(None) };
    match chrono::DateTime::parse_from_rfc3339(text) {
        Ok(time) => Ok(Some(time.timestamp())),
        Err(_) => Err(FieldError::new(name, "This value is not a valid datetime.")),
    }
}
