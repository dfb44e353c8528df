//! What goes between the processes, whole, broken and made to deceive; how a child's end is told.

use super::{
    super::{Cell, RowBatch, SourceError, SourceErrorKind},
    batch,
    ended::{DISK, Ended},
    frames::{Frames, MAX_FRAME_BYTES, write},
    protocol::{Failed, Kind, Told},
};
use crate::{
    definition::{Name, ReadLimits},
    source::{Ends, Notice, Notices, Oddity, Report},
};
use proptest::prelude::*;
use rstest::rstest;
use std::{
    io::Write,
    os::unix::{net::UnixStream, process::ExitStatusExt},
    process::ExitStatus,
    time::{Duration, SystemTime},
};

fn rows() -> RowBatch {
    let mut rows = RowBatch::new(4);
    for cell in [Cell::Null, Cell::Integer(i64::MIN), Cell::Real(0.1), Cell::Text("ana@contoso.test")] {
        rows.push(cell);
    }
    for cell in [Cell::Text(""), Cell::Text("žluťoučký"), Cell::Null, Cell::Real(f64::INFINITY)] {
        rows.push(cell);
    }
    rows
}

fn cells(rows: &RowBatch, width: usize) -> Vec<String> {
    (0..rows.len()).flat_map(|row| (0..width).map(move |column| format!("{:?}", rows.cell(row, column)))).collect()
}

fn encoded(rows: &RowBatch) -> Vec<u8> {
    let mut bytes = Vec::new();
    batch::encode(rows, &mut bytes);
    bytes
}

#[test]
fn rows_come_out_as_they_went_in() {
    let rows = rows();
    let through = batch::decode(&encoded(&rows), 4).unwrap();
    assert_eq!(cells(&through, 4), cells(&rows, 4));
    assert!(encoded(&rows).len() <= rows.bytes());
}

#[test]
fn attack_rows_cut_anywhere_or_of_another_width_are_no_rows() {
    let bytes = encoded(&rows());
    assert!((0..bytes.len()).all(|end| batch::decode(&bytes[..end], 4).is_none()));
    assert!([1, 2, 3, 5, 8].iter().all(|width| batch::decode(&bytes, *width).is_none()));
    // A text that ends inside a character, and one that is none.
    let half =
        [&1_u32.to_le_bytes()[..], &2_u32.to_le_bytes(), &[3, 3], &1_u32.to_le_bytes(), &1_u32.to_le_bytes(), "é".as_bytes()].concat();
    assert!(batch::decode(&half, 1).is_none());
    let none = [&1_u32.to_le_bytes()[..], &1_u32.to_le_bytes(), &[3], &1_u32.to_le_bytes(), &[0xff]].concat();
    assert!(batch::decode(&none, 1).is_none());
}

proptest! {
    #[test]
    fn attack_any_bytes_are_rows_or_nothing(bytes in proptest::collection::vec(any::<u8>(), 0..200), width in 0_usize..4) {
        if let Some(rows) = batch::decode(&bytes, width) {
            prop_assert_eq!(cells(&rows, width).len(), rows.len() * width);
        }
    }
}

/// What comes of bytes that a child wrote before it was gone.
fn heard(bytes: &[u8]) -> Vec<Result<(Kind, Vec<u8>), SourceError>> {
    let (from, mut to) = UnixStream::pair().unwrap();
    to.write_all(bytes).unwrap();
    drop(to);
    let mut frames = Frames::new(from).unwrap();
    let mut heard = Vec::new();
    loop {
        match frames.next(&mut || Ok(())) {
            Ok(None) => return heard,
            Ok(Some((kind, body))) => heard.push(Ok((kind, body.to_vec()))),
            Err(error) => {
                heard.push(Err(error));
                return heard;
            }
        }
    }
}

#[test]
fn frames_come_out_one_by_one_and_a_half_one_never() {
    let (mut bytes, mut buffer) = (Vec::new(), Vec::new());
    write(&mut bytes, &mut buffer, Kind::Rows, |body| body.extend(b"one")).unwrap();
    write(&mut bytes, &mut buffer, Kind::Report, |_| ()).unwrap();
    let whole = vec![Ok((Kind::Rows, b"one".to_vec())), Ok((Kind::Report, Vec::new()))];
    assert_eq!(heard(&bytes), whole);
    bytes.extend([b'b', 9, 0, 0, 0, 1]);
    assert_eq!(heard(&bytes), whole);
}

#[rstest]
#[case::unknown(&[b'x', 0, 0, 0, 0])]
#[case::endless(&[b'b', 255, 255, 255, 255])]
fn attack_a_frame_that_is_none_ends_the_reading(#[case] bytes: &[u8]) {
    let heard = heard(bytes);
    let error = heard[0].as_ref().unwrap_err();
    assert_eq!(error.message, "the reading process gave an answer that cannot be understood");
    assert!(u32::MAX as usize > MAX_FRAME_BYTES);
}

#[test]
fn a_stop_is_heard_while_nothing_comes() {
    let (from, _to) = UnixStream::pair().unwrap();
    let mut looks = 0;
    let mut go_on = || {
        looks += 1;
        if looks > 2 { Err(SourceError::new("stopped")) } else { Ok(()) }
    };
    assert_eq!(Frames::new(from).unwrap().next(&mut go_on).unwrap_err().message, "stopped");
}

#[rstest]
#[case(SourceErrorKind::Broken)]
#[case(SourceErrorKind::Unfit)]
#[case(SourceErrorKind::UnderWay { after: None })]
#[case(SourceErrorKind::Unreachable { after: Some(Duration::from_secs(7)) })]
fn an_error_keeps_its_kind_and_hint(#[case] kind: SourceErrorKind) {
    let error = SourceError::new("people.csv line 3: a quote is not closed").hint("close it").kind(kind);
    let json = serde_json::to_string(&Failed::from(error.clone())).unwrap();
    assert_eq!(SourceError::from(serde_json::from_str::<Failed>(&json).unwrap()), error);
}

fn notices() -> Notices {
    let mut notices = Notices::default();
    let segment = Some(Name::new("big").unwrap());
    notices.add(Notice {
        segment,
        subject: "Spent".into(),
        what: Oddity::NotANumber(crate::source::Read::Expression),
        count: 2,
        examples: vec!["n/a".into()],
    });
    notices
}

#[test]
fn attack_notices_of_a_child_are_made_harmless_and_few() {
    let told = format!(
        r#"[{{"subject":"a\u001b[2J{}","what":{{"not-a-number":{{"column":{{"points":false}}}}}},"count":1,"examples":["\u001b[2J","a@x.test","b","c"]}}]"#,
        "x".repeat(99)
    );
    let checked = serde_json::from_str::<Notices>(&told).unwrap().checked();
    let said = checked.iter().map(|notice| notice.text("1")).collect::<String>();
    assert!(!said.contains('\u{1b}') && !said.contains("a@x.test") && said.len() < 500, "{said}");
}

#[test]
fn a_report_keeps_times_before_the_epoch_too() {
    let ends: Ends = serde_json::from_str(r#"{"crm.people": {"without": ["people.csv, 9 bytes"]}}"#).unwrap();
    for newest in [None, Some(SystemTime::UNIX_EPOCH - Duration::from_millis(5)), Some(SystemTime::now())] {
        let report = Report { rows: 3, newest, notices: notices(), ends: ends.clone() };
        let json = serde_json::to_string(&Told::from(report.clone())).unwrap();
        assert_eq!(Report::from(serde_json::from_str::<Told>(&json).unwrap()), report);
    }
}

#[rstest]
#[case::processor(24, "", "took more than 600 s of processor time")]
#[case::disk(25, "", "needed more than 4 GiB for temporary files")]
#[case::all_files(9, DISK, "needed more than 4 GiB for temporary files")]
#[case::rust(6, "memory allocation of 4096 bytes failed", "needed more than 1 GiB of memory")]
#[case::cplusplus(6, "terminate called after throwing an instance of 'std::bad_alloc'", "needed more than 1 GiB of memory")]
#[case::go(6, "fatal error: runtime: cannot allocate memory", "needed more than 1 GiB of memory")]
#[case::killed(9, "", "by the system for want of memory, or for more than 600 s of processor time")]
#[case::driver(11, "", "the driver crashed (signal 11)")]
fn attack_an_end_by_a_signal_names_the_limit(#[case] signal: i32, #[case] stderr: &str, #[case] said: &str) {
    let limits = ReadLimits::default();
    let status = Some(ExitStatus::from_raw(signal));
    let error = Ended { status, stderr, limits: &limits, driver: true }.error();
    assert!(error.message.contains(said), "{}", error.message);
    assert!(error.hint.is_some());
}

#[test]
fn what_ends_without_a_signal_is_told_by_its_code() {
    let limits = ReadLimits::default();
    let ended = Ended { status: Some(ExitStatus::from_raw(101 << 8)), stderr: "thread panicked", limits: &limits, driver: false };
    assert_eq!(ended.error().message, "the reading ended unexpectedly (exit code 101)");
}
