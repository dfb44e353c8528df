//! What plan, apply and run share: the directory read, the sandbox started, the state opened, Ctrl-C understood.

use super::{
    Globals, exit,
    rehearsal::{self, Rehearsal},
    render,
};
use crate::{
    definition::{self, Catalog, Export, Name},
    http::{DayCounter, Hub, InMemoryDays},
    oauth::SignIns,
    run::{DurableDays, DurableTokens, Engine, Recorder, SharedLedger, Watch},
    source::Isolation,
    state::{StateDir, StateError, Store, View},
};
use chrono::Utc;
use std::{
    path::{Path, PathBuf},
    sync::Arc,
};
use tokio_util::sync::CancellationToken;

/// Arguments of every command that looks at exports.
#[derive(clap::Args, Clone, Debug)]
pub struct Target {
    /// The directory of definitions
    #[arg(default_value = ".", value_name = "DIR")]
    pub dir: PathBuf,
    /// Only these exports (may be given more than once)
    #[arg(long = "export", short = 'e', value_name = "NAME")]
    pub exports: Vec<String>,
    /// Send everything to faithful local stand-ins of the vendors; nothing leaves this machine and real state is not touched
    #[arg(long)]
    pub sandbox: bool,
    /// Hand the state over to DIR: it belongs to the directory that used it first, and every other one is refused
    #[arg(long)]
    pub adopt_state: bool,
}

/// The directory of definitions that a command is about, which its state must belong to.
#[derive(Clone, Copy)]
pub struct Home<'a> {
    pub dir: &'a Path,
    /// It takes the state over.
    pub adopt: bool,
}

impl Target {
    pub fn home(&self) -> Home<'_> {
        Home { dir: &self.dir, adopt: self.adopt_state }
    }
}

/// One command's hold on the state and the platforms.
pub struct Base {
    pub engine: Engine,
    pub sandbox: Option<Arc<Rehearsal>>,
}

/// The same, with the definitions.
pub struct Session {
    pub catalog: Catalog,
    pub exports: Vec<Arc<Export>>,
    pub engine: Engine,
    pub sandbox: Option<Arc<Rehearsal>>,
}

/// Whether the command writes the state.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Access {
    Read,
    Write,
}

impl Session {
    /// Opens everything, or says what is in the way and gives the exit code.
    pub async fn open(target: &Target, globals: &Globals, access: Access) -> Result<Self, u8> {
        let catalog = definition::read(&target.dir);
        render::diagnostics::eprint(&catalog);
        if catalog.has_errors() {
            return Err(exit::INVALID);
        }
        let exports = chosen(&catalog, &target.exports)?;
        let Base { mut engine, sandbox } = Base::open(globals, target.sandbox, access, target.home()).await?;
        engine.retention = catalog.settings.retention;
        engine.exports = Arc::new(catalog.exports.clone());
        let exports = match &sandbox {
            Some(sandbox) => exports.iter().map(|e| Arc::new(sandbox.export(e))).collect(),
            None => exports,
        };
        Ok(Self { catalog, exports, engine, sandbox })
    }

    /// Commits what is left and stops the sandbox.
    pub async fn close(self) {
        Base { engine: self.engine, sandbox: self.sandbox }.close().await;
    }

    /// First Ctrl-C (or SIGTERM): what is in flight ends. Second: at once.
    pub fn stop_on_signal(&self) {
        stop_on_signal(self.engine.cancel.clone(), true);
    }
}

impl Base {
    /// Opens the state and, if asked, the sandbox; or says what is in the way and gives the exit code.
    pub async fn open(globals: &Globals, sandboxed: bool, access: Access, home: Home<'_>) -> Result<Self, u8> {
        let state = state_dir(globals, sandboxed)?;
        let recorder = match access {
            Access::Read => check_home(&state, home).map(|()| None),
            Access::Write => own(&state, home).map(|store| Some(Recorder::start(store).0)),
        };
        let recorder = recorder.map_err(|error| fail(&error.to_string(), error.hint.as_deref()))?;
        let sandbox = if sandboxed { Some(Arc::new(Rehearsal::open(&state).await?)) } else { None };
        let cancel = CancellationToken::new();
        let speed = if sandboxed { rehearsal::SPEED } else { 1 };
        let days = match &recorder {
            Some(recorder) => Arc::new(DurableDays::new(recorder.clone(), state.clone())) as Arc<dyn DayCounter>,
            None => Arc::new(InMemoryDays::default()),
        };
        let hub = Hub::with_ledger(days, Arc::new(SharedLedger::of(&state)), speed).stopped_by(cancel.clone());
        let tokens = DurableTokens::new(recorder.clone(), state.clone());
        let sign_ins = SignIns::new(Arc::new(tokens), hub.clone());
        let (temp, isolation) = (std::env::temp_dir(), Isolation::Child);
        let engine = Engine { hub, sign_ins, state, recorder, temp, isolation, cancel, retention: None, exports: Arc::default() };
        Ok(Self { engine, sandbox })
    }

    /// Commits what is left and stops the sandbox.
    pub async fn close(mut self) {
        if let Some(recorder) = self.engine.recorder.take()
            && let Err(failure) = recorder.flush().await
        {
            render::error(&failure.message, &[]);
        }
        if let Some(sandbox) = self.sandbox.take().and_then(Arc::into_inner) {
            sandbox.shutdown().await;
        }
    }
}

/// Another directory's state is not read either: what it holds is about other people's lists.
fn check_home(state: &StateDir, home: Home<'_>) -> Result<(), StateError> {
    match View::open(state, Utc::now())? {
        Some(view) if !home.adopt => view.check_directory(home.dir),
        _ => Ok(()),
    }
}

/// Opens the state for writing, for this directory. One that is not there gets no state.
fn own(state: &StateDir, home: Home<'_>) -> Result<Store, StateError> {
    let mut store = Store::open(state, Utc::now())?;
    if home.adopt {
        store.adopt_directory(home.dir)?;
    } else if home.dir.exists() {
        store.claim_directory(home.dir)?;
    } else {
        store.check_directory(home.dir)?;
    }
    Ok(store)
}

/// First Ctrl-C (or SIGTERM): `cancel`, saying so where people read. Second: at once.
pub fn stop_on_signal(cancel: CancellationToken, talk: bool) {
    tokio::spawn(async move {
        signal().await;
        cancel.cancel();
        if talk {
            render::talk("stopping: what is in flight is finished and recorded; once more stops at once");
        }
        signal().await;
        std::process::exit(130);
    });
}

async fn signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}

/// The exports asked for by name, or all.
fn chosen(catalog: &Catalog, names: &[String]) -> Result<Vec<Arc<Export>>, u8> {
    if names.is_empty() {
        return Ok(catalog.exports.values().cloned().collect());
    }
    let find = |text: &String| {
        let found = Name::new(text).ok().and_then(|name| catalog.exports.get(&name).cloned());
        found.ok_or_else(|| {
            let known: Vec<_> = catalog.exports.keys().map(Name::as_str).collect();
            let hint =
                if known.is_empty() { "no export is defined here".to_owned() } else { format!("exports here: {}", known.join(", ")) };
            fail(&format!("there is no export named \"{text}\""), Some(&hint))
        })
    };
    names.iter().map(find).collect()
}

/// Where the state is; the sandbox has its own.
pub fn state_dir(globals: &Globals, sandbox: bool) -> Result<StateDir, u8> {
    let state = StateDir::resolve(globals.state.as_deref()).map_err(|e| fail(&e.to_string(), e.hint.as_deref()))?;
    Ok(if sandbox { state.sandbox() } else { state })
}

/// Says what went wrong; gives the exit code.
pub fn fail(message: &str, hint: Option<&str>) -> u8 {
    render::error(message, hint.as_slice());
    exit::FAILED
}

/// The runtime of a command.
pub fn block_on<T>(work: impl Future<Output = Result<T, u8>>) -> Result<T, u8> {
    match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime.block_on(work),
        Err(error) => Err(fail(&format!("cannot start: {error}"), None)),
    }
}

/// Who watches a run from a terminal or a log.
pub fn watch() -> Arc<dyn Watch> {
    Arc::new(render::Progress::new())
}
