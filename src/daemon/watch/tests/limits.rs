//! The system's watching fails: it is said, polled, and tried again.

use super::{super::Mode, super::events::Hear, *};
use notify::{Config, Error, ErrorKind, EventHandler, RecursiveMode, WatcherKind};
use rstest::rstest;
use std::sync::atomic::{AtomicBool, Ordering};

/// The system's watcher when every watch is taken.
struct Full;

impl notify::Watcher for Full {
    fn new<F: EventHandler>(_: F, _: Config) -> notify::Result<Self> {
        Ok(Self)
    }

    fn watch(&mut self, _: &Path, _: RecursiveMode) -> notify::Result<()> {
        Err(Error::new(ErrorKind::MaxFilesWatch))
    }

    fn unwatch(&mut self, _: &Path) -> notify::Result<()> {
        Ok(())
    }

    fn kind() -> WatcherKind {
        WatcherKind::NullWatcher
    }
}

fn no_watches(_: Hear) -> notify::Result<Box<dyn notify::Watcher + Send>> {
    Ok(Box::new(Full))
}

fn no_watchers(_: Hear) -> notify::Result<Box<dyn notify::Watcher + Send>> {
    Err(Error::io(std::io::Error::from_raw_os_error(rustix::io::Errno::MFILE.raw_os_error())))
}

#[rstest]
#[case::watches(no_watches, "max_user_watches")]
#[case::watchers(no_watchers, "max_user_instances")]
#[tokio::test(flavor = "multi_thread")]
async fn a_limit_is_said_and_polling_goes_on(#[case] make: Make, #[case] setting: &str) {
    let dir = tempfile::tempdir().unwrap();
    write(&dir.path().join("a.yaml"), "a");
    let mut watcher = with(dir.path(), Duration::from_millis(100), make);
    next(&mut watcher).await;
    let Mode::Polling { why } = watcher.mode() else { panic!("it is not said") };
    assert!(why.contains(setting), "{why}");
    write(&dir.path().join("a.yaml"), "b");
    catches_up(&mut watcher, dir.path()).await;
}

static FAILS: AtomicBool = AtomicBool::new(true);

fn for_a_while(hear: Hear) -> notify::Result<Box<dyn notify::Watcher + Send>> {
    if FAILS.load(Ordering::Relaxed) { no_watchers(hear) } else { system(hear) }
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_tried_again() {
    let dir = tempfile::tempdir().unwrap();
    write(&dir.path().join("a.yaml"), "a");
    let mut watcher = with(dir.path(), HOUR, for_a_while);
    next(&mut watcher).await;
    assert_ne!(watcher.mode(), Mode::Events);
    FAILS.store(false, Ordering::Relaxed);
    watcher.poke();
    while next(&mut watcher).await.kind != "request" {}
    assert_eq!(watcher.mode(), Mode::Events);
    write(&dir.path().join("a.yaml"), "b");
    catches_up(&mut watcher, dir.path()).await;
}

/// An overflow carries no path.
fn overflows(hear: Hear) -> notify::Result<Box<dyn notify::Watcher + Send>> {
    std::thread::spawn(move || {
        hear(Ok(notify::Event::new(notify::EventKind::Other).set_flag(notify::event::Flag::Rescan)));
    });
    Ok(Box::new(notify::NullWatcher))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_overflow_is_a_hint() {
    let hints = std::sync::Arc::new(AtomicBool::new(false));
    let told = std::sync::Arc::clone(&hints);
    let dir = tempfile::tempdir().unwrap();
    let mut events = super::super::events::Events::new(overflows, move || told.store(true, Ordering::Relaxed));
    events.arm(dir.path());
    let heard = async {
        while !hints.load(Ordering::Relaxed) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(GENEROUS, heard).await.expect("the overflow was not heard");
}
