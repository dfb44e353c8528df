//! stdout that takes nothing, and what a directory holds beside definitions (X6, X1).

use super::{
    cli::{command, run, told},
    world::{Defined, World, rows},
};
use rstest::rstest;
use std::{fs, fs::File, os::unix::fs::symlink};

/// The disk behind stdout is named, not the one of temporary files; and no output means no success.
#[rstest]
#[case::plan(&["plan"])]
#[case::members(&["plan", "--members"])]
#[case::json(&["plan", "--json"])]
#[case::members_json(&["plan", "--json", "--members"])]
#[case::markdown(&["plan", "--markdown"])]
#[case::validate(&["validate"])]
#[case::validate_json(&["validate", "--json"])]
#[case::schema(&["schema"])]
#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_behind_stdout_is_named(#[case] args: &[&str]) {
    let world = World::new(&Defined::overlapping(), &rows(0..20)).await;
    let (code, _, err) = told(command(&world, args).stdout(File::options().write(true).open("/dev/full").unwrap()).output().unwrap());
    assert_eq!(code, 1, "{err}");
    assert!(err.contains("stdout cannot be written: No space left on device") && !err.contains("TMPDIR"), "{err}");
}

/// A chart beside the definitions: `validate` asks for a decision, and nobody's export waits for it.
#[tokio::test(flavor = "multi_thread")]
async fn another_tools_template_stops_nobody() {
    let world = World::new(&Defined::overlapping(), &rows(0..20)).await;
    let chart = world.directory().join("chart/templates");
    fs::create_dir_all(&chart).unwrap();
    fs::write(chart.join("cm.yaml"), "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Release.Name }}\n").unwrap();
    let (code, out, err) = run(&world, &["validate"]);
    assert_eq!((code, out.as_str()), (78, ""), "{err}");
    assert!(err.contains("chart/templates/cm.yaml: line 4: ") && err.contains("help:"), "{err}");
    let (code, _, err) = run(&world, &["apply", "--yes"]);
    assert_eq!(code, 0, "{err}");
    assert!(err.contains("chart/templates/cm.yaml") && err.contains("20 added"), "{err}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_that_was_followed_is_told() {
    let world = World::new(&Defined::overlapping(), &rows(0..20)).await;
    fs::create_dir(world.directory().join(".data")).unwrap();
    symlink(".data", world.directory().join("current")).unwrap();
    for args in [&["validate"][..], &["plan"]] {
        let (code, out, err) = run(&world, args);
        assert_eq!(code, 0, "{err}");
        assert!((out + &err).contains("Link followed: current leads to .data"), "{err}");
    }
}
