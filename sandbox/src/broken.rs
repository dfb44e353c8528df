//! Answers that end too early.

use axum::{
    body::{Body, Bytes},
    http::{HeaderValue, header},
    response::{IntoResponse as _, Response},
};
use std::time::Duration;

/// The connection is closed after `sent`, of `promised` bytes. With nothing sent, not even
/// the head of the answer leaves.
pub(super) fn broken(sent: Vec<u8>, promised: usize) -> Response {
    let nothing = sent.is_empty();
    let chunks = futures::stream::unfold(if nothing { 2 } else { 0 }, move |step| {
        let sent = sent.clone();
        async move {
            match step {
                0 => Some((Ok(Bytes::from(sent)), 1)),
                1 => {
                    // What was sent reaches the client before the connection ends.
                    tokio::time::sleep(Duration::from_millis(5)).await;
                    Some((Err(std::io::Error::other("cut on purpose")), 3))
                }
                2 => Some((Err(std::io::Error::other("lost on purpose")), 3)),
                _ => None,
            }
        }
    });
    let length = HeaderValue::from(promised.max(1));
    ([(header::CONTENT_LENGTH, length)], Body::from_stream(chunks)).into_response()
}
