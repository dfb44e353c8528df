//! What drivers say, as people get to see it.

use super::super::{
    failure::Failures,
    redact::{Blots, options},
};
use crate::{
    definition::{Adbc, Name, Rows, Secret, Selection, Source, SourceKind},
    source::SourceErrorKind,
};
use adbc_core::error::{Error, Status};
use rstest::rstest;
use std::{collections::BTreeMap, path::PathBuf, sync::Arc, time::Duration};

/// A source whose `uri` is in a file, and an option each way.
fn failures(uri: &str) -> Failures {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("uri");
    std::fs::write(&file, format!("{uri}\n")).unwrap();
    let secret = directory.path().join("key");
    std::fs::write(&secret, "s3cr3t-key").unwrap();
    let written = [("warehouse", Secret::Plain("marketing".to_owned())), ("auth_key", Secret::File(secret))];
    let definition = Adbc {
        driver: "postgresql".to_owned(),
        uri: Some(Secret::File(file)),
        options: written.into_iter().map(|(name, value)| (name.to_owned(), value)).collect::<BTreeMap<_, _>>(),
        max_rows: 1,
        timeout: Duration::from_secs(1),
    };
    let blots = Blots::of(&definition, &options(&definition).unwrap());
    let source = Arc::new(Source { name: Name::new("warehouse").unwrap(), kind: SourceKind::Adbc(definition), export_user: None });
    let select = Selection::Query("select nope from t".to_owned());
    Failures { rows: Rows { segment: Name::new("vips").unwrap(), file: PathBuf::from("vips.yaml"), source, select, written: None }, blots }
}

#[rstest]
#[case::whole("postgresql://me:pa%24s@db/x", "cannot open postgresql://me:pa%24s@db/x", "cannot open …")]
#[case::password("postgresql://me:pa%24s@db/x", "no entry for me with pa%24s", "no entry for me with …")]
#[case::decoded("postgresql://me:pa%24s+1@db/x", "no entry for me with pa$s+1", "no entry for me with …")]
#[case::parameter("sc://host:443/;use_ssl=true;token=abc/12+3", "token abc/12+3 is too old", "token … is too old")]
#[case::words("host=db password='a b' user=me", "bad word a b of me", "bad word … of me")]
#[case::option("x://y", "key s3cr3t-key of marketing", "key … of marketing")]
#[case::address(
    "x://y",
    "invalid input syntax for type integer: \"ann.lee@example.com\"",
    "invalid input syntax for type integer: \"a***@example.com\""
)]
#[case::addresses("x://y", "(b@contoso.test, c@d, @e.f).", "(b***@contoso.test, c@d, @e.f).")]
fn secrets_and_addresses_are_not_repeated(#[case] uri: &str, #[case] said: &str, #[case] shown: &str) {
    assert_eq!(failures(uri).blots.over(said), shown);
}

fn error(message: &str, status: Status, sqlstate: &[u8; 5]) -> Error {
    Error { sqlstate: sqlstate.map(|letter| letter as std::ffi::c_char), ..Error::with_message_and_status(message, status) }
}

#[rstest]
#[case::postgresql(
    "Failed to prepare query: ERROR:  column \"nope\" does not exist\nLINE 1: select nope\n               ^\n\nQuery was: select nope",
    "Failed to prepare query: ERROR:  column \"nope\" does not exist; LINE 1: select nope"
)]
#[case::duckdb("Binder Error: no such thing\n\nLINE 1: select nope\n               ^", "Binder Error: no such thing")]
#[case::spark(
    "[Spark] cannot be resolved.  SQLSTATE: 42703; line 1 pos 7;\n'Project ['nope]\n+- OneRowRelation\n",
    "[Spark] cannot be resolved.  SQLSTATE: 42703; line 1 pos 7;"
)]
#[case::not_of_the_query("relation \"ann.lee@example.com\" does not exist", "relation …")]
#[case::candidates(
    "Binder Error: no column \"nope\"; Candidate bindings: \"ann\"",
    "Binder Error: no column \"nope\"; Candidate bindings: …"
)]
#[case::nothing("", "the driver gives no reason")]
fn the_engines_words_are_told_on_one_line(#[case] said: &str, #[case] told: &str) {
    let failed = failures("x://y").query(&error(said, Status::Internal, b"\0\0\0\0\0"));
    assert_eq!(failed.to_string(), format!("vips.yaml, segment vips: {told}"));
    assert_eq!(failed.kind, SourceErrorKind::Broken);
}

#[rstest]
#[case::io("x", Status::IO, b"\0\0\0\0\0", true)]
#[case::shut_down("x", Status::Unknown, b"57P01", true)]
#[case::full("x", Status::Unknown, b"53300", true)]
#[case::only_said("FATAL:  terminating connection due to administrator command", Status::Unknown, b"\0\0\0\0\0", true)]
#[case::wrong("syntax error", Status::InvalidArguments, b"42601", false)]
#[case::cancelled("canceling statement due to statement timeout", Status::Cancelled, b"57014", false)]
fn a_lost_connection_is_worth_another_try(#[case] said: &str, #[case] status: Status, #[case] sqlstate: &[u8; 5], #[case] again: bool) {
    let kind = failures("x://y").query(&error(said, status, sqlstate)).kind;
    assert_eq!(kind == SourceErrorKind::Unreachable { after: None }, again);
}

#[test]
fn a_stream_that_breaks_off_says_after_how_many_rows() {
    let failed = failures("x://y").stream(4096, "C Data interface error: server closed the connection unexpectedly");
    insta::assert_snapshot!(format!("{failed}\n{}", failed.hint.clone().unwrap()), @r"
    warehouse: the reading broke off after 4096 rows: the connection was lost
    the engine's log may say why; a later run reads all of it again
    ");
}

/// Values of rows, as engines quote them.
mod queries {
    use super::*;

    #[rstest]
    #[case::duckdb("Conversion Error: Could not convert string 'ann.lee@example.com' to INT32", b"\0\0\0\0\0", " (Conversion Error)")]
    #[case::duckdb_overflow(
        "Out of Range Error: Overflow in multiplication of INT32 (4111111 * 3000)!",
        b"\0\0\0\0\0",
        " (Out of Range Error)"
    )]
    #[case::postgresql("ERROR:  invalid input syntax for type integer: \"4111111\"", b"22P02", " (SQLSTATE 22P02)")]
    #[case::key("ERROR:  duplicate key value\nDETAIL:  Key (email)=(4111111) already exists.", b"23505", " (SQLSTATE 23505)")]
    #[case::raised("ERROR:  4111111", b"P0001", " (SQLSTATE P0001)")]
    #[case::bigquery("Bad int64 value: 4111111", b"\0\0\0\0\0", "")]
    #[case::name("ERROR:  operator does not exist: 4111111", b"42883", " (SQLSTATE 42883)")]
    fn attack_an_error_while_reading_quotes_no_row(#[case] said: &str, #[case] sqlstate: &[u8; 5], #[case] code: &str) {
        let failed = failures("x://y").execution(&error(said, Status::Internal, sqlstate));
        assert_eq!(failed.message, format!("vips.yaml, segment vips: the engine failed while it read{code}"));
        assert_eq!(failed.kind, SourceErrorKind::Broken);
    }

    /// Whatever the query makes the engine say, even what sounds like a lost connection.
    #[rstest]
    #[case::values("Conversion Error: Could not convert string '4111111' to INT32", b"\0\0\0\0\0")]
    #[case::lost("ERROR: invalid input syntax for type integer: \"connection refused 4111111\"", b"22P02")]
    #[case::quoted("relation \"4111111\" does not exist", b"42P01")]
    fn attack_an_error_of_a_query_quotes_the_query_only(#[case] said: &str, #[case] sqlstate: &[u8; 5]) {
        let failed = failures("x://y").query(&error(said, Status::Internal, sqlstate));
        assert!(!failed.message.contains("4111111"), "{}", failed.message);
        let streamed = failures("x://y").stream(7, said);
        assert!(!streamed.message.contains("4111111"), "{}", streamed.message);
    }
}
