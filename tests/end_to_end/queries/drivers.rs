//! Drivers that crash, hang or fill: libraries of others, in this process's child.

use super::kit::{AFTER, left, segment, temp, world};
use crate::{
    cli::{command, told},
    world::World,
};
use std::{fs, path::Path, process::Command, time::Instant};

/// What the first function of a driver does: a name, C, and what is said of it.
const DRIVERS: [(&str, &str, &[&str]); 8] = [
    ("crashes", "*(volatile int *)0 = 1;", &["the driver crashed (signal 11)"]),
    ("aborts", "abort();", &["the driver crashed (signal 6)"]),
    ("leaves", "_exit(0);", &["the driver ended unexpectedly (exit code 0)"]),
    ("kills", "kill(getpid(), SIGKILL);", &["the reading was killed"]),
    ("spins", "signal(SIGXCPU, SIG_IGN); for (;;);", &["readLimits.time", "of processor time"]),
    ("sleeps", "for (;;) sleep(1);", &["readLimits.time"]),
    (
        "eats",
        "for (;;) { char *p = malloc(1 << 20); if (!p) { fprintf(stderr, \"out of memory\"); abort(); } memset(p, 1, 1 << 20); }",
        &["readLimits.memory"],
    ),
    (
        "fills",
        "signal(SIGXFSZ, SIG_IGN); for (int n = 0;; n++) { char p[99]; sprintf(p, \"%s/%d\", getenv(\"TMPDIR\"), n); FILE *f = fopen(p, \"w\"); for (int i = 0; f && i < 1 << 20; i++) fputc(1, f); if (f) fclose(f); }",
        &["readLimits.disk"],
    ),
];

const INCLUDES: &str = "#include <signal.h>\n#include <stdio.h>\n#include <stdlib.h>\n#include <string.h>\n#include <unistd.h>\n";

/// Makes the driver, and a manifest for it.
fn make(folder: &Path, name: &str, does: &str) {
    let (source, library) = (folder.join(format!("{name}.c")), folder.join(format!("{name}.so")));
    let text = format!(
        "{INCLUDES}int AdbcDriverInit(int version, void *driver, void *error) {{ puts(\"a word on stdout\"); fflush(stdout); {does} return 1; }}"
    );
    fs::write(&source, text).unwrap();
    let made = Command::new("cc").args(["-shared", "-fPIC", "-O0", "-o"]).args([&library, &source]).status().unwrap();
    assert!(made.success());
    let manifest = format!("manifest_version = 1\n[Driver]\nshared = {:?}\n", library.display().to_string());
    fs::write(folder.join(format!("{name}.toml")), manifest).unwrap();
}

fn reads(world: &World, driver: &str) {
    world.define(&segment("SELECT Id, Email, First, Value FROM people"));
    let at = world.directory().join("listkeeper.yaml");
    let source = format!("type: adbc\ndriver: {driver}\nuri: memory");
    let text = fs::read_to_string(&at).unwrap().replace("type: files\ntables: {people: people.csv}", &source);
    assert!(text.contains(driver));
    fs::write(at, text).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn attack_drivers_that_do_not_behave() {
    let world = world(super::kit::LIMITS).await;
    let drivers = world.dir.path().join("drivers");
    fs::create_dir(&drivers).unwrap();
    for (name, does, by) in DRIVERS {
        make(&drivers, name, does);
        reads(&world, name);
        let began = Instant::now();
        let plan = command(&world, &["plan"]).env("TMPDIR", temp(&world)).env("ADBC_DRIVER_PATH", &drivers).output().unwrap();
        let (code, _, err) = told(plan);
        assert_eq!(code, 1, "{name}: {err}");
        assert!(by.iter().any(|word| err.contains(word)), "{name}: {err}");
        assert!(began.elapsed() < AFTER, "{name}: {:?}", began.elapsed());
        // One that was asked to stop first goes by itself.
        while !left(&world).is_empty() {
            assert!(began.elapsed() < 2 * AFTER, "{name}: {:?}", left(&world));
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
    }
}

/// A driver sees neither the variables nor the open files of the daemon, and its source's secret is in neither.
#[tokio::test(flavor = "multi_thread")]
async fn attack_a_driver_that_looks_around() {
    let world = world(super::kit::LIMITS).await;
    let drivers = world.dir.path().join("drivers");
    fs::create_dir(&drivers).unwrap();
    let seen = world.dir.path().join("seen");
    let look = format!(
        "char c[400]; sprintf(c, \"(tr '\\\\0' '\\\\n' </proc/%d/environ; tr '\\\\0' ' ' </proc/%d/cmdline; echo; ls -l /proc/%d/fd) >{} 2>&1\", getpid(), getpid(), getpid()); system(c);",
        seen.display()
    );
    make(&drivers, "looks", &look);
    reads(&world, "looks");
    let at = world.directory().join("listkeeper.yaml");
    let text = fs::read_to_string(&at).unwrap().replace("uri: memory", "uri: {env: WAREHOUSE_URI}");
    fs::write(&at, text).unwrap();
    let mut plan = command(&world, &["plan"]);
    plan.env("TMPDIR", temp(&world)).env("ADBC_DRIVER_PATH", &drivers);
    plan.env("MAILCHIMP_API_KEY", "s3cr3t-us1").env("WAREHOUSE_URI", "postgresql://a:s3cr3t@db/x");
    let (code, _, err) = told(plan.output().unwrap());
    assert_eq!(code, 1, "{err}");
    let seen = fs::read_to_string(seen).unwrap();
    assert!(seen.contains("ADBC_DRIVER_PATH=") && seen.contains("read-for-parent"), "{seen}");
    for secret in ["s3cr3t", "MAILCHIMP_API_KEY", "WAREHOUSE_URI", "daemon.json"] {
        assert!(!seen.contains(secret), "{secret}: {seen}");
    }
    // In, out and error; the socket is its stdin once more.
    let ours = seen.lines().filter(|line| line.contains(&world.dir.path().display().to_string()) && line.contains("->"));
    assert!(ours.clone().count() >= 2 && ours.clone().all(|line| line.contains("listkeeper-reading-")), "{seen}");
}
