//! A secret as it goes to a child process that reads for us, through a socket and nothing else.
//!
//! The child has an environment of few variables, so that what a secret's variable holds goes along. Nothing but a reading is
//! ever written down like this.

use super::Secret;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// What an environment variable held where the daemon runs.
#[derive(Clone, Debug)]
pub struct Handed {
    pub variable: String,
    pub value: SecretString,
}

impl PartialEq for Handed {
    fn eq(&self, other: &Self) -> bool {
        self.variable == other.variable && self.value.expose_secret() == other.value.expose_secret()
    }
}

impl Eq for Handed {}

/// As it is written.
#[derive(Serialize, Deserialize)]
pub enum Written {
    Env(String),
    File(PathBuf),
    SystemdCredential(String),
    Plain(String),
    Handed { variable: String, value: String },
}

impl From<Secret> for Written {
    /// A variable that is not set stays one: the child says so, as the daemon would.
    fn from(secret: Secret) -> Self {
        match secret {
            Secret::Env(variable) => match std::env::var(&variable) {
                Ok(value) => Self::Handed { variable, value },
                Err(_) => Self::Env(variable),
            },
            Secret::File(path) => Self::File(path),
            Secret::SystemdCredential(name) => Self::SystemdCredential(name),
            Secret::Plain(text) => Self::Plain(text),
            Secret::Handed(Handed { variable, value }) => Self::Handed { variable, value: value.expose_secret().to_owned() },
        }
    }
}

impl From<Written> for Secret {
    fn from(written: Written) -> Self {
        match written {
            Written::Env(variable) => Self::Env(variable),
            Written::File(path) => Self::File(path),
            Written::SystemdCredential(name) => Self::SystemdCredential(name),
            Written::Plain(text) => Self::Plain(text),
            Written::Handed { variable, value } => Self::Handed(Handed { variable, value: value.into() }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_goes_along_and_is_never_shown() {
        let secret = Secret::Env("PATH".into());
        let written = serde_json::to_string(&secret).unwrap();
        let handed: Secret = serde_json::from_str(&written).unwrap();
        assert_eq!(handed.read().unwrap().expose_secret(), secret.read().unwrap().expose_secret());
        assert_eq!(handed.to_string(), "environment variable PATH");
        assert!(!format!("{handed:?}").contains(&std::env::var("PATH").unwrap()));
    }

    #[test]
    fn a_variable_that_is_not_set_is_told_by_its_name() {
        let written = serde_json::to_string(&Secret::Env("LISTKEEPER_NOT_SET".into())).unwrap();
        let handed: Secret = serde_json::from_str(&written).unwrap();
        assert_eq!(handed.read().unwrap_err(), "the environment variable LISTKEEPER_NOT_SET is not set");
    }
}
