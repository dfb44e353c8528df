//! What a hostile reading does to others: nothing. And what becomes of it when whoever asked is gone: it ends.

use super::kit::{people, segment};
use crate::{
    daemon::kit::Daemon,
    world::{Defined, World},
};
use std::{
    fs,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

/// Runs for minutes a row, and hears nothing.
const DEAF: &str = "SELECT Id, Email, trim(printf('%.*c', 900000, 'b'), printf('%.*c', 80000, 'a') || 'b') \
                    AS First, Value FROM people";
/// How soon a process must be gone.
const SOON: Duration = Duration::from_secs(5);
const MOST_KIB: u64 = 120 << 10;

/// A world with an honest export, and a folder in which a contributor has another.
async fn world() -> World {
    let honest = Defined { connection: "usableBy: [\"marketing/**\"]\n".into(), ..segment("SELECT * FROM people") };
    let world = World::new(&honest, &[]).await;
    world.write_text(&people(200));
    let at = world.directory().join("listkeeper.yaml");
    let text = fs::read_to_string(&at).unwrap().replace("type: files\n", "type: files\nusableBy: [\"marketing/**\"]\n");
    fs::write(at, text).unwrap();
    world
}

/// A copy of the directory with this contributor's query in it.
fn copy(world: &World, query: &str) -> PathBuf {
    let copy = world.dir.path().join("checkout");
    fs::create_dir_all(copy.join("marketing")).unwrap();
    for name in ["listkeeper.yaml", "settings.yaml"] {
        let _ = fs::copy(world.directory().join(name), copy.join(name));
    }
    let query = serde_json::to_string(query).unwrap();
    let text = format!(
        "apiVersion: listkeeper/v1
kind: Segment
name: hostile
displayName: Hostile
source: crm
query: {query}
---
apiVersion: listkeeper/v1
kind: Export
name: hostile
connection: account
segments: [hostile]
target: {{audienceId: cdp}}
match: {{email: Email, id: Id}}
attributes: {{FNAME: First}}
newContacts: {{status: subscribed}}
"
    );
    fs::write(copy.join("marketing/hostile.yaml"), text).unwrap();
    copy
}

fn plan(world: &World, daemon: &Daemon, directory: &std::path::Path, export: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_listkeeper"));
    let token = format!("file:{}", world.state().path().join("api-token").display());
    command.arg("plan").arg(directory).args(["--export", export, "--server", &daemon.address().unwrap(), "--api-token", &token]);
    command.arg("--state").arg(world.dir.path().join("elsewhere")).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

/// The processes that read for this one.
fn readings(of: u32) -> Vec<u32> {
    let status = |pid: &u32| fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let all = fs::read_dir("/proc").unwrap().filter_map(|entry| entry.unwrap().file_name().to_str()?.parse().ok());
    all.filter(|pid| status(pid).contains(&format!("\nPPid:\t{of}\n"))).collect()
}

fn is_alive(pid: u32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z "))
}

fn until(what: &str, is: impl Fn() -> bool) {
    let began = Instant::now();
    while !is() {
        assert!(began.elapsed() < SOON, "{what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn kib(pid: u32, what: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix(what)).unwrap();
    line.trim_matches(|sign: char| !sign.is_ascii_digit()).parse().unwrap()
}

async fn hostile(world: &World, daemon: &Daemon, count: usize) -> Vec<Child> {
    let directory = copy(world, DEAF);
    let plans = (0..count).map(|_| plan(world, daemon, &directory, "hostile").spawn().unwrap()).collect();
    let pid = daemon.pid();
    daemon.until("the hostile plans read", async || readings(pid).len() >= count).await;
    plans
}

#[tokio::test(flavor = "multi_thread")]
async fn attack_hostile_plans_do_not_keep_an_honest_one_waiting() {
    let world = world().await;
    let daemon = Daemon::start(&world).await;
    let mut plans = hostile(&world, &daemon, 2).await;
    let directory = world.directory();
    for _ in 0..3 {
        let began = Instant::now();
        let answer = plan(&world, &daemon, &directory, "news").output().unwrap();
        assert!(answer.status.success(), "{}", String::from_utf8_lossy(&answer.stderr));
        assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    }
    assert!(kib(daemon.pid(), "VmHWM:") < MOST_KIB, "{} KiB", kib(daemon.pid(), "VmHWM:"));
    // Clients that are gone take their readings with them.
    plans.iter_mut().for_each(|plan| plan.kill().unwrap());
    until("the readings of clients that are gone end", || readings(daemon.pid()).is_empty());
    plans.iter_mut().for_each(|plan| drop(plan.wait()));
    daemon.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn attack_a_reading_that_hears_nothing_does_not_outlive_its_daemon() {
    let world = world().await;
    for signal in ["TERM", "KILL"] {
        let daemon = Daemon::start(&world).await;
        let mut plans = hostile(&world, &daemon, 2).await;
        let readings = readings(daemon.pid());
        let began = Instant::now();
        daemon.signal(signal);
        daemon.ended().await;
        assert!(began.elapsed() < 2 * SOON, "{signal}: {:?}", began.elapsed());
        until(signal, || !readings.iter().any(|pid| is_alive(*pid)));
        plans.iter_mut().for_each(|plan| drop(plan.wait()));
    }
}
