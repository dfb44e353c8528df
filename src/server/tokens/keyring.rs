//! The tokens that the daemon takes, as the state has them: it is the state's one writer, so what it holds is what there is.

use super::mint::{Minted, NewToken, audit, minted, rotated};
use crate::{
    daemon::By,
    definition::Name,
    run::{Engine, Failure, Recorder},
    server::{Problem, Token, caller::Caller},
    state::{ApiToken, StateError, TokenHash, View},
};
use axum::http::StatusCode;
use chrono::Utc;
use std::{
    collections::BTreeMap,
    sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard},
};

pub(in crate::server) struct Keyring {
    administrator: Token,
    tokens: RwLock<BTreeMap<Name, ApiToken>>,
    /// `None`: the state is only read, and no token can be made.
    recorder: Option<Recorder>,
    /// One change at a time.
    changing: tokio::sync::Mutex<()>,
}

impl Keyring {
    pub fn open(administrator: Token, engine: &Engine) -> Result<Self, StateError> {
        let view = View::open(&engine.state, Utc::now())?;
        let kept = view.map(|view| view.api_tokens()).transpose()?.unwrap_or_default();
        let tokens = kept.into_iter().map(|token| (token.name.clone(), token)).collect();
        Ok(Self { administrator, tokens: RwLock::new(tokens), recorder: engine.recorder.clone(), changing: tokio::sync::Mutex::default() })
    }

    /// Who shows this. `None`: nobody that is known. All are looked at, so that it takes the same time whoever it is.
    pub fn find(&self, told: &str) -> Option<Caller> {
        let (hash, now) = (TokenHash::of(told), Utc::now());
        let found = self.read().values().fold(None, |found, token| if token.hash == hash { Some(token.clone()) } else { found });
        let found = found.filter(|token| !token.is_over(now));
        let Some(token) = found else { return self.administrator.is(told).then(Caller::administrator) };
        if token.use_is_news(now) {
            self.used(&token.name);
        }
        Some(Caller::token(&token))
    }

    fn used(&self, name: &Name) {
        let now = Utc::now();
        if let Some(token) = self.write().get_mut(name) {
            token.used = Some(now);
        }
        if let Some(recorder) = &self.recorder {
            let name = name.clone();
            // What cannot be written is logged; nothing depends on it.
            let _ = recorder.note(move |store| store.used_api_token(&name, now));
        }
    }

    pub fn list(&self) -> Vec<ApiToken> {
        self.read().values().cloned().collect()
    }

    pub async fn create(&self, wanted: &NewToken, by: &By) -> Result<Minted, Problem> {
        let _changing = self.changing.lock().await;
        if self.read().contains_key(&wanted.name) {
            let problem = Problem::new(StatusCode::CONFLICT, format!("there is a token named {} already", wanted.name));
            return Err(problem.hint("rotate or revoke it, or give another name"));
        }
        let now = Utc::now();
        let minted = minted(wanted, by, now).map_err(|bad| Problem::new(StatusCode::UNPROCESSABLE_ENTITY, bad.message).hint(bad.hint))?;
        let (kept, line) = (minted.kept.clone(), audit(&minted.kept, "created", by, now));
        self.recorder()?.record(move |store| store.create_api_token(&kept, &line)).await?;
        self.write().insert(minted.kept.name.clone(), minted.kept.clone());
        Ok(minted)
    }

    pub async fn rotate(&self, name: &Name, by: &By) -> Result<Minted, Problem> {
        let _changing = self.changing.lock().await;
        let old = self.named(name)?;
        let now = Utc::now();
        let minted = rotated(&old, by, now);
        let (kept, line) = (minted.kept.clone(), audit(&minted.kept, "rotated", by, now));
        self.recorder()?.record(move |store| store.rotate_api_token(&kept, &line)).await?;
        self.write().insert(name.clone(), minted.kept.clone());
        Ok(minted)
    }

    /// It is good for nothing from now on, even where that cannot be recorded.
    pub async fn revoke(&self, name: &Name, by: &By) -> Result<(), Problem> {
        let _changing = self.changing.lock().await;
        let line = audit(&self.named(name)?, "revoked", by, Utc::now());
        self.write().remove(name);
        let gone = name.clone();
        let recorded = self.recorder()?.record(move |store| store.revoke_api_token(&gone, &line)).await;
        recorded.map_err(|failure: Failure| {
            Problem::from(failure).hint("it is revoked until the daemon restarts; revoke it again once the state can be written")
        })
    }

    fn named(&self, name: &Name) -> Result<ApiToken, Problem> {
        let unknown = || Problem::new(StatusCode::NOT_FOUND, format!("there is no token named {name}")).hint("GET /v1/tokens lists them");
        self.read().get(name).cloned().ok_or_else(unknown)
    }

    fn recorder(&self) -> Result<&Recorder, Problem> {
        self.recorder.as_ref().ok_or_else(|| Problem::new(StatusCode::CONFLICT, "this daemon only reads its state"))
    }

    fn read(&self) -> RwLockReadGuard<'_, BTreeMap<Name, ApiToken>> {
        self.tokens.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn write(&self) -> RwLockWriteGuard<'_, BTreeMap<Name, ApiToken>> {
        self.tokens.write().unwrap_or_else(PoisonError::into_inner)
    }
}
