//! What must not cause anything: our own reads, other people's, a touch, a neighbour; and what must: being asked.

use super::*;
use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

fn one_file() -> (tempfile::TempDir, PathBuf) {
    let base = tempfile::tempdir().unwrap();
    let root = base.path().join("lists");
    write(&root.join("a.yaml"), "a");
    (base, root)
}

/// The kinds of the looks until the one that is asked for here.
async fn looks_until_asked(watcher: &mut Watcher) -> Vec<&'static str> {
    watcher.handle().now("last");
    let mut kinds = Vec::new();
    loop {
        let look = next(watcher).await;
        assert!(look.snapshot.is_none(), "nothing had changed");
        if look.kind == "last" {
            return kinds;
        }
        kinds.push(look.kind);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn reads_cause_no_looks() {
    let (_base, root) = one_file();
    let mut watcher = only_events(&root);
    assert_eq!(next(&mut watcher).await.kind, "start");
    let stop = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                fs::read(root.join("a.yaml")).unwrap();
                fs::read_dir(&root).unwrap().for_each(drop);
            }
        });
        std::thread::sleep(Duration::from_secs(1));
        stop.store(true, Ordering::Relaxed);
    });
    let kinds = looks_until_asked(&mut watcher).await;
    assert!(!kinds.contains(&"event"), "{kinds:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_touch_is_looked_at_and_hands_over_nothing() {
    let (_base, root) = one_file();
    let mut watcher = only_events(&root);
    next(&mut watcher).await;
    fs::File::options().append(true).open(root.join("a.yaml")).unwrap().set_modified(std::time::SystemTime::UNIX_EPOCH).unwrap();
    assert!(next(&mut watcher).await.snapshot.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_beside_the_root_is_not_our_business() {
    let (base, root) = one_file();
    let mut watcher = only_events(&root);
    next(&mut watcher).await;
    (0..100).for_each(|n| write(&base.path().join(format!("{n}.yaml")), "neighbour"));
    let kinds = looks_until_asked(&mut watcher).await;
    assert!(!kinds.contains(&"event"), "{kinds:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn asking_and_sighup_look_at_once() {
    let (_base, root) = one_file();
    let mut watcher = Watcher::start(&root, Options { poll: HOUR, events: false });
    assert_eq!(next(&mut watcher).await.kind, "start");
    write(&root.join("a.yaml"), "asked");
    watcher.poke();
    catches_up(&mut watcher, &root).await;
    write(&root.join("a.yaml"), "signalled");
    rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::HUP).unwrap();
    catches_up(&mut watcher, &root).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_never_rest_are_not_handed_over_until_they_do() {
    let (_base, root) = one_file();
    let pace = Pace { patience: Duration::from_millis(500), ..Pace::default() };
    let mut watcher = Watcher::with(&root, Options { poll: HOUR, events: true }, pace, system);
    next(&mut watcher).await;
    let stop = Arc::new(AtomicBool::new(false));
    let restless = std::thread::spawn({
        let (root, stop) = (root.clone(), Arc::clone(&stop));
        move || (0..).take_while(|_| !stop.load(Ordering::Relaxed)).for_each(|n| saved(&root, n))
    });
    loop {
        let look = next(&mut watcher).await;
        if let Some(note) = look.note {
            assert!(look.snapshot.is_none() && note.contains("keep changing"), "{note}");
            break;
        }
    }
    stop.store(true, Ordering::Relaxed);
    restless.join().unwrap();
    catches_up(&mut watcher, &root).await;
}

/// Never half written: each reading is of another content.
fn saved(root: &Path, n: usize) {
    write(&root.join(".new"), &format!("restless-{n}"));
    fs::rename(root.join(".new"), root.join("a.yaml")).unwrap();
}

mod files {
    use super::*;

    /// A log file, a saved plan, a database beside the definitions: reading because of them would write to them again.
    #[tokio::test(flavor = "multi_thread")]
    async fn attack_a_log_file_feeds_itself() {
        let (_base, root) = one_file();
        fs::write(root.join("listkeeper.log"), "").unwrap();
        let mut watcher = only_events(&root);
        next(&mut watcher).await;
        for n in 0..100 {
            let mut log = fs::File::options().append(true).open(root.join("listkeeper.log")).unwrap();
            std::io::Write::write_all(&mut log, b"a line\n").unwrap();
            fs::write(root.join(format!("{n}.plan")), "{}").unwrap();
            fs::rename(root.join(format!("{n}.plan")), root.join("first.plan")).unwrap();
        }
        // Long enough for a look, if one were due.
        tokio::time::sleep(Duration::from_secs(1)).await;
        let kinds = looks_until_asked(&mut watcher).await;
        assert!(!kinds.contains(&"event"), "{kinds:?}");
        write(&root.join("b.yaml"), "b");
        assert_eq!(next(&mut watcher).await.kind, "event");
    }

    /// Nothing below a link that leads out is watched.
    #[tokio::test(flavor = "multi_thread")]
    async fn attack_a_link_to_everything_is_watched() {
        let (_base, root) = one_file();
        std::os::unix::fs::symlink("/", root.join("all")).unwrap();
        let folders = super::super::super::arm::Folders::of(&root);
        assert!(folders.len() < 20, "{} folders", folders.len());
        assert!(folders.concerns(&root.join("all")) && !folders.concerns(Path::new("/usr/x.yaml")));
    }
}
