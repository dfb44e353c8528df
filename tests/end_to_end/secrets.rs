//! The same input gives the same plan, byte for byte (G6); secrets are in no output and addresses are masked (G7).

use super::world::{Defined, World, rows};
use listkeeper::plan;
use rstest::rstest;
use std::{fs, path::Path, process::Command};

#[tokio::test(flavor = "multi_thread")]
async fn the_same_input_is_the_same_plan() {
    let mut people = rows(0..600);
    let world = World::new(&Defined::overlapping(), &people).await;
    let all = |plan: &plan::Plan| (plan::text(plan), plan::markdown(plan), plan::json(plan, true).unwrap(), plan.digest.clone());
    let first = all(&world.plan().await);
    assert_eq!(first, all(&world.plan().await));
    people.reverse();
    people.push(people[5].clone());
    let duplicated = {
        world.write(&people);
        world.plan().await
    };
    assert_eq!(duplicated.digest, first.3, "neither the order of rows nor a row twice changes what is asked");
    people.pop();
    world.write(&people);
    assert_eq!(all(&world.plan().await), first);
    people[0].first.push('!');
    world.write(&people);
    assert_ne!(world.plan().await.digest, first.3);
}

/// Everything that a command says, with logs at their most talkative.
fn everything(world: &World, key: &str, args: &[&str]) -> String {
    fs::write(world.directory().join("key"), key).unwrap();
    let output = Command::new(env!("CARGO_BIN_EXE_listkeeper"))
        .args(args)
        .arg("--state")
        .arg(world.state().path())
        .current_dir(world.directory())
        .env("RUST_LOG", "trace")
        .env("RUST_BACKTRACE", "1")
        .output()
        .unwrap();
    String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
}

fn files_below(dir: &Path) -> Vec<Vec<u8>> {
    let entries = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files_below(&path) } else { vec![fs::read(&path).unwrap()] }).collect()
}

#[rstest]
#[case::accepted("k3yThatNobodyMaySee-us0")]
#[case::refused("invalidk3yThatNobodyMaySee-us0")]
#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_anywhere(#[case] key: &str, #[values("text", "json")] format: &str) {
    let world = World::new(&Defined::overlapping(), &rows(0..30)).await;
    let mut said = String::new();
    for command in
        [&["plan"][..], &["plan", "--json"], &["plan", "--members", "--markdown"], &["apply"], &["status"], &["history"], &["validate"]]
    {
        said += &everything(&world, key, &[command, &["--log-format", format]].concat());
    }
    assert!(said.len() > 500);
    assert!(!said.contains("NobodyMaySee"), "{said}");
    let basic = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, format!("listkeeper:{key}"));
    assert!(!said.contains(&basic[24..40]), "{said}");
    let kept = files_below(world.state().path());
    assert!(kept.iter().all(|bytes| !bytes.windows(12).any(|part| part == b"NobodyMaySee")), "the state holds the key");
}

#[tokio::test(flavor = "multi_thread")]
async fn addresses_are_masked_unless_asked_for() {
    let mut people = rows(0..30);
    people[3].email = "no address@contoso.test".into();
    let world = World::new(&Defined::overlapping(), &people).await;
    world.person("p1@contoso.test", listkeeper_sandbox::mailchimp::PersonIs::Forgotten);
    world.person("p2@contoso.test", listkeeper_sandbox::mailchimp::PersonIs::Archived);
    for args in [
        &["plan"][..],
        &["plan", "--json"],
        &["plan", "--markdown"],
        &["apply", "--log-format", "json"],
        &["plan"],
        &["status"],
        &["history"],
    ] {
        let said = everything(&world, "sandbox-us0", args);
        let found: Vec<_> = said
            .lines()
            .filter(|line| (0..30).any(|id| line.contains(&format!("p{id}@contoso"))) || line.contains("no address@"))
            .collect();
        assert!(found.is_empty(), "{args:?}: {found:#?}");
    }
    let listed = everything(&world, "sandbox-us0", &["rejected", "news"]);
    assert!(listed.contains("p1@contoso.test"), "{listed}");
}
