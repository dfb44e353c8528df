//! Probes and metrics.

use super::{Problem, look::view, serve::App};
use axum::{
    extract::State,
    http::{StatusCode, header},
    response::IntoResponse,
};

/// The process answers.
pub(super) async fn live() -> &'static str {
    "alive\n"
}

/// The directory was read at least once, and the state can be read.
pub(super) async fn ready(State(app): State<App>) -> Result<&'static str, Problem> {
    let waits = |why: String| Problem::new(StatusCode::SERVICE_UNAVAILABLE, why).hint("ask again in a moment; the daemon's log says more");
    let (read, unreadable) = {
        let board = app.handle.board.read();
        (board.directory.read_at.is_some(), board.directory.unreadable.clone())
    };
    if !read {
        return Err(waits(unreadable.unwrap_or_else(|| "the directory of definitions has not been read yet".to_owned())));
    }
    view(&app, |_| Ok(())).await.map_err(|problem| waits(problem.detail))?;
    Ok("ready\n")
}

/// In the text format that every scraper reads.
pub(super) async fn metrics(State(app): State<App>) -> impl IntoResponse {
    let text = app.handle.metrics.text(&app.handle.board.read(), &app.handle.engine.hub);
    ([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text)
}
