//! Commands that go through a daemon: a plan of what a pull request says, and a run at once.

use super::kit::Daemon;
use crate::world::{Defined, World, rows};
use assert_cmd::Command;

fn listkeeper(world: &World, args: &[&str]) -> Command {
    let mut command = Command::cargo_bin("listkeeper").unwrap();
    command.arg("--state").arg(world.state().path()).args(args).env("NO_COLOR", "1");
    command
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_elsewhere_names_members_and_applies_nothing_and_apply_goes_through() {
    let world = World::new(&Defined::overlapping(), &rows(0..20)).await;
    let daemon = Daemon::start(&world).await;
    let token = format!("file:{}", world.state().path().join("api-token").display());
    let directory = world.directory().display().to_string();
    let address = daemon.address().unwrap();
    let plan = ["plan", &directory, "--server", &address, "--api-token", &token, "--members", "--detailed-exitcode"];
    let planned = listkeeper(&world, &plan).assert().code(2);
    let text = String::from_utf8(planned.get_output().stdout.clone()).unwrap();
    assert!(text.contains("+ 20 new: created") && text.contains("p7@contoso.test"), "{text}");
    assert!(world.held().await.is_empty());
    let json = listkeeper(&world, &["plan", &directory, "--server", &address, "--api-token", &token, "--json"]).assert().success();
    let json: serde_json::Value = serde_json::from_slice(&json.get_output().stdout).unwrap();
    assert_eq!(json["exports"][0]["export"], "news");
    listkeeper(&world, &["apply", &directory, "--yes"]).assert().success();
    assert_eq!(world.held().await.len(), 20);
    listkeeper(&world, &plan).assert().success();
    listkeeper(&world, &["trigger", "news", "--wait"]).assert().success();
    daemon.stop().await;
}
