//! Where the browser comes back to: this machine, for one answer.

use crate::oauth::{Code, Error, SignIn};
use axum::{
    Router,
    extract::State,
    http::{StatusCode, Uri},
    response::{Html, IntoResponse, Response},
    routing::get,
};
use maud::{DOCTYPE, html};
use std::{io, net::Ipv4Addr, sync::Arc};
use tokio::{net::TcpListener, sync::mpsc};
use tokio_util::sync::CancellationToken;
use url::Url;

const PATH: &str = "/callback";

/// The address to register with an app, for this port.
pub fn address(port: u16) -> String {
    format!("http://{}:{port}{PATH}", Ipv4Addr::LOCALHOST)
}

/// Listening; the browser may come.
pub struct Redirect {
    listener: TcpListener,
}

/// What the page's handler needs.
#[derive(Clone)]
struct Waiting {
    sign_in: Arc<SignIn>,
    tell: mpsc::Sender<Result<Code, Error>>,
}

impl Redirect {
    pub async fn listen(port: u16) -> io::Result<Self> {
        Ok(Self { listener: TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await? })
    }

    pub fn port(&self) -> io::Result<u16> {
        Ok(self.listener.local_addr()?.port())
    }

    /// The first answer to this sign-in; whatever else comes is turned away, and waited past.
    pub async fn answer(self, sign_in: &SignIn) -> Result<Code, Error> {
        let (tell, mut told) = mpsc::channel(1);
        let router = Router::new().route(PATH, get(page)).with_state(Waiting { sign_in: Arc::new(sign_in.clone()), tell });
        let stop = CancellationToken::new();
        let service = axum::serve(self.listener, router).with_graceful_shutdown(stop.clone().cancelled_owned());
        let serving = tokio::spawn(service.into_future());
        let answer = told.recv().await;
        // The browser gets its page first.
        stop.cancel();
        let _ = tokio::time::timeout(std::time::Duration::from_secs(2), serving).await;
        answer.unwrap_or_else(|| Err(Error::stall("nobody listens for the browser any more")))
    }
}

async fn page(State(waiting): State<Waiting>, uri: Uri) -> Response {
    let mut back: Url = waiting.sign_in.redirect().clone();
    back.set_query(uri.query());
    if !waiting.sign_in.is_answered_by(&back) {
        return (StatusCode::BAD_REQUEST, shown("This is not an answer to the sign-in that is waiting.")).into_response();
    }
    let answer = waiting.sign_in.answered(&back);
    let text = match &answer {
        Ok(_) => "Listkeeper has the answer. You can close this page: the terminal says the rest.".to_owned(),
        Err(error) => format!("Not signed in: {error}. The terminal says what to do."),
    };
    // A second answer comes too late.
    let _ = waiting.tell.try_send(answer);
    shown(&text).into_response()
}

fn shown(text: &str) -> Html<String> {
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                title { "Listkeeper" }
                style { "body{font:1.1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:18vh auto;padding:0 1.5rem}:root{color-scheme:light dark}" }
            }
            body { h1 { "Listkeeper" } p { (text) } }
        }
    };
    Html(page.into_string())
}
