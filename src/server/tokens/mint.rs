//! Making tokens. The same for the daemon and for a command that works on the state itself.

use crate::{
    daemon::By,
    definition::Name,
    state::{ApiToken, Audit, Scope, TokenHash},
};
use chrono::{DateTime, TimeDelta, Utc};
use schemars::JsonSchema;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// What scanners for leaked secrets find.
const PREFIX: &str = "lk_";
const ENDING_CHARS: usize = 4;
/// Folders a token is bound to at most.
const FOLDERS: usize = 100;
/// Ten years.
const LONGEST_SECONDS: u64 = 10 * 366 * 24 * 3600;

/// A token to be made.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct NewToken {
    pub name: Name,
    #[schemars(with = "Vec<Scope>")]
    pub scopes: BTreeSet<Scope>,
    /// What `plan` is bound to, as globs such as `marketing/**` (`**` is everything); given with `plan` only.
    #[serde(default)]
    pub folders: Vec<String>,
    /// How long it is good; for ever unless given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_after_seconds: Option<u64>,
}

/// A token as it is shown: without itself.
#[derive(Clone, Debug, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TokenView {
    pub name: Name,
    /// The token with all but its ends masked.
    pub masked: String,
    pub scopes: BTreeSet<Scope>,
    pub folders: Vec<String>,
    /// Or rotated.
    pub created: DateTime<Utc>,
    pub created_by: String,
    /// `null`: never.
    pub expires: Option<DateTime<Utc>>,
    /// `null`: not yet. To the minute.
    pub used: Option<DateTime<Utc>>,
}

impl From<&ApiToken> for TokenView {
    fn from(token: &ApiToken) -> Self {
        let ApiToken { name, hash: _, ending, scopes, folders, created, created_by, expires, used } = token.clone();
        Self { name, masked: format!("{PREFIX}…{ending}"), scopes, folders, created, created_by, expires, used }
    }
}

/// Why there can be no such token, and what to do.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct BadToken {
    pub message: &'static str,
    pub hint: &'static str,
}

/// A token and what is kept of it.
pub struct Minted {
    pub token: SecretString,
    pub kept: ApiToken,
}

/// A new token, kept nowhere yet.
pub fn minted(wanted: &NewToken, by: &By, now: DateTime<Utc>) -> Result<Minted, BadToken> {
    check(wanted)?;
    let NewToken { name, scopes, folders, expires_after_seconds } = wanted.clone();
    let (token, hash, ending) = secret();
    let kept = ApiToken {
        name,
        hash,
        ending,
        scopes,
        folders,
        created: now,
        created_by: by.who.clone(),
        expires: expires_after_seconds.and_then(|seconds| after(now, seconds)),
        used: None,
    };
    Ok(Minted { token, kept })
}

/// Another secret for the same rights. One that was to end lives as long again.
pub fn rotated(old: &ApiToken, by: &By, now: DateTime<Utc>) -> Minted {
    let (token, hash, ending) = secret();
    let expires = old.expires.map(|expires| now + (expires - old.created).max(TimeDelta::zero()));
    Minted { token, kept: ApiToken { hash, ending, created: now, created_by: by.who.clone(), expires, ..old.clone() } }
}

/// The line of the audit trail that says so.
pub fn audit(token: &ApiToken, action: &str, by: &By, now: DateTime<Utc>) -> Audit {
    let list = |words: Vec<&str>| words.join(", ");
    let mut detail = format!("scopes {}", list(token.scopes.iter().map(|scope| scope.as_str()).collect()));
    if !token.folders.is_empty() {
        detail += &format!("; folders {}", list(token.folders.iter().map(String::as_str).collect()));
    }
    detail.extend(by.remark.iter().map(|remark| format!("; the caller says it is {remark}")));
    let subject = format!("Token {}", token.name);
    Audit { at: now, who: by.who.clone(), action: action.to_owned(), subject, digest: None, detail }
}

fn check(wanted: &NewToken) -> Result<(), BadToken> {
    let bad = |message, hint| Err(BadToken { message, hint });
    if wanted.scopes.is_empty() {
        return bad("a token without a scope is good for nothing", "give one or more of read, plan, operate, connect");
    }
    match (wanted.scopes.contains(&Scope::Plan), wanted.folders.len()) {
        (true, 0) => bad(
            "a token of the scope `plan` is bound to folders",
            "name the folders whose rights it has, such as `marketing/**`; `**` for all",
        ),
        (false, 1..) => bad("only the scope `plan` is bound to folders", "leave the folders out, or give the scope `plan` too"),
        _ if !wanted.folders.iter().all(|folder| is_folder(folder)) => {
            bad("this is not a folder of the definitions", "folders are relative to the root: `marketing/**`, `.`")
        }
        (_, n) if n > FOLDERS => bad("a token is bound to at most 100 folders", "name a folder above them"),
        _ if wanted.expires_after_seconds.is_some_and(|seconds| seconds == 0 || seconds > LONGEST_SECONDS) => {
            bad("a token lives at most ten years", "leave the time out for one that does not end")
        }
        _ => Ok(()),
    }
}

fn is_folder(glob: &str) -> bool {
    let plain = !glob.starts_with('/') && glob.len() <= 500 && !glob.chars().any(char::is_control);
    plain && !glob.trim().is_empty() && !glob.split('/').any(|part| part == "..") && glob::Pattern::new(glob).is_ok()
}

fn after(now: DateTime<Utc>, seconds: u64) -> Option<DateTime<Utc>> {
    now.checked_add_signed(TimeDelta::try_seconds(i64::try_from(seconds).ok()?)?)
}

fn secret() -> (SecretString, TokenHash, String) {
    let text = format!("{PREFIX}{}{}", uuid::Uuid::new_v4().simple(), uuid::Uuid::new_v4().simple());
    let ending = text[text.len() - ENDING_CHARS..].to_owned();
    (text.clone().into(), TokenHash::of(&text), ending)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;
    use secrecy::ExposeSecret;

    fn by() -> By {
        By { who: "dana".into(), remark: None }
    }

    fn wanted(scopes: &[Scope], folders: &[&str], seconds: Option<u64>) -> NewToken {
        let folders = folders.iter().map(|folder| (*folder).to_owned()).collect();
        let scopes = scopes.iter().copied().collect();
        NewToken { name: Name::new("ci").unwrap(), scopes, folders, expires_after_seconds: seconds }
    }

    #[rstest]
    #[case::read(&[Scope::Read], &[], None, None)]
    #[case::plan(&[Scope::Plan, Scope::Read], &["marketing"], Some(60), None)]
    #[case::nothing(&[], &[], None, Some("without a scope"))]
    #[case::plan_of_everything_by_omission(&[Scope::Plan], &[], None, Some("bound to folders"))]
    #[case::folders_of_nothing(&[Scope::Operate], &["marketing"], None, Some("only the scope `plan`"))]
    #[case::folders_elsewhere(&[Scope::Plan], &["marketing", "../admin"], None, Some("not a folder"))]
    #[case::the_root_of_the_system(&[Scope::Plan], &["/"], None, Some("not a folder"))]
    #[case::over_before_it_begins(&[Scope::Read], &[], Some(0), Some("ten years"))]
    #[case::longer_than_anyone_lives(&[Scope::Read], &[], Some(u64::MAX), Some("ten years"))]
    fn what_is_asked_for_is_checked(
        #[case] scopes: &[Scope],
        #[case] folders: &[&str],
        #[case] seconds: Option<u64>,
        #[case] why: Option<&str>,
    ) {
        match (minted(&wanted(scopes, folders, seconds), &by(), Utc::now()), why) {
            (Ok(_), None) => {}
            (Err(error), Some(why)) => assert!(error.message.contains(why), "{error}"),
            (minted, _) => panic!("{:?}", minted.err()),
        }
    }

    #[test]
    fn a_token_is_random_recognised_by_its_hash_and_shown_masked() {
        let now = Utc::now();
        let first = minted(&wanted(&[Scope::Read], &[], Some(3600)), &by(), now).unwrap();
        let text = first.token.expose_secret();
        assert!(text.starts_with("lk_") && text.len() == 67);
        assert_eq!(first.kept.hash, TokenHash::of(text));
        let view = TokenView::from(&first.kept);
        assert_eq!(view.masked, format!("lk_…{}", &text[63..]));
        let later = now + TimeDelta::hours(5);
        let second = rotated(&first.kept, &by(), later);
        assert_ne!(second.kept.hash, first.kept.hash);
        assert_eq!((second.kept.expires, second.kept.scopes), (Some(later + TimeDelta::hours(1)), first.kept.scopes));
    }
}
