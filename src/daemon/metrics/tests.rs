//! Metrics as text.

use super::*;
use crate::daemon::{Board, ConnectionView};
use chrono::DateTime;

#[test]
fn what_was_counted_is_written_in_the_prometheus_format() {
    let metrics = Metrics::default();
    let (news, gone) = (Name::new("news").unwrap(), Name::new("gone").unwrap());
    metrics.missed(&news, 2);
    metrics.missed(&gone, 1);
    metrics.forget(&gone);
    metrics.lag(&news, Duration::from_secs(4));
    metrics.reading(ReadingResult::Accepted);
    metrics.reading(ReadingResult::Unchanged);
    metrics.hint("event");
    metrics.refused("wrong");
    let mut board = Board::default();
    board.directory.read_at = DateTime::from_timestamp(1_795_327_200, 0);
    let connection = ConnectionView {
        name: "account".into(),
        display_name: "Account".into(),
        destination: "mailchimp".into(),
        connected: Some(false),
        probed_at: None,
        why: Some("the key was refused".into()),
        sign_in: None,
    };
    board.connections.insert("account".into(), connection);
    let text = metrics.text(&board, &Hub::default());
    insta::assert_snapshot!(text.replace(env!("CARGO_PKG_VERSION"), "VERSION"));
}
