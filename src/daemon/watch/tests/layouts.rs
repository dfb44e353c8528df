//! Every way in which files are known to change, against the real file system: each several times in a row, none missed.

use super::*;
use rstest::rstest;
use std::{os::unix::fs::symlink, path::PathBuf, process::Command};

const TIMES: usize = 3;

/// How a directory is laid out, and how its `n`th change is made.
trait Layout {
    /// Below `base`; gives the root that is watched.
    fn begin(&self, base: &Path) -> PathBuf;
    fn change(&self, base: &Path, n: usize);
}

struct Plain(fn(&Path, usize));

impl Layout for Plain {
    fn begin(&self, base: &Path) -> PathBuf {
        write(&base.join("lists/a.yaml"), "begin");
        base.join("lists")
    }

    fn change(&self, base: &Path, n: usize) {
        (self.0)(&base.join("lists"), n);
    }
}

fn edit(root: &Path, n: usize) {
    write(&root.join("a.yaml"), &format!("edit-{n}"));
}

fn vim(root: &Path, n: usize) {
    fs::rename(root.join("a.yaml"), root.join("a.yaml~")).unwrap();
    edit(root, n);
    fs::remove_file(root.join("a.yaml~")).unwrap();
}

fn rename_save(root: &Path, n: usize) {
    write(&root.join(".a.yaml.tmp"), &format!("saved-{n}"));
    fs::rename(root.join(".a.yaml.tmp"), root.join("a.yaml")).unwrap();
}

fn deep(root: &Path, n: usize) {
    write(&root.join(format!("{n}/2/3/4/5/b.yaml")), "deep");
}

/// A later edit in folders that did not exist at first.
fn deep_edit(root: &Path, n: usize) {
    write(&root.join("1/2/3/b.yaml"), &format!("deep-{n}"));
}

fn replaced_folder(root: &Path, n: usize) {
    let _ = fs::remove_dir_all(root.join("team"));
    write(&root.join("team/b.yaml"), &format!("team-{n}"));
}

fn moved_folder(root: &Path, n: usize) {
    write(&root.join(format!("../elsewhere/{n}/b.yaml")), &format!("moved-{n}"));
    let _ = fs::rename(root.join("team"), root.join(format!("../old-{n}")));
    fs::rename(root.join(format!("../elsewhere/{n}")), root.join("team")).unwrap();
    write(&root.join(format!("../old-{n}/b.yaml")), "no longer ours");
}

fn root_returns(root: &Path, n: usize) {
    fs::remove_dir_all(root).unwrap();
    if n % 2 == 1 {
        write(&root.join("a.yaml"), &format!("back-{n}"));
    } else {
        fs::create_dir(root).unwrap();
        write(&root.join("b.yaml"), &format!("back-{n}"));
    }
}

fn linked_file(root: &Path, n: usize) {
    let real = root.join(".shared/real.yaml");
    write(&real, &format!("linked-{n}"));
    let _ = symlink(".shared/real.yaml", root.join("link.yaml"));
}

/// Kubernetes: files are links through `..data`, which is swapped.
struct ConfigMap;

impl Layout for ConfigMap {
    fn begin(&self, base: &Path) -> PathBuf {
        let root = base.join("config");
        fs::create_dir(&root).unwrap();
        self.change(base, 0);
        symlink("..data/a.yaml", root.join("a.yaml")).unwrap();
        root
    }

    fn change(&self, base: &Path, n: usize) {
        let root = base.join("config");
        let old = fs::read_link(root.join("..data"));
        write(&root.join(format!("..2026_{n}/a.yaml")), &format!("swap-{n}"));
        symlink(format!("..2026_{n}"), root.join("..data_tmp")).unwrap();
        fs::rename(root.join("..data_tmp"), root.join("..data")).unwrap();
        if let Ok(old) = old {
            fs::remove_dir_all(root.join(old)).unwrap();
        }
    }
}

/// git-sync: a link to a work tree is swapped; what is watched is the link itself, or a folder below it.
struct GitSync(&'static str);

impl Layout for GitSync {
    fn begin(&self, base: &Path) -> PathBuf {
        self.change(base, 0);
        base.join(self.0)
    }

    fn change(&self, base: &Path, n: usize) {
        write(&base.join(format!(".worktrees/{n}/lists/a.yaml")), &format!("sync-{n}"));
        symlink(format!(".worktrees/{n}"), base.join("new")).unwrap();
        fs::rename(base.join("new"), base.join("head")).unwrap();
        if n > 0 {
            fs::remove_dir_all(base.join(format!(".worktrees/{}", n - 1))).unwrap();
        }
    }
}

/// Edits in place below a root that is a link.
struct Linked;

impl Layout for Linked {
    fn begin(&self, base: &Path) -> PathBuf {
        symlink("real", base.join("link")).unwrap();
        self.change(base, 0);
        base.join("link")
    }

    fn change(&self, base: &Path, n: usize) {
        write(&base.join("real/below/a.yaml"), &format!("edit-{n}"));
    }
}

/// `git checkout` of a thousand files, there and back.
struct Checkout;

impl Layout for Checkout {
    fn begin(&self, base: &Path) -> PathBuf {
        git(base, &["init", "-q", "-b", "one"]);
        for branch in ["one", "two"] {
            git(base, &["checkout", "-q", "-B", branch]);
            (0..1_000).for_each(|n| write(&base.join(format!("{}/{n}.yaml", n % 10)), &format!("{branch}-{n}")));
            git(base, &["add", "-A"]);
            git(base, &["-c", "user.name=Team", "-c", "user.email=team@example.com", "commit", "-q", "-m", branch]);
        }
        base.to_path_buf()
    }

    fn change(&self, base: &Path, n: usize) {
        git(base, &["checkout", "-q", if n % 2 == 1 { "one" } else { "two" }]);
    }
}

fn git(dir: &Path, args: &[&str]) {
    assert!(Command::new("git").arg("-C").arg(dir).args(args).status().unwrap().success(), "git {args:?}");
}

#[rstest]
#[case::edit(Plain(edit))]
#[case::vim(Plain(vim))]
#[case::rename_save(Plain(rename_save))]
#[case::mkdir_deep(Plain(deep))]
#[case::edit_deep(Plain(deep_edit))]
#[case::replaced_folder(Plain(replaced_folder))]
#[case::moved_folder(Plain(moved_folder))]
#[case::root_returns(Plain(root_returns))]
#[case::linked_file(Plain(linked_file))]
#[case::config_map(ConfigMap)]
#[case::git_sync_root(GitSync("head"))]
#[case::git_sync_below(GitSync("head/lists"))]
#[case::linked_root(Linked)]
#[case::checkout(Checkout)]
#[tokio::test(flavor = "multi_thread")]
async fn no_change_is_missed(#[case] layout: impl Layout, #[values(only_events, only_polling)] watch: fn(&Path) -> Watcher) {
    let base = tempfile::tempdir().unwrap();
    let root = layout.begin(base.path());
    let mut watcher = watch(&root);
    assert!(next(&mut watcher).await.snapshot.is_some());
    for n in 1..=TIMES {
        layout.change(base.path(), n);
        catches_up(&mut watcher, &root).await;
    }
}

#[rstest]
#[tokio::test(flavor = "multi_thread")]
async fn a_root_that_is_not_there_is_unreadable_until_it_comes(#[values(only_events, only_polling)] watch: fn(&Path) -> Watcher) {
    let base = tempfile::tempdir().unwrap();
    let root = base.path().join("not/yet/there");
    let mut watcher = watch(&root);
    assert!(next(&mut watcher).await.snapshot.unwrap().unreadable.is_some());
    for n in 1..=TIMES {
        write(&root.join("a.yaml"), &format!("there-{n}"));
        catches_up(&mut watcher, &root).await;
        fs::remove_dir_all(base.path().join("not")).unwrap();
        catches_up(&mut watcher, &root).await;
    }
}
