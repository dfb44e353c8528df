//! What can be told without an engine; with engines: `tests/engines`.

mod cells;
mod messages;
mod statements;

use super::driver;
use std::path::PathBuf;

#[test]
fn a_driver_is_a_manifest_in_the_first_directory_that_has_it() {
    let (one, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let directories = [one.path().to_owned(), other.path().to_owned()];
    std::fs::write(other.path().join("duckdb.toml"), "").unwrap();
    std::fs::write(one.path().join("libsqlite.so"), "").unwrap();
    assert_eq!(driver::find("duckdb", &directories), Some(other.path().join("duckdb.toml")));
    std::fs::write(one.path().join("duckdb.toml"), "").unwrap();
    assert_eq!(driver::find("duckdb", &directories), Some(one.path().join("duckdb.toml")));
    // A library without a manifest is nobody's choice.
    assert_eq!(driver::find("sqlite", &directories), None);
}

#[test]
fn a_path_is_never_a_driver() {
    let directory = tempfile::tempdir().unwrap();
    std::fs::create_dir(directory.path().join("below")).unwrap();
    std::fs::write(directory.path().join("evil.toml"), "").unwrap();
    let below = [directory.path().join("below")];
    for name in ["../evil", "evil.toml", "", "./evil"] {
        assert_eq!(driver::find(name, &below), None, "{name}");
        assert_eq!(driver::find(name, &[directory.path().to_owned()]), None, "{name}");
    }
    assert_eq!(driver::find(&directory.path().join("evil").display().to_string(), &below), None);
}

#[test]
fn a_missing_driver_says_where_it_was_looked_for_and_what_to_do() {
    let error = driver::missing("snowflake", &[PathBuf::from("/srv/adbc"), PathBuf::from("/etc/adbc/drivers")]);
    insta::assert_snapshot!(format!("{error}\n{}", error.hint.clone().unwrap()), @r#"
    there is no ADBC driver snowflake: snowflake.toml is in none of /srv/adbc, /etc/adbc/drivers
    put snowflake.toml into one of them, or name its directory in ADBC_DRIVER_PATH; it holds `manifest_version = 1`, `[Driver]` and `shared = "/where/the/library/is.so"` (docs/sources.md)
    "#);
}
