//! Directory, files, lock, format, damage, crashes.

use super::*;
use rstest::rstest;
use rusqlite::Connection;
use std::os::unix::fs::PermissionsExt;

fn mode(path: &std::path::Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn files_are_the_users_alone() {
    let mut f = fixture();
    prepared(&mut f.store, "news");
    let view = View::open(&f.dir, at(0)).unwrap().unwrap();
    assert_eq!(mode(f.dir.path()), 0o700);
    let mut names = Vec::new();
    for entry in std::fs::read_dir(f.dir.path()).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
        names.push(path.file_name().unwrap().to_string_lossy().into_owned());
    }
    names.sort();
    assert_eq!(names, ["state.db", "state.db-shm", "state.db-wal", "state.lock"]);
    drop(view);
}

#[test]
fn the_second_writer_is_told_who_is_first() {
    let f = fixture();
    let error = Store::open(&f.dir, at(60)).unwrap_err();
    assert_eq!(error.kind, StateErrorKind::InUse);
    let pid = format!("process {} on ", std::process::id());
    assert!(error.message.contains(&pid) && error.message.ends_with(" since 2026-11-22T06:00:00Z"), "{error}");
    assert!(error.hint.unwrap().contains("--state"));
    let Fixture { dir, store, _temp } = f;
    drop(store);
    Store::open(&dir, at(61)).unwrap();
}

#[rstest]
#[case::no_process_has_that_number("process 4194305 on HOST since 2026-11-22T06:00:00Z", false)]
#[case::we_do("process PID on HOST since 2026-11-22T06:00:00Z", true)]
#[case::another_hosts_processes_are_not_seen("process 4194305 on elsewhere since 2026-11-22T06:00:00Z", true)]
#[case::just_taken("", false)]
fn whether_somebody_writes_is_told_by_the_holders_number(#[case] line: &str, #[case] expected: bool) {
    let temp = tempfile::tempdir().unwrap();
    let dir = StateDir::from(temp.path().to_owned());
    assert!(!dir.is_written(), "no lock at all");
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let line = line.replace("PID", &std::process::id().to_string()).replace("HOST", &host);
    std::fs::write(dir.lock(), line).unwrap();
    assert_eq!(dir.is_written(), expected);
}

#[test]
fn nothing_there_is_not_an_error_for_a_reader() {
    let temp = tempfile::tempdir().unwrap();
    assert!(View::open(&temp.path().join("none").into(), at(0)).unwrap().is_none());
    assert!(!temp.path().join("none").exists(), "a reader creates nothing");
}

#[test]
fn lineage_stays_and_serial_counts_what_was_applied() {
    let mut f = fixture();
    let (lineage, serial) = (f.store.lineage().unwrap(), f.store.serial().unwrap());
    let (export, _) = prepared(&mut f.store, "news");
    let before = f.store.serial().unwrap();
    assert!(before > serial);
    f.store.begin().unwrap();
    f.store.write_members(export, &[applied("a@example.com", 1)]).unwrap();
    f.store.write_members(export, &[applied("b@example.com", 1)]).unwrap();
    f.store.commit().unwrap();
    assert_eq!(f.store.serial().unwrap(), before + 1, "one group is one step");
    f.store.intend(export, &Wanted::Field("FNAME".into()), at(0)).unwrap();
    assert_eq!(f.store.serial().unwrap(), before + 1, "a note is none");
    drop(f.store);
    assert_eq!(Store::open(&f.dir, at(1)).unwrap().lineage().unwrap(), lineage);
    assert_ne!(fixture().store.lineage().unwrap(), lineage);
}

#[test]
fn readers_see_whole_commits_while_the_writer_writes() {
    let mut f = fixture();
    let (export, _) = prepared(&mut f.store, "news");
    let view = View::open(&f.dir, at(0)).unwrap().unwrap();
    f.store.begin().unwrap();
    f.store.write_members(export, &[applied("a@example.com", 1), applied("b@example.com", 1)]).unwrap();
    assert_eq!(members::keys(&view, export).len(), 0);
    f.store.commit().unwrap();
    let [first, second] = members::keys(&view, export)[..] else { panic!("two members") };
    // A reader in the middle of a long read keeps its picture, and stops nobody.
    let mut reading = view.read_members(export).unwrap();
    let mut rows = reading.rows().unwrap();
    assert_eq!(rows.next().unwrap().unwrap().key, first);
    f.store.delete_members(export, [first, second]).unwrap();
    assert_eq!(rows.next().unwrap().unwrap().key, second);
    drop(rows);
    drop(reading);
    assert_eq!(members::keys(&view, export).len(), 0);
}

#[test]
fn a_crash_in_the_middle_of_a_group_loses_the_group_and_nothing_else() {
    let mut f = fixture();
    let (export, _) = prepared(&mut f.store, "news");
    f.store.write_members(export, &[applied("kept@example.com", 1)]).unwrap();
    f.store.begin().unwrap();
    f.store.write_members(export, &[applied("lost@example.com", 1)]).unwrap();
    drop(f.store);
    let store = Store::open(&f.dir, at(1)).unwrap();
    assert_eq!(members::keys(&store, export), [applied("kept@example.com", 1).key]);
}

#[test]
fn a_failed_write_inside_a_group_leaves_the_rest_of_the_group() {
    let mut f = fixture();
    let (export, place) = prepared(&mut f.store, "news");
    let (other, _) = prepared(&mut f.store, "other");
    f.store.record_container(export, 0, &exports::container(place, "7", "VIP")).unwrap();
    f.store.begin().unwrap();
    f.store.write_members(export, &[applied("a@example.com", 1)]).unwrap();
    f.store.record_container(other, 0, &exports::container(place, "7", "VIP")).unwrap_err();
    f.store.commit().unwrap();
    assert_eq!(members::keys(&f.store, export).len(), 1);
}

#[test]
fn a_newer_format_is_refused_by_readers_and_writers() {
    let f = fixture();
    drop(f.store);
    Connection::open(f.dir.database()).unwrap().pragma_update(None, "user_version", migrations::FORMAT + 1).unwrap();
    let errors = [View::open(&f.dir, at(0)).unwrap_err(), Store::open(&f.dir, at(0)).unwrap_err()];
    for error in errors {
        assert_eq!(error.kind, StateErrorKind::Newer);
        assert!(error.hint.unwrap().contains("newer version"));
    }
}

#[rstest]
#[case::empty(b"")]
#[case::not_a_database(b"this is not a database, however long one looks at it, and there is more than a header of it, too, as it seems")]
fn a_damaged_file_is_an_error_and_stays_as_it_is(#[case] bytes: &[u8]) {
    let f = fixture();
    drop(f.store);
    std::fs::write(f.dir.database(), bytes).unwrap();
    let errors = [View::open(&f.dir, at(0)).unwrap_err(), Store::open(&f.dir, at(0)).unwrap_err()];
    for error in errors {
        assert_eq!(error.kind, StateErrorKind::Damaged, "{error}");
        assert!(error.hint.unwrap().contains("backup"));
    }
    assert_eq!(std::fs::read(f.dir.database()).unwrap(), bytes);
}

#[test]
fn another_programs_database_is_refused() {
    let f = fixture();
    drop(f.store);
    std::fs::remove_file(f.dir.database()).unwrap();
    Connection::open(f.dir.database()).unwrap().execute_batch("CREATE TABLE theirs (x)").unwrap();
    assert_eq!(Store::open(&f.dir, at(0)).unwrap_err().kind, StateErrorKind::Damaged);
}

#[test]
fn a_log_without_its_database_is_damage() {
    let f = fixture();
    drop(f.store);
    std::fs::rename(f.dir.database(), f.dir.path().join("state.db-wal")).unwrap();
    assert_eq!(View::open(&f.dir, at(0)).unwrap_err().kind, StateErrorKind::Damaged);
    assert_eq!(Store::open(&f.dir, at(0)).unwrap_err().kind, StateErrorKind::Damaged);
}

#[test]
fn a_crash_while_the_state_is_created_leaves_none() {
    let temp = tempfile::tempdir().unwrap();
    let dir = StateDir::from(temp.path().to_owned());
    std::fs::write(dir.unfinished(), b"half of a database").unwrap();
    assert!(View::open(&dir, at(0)).unwrap().is_none());
    Store::open(&dir, at(0)).unwrap();
}

/// A state of the first format, with one member.
fn first_format(dir: &StateDir) {
    dir.create().unwrap();
    let mut conn = Connection::open(dir.database()).unwrap();
    migrations::migrate_to(&mut conn, 1).unwrap();
    conn.execute_batch(
        "PRAGMA journal_mode = WAL;
         INSERT INTO export (id, name) VALUES (1, 'news');
         INSERT INTO member (export, key, segments, found, state, address) VALUES (1, zeroblob(16), 1, 0, 0, 'a@example.com');",
    )
    .unwrap();
}

#[test]
fn an_older_format_is_brought_up_to_date_and_keeps_what_it_held() {
    let temp = tempfile::tempdir().unwrap();
    for by_reader in [true, false] {
        let dir = StateDir::from(temp.path().join(by_reader.to_string()));
        first_format(&dir);
        if by_reader {
            View::open(&dir, at(0)).unwrap().unwrap();
        } else {
            Store::open(&dir, at(0)).unwrap();
        }
        let view = View::open(&dir, at(0)).unwrap().unwrap();
        let export = view.export(&name("news")).unwrap().unwrap();
        assert_eq!(members::keys(&view, export.id), [Key(0)]);
        assert!(view.runs(None, 1).unwrap().is_empty(), "the new tables are there");
        assert_eq!(mode(&dir.database()), 0o600);
    }
}

/// Ids of before, which do not say whose they are, are known to their audience, former members' too.
#[test]
fn people_of_an_older_format_are_known() {
    let temp = tempfile::tempdir().unwrap();
    let dir = StateDir::from(temp.path().join("state"));
    dir.create().unwrap();
    let mut conn = Connection::open(dir.database()).unwrap();
    migrations::migrate_to(&mut conn, 5).unwrap();
    conn.execute_batch(
        "PRAGMA journal_mode = WAL;
         INSERT INTO place (id, account, remote, name, origin) VALUES (1, 'account', 'list-1', 'News', 2);
         INSERT INTO export (id, name, place) VALUES (1, 'news', 1), (2, 'other', 1);
         INSERT INTO member (export, key, segments, found, state, person, address) VALUES
           (1, zeroblob(16), 1, 0, 0, 7, 'a@example.com'), (2, zeroblob(16), 1, 0, 0, 7, 'a@example.com'), (1, x'00000000000000000000000000000001', 0, 0, 4, -7, '');",
    )
    .unwrap();
    drop(conn);
    let store = Store::open(&dir, at(0)).unwrap();
    let place = store.place("account", &PlaceId("list-1".into())).unwrap().unwrap();
    assert!(store.is_known_as(place, 7, Key(0)).unwrap());
    assert!(store.knows_people(place).unwrap() && store.id_sources().unwrap().is_empty());
}

#[test]
fn damage_inside_the_file_is_found_after_a_crash() {
    let mut f = fixture();
    let (export, _) = prepared(&mut f.store, "news");
    let people: Vec<_> = (0..2000).map(|n| applied(&format!("person{n}@example.com"), 1)).collect();
    f.store.write_members(export, &people).unwrap();
    let news = name("news");
    let start = RunStart {
        export: &news,
        trigger: Trigger::OnDemand,
        definition_digest: "",
        plan_digest: None,
        user: "",
        export_user: None,
        due: None,
    };
    f.store.start_run(&start, at(0)).unwrap();
    drop(f.store);
    let mut bytes = std::fs::read(f.dir.database()).unwrap();
    let middle = bytes.windows(10).rposition(|w| w == b"@example.c").unwrap() / 8192 * 8192;
    bytes[middle..middle + 64].fill(0xff);
    std::fs::write(f.dir.database(), &bytes).unwrap();
    let error = Store::open(&f.dir, at(1)).unwrap_err();
    assert_eq!(error.kind, StateErrorKind::Damaged, "{error}");
    assert_eq!(std::fs::read(f.dir.database()).unwrap(), bytes, "left as it is");
}

mod files {
    use super::*;
    use std::{
        fs::{self, Permissions},
        os::unix::fs::{chown, lchown, symlink},
    };

    fn closed() -> (tempfile::TempDir, StateDir) {
        let Fixture { dir, store, _temp } = fixture();
        drop(store);
        (_temp, dir)
    }

    fn refused(dir: &StateDir, why: &str) {
        let writer = Store::open(dir, at(0)).map(drop).unwrap_err();
        let reader = View::open(dir, at(0)).map(drop).unwrap_err();
        let approver = approve(dir, "digest", "ann", at(0)).unwrap_err();
        for error in [writer, reader, approver] {
            assert!(error.message.contains(why), "{error}");
            assert!(error.hint.unwrap().contains("--state"));
        }
    }

    #[test]
    fn attack_others_read_the_database_or_its_log() {
        let f = fixture();
        let (_view, names) = (View::open(&f.dir, at(0)).unwrap(), ["state.db", "state.db-wal", "state.db-shm"]);
        let Fixture { dir, store, _temp } = f;
        drop(store);
        for name in names {
            fs::set_permissions(dir.path().join(name), Permissions::from_mode(0o666)).unwrap();
        }
        let _store = Store::open(&dir, at(0)).unwrap();
        for name in names {
            assert_eq!(mode(&dir.path().join(name)), 0o600, "{name}");
        }
    }

    #[rstest]
    #[case::database("state.db")]
    #[case::log("state.db-wal")]
    fn attack_a_link_in_the_state_leads_elsewhere(#[case] name: &str) {
        let (temp, dir) = closed();
        let (file, elsewhere) = (dir.path().join(name), temp.path().join("elsewhere"));
        fs::rename(&file, &elsewhere).or_else(|_| fs::write(&elsewhere, "")).unwrap();
        symlink(&elsewhere, &file).unwrap();
        refused(&dir, "it is a link");
    }

    /// Also to root, and whichever part of it is another's; nothing of it is changed. Only root can give files away.
    #[rstest]
    #[case::directory("")]
    #[case::database("state.db")]
    fn attack_a_state_of_another_user_is_opened(#[case] part: &str) {
        let (_temp, dir) = closed();
        fs::set_permissions(dir.path(), Permissions::from_mode(0o750)).unwrap();
        if chown(dir.path().join(part), Some(12_345), None).is_ok() {
            refused(&dir, "it belongs to another user (uid 12345)");
            assert_eq!(mode(dir.path()), 0o750);
        }
    }

    #[test]
    fn attack_a_sandboxs_state_in_a_directory_of_another_user_is_opened() {
        let temp = tempfile::tempdir().unwrap();
        let dir = StateDir::from(temp.path().join("state")).sandbox();
        drop(Store::open(&dir, at(0)).unwrap());
        if lchown(temp.path().join("state"), Some(12_345), None).is_ok() {
            refused(&dir, "it belongs to another user (uid 12345)");
        }
    }

    /// A volume that is root's and open to the group of a container's user stays so when root looks at it.
    #[test]
    fn root_looks_at_a_volume_without_closing_it_to_its_group() {
        let (_temp, dir) = closed();
        fs::set_permissions(dir.path(), Permissions::from_mode(0o770)).unwrap();
        View::open(&dir, at(0)).unwrap().unwrap();
        assert_eq!(mode(dir.path()), if rustix::process::geteuid().is_root() { 0o770 } else { 0o700 });
    }
}
