mod layouts;
mod limits;
mod quiet;
mod settle;

use super::{
    Look, Options, Watcher,
    events::{Make, system},
    settle::Pace,
};
use crate::definition::Snapshot;
use std::{fs, path::Path, time::Duration};

/// Far beyond what anything takes; reached only where a change was missed.
const GENEROUS: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);

fn only_events(root: &Path) -> Watcher {
    Watcher::start(root, Options { poll: HOUR, events: true })
}

fn only_polling(root: &Path) -> Watcher {
    Watcher::start(root, Options { poll: Duration::from_millis(100), events: false })
}

fn with(root: &Path, poll: Duration, make: Make) -> Watcher {
    Watcher::with(root, Options { poll, events: true }, Pace::default(), make)
}

async fn next(watcher: &mut Watcher) -> Look {
    tokio::time::timeout(GENEROUS, watcher.next()).await.expect("nothing was looked at")
}

/// Waits until what is handed over is what the directory holds now.
async fn catches_up(watcher: &mut Watcher, root: &Path) {
    let wanted = state(root);
    let seen = async {
        loop {
            if let Some(snapshot) = watcher.next().await.snapshot
                && (snapshot.digest, snapshot.unreadable) == wanted
            {
                return;
            }
        }
    };
    tokio::time::timeout(GENEROUS, seen).await.expect("a change was missed");
}

fn state(root: &Path) -> (String, Option<String>) {
    let Snapshot { digest, unreadable, .. } = Snapshot::take(root);
    (digest, unreadable)
}

fn document(words: &str) -> String {
    format!("apiVersion: listkeeper/v1\nkind: Segment\nname: {words}\nsource: crm\nquery: SELECT 1\n")
}

fn write(path: &Path, words: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, document(words)).unwrap();
}
