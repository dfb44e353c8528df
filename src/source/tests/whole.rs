//! A reading is of one whole state of the files, or an error.

use super::{Files, SqlLimits};
use std::{
    fs::{self, File, OpenOptions},
    io::Write,
    time::{Duration, SystemTime},
};

fn files() -> Files {
    Files::new().with("a.csv", format!("Id\n{}", "1\n".repeat(100_000))).with("b.csv", "Id\n2\n").table("t", "*.csv")
}

/// The error of a reading in which `happens` between the first batch and the rest.
fn meanwhile(files: &Files, happens: impl FnOnce(&Files)) -> Result<u64, String> {
    let mut reader = files.reader("SELECT Id FROM t", SqlLimits::default());
    let mut happens = Some(happens);
    let report = reader.read(&["Id"], &mut |_| {
        if let Some(happens) = happens.take() {
            happens(files);
        }
        Ok(())
    });
    report.map(|report| report.rows).map_err(|error| files.without_path(&error).lines().next().unwrap().to_owned())
}

#[test]
fn nothing_happens() {
    assert_eq!(meanwhile(&files(), |_| {}), Ok(100_001));
}

#[test]
fn a_file_grows() {
    let append = |files: &Files| OpenOptions::new().append(true).open(files.path("a.csv")).unwrap().write_all(b"3\n").unwrap();
    assert_eq!(meanwhile(&files(), append).unwrap_err(), "a.csv changed while it was read");
}

#[test]
fn a_file_is_cut_in_the_middle_of_a_row() {
    let cut = |files: &Files| OpenOptions::new().write(true).open(files.path("a.csv")).unwrap().set_len(150_000).unwrap();
    assert_eq!(meanwhile(&files(), cut).unwrap_err(), "a.csv changed while it was read");
}

#[test]
fn a_file_already_read_is_replaced() {
    let replace = |files: &Files| {
        fs::write(files.path("new"), "Id\n9\n").unwrap();
        fs::rename(files.path("new"), files.path("b.csv")).unwrap();
    };
    assert_eq!(meanwhile(&files(), replace).unwrap_err(), "b.csv changed while it was read");
}

#[test]
fn a_file_of_equal_size_gets_another_time() {
    let touch = |files: &Files| {
        let file = File::options().write(true).open(files.path("a.csv")).unwrap();
        file.set_modified(SystemTime::now() + Duration::from_secs(5)).unwrap();
    };
    assert_eq!(meanwhile(&files(), touch).unwrap_err(), "a.csv changed while it was read");
}

#[test]
fn a_file_goes() {
    assert_eq!(meanwhile(&files(), |files| fs::remove_file(files.path("b.csv")).unwrap()).unwrap_err(), "b.csv changed while it was read");
}

#[test]
fn a_file_comes() {
    assert_eq!(
        meanwhile(&files(), |files| fs::write(files.path("c.csv"), "Id\n").unwrap()).unwrap_err(),
        "c.csv appeared while *.csv was read"
    );
}

#[test]
fn a_change_is_seen_where_the_query_stops_early() {
    let files = files();
    let mut reader = files.reader("SELECT Id FROM t LIMIT 1", SqlLimits::default());
    let error = reader.read(&["Id"], &mut |_| {
        fs::write(files.path("b.csv"), "Id\n1\n2\n").unwrap();
        Ok(())
    });
    assert_eq!(files.without_path(&error.unwrap_err()).lines().next(), Some("b.csv changed while it was read"));
}
