//! How long a change takes from the file to who acts on it, and what watching costs while nothing happens:
//! `cargo bench --bench watch [-- --edits 200 --swaps 50 --floods 20 --quiet-secs 30]`

#![allow(clippy::print_stderr, clippy::print_stdout, clippy::unwrap_used, reason = "a measurement stops where it stands")]

use clap::Parser;
use listkeeper::{
    daemon::watch::{Options, Watcher},
    definition::Snapshot,
};
use std::{
    error::Error,
    fs,
    os::unix::fs::symlink,
    path::Path,
    time::{Duration, Instant},
};

#[derive(Parser)]
struct Args {
    #[arg(long, default_value_t = 200)]
    edits: usize,
    /// Of a ConfigMap's `..data`.
    #[arg(long, default_value_t = 50)]
    swaps: usize,
    /// A thousand files, as by a checkout.
    #[arg(long, default_value_t = 20)]
    floods: usize,
    #[arg(long, default_value_t = 30)]
    quiet_secs: u64,
    #[arg(long, hide = true)]
    bench: bool,
}

/// From the last write of a change to the moment it is handed over.
const PROMISE_MS: u128 = 2_000;
const FLOOD_FILES: usize = 1_000;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let args = Args::parse();
    println!("{:<28} {:>7} {:>8} {:>8} {:>8}", "change", "times", "p50 ms", "p99 ms", "max ms");
    series("edit", args.edits, |root, n| write(&root.join("a.yaml"), n)).await?;
    series("ConfigMap swap", args.swaps, swap).await?;
    series("flood of 1,000 files", args.floods, flood).await?;
    quiet(args.quiet_secs).await
}

async fn series(name: &str, times: usize, change: impl Fn(&Path, usize) -> std::io::Result<()>) -> Result<(), Box<dyn Error>> {
    let base = tempfile::tempdir()?;
    let root = base.path().join("lists");
    fs::create_dir(&root)?;
    change(&root, 0)?;
    let mut watcher = start(&root);
    watcher.next().await;
    let mut took = Vec::new();
    for n in 1..=times {
        change(&root, n)?;
        let began = Instant::now();
        let wanted = Snapshot::take(&root).digest;
        while watcher.next().await.snapshot.is_none_or(|snapshot| snapshot.digest != wanted) {}
        took.push(began.elapsed().as_millis());
    }
    took.sort_unstable();
    let at = |percent: usize| took.get((took.len() * percent).div_ceil(100).saturating_sub(1)).copied().unwrap_or_default();
    let verdict = if at(99) <= PROMISE_MS { "kept" } else { "BROKEN" };
    println!("{name:<28} {times:>7} {:>8} {:>8} {:>8}  {PROMISE_MS} ms {verdict}", at(50), at(99), at(100));
    Ok(())
}

/// The poll cannot help: it comes once an hour.
fn start(root: &Path) -> Watcher {
    Watcher::start(root, Options { poll: Duration::from_secs(3_600), events: true })
}

/// A thousand files, the poll as by default.
async fn quiet(secs: u64) -> Result<(), Box<dyn Error>> {
    let base = tempfile::tempdir()?;
    flood(base.path(), 0)?;
    let mut watcher = Watcher::start(base.path(), Options::default());
    watcher.next().await;
    let before = cpu_ms();
    let looked = tokio::time::timeout(Duration::from_secs(secs), async { while watcher.next().await.kind == "poll" {} }).await;
    let noise = if looked.is_ok() { ", but something was seen" } else { "" };
    println!("quiet for {secs} s, 1,000 files: {} ms of CPU{noise}", cpu_ms().saturating_sub(before));
    Ok(())
}

fn write(path: &Path, n: usize) -> std::io::Result<()> {
    let name = path.file_stem().unwrap_or_default().to_string_lossy();
    fs::write(path, format!("apiVersion: listkeeper/v1\nkind: Segment\nname: s{name}-{n}\nsource: crm\nquery: SELECT {n}\n"))
}

fn swap(root: &Path, n: usize) -> std::io::Result<()> {
    let old = fs::read_link(root.join("..data"));
    let new = format!("..2026_{n}");
    fs::create_dir(root.join(&new))?;
    write(&root.join(&new).join("a.yaml"), n)?;
    symlink(&new, root.join("..data_tmp"))?;
    fs::rename(root.join("..data_tmp"), root.join("..data"))?;
    match old {
        Ok(old) => fs::remove_dir_all(root.join(old)),
        Err(_) => symlink("..data/a.yaml", root.join("a.yaml")),
    }
}

/// As git does it: removed, then written anew.
fn flood(root: &Path, n: usize) -> std::io::Result<()> {
    for file in 0..FLOOD_FILES {
        let folder = root.join((file % 10).to_string());
        fs::create_dir_all(&folder)?;
        let path = folder.join(format!("{file}.yaml"));
        let _ = fs::remove_file(&path);
        write(&path, n)?;
    }
    Ok(())
}

/// Of this process so far, where the system tells.
fn cpu_ms() -> u64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    // utime and stime, in the hundredths of a second that Linux shows everyone.
    after_name.split_whitespace().skip(11).take(2).filter_map(|ticks| ticks.parse::<u64>().ok()).sum::<u64>() * 10
}
