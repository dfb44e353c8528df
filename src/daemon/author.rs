//! Who made a file's last change, for the audit trail: the author of its last commit, where that is what the file holds;
//! else whose file it is. Never an error: who cannot be found out is `unknown`.
//!
//! A repository may have been made by anyone, and its configuration may name programs. Git is only asked for what runs none
//! of them: nothing is filtered, compared as text, verified, fetched or paged.

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{Read as _, Write as _},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::mpsc,
    time::{Duration, Instant},
};

const PATIENCE: Duration = Duration::from_secs(5);
const OUTPUT_BYTES: u64 = 16 << 20;
const UNKNOWN: &str = "unknown";
const NAME_CHARS: usize = 100;

/// Who changed each of many, by three calls of git whatever their number. May take seconds: blocking.
pub fn authors(root: &Path, files: &[PathBuf]) -> BTreeMap<PathBuf, String> {
    let root = &std::path::absolute(root).unwrap_or_else(|_| root.to_path_buf());
    let git = Git { root, until: Instant::now() + PATIENCE };
    let names: Vec<&str> = files.iter().filter_map(|file| file.to_str()).filter(|name| !name.contains('\n')).collect();
    let settled = git.settled(&names);
    let by_commit = git.last_authors(&settled);
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let who = |file: &PathBuf| match file.to_str().and_then(|name| by_commit.get(name)) {
        Some(author) => author.clone(),
        // In a commit that git did not find in time.
        None if file.to_str().is_some_and(|name| settled.contains(name)) && root.join(file).exists() => UNKNOWN.to_owned(),
        None => owner(&root.join(file), &users),
    };
    files.iter().map(|file| (file.clone(), who(file))).collect()
}

/// One repository, for a while.
struct Git<'a> {
    root: &'a Path,
    until: Instant,
}

impl Git<'_> {
    /// Files that are as the last commit has them: with the same content, or absent in both.
    fn settled<'n>(&self, names: &[&'n str]) -> BTreeSet<&'n str> {
        let asked = lines(names.iter().map(|name| format!("HEAD:./{name}")));
        let answer = self.ask(&["cat-file", "--batch-check=%(objectname)"], asked);
        let committed: Vec<(&str, &str)> = names.iter().copied().zip(answer.lines()).collect();
        let (there, gone): (Vec<_>, Vec<_>) = committed.into_iter().partition(|(name, _)| self.root.join(name).is_file());
        let paths = there.iter().map(|(name, _)| self.root.join(name).display().to_string());
        let hashes = self.ask(&["hash-object", "--no-filters", "--stdin-paths"], lines(paths));
        let same = there.into_iter().zip(hashes.lines()).filter(|((_, committed), hash)| committed == hash);
        let gone = gone.into_iter().filter(|(_, committed)| committed.ends_with(" missing"));
        same.map(|(file, _)| file).chain(gone).map(|(name, _)| name).collect()
    }

    /// The author of the last commit that touched each.
    fn last_authors(&self, names: &BTreeSet<&str>) -> BTreeMap<String, String> {
        if names.is_empty() {
            return BTreeMap::new();
        }
        let asked = lines(["HEAD", "--"].into_iter().chain(names.iter().copied()));
        let log = ["log", "-c", "--name-only", "--relative", "--no-renames", "--no-color", "--no-show-signature", "--no-ext-diff"];
        let answer = self.ask(&[&log[..], &["-z", "--format=%x01%an", "--stdin"]].concat(), asked);
        let mut authors = BTreeMap::new();
        let mut author = String::new();
        for part in answer.split(['\0', '\n']).filter(|part| !part.is_empty()) {
            match part.strip_prefix('\u{1}') {
                Some(name) => author = cleaned(name),
                None => drop(authors.entry(part.to_owned()).or_insert_with(|| author.clone())),
            }
        }
        authors
    }

    /// What git says; nothing, if there is no git, no repository, or no time left.
    fn ask(&self, args: &[&str], input: String) -> String {
        self.run(args, input).map(|bytes| String::from_utf8_lossy(&bytes).into_owned()).unwrap_or_default()
    }

    fn run(&self, args: &[&str], input: String) -> Option<Vec<u8>> {
        let mut child = self.command(args).spawn().ok()?;
        let (mut to, from) = (child.stdin.take()?, child.stdout.take()?);
        // Each end in a thread of its own, or the one that is full would wait for the other.
        std::thread::spawn(move || to.write_all(input.as_bytes()));
        let (done, answer) = mpsc::channel();
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            let read = from.take(OUTPUT_BYTES).read_to_end(&mut bytes);
            let _ = done.send(read.ok().map(|_| bytes));
        });
        let answer = answer.recv_timeout(self.until.saturating_duration_since(Instant::now()));
        // It has ended, or has said enough.
        let _ = child.kill();
        let _ = child.wait();
        answer.ok().flatten()
    }

    fn command(&self, args: &[&str]) -> Command {
        let mut git = Command::new("git");
        // What is asked here runs nothing of the repository's, so that whose it is does not matter.
        let settings = ["safe.directory=*", "core.fsmonitor=false", "core.hooksPath=/dev/null", "log.showSignature=false"];
        let settings = settings.into_iter().chain(["log.showRoot=true", "log.follow=false"]);
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"GIT_")) {
            git.env_remove(name);
        }
        git.arg("--no-pager").arg("-C").arg(self.root).args(settings.flat_map(|setting| ["-c", setting])).args(args);
        git.env("GIT_OPTIONAL_LOCKS", "0").env("GIT_LITERAL_PATHSPECS", "1").env("GIT_TERMINAL_PROMPT", "0");
        // Objects that are not here are not fetched: the way there may be a program.
        git.env("GIT_NO_LAZY_FETCH", "1").env("GIT_ALLOW_PROTOCOL", "none");
        git.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        git
    }
}

fn lines(parts: impl Iterator<Item = impl AsRef<str>>) -> String {
    parts.fold(String::new(), |all, part| all + part.as_ref() + "\n")
}

/// A name may hold anything; it goes to terminals and logs.
fn cleaned(name: &str) -> String {
    let name: String = name.chars().filter(|c| !c.is_control()).take(NAME_CHARS).collect();
    if name.trim().is_empty() { UNKNOWN.to_owned() } else { name.trim().to_owned() }
}

/// Whose a file is; of one that is gone, whose folder it was in.
#[cfg(unix)]
fn owner(path: &Path, users: &str) -> String {
    use std::os::unix::fs::MetadataExt as _;
    let found = path.ancestors().find_map(|path| std::fs::metadata(path).ok());
    found.map_or_else(|| UNKNOWN.to_owned(), |metadata| user(metadata.uid(), users))
}

#[cfg(not(unix))]
fn owner(_: &Path, _: &str) -> String {
    UNKNOWN.to_owned()
}

/// A user of this machine by their number, as people know them.
pub fn user_name(uid: u32) -> String {
    user(uid, &std::fs::read_to_string("/etc/passwd").unwrap_or_default())
}

/// By the lines of passwd(5).
fn user(uid: u32, users: &str) -> String {
    let named = users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(uid)).then(|| cleaned(name))
    });
    named.unwrap_or_else(|| format!("uid {uid}"))
}

#[cfg(test)]
mod tests;
