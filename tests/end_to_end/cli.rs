//! The binary as people and pipelines meet it: exit codes, what is printed where, saved plans (X1–X3, X6).

use super::world::{Defined, Sent, World, row, rows};
use listkeeper_sandbox::mailchimp::PersonIs::Forgotten;
use serde_json::Value;
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    process::{Command, Output, Stdio},
};

pub fn run(world: &World, args: &[&str]) -> (i32, String, String) {
    let output = command(world, args).output().unwrap();
    told(output)
}

pub fn command(world: &World, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_listkeeper"));
    command.args(args).arg("--state").arg(world.state().path()).current_dir(world.directory()).env("USER", "dana").stdin(Stdio::null());
    command
}

pub fn told(output: Output) -> (i32, String, String) {
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_load_and_what_follows() {
    let people = rows(0..20);
    let world = World::new(&Defined::overlapping(), &people).await;
    assert_eq!(run(&world, &["validate"]).0, 0);
    assert_eq!(run(&world, &["plan"]).0, 0);
    assert_eq!(run(&world, &["plan", "--detailed-exitcode"]).0, 2);
    let (code, out, err) = run(&world, &["apply"]);
    assert_eq!((code, out.as_str()), (0, ""), "{err}");
    assert!(err.contains("20 added"), "{err}");
    assert_eq!(run(&world, &["plan", "--detailed-exitcode"]).0, 0);
    let (code, _, err) = run(&world, &["apply"]);
    assert_eq!(code, 0);
    assert!(err.contains("nothing to do"), "{err}");

    // Held, approved, carried out.
    world.write(&people[12..]);
    let (code, _, err) = run(&world, &["apply"]);
    assert_eq!(code, 4, "{err}");
    assert!(err.contains("listkeeper approve"), "{err}");
    assert_eq!(run(&world, &["approve", "news", "--yes"]).0, 0);
    let (code, _, err) = run(&world, &["apply"]);
    assert_eq!(code, 0, "{err}");
    assert!(err.contains("12 taken out"), "{err}");

    // One refused: partial.
    world.person(&row(100).email, Forgotten);
    world.write(&[&people[12..], &[row(100)]].concat());
    let (code, _, err) = run(&world, &["apply"]);
    assert_eq!(code, 3, "{err}");
    let (code, out, _) = run(&world, &["rejected", "news", "--csv"]);
    assert_eq!(code, 0);
    assert!(out.contains("p100@contoso.test") && out.contains("forgotten"), "{out}");

    // Damaged file: failed. Damaged definition: invalid.
    world.write_text("Id,Email\n1\n");
    assert_eq!(run(&world, &["apply"]).0, 1);
    assert_eq!(run(&world, &["plan", "--detailed-exitcode"]).0, 1);
    world.define(&Defined::overlapping().export("nonsense: true\n"));
    for args in [&["apply"][..], &["plan"], &["validate"]] {
        let (code, _, err) = run(&world, args);
        assert_eq!(code, 78, "{args:?}: {err}");
        assert!(err.contains("nonsense") && err.contains("listkeeper.yaml"), "{err}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_saved_plan_is_carried_out_or_refused() {
    let mut people = rows(0..20);
    let world = World::new(&Defined::overlapping(), &people).await;
    let (code, _, err) = run(&world, &["plan", "--out", "first.plan"]);
    assert_eq!(code, 0, "{err}");
    let file = world.directory().join("first.plan");
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!fs::read_to_string(&file).unwrap().contains('@'));
    people[7].first = "Other".into();
    world.write(&people);
    world.asked();
    let (code, _, err) = run(&world, &["apply", "first.plan"]);
    assert_ne!(code, 0, "{err}");
    assert!(err.contains("the world moved"), "{err}");
    assert_eq!(Sent::of(&world.asked()), Sent::default());
    assert_eq!(run(&world, &["plan", "--out", "second.plan"]).0, 0);
    let (code, _, err) = run(&world, &["apply", "second.plan"]);
    assert_eq!(code, 0, "{err}");
    assert_eq!(world.held().await.len(), 20);
    // Carried out once; now it is about a world that is no more.
    world.asked();
    run(&world, &["apply", "second.plan"]);
    assert_eq!(Sent::of(&world.asked()), Sent::default());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_for_programs_is_on_stdout_and_names_nobody() {
    let world = World::new(&Defined::overlapping(), &rows(0..20)).await;
    let (_, out, _) = run(&world, &["plan", "--json"]);
    let json: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(json["exports"][0]["members"]["new"], 20);
    assert_eq!(json["exports"][0]["export"], "news");
    let (_, markdown, _) = run(&world, &["plan", "--markdown"]);
    assert!(markdown.contains("Everyone") && markdown.contains("20"), "{markdown}");
    assert!(!out.contains("@contoso") && !markdown.contains("@contoso"));
    let (_, members, _) = run(&world, &["plan", "--members"]);
    assert!((0..20).all(|id| members.contains(&row(id).email)), "{members}");
}

/// With `--sandbox` everything happens inside the process; the next command finds what the last one sent.
#[tokio::test(flavor = "multi_thread")]
async fn a_rehearsal_needs_no_account() {
    let world = World::new(&Defined::overlapping(), &rows(0..20)).await;
    fs::remove_file(world.directory().join("key")).unwrap();
    let (code, _, err) = run(&world, &["apply", "--sandbox"]);
    assert_eq!(code, 0, "{err}");
    let (code, _, err) = run(&world, &["plan", "--sandbox", "--detailed-exitcode"]);
    assert_eq!(code, 0, "{err}");
    assert_eq!(world.sandbox.counters().requests, 0, "a rehearsal goes nowhere else");
    let (code, out, _) = run(&world, &["status", "--sandbox"]);
    assert_eq!(code, 0);
    assert!(out.to_lowercase().contains("succeeded"), "{out}");
}

/// One process at a time; the second says who holds the state.
#[tokio::test(flavor = "multi_thread")]
async fn the_second_at_a_time_is_told_who_is_first() {
    let world = World::new(&Defined::overlapping(), &rows(0..20)).await;
    let store = listkeeper::state::Store::open(&world.state(), world.now).unwrap();
    let (code, _, err) = run(&world, &["apply"]);
    assert_eq!(code, 1);
    assert!(err.contains(&std::process::id().to_string()), "{err}");
    assert_eq!(run(&world, &["plan"]).0, 0, "readers need no lock");
    drop(store);
    assert_eq!(run(&world, &["apply"]).0, 0);
}
