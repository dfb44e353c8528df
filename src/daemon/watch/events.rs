//! What the system tells of changes. It may tell too much, too little or nothing: it is never more than a hint.

use super::{Mode, arm::Folders};
use notify::{Event, EventKind, RecursiveMode, Watcher};
use std::{
    path::Path,
    sync::{Arc, PoisonError, RwLock},
};

/// More than that are polled: each takes memory of the system, from a limit that all programs share.
const FOLDERS: usize = 4_096;

/// Hears what the system tells.
pub type Hear = Box<dyn Fn(notify::Result<Event>) + Send>;
/// Makes the system's watcher; tests put theirs in its place.
pub type Make = fn(Hear) -> notify::Result<Box<dyn Watcher + Send>>;

/// The system's own.
pub fn system(hear: Hear) -> notify::Result<Box<dyn Watcher + Send>> {
    Ok(Box::new(notify::recommended_watcher(hear)?))
}

/// The folders watched now. `hint` is called whenever something in them may have changed.
pub struct Events {
    make: Make,
    hint: Arc<dyn Fn() + Send + Sync>,
    watcher: Option<Box<dyn Watcher + Send>>,
    armed: Arc<RwLock<Folders>>,
}

impl Events {
    pub fn new(make: Make, hint: impl Fn() + Send + Sync + 'static) -> Self {
        Self { make, hint: Arc::new(hint), watcher: None, armed: Arc::default() }
    }

    /// Watches the folders of `root` as they are now. What could not be watched last time is tried again.
    pub fn arm(&mut self, root: &Path) -> Mode {
        let folders = Folders::of(root);
        if folders.len() > FOLDERS {
            self.watcher = None;
            return Mode::polling(format!("there are more than {FOLDERS} folders to watch; keep definitions in a folder of their own"));
        }
        match self.watch(folders) {
            Ok(()) => Mode::of_file_system(root).unwrap_or(Mode::Events),
            Err(error) => Mode::failed(&error),
        }
    }

    fn watch(&mut self, folders: Folders) -> notify::Result<()> {
        let mut watcher = match self.watcher.take() {
            Some(watcher) => watcher,
            None => (self.make)(hear(Arc::clone(&self.hint), Arc::clone(&self.armed)))?,
        };
        // Before anything is watched, or what happens first would be taken for somebody else's.
        let before = std::mem::replace(&mut *self.armed.write().unwrap_or_else(PoisonError::into_inner), folders.clone());
        for gone in before.paths().filter(|folder| !folders.has(folder)) {
            // It may have ended by itself.
            let _ = watcher.unwatch(gone);
        }
        let watched = folders.paths().try_for_each(|folder| watch(watcher.as_mut(), folder));
        self.watcher = Some(watcher);
        watched
    }
}

/// A folder that is gone by now was heard of; one that may not be read holds nothing that can be read.
fn watch(watcher: &mut dyn Watcher, folder: &Path) -> notify::Result<()> {
    use std::io::ErrorKind::{NotADirectory, NotFound, PermissionDenied};
    // Another folder may be in the place of the one that was watched.
    let _ = watcher.unwatch(folder);
    match watcher.watch(folder, RecursiveMode::NonRecursive) {
        Err(error) => match &error.kind {
            notify::ErrorKind::PathNotFound => Ok(()),
            notify::ErrorKind::Io(io) if matches!(io.kind(), NotFound | NotADirectory | PermissionDenied) => Ok(()),
            _ => Err(error),
        },
        Ok(()) => Ok(()),
    }
}

fn hear(hint: Arc<dyn Fn() + Send + Sync>, armed: Arc<RwLock<Folders>>) -> Hear {
    Box::new(move |event| {
        let Ok(event) = event else { return hint() };
        // Reading causes these: they would have us read for ever.
        if matches!(event.kind, EventKind::Access(_)) {
            return;
        }
        let armed = armed.read().unwrap_or_else(PoisonError::into_inner);
        if event.need_rescan() || event.paths.is_empty() || event.paths.iter().any(|path| armed.concerns(path)) {
            hint();
        }
    })
}
