//! Settings and connections, resolved; where secrets are.

use super::{
    Guard, Name, ReadLimits, Schedule, Segment,
    characters::is_invisible,
    handed::{Handed, Written},
};
use crate::platform::Platform;
use secrecy::{ExposeSecret, SecretString};
use std::{path::PathBuf, sync::Arc, time::Duration};

/// `kind: Settings`, at most one; defaults where absent.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    pub schedule: Option<Schedule>,
    pub guard: Guard,
    /// Segments that are never sent anywhere and always removed from what we own.
    pub suppress: Vec<Arc<Segment>>,
    /// How long history, audit and rejected rows are kept; `None`: 90 days.
    pub retention: Option<Duration>,
    pub read_limits: ReadLimits,
}

/// `kind: Connection`: one account at a platform.
#[derive(Clone, Debug)]
pub struct Connection {
    pub name: Name,
    pub display_name: String,
    pub kind: Platform,
    /// Where they are to be found; read at use, never kept in a definition.
    pub credentials: Credentials,
    pub privacy: Privacy,
    pub export_user: Option<String>,
    /// Base URL that replaces the vendor's, without a trailing slash.
    pub endpoint: Option<url::Url>,
    /// Which of the vendor's data centres (Iterable).
    pub region: Region,
    pub limits: Limits,
}

impl Connection {
    /// The API key, read where it is; the error says where that is.
    pub fn api_key(&self) -> Result<SecretString, String> {
        match &self.credentials {
            Credentials::ApiKey(key) => key.read_key(),
            Credentials::OAuth(_) => Err(format!("nobody has signed in: run `listkeeper connect {}`", self.name)),
        }
    }
}

/// How we say who we are (C3).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Credentials {
    ApiKey(Secret),
    /// Somebody signs in with `listkeeper connect`; the tokens are in the state.
    OAuth(OAuthApp),
}

impl Credentials {
    /// What is left out of them when they are read.
    pub fn notes(&self) -> Vec<String> {
        match self {
            Self::ApiKey(key) => key.around_key().into_iter().collect(),
            Self::OAuth(app) => {
                [Some(&app.client_id), app.client_secret.as_ref()].into_iter().flatten().filter_map(Secret::around_key).collect()
            }
        }
    }
}

/// An application that the user registered at the vendor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OAuthApp {
    pub client_id: Secret,
    pub client_secret: Option<Secret>,
    /// Base URL that replaces the vendor's authorization server, without a trailing slash.
    pub endpoint: Option<url::Url>,
}

/// Where the vendor keeps the account.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum Region {
    #[default]
    Us,
    Eu,
}

/// Where a secret is; never the secret.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(into = "Written", from = "Written")]
pub enum Secret {
    Env(String),
    File(PathBuf),
    /// A file of `$CREDENTIALS_DIRECTORY`.
    SystemdCredential(String),
    /// Written out, since it is no secret: an application's id, the sandbox's key.
    Plain(String),
    /// What a variable of the daemon's environment held, in a process that reads for it.
    Handed(Handed),
}

impl Secret {
    /// Reads the secret. Trailing line ends are cut. The error names the place, never the value.
    pub fn read(&self) -> Result<SecretString, String> {
        let text = self.text()?;
        let text = text.trim_end_matches(['\r', '\n']);
        if text.is_empty() { Err(format!("{self} is empty")) } else { Ok(text.to_owned().into()) }
    }

    /// The same of a platform's key, without what editors and shells put around one: a byte order mark, blanks, a pair of quotes.
    pub fn read_key(&self) -> Result<SecretString, String> {
        let text = self.text()?;
        let key = bare(&text);
        if key.is_empty() { Err(format!("{self} is empty")) } else { Ok(key.to_owned().into()) }
    }

    /// What is left out of a key, if there is more than a line end.
    pub fn around_key(&self) -> Option<String> {
        let text = self.text().ok()?;
        let tidy = bare(&text) == text.trim_end_matches(['\r', '\n']);
        (!tidy).then(|| format!("the key in {self}: blanks, quotes or a byte order mark around it are left out"))
    }

    fn text(&self) -> Result<String, String> {
        Ok(match self {
            Self::Env(name) => std::env::var(name).map_err(|_| format!("the environment variable {name} is not set"))?,
            Self::File(path) => read_file(path)?,
            Self::Plain(text) => text.clone(),
            Self::Handed(handed) => handed.value.expose_secret().to_owned(),
            Self::SystemdCredential(name) => {
                let dir = std::env::var_os("CREDENTIALS_DIRECTORY")
                    .ok_or_else(|| format!("systemd credential {name}: CREDENTIALS_DIRECTORY is not set (is this a systemd service?)"))?;
                read_file(&PathBuf::from(dir).join(name))?
            }
        })
    }
}

/// A key as it was meant. No platform's key has blanks or quotes at its ends.
fn bare(text: &str) -> &str {
    let around = |c: char| c.is_whitespace() || is_invisible(c);
    let text = text.trim_matches(around);
    let quoted = ['"', '\''].into_iter().find_map(|quote| text.strip_prefix(quote)?.strip_suffix(quote));
    quoted.map_or(text, |inner| inner.trim_matches(around))
}

fn read_file(path: &std::path::Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("the secret's file {} cannot be read: {error}", path.display()))
}

impl std::fmt::Display for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Env(name) | Self::Handed(Handed { variable: name, .. }) => write!(f, "environment variable {name}"),
            Self::File(path) => write!(f, "file {}", path.display()),
            Self::Plain(_) => f.write_str("a value written out"),
            Self::SystemdCredential(name) => write!(f, "systemd credential {name}"),
        }
    }
}

/// Someone's consent to send personal data to this vendor, at this endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Privacy {
    pub accepted_by: String,
    pub accepted_on: chrono::NaiveDateTime,
}

/// Whether attributes of known contacts go by the bulk call, where the platform has one for them (Mailchimp).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum BulkUpdates {
    /// Once a trial with one contact showed that the audience takes it without a change of status.
    #[default]
    Auto,
    /// One call a contact.
    Never,
}

/// What an account may spend. `None`: the vendor's documented default.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    pub connections: Option<u32>,
    pub per_second: Option<u32>,
    pub per_minute: Option<u32>,
    pub per_day: Option<u32>,
    /// The contract's contact limit (C10).
    pub contacts: Option<u64>,
    pub bulk_updates: BulkUpdates,
    /// The connection whose budget this one spends, where the vendor's limit is the project's rather than the key's.
    pub share_with: Option<Name>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    #[rstest]
    #[case::line_end("key-us6\n", "key-us6", false)]
    #[case::windows("key-us6\r\n", "key-us6", false)]
    #[case::blank("key-us6 \n", "key-us6", true)]
    #[case::mark("\u{feff}key-us6", "key-us6", true)]
    #[case::quotes("\"key-us6\"\n", "key-us6", true)]
    #[case::all("\u{feff}\u{a0}' key-us6\t'\r\n\n", "key-us6", true)]
    #[case::one_quote("key'", "key'", false)]
    fn a_key_is_read_without_what_is_around_it(#[case] text: &str, #[case] key: &str, #[case] noted: bool) {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        let secret = Secret::File(file.path().to_owned());
        assert_eq!(secret.read_key().unwrap().expose_secret(), key);
        assert_eq!(secret.around_key().is_some(), noted);
        // A password may begin or end so.
        assert_eq!(secret.read().unwrap().expose_secret(), text.trim_end_matches(['\r', '\n']));
    }

    #[test]
    fn a_key_of_blanks_is_none() {
        let failure = Secret::Plain(" \u{feff}\"\" \n".into()).read_key().unwrap_err();
        assert_eq!(failure, "a value written out is empty");
    }
}
