//! What a pull request's plan may ask of a daemon.

use super::kit::Daemon;
use crate::world::{Defined, World, rows};
use assert_cmd::Command;
use std::{fs, path::Path};

/// The output of a plan of what is in a directory, good or not.
fn plan(world: &World, daemon: &Daemon, dir: &Path, more: &[&str]) -> (i32, String) {
    let token = format!("file:{}", world.state().path().join("api-token").display());
    let address = daemon.address().unwrap();
    let mut command = Command::cargo_bin("listkeeper").unwrap();
    command.args(["plan", "--server", &address, "--api-token", &token, "--members"]).args(more).arg(dir).env("NO_COLOR", "1");
    let output = command.output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap(), text(&output.stdout) + &text(&output.stderr))
}

fn export(name: &str, more: &str) -> String {
    format!(
        "apiVersion: listkeeper/v1\nkind: Export\nname: {name}\nconnection: account\nsegments: [everyone]\n\
         target: {{audienceId: cdp, names: {{everyone: {name}}}}}\nmatch: {{email: Email}}\nnewContacts: {{status: subscribed}}\n{more}"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn attack_a_pull_request_puts_itself_into_an_administrators_folder() {
    let world = World::new(&Defined::default(), &rows(0..5)).await;
    let daemon = Daemon::start(&world).await;
    let own = fs::read_to_string(world.directory().join("listkeeper.yaml")).unwrap();
    let sent = |files: &[(&str, &str)]| {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        dir
    };
    // What is there is planned, word for word.
    let (code, text) = plan(&world, &daemon, sent(&[("listkeeper.yaml", &own)]).path(), &[]);
    assert!(code == 0 && text.contains("p1@contoso.test"), "{text}");
    // A new file beside it, one in its place, and one elsewhere: no right to the source, and nobody's address.
    let changed = own.replace("attributes: {", "attributes: {SAL: Value, ");
    assert_ne!(changed, own);
    let (spy, opened) = (export("spy", ""), own.replacen("tables:", "usableBy: ['**']\ntables:", 1));
    for files in [
        &[("listkeeper.yaml", own.as_str()), ("spy.yaml", &spy)][..],
        &[("listkeeper.yaml", &changed)],
        &[("listkeeper.yaml", &own), ("sales/spy.yaml", &spy)],
        &[("listkeeper.yaml", &opened), ("sales/spy.yaml", &spy)],
    ] {
        let (code, text) = plan(&world, &daemon, sent(files).path(), &[]);
        assert!(code != 0 && text.contains("may not be used by files in") && !text.contains("contoso.test"), "{files:?}: {text}");
    }
    // With the rights of a folder, nothing of others is planned.
    let (_, text) = plan(&world, &daemon, sent(&[("listkeeper.yaml", &own)]).path(), &["--folder", "sales/**"]);
    assert!(!text.contains("contoso.test") && !text.contains("news"), "{text}");
    daemon.stop().await;
}

/// A plan that plans nothing is no good news, in whatever form it is asked for.
#[tokio::test(flavor = "multi_thread")]
async fn attack_a_plan_of_no_export_is_green() {
    let world = World::new(&Defined::default(), &rows(0..5)).await;
    let daemon = Daemon::start(&world).await;
    for form in [&[][..], &["--json"], &["--markdown"], &["--detailed-exitcode"]] {
        let (code, text) = plan(&world, &daemon, &world.directory(), &[form, &["--folder", "marketting/**"]].concat());
        assert!(code == 1 && text.contains("no export is in these folders (asked for: marketting/**)"), "{form:?} {code}: {text}");
    }
    let (code, text) = plan(&world, &daemon, &world.directory(), &["--folder", "marketting/**", "-e", "news"]);
    assert!(code == 1 && text.contains("hint: no export of the folders that are planned is there"), "{code}: {text}");
    daemon.stop().await;
}

/// A definition that is gone is a change, and shows in every form.
#[tokio::test(flavor = "multi_thread")]
async fn attack_a_pull_request_deletes_an_export_unseen() {
    let world = World::new(&Defined { connection: "usableBy: ['**']\n".into(), ..Defined::default() }, &rows(0..5)).await;
    let file = world.directory().join("listkeeper.yaml");
    let own = fs::read_to_string(&file).unwrap().replacen("tables:", "usableBy: ['**']\ntables:", 1);
    fs::write(&file, &own).unwrap();
    fs::create_dir(world.directory().join("sales")).unwrap();
    fs::write(world.directory().join("sales/a.yaml"), export("gone", "onDelete: remove-members\n")).unwrap();
    fs::write(world.directory().join("sales/b.yaml"), export("stays", "")).unwrap();
    let daemon = Daemon::start(&world).await;
    let sent = tempfile::tempdir().unwrap();
    fs::create_dir(sent.path().join("sales")).unwrap();
    fs::write(sent.path().join("listkeeper.yaml"), &own).unwrap();
    fs::write(sent.path().join("sales/b.yaml"), export("stays", "")).unwrap();
    for (form, expected) in [
        (&[][..], "- gone: its definition is deleted; onDelete: remove-members"),
        (&["--json"], r#""deleted": [{"export":"gone","onDelete":"remove-members"}]"#),
        (&["--markdown"], "**Deleted**: its definition is deleted; `onDelete: remove-members`"),
    ] {
        let (code, text) = plan(&world, &daemon, sent.path(), &[form, &["--folder", "sales/**"]].concat());
        assert!(code == 0 && text.contains(expected) && text.contains("stays"), "{form:?} {code}: {text}");
    }
    // The only change is one; another team's is none of this plan; a renamed one is not deleted.
    let only = &["--folder", "sales/**", "-e", "gone", "--detailed-exitcode"];
    assert_eq!(plan(&world, &daemon, sent.path(), only).0, 2);
    let (_, text) = plan(&world, &daemon, sent.path(), &["--folder", "marketing/**"]);
    assert!(!text.contains("gone"), "{text}");
    fs::write(sent.path().join("sales/c.yaml"), export("new", "renamedFrom: gone\n")).unwrap();
    let (_, text) = plan(&world, &daemon, sent.path(), &["--folder", "sales/**"]);
    assert!(!text.contains("is deleted"), "{text}");
    daemon.stop().await;
}
