//! The token of the API: given by reference, or made in the state directory for the same user.

use crate::{definition::Secret, state::StateDir};
use secrecy::{ExposeSecret, SecretString};
use std::{
    fs,
    io::{self, Write},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::PathBuf,
    str::FromStr,
};

/// Fewer characters could be guessed.
const LEAST_CHARS: usize = 16;

/// Where the token is: `env:NAME`, `file:PATH` or `credential:NAME`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenRef(Secret);

/// Why there is no token.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct TokenError {
    pub message: String,
    pub hint: String,
}

/// What a caller must know. Only a hash is kept: comparing two takes the same time whatever they are.
#[derive(Clone)]
pub struct Token {
    hash: blake3::Hash,
    /// Somebody chose it, and so can give it to callers elsewhere.
    pub(super) given: bool,
}

impl FromStr for TokenRef {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once(':') {
            Some(("env", name)) if !name.is_empty() => Ok(Self(Secret::Env(name.to_owned()))),
            Some(("file", path)) if !path.is_empty() => Ok(Self(Secret::File(PathBuf::from(path)))),
            Some(("credential", name)) if !name.is_empty() => Ok(Self(Secret::SystemdCredential(name.to_owned()))),
            // What was given may be the token itself, so it is not repeated.
            _ => Err("say where the token is, not what it is: env:NAME, file:PATH or credential:NAME".to_owned()),
        }
    }
}

impl TokenRef {
    pub fn read(&self) -> Result<SecretString, TokenError> {
        let hint = "a token is a text of at least 16 characters, such as `openssl rand -hex 32` makes";
        let failed = |message: String| TokenError { message, hint: hint.to_owned() };
        let secret = self.0.read().map_err(|why| failed(format!("the API token: {why}")))?;
        let text = secret.expose_secret();
        if text.chars().count() < LEAST_CHARS || !text.chars().all(|c| c.is_ascii_graphic()) {
            return Err(failed(format!("the API token ({}) is shorter than 16 characters, or not plain text", self.0)));
        }
        Ok(secret)
    }
}

impl Token {
    /// The one that is referred to, else the one of the state directory, which is made if it is not there.
    pub fn open(given: Option<&TokenRef>, state: &StateDir) -> Result<Self, TokenError> {
        let secret = given.map_or_else(|| made(state), TokenRef::read)?;
        Ok(Self { hash: blake3::hash(secret.expose_secret().as_bytes()), given: given.is_some() })
    }

    /// The one that a daemon of this state made, for a caller who may read it.
    pub fn read_made(state: &StateDir) -> Result<SecretString, TokenError> {
        let path = path(state);
        fs::read_to_string(&path).map(|text| text.trim().to_owned().into()).map_err(|error| TokenError {
            message: format!("the API token {} cannot be read: {error}", path.display()),
            hint: "run this as the user that runs the daemon, or give --api-token".to_owned(),
        })
    }

    pub(super) fn is(&self, told: &str) -> bool {
        blake3::hash(told.as_bytes()) == self.hash
    }
}

fn path(state: &StateDir) -> PathBuf {
    state.path().join("api-token")
}

/// Kept over restarts. One that others could have read, or that was cut short, is replaced.
fn made(state: &StateDir) -> Result<SecretString, TokenError> {
    let path = path(state);
    let failed = |error: io::Error| TokenError {
        message: format!("the API token cannot be kept in {}: {error}", path.display()),
        hint: "the state directory must be writable; --api-token names a token that is elsewhere".to_owned(),
    };
    let private = fs::metadata(&path).is_ok_and(|meta| meta.permissions().mode() & 0o077 == 0);
    let kept = if private { fs::read_to_string(&path).map_err(failed)? } else { String::new() };
    if kept.trim().len() >= LEAST_CHARS {
        return Ok(kept.trim().to_owned().into());
    }
    let token = format!("{}{}", uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple());
    if let Err(error) = fs::remove_file(&path)
        && error.kind() != io::ErrorKind::NotFound
    {
        return Err(failed(error));
    }
    let file = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path);
    file.and_then(|mut file| file.write_all(token.as_bytes())).map_err(failed)?;
    Ok(token.into())
}

impl std::fmt::Debug for Token {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Token(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    fn state() -> (tempfile::TempDir, StateDir) {
        let dir = tempfile::tempdir().unwrap();
        let state = StateDir::from(dir.path().to_owned());
        (dir, state)
    }

    #[test]
    fn one_is_made_for_the_user_alone_and_kept() {
        let (_dir, state) = state();
        Token::open(None, &state).unwrap();
        let first = Token::read_made(&state).unwrap();
        assert_eq!(first.expose_secret().len(), 64);
        assert_eq!(fs::metadata(path(&state)).unwrap().permissions().mode() & 0o777, 0o600);
        let again = Token::open(None, &state).unwrap();
        assert!(again.is(first.expose_secret()) && !again.given);
    }

    #[rstest]
    #[case::others_may_read_it("0123456789abcdef0123456789abcdef", 0o644)]
    #[case::cut_short("0123", 0o600)]
    fn one_that_is_no_good_is_replaced(#[case] text: &str, #[case] mode: u32) {
        let (_dir, state) = state();
        fs::write(path(&state), text).unwrap();
        fs::set_permissions(path(&state), fs::Permissions::from_mode(mode)).unwrap();
        assert!(!Token::open(None, &state).unwrap().is(text));
        assert_eq!(fs::metadata(path(&state)).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[rstest]
    #[case("a-very-secret-token-itself")]
    #[case("env:")]
    #[case("vault:x")]
    fn a_token_is_not_given_itself(#[case] text: &str) {
        let error = text.parse::<TokenRef>().unwrap_err();
        assert!(error.contains("env:NAME") && !error.contains("secret-token"), "{error}");
    }

    #[rstest]
    #[case("0123456789abcdef\n", true)]
    #[case("0123456789abcde", false)]
    #[case("0123456789 abcdef", false)]
    fn a_token_in_a_file(#[case] text: &str, #[case] good: bool) {
        let (dir, state) = state();
        let file = dir.path().join("given");
        fs::write(&file, text).unwrap();
        let reference: TokenRef = format!("file:{}", file.display()).parse().unwrap();
        let token = Token::open(Some(&reference), &state);
        assert_eq!(token.as_ref().is_ok_and(|token| token.given && token.is(text.trim())), good);
        assert!(!path(&state).exists());
    }
}
