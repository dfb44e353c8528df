//! Rights and files as a person with a shell, or a pull request, meets them.

use super::{
    cli::{run, told},
    world::{Defined, World, rows},
};
use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::Path,
};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

/// A contributor's export of administrators' segment, with a column of its source.
#[tokio::test(flavor = "multi_thread")]
async fn attack_another_teams_column_is_sent() {
    let world = World::new(&Defined::default(), &rows(0..5)).await;
    let export = "apiVersion: listkeeper/v1\nkind: Export\nname: spy\nconnection: account\nsegments: [everyone]\n\
                  target: {audienceId: cdp, names: {everyone: Spy}}\nmatch: {email: Email}\nattributes: {SAL: Value}\n\
                  newContacts: {status: subscribed}\n";
    fs::create_dir(world.directory().join("sales")).unwrap();
    fs::write(world.directory().join("sales/spy.yaml"), export).unwrap();
    let (code, _, err) = run(&world, &["validate"]);
    assert_eq!(code, 78, "{err}");
    assert!(err.contains("the segment `everyone` takes rows of the source `crm`") && err.contains("`sales/**`"), "{err}");
    let (code, out, _) = run(&world, &["plan", "--export", "spy", "--members"]);
    assert!(code != 0 && !out.contains("contoso.test"), "{out}");
}

mod queries {
    use super::*;

    /// A cell in an error: not printed, not kept.
    #[tokio::test(flavor = "multi_thread")]
    async fn attack_an_error_carries_a_cell() {
        let segments = vec![("everyone", "SELECT *, json_extract('{}', First) AS x FROM people WHERE x IS NULL".to_owned())];
        let world = World::new(&Defined { segments, ..Defined::default() }, &rows(0..5)).await;
        let mut all = String::new();
        for args in [&["plan"][..], &["apply", "--yes"], &["status"], &["history"], &["history", "--json"]] {
            let (_, out, err) = run(&world, args);
            all += &format!("{out}{err}");
        }
        assert!(all.contains("SQLite failed at a row of it (code 1"), "{all}");
        let state = fs::read(world.state().path().join("state.db")).unwrap_or_default();
        let wal = fs::read(world.state().path().join("state.db-wal")).unwrap_or_default();
        all += &String::from_utf8_lossy(&[state, wal].concat());
        assert!(!all.contains("bad JSON path") && !all.contains("First0") && !all.contains("First1"));
    }
}

mod files {
    use super::*;

    #[tokio::test(flavor = "multi_thread")]
    async fn attack_a_link_prints_a_secret() {
        let world = World::new(&Defined::default(), &rows(0..5)).await;
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("key"), "s3cret-key-of-the-host\n").unwrap();
        symlink(outside.path().join("key"), world.directory().join("x.yaml")).unwrap();
        symlink("/", world.directory().join("all")).unwrap();
        fs::write(world.directory().join("y.yaml"), "s3cret-key-in-the-folder\n").unwrap();
        for args in [&["validate"][..], &["plan"], &["apply", "--yes"]] {
            let (code, out, err) = run(&world, args);
            assert_eq!(code, 78, "{args:?}: {err}");
            assert!(err.contains("this link leads out of the directory") && !format!("{out}{err}").contains("s3cret"), "{out}{err}");
        }
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn attack_a_saved_plan_goes_through_a_link() {
        let world = World::new(&Defined::default(), &rows(0..5)).await;
        let (plan, victim) = (world.directory().join("x.plan"), world.directory().join("victim"));
        fs::write(&victim, "mine").unwrap();
        symlink(&victim, &plan).unwrap();
        let (code, _, err) = run(&world, &["plan", "--out", "x.plan"]);
        assert!(code != 0 && err.contains("a link is not followed"), "{err}");
        assert_eq!(fs::read_to_string(&victim).unwrap(), "mine");
        fs::remove_file(&plan).unwrap();
        // One that is there and open to others becomes ours alone.
        fs::write(&plan, "old").unwrap();
        fs::set_permissions(&plan, fs::Permissions::from_mode(0o666)).unwrap();
        let (code, _, err) = run(&world, &["plan", "--out", "x.plan"]);
        assert_eq!((code, mode(&plan)), (0, 0o600), "{err}");
        assert_eq!(run(&world, &["apply", "x.plan"]).0, 0);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn attack_the_state_is_open_to_others() {
        let world = World::new(&Defined::default(), &rows(0..5)).await;
        let state = world.directory().join("wide");
        fs::create_dir(&state).unwrap();
        fs::set_permissions(&state, fs::Permissions::from_mode(0o755)).unwrap();
        let apply = |state: &Path| {
            let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_listkeeper"));
            told(command.args(["apply", "--yes", "--state"]).arg(state).current_dir(world.directory()).output().unwrap())
        };
        let (code, _, err) = apply(&state);
        assert_eq!((code, mode(&state)), (0, 0o700), "{err}");
        assert!(err.contains("was open to other users (mode 755)"), "{err}");
        // Another user's, by itself or by a link.
        let theirs = world.directory().join("theirs");
        fs::create_dir(&theirs).unwrap();
        if std::os::unix::fs::chown(&theirs, Some(12_345), None).is_ok() {
            symlink(&theirs, world.directory().join("link")).unwrap();
            for state in [theirs.clone(), world.directory().join("link")] {
                let (code, _, err) = apply(&state);
                assert!(code != 0 && err.contains("it belongs to another user (uid 12345"), "{err}");
            }
        }
    }
}
