use super::*;
use rstest::rstest;
use std::fs;

const USERS: &str = "root:x:0:0:root:/root:/bin/sh\nops:x:1000:1000::/home/ops:/bin/sh\n";

fn author(root: &Path, file: &Path) -> String {
    authors(root, &[file.to_path_buf()]).remove(file).unwrap()
}

fn git(dir: &Path, args: &[&str]) {
    let mut git = Command::new("git");
    git.arg("-C").arg(dir).args(args).env("GIT_CONFIG_GLOBAL", "/dev/null");
    assert!(git.stdout(Stdio::null()).status().unwrap().success(), "git {args:?}");
}

fn commit(dir: &Path, author: &str) {
    git(dir, &["add", "-A"]);
    let name = format!("user.name={author}");
    git(dir, &["-c", &name, "-c", "user.email=team@example.com", "-c", "commit.gpgSign=false", "commit", "-q", "-m", "change"]);
}

/// `lists/` below a repository's top, with a commit of each of two authors.
fn repository() -> (tempfile::TempDir, PathBuf) {
    let top = tempfile::tempdir().unwrap();
    let root = top.path().join("lists");
    git(top.path(), &["init", "-q"]);
    fs::create_dir_all(root.join("below")).unwrap();
    for name in ["first.yaml", "gone.yaml", "below/ü [x]*.yaml", "later.yaml"] {
        fs::write(root.join(name), name).unwrap();
    }
    commit(top.path(), "Author One");
    fs::write(root.join("later.yaml"), "later, again").unwrap();
    fs::remove_file(root.join("gone.yaml")).unwrap();
    commit(top.path(), "Author Two");
    (top, root)
}

fn own(root: &Path) -> String {
    owner(root, &fs::read_to_string("/etc/passwd").unwrap())
}

#[rstest]
#[case::first_commit("first.yaml", "Author One")]
#[case::changed_since("later.yaml", "Author Two")]
#[case::special_characters("below/ü [x]*.yaml", "Author One")]
#[case::deleted_by_a_commit("gone.yaml", "Author Two")]
fn a_commit_tells_who(#[case] file: &str, #[case] who: &str) {
    let (_top, root) = repository();
    assert_eq!(author(&root, Path::new(file)), who);
}

#[test]
fn what_is_not_committed_is_its_owners() {
    let (_top, root) = repository();
    fs::write(root.join("first.yaml"), "edited on the server").unwrap();
    fs::write(root.join("new.yaml"), "new").unwrap();
    fs::remove_file(root.join("later.yaml")).unwrap();
    let files = ["first.yaml", "new.yaml", "later.yaml", "never.yaml"].map(PathBuf::from);
    let told = authors(&root, &files);
    assert!(files.iter().all(|file| told[file] == own(&root)), "{told:?}");
}

#[test]
fn a_directory_without_commits_or_repository_tells_its_owner() {
    let dir = tempfile::tempdir().unwrap();
    fs::write(dir.path().join("a.yaml"), "a").unwrap();
    assert_eq!(author(dir.path(), Path::new("a.yaml")), own(dir.path()));
    git(dir.path(), &["init", "-q"]);
    assert_eq!(author(dir.path(), Path::new("a.yaml")), own(dir.path()));
}

#[test]
fn a_checkout_of_a_thousand_files_is_told_at_once() {
    let (top, root) = repository();
    let files: Vec<PathBuf> = (0..1_000).map(|n| PathBuf::from(format!("{n}.yaml"))).collect();
    files.iter().for_each(|file| fs::write(root.join(file), file.to_str().unwrap()).unwrap());
    commit(top.path(), "Author Three");
    let told = authors(&root, &files);
    assert_eq!(told.len(), 1_000);
    assert!(told.values().all(|who| who == "Author Three"), "{told:?}");
}

#[cfg(unix)]
#[test]
fn a_repository_runs_nothing() {
    let (top, root) = repository();
    let ran = top.path().join("ran");
    let program = format!("touch {}", ran.display());
    fs::write(top.path().join(".gitattributes"), "* filter=trap diff=trap\n").unwrap();
    let traps = ["core.fsmonitor", "filter.trap.clean", "filter.trap.process", "diff.trap.textconv", "diff.external", "core.pager"];
    traps.into_iter().chain(["gpg.program", "core.sshCommand"]).for_each(|name| git(top.path(), &["config", name, &program]));
    git(top.path(), &["config", "log.showSignature", "true"]);
    fs::write(root.join("first.yaml"), "edited").unwrap();
    authors(&root, &["first.yaml", "later.yaml", "gone.yaml"].map(PathBuf::from));
    assert!(!ran.exists());
}

#[rstest]
#[case::known(1000, "ops")]
#[case::unknown(4711, "uid 4711")]
fn owners_have_names(#[case] uid: u32, #[case] name: &str) {
    assert_eq!(user(uid, USERS), name);
}

#[test]
fn names_are_printable() {
    assert_eq!(cleaned("A\u{1b}[31m"), "A[31m");
    assert_eq!(cleaned(" \u{7} "), UNKNOWN);
}
