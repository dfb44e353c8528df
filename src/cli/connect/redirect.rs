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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::oauth::tests::constant_contact;

    /// A sign-in that waits for its browser, and what one asks it with.
    async fn waiting() -> (tokio::task::JoinHandle<Result<Code, Error>>, impl AsyncFn(&str) -> (u16, String)) {
        let redirect = Redirect::listen(0).await.unwrap();
        let back = address(redirect.port().unwrap());
        let sign_in = SignIn::begin(&constant_contact(), back.parse().unwrap());
        let state = sign_in.address().query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
        let answer = tokio::spawn(async move { redirect.answer(&sign_in).await });
        let ask = async move |query: &str| {
            let client = reqwest::Client::builder().no_proxy().build().unwrap();
            let page = client.get(format!("{back}?{}", query.replace("STATE", &state))).send().await.unwrap();
            (page.status().as_u16(), page.text().await.unwrap())
        };
        (answer, ask)
    }

    #[tokio::test]
    async fn whatever_is_no_answer_is_turned_away_and_waited_past() {
        let (answer, ask) = waiting().await;
        for query in ["code=c&state=other", "code=c", "error=access_denied&state=other", ""] {
            assert_eq!(ask(query).await.0, 400, "{query}");
        }
        let (status, page) = ask("code=c0de&state=STATE").await;
        assert!(status == 200 && page.contains("the terminal says the rest"), "{page}");
        assert!(!page.contains("c0de"));
        answer.await.unwrap().unwrap();
    }

    #[tokio::test]
    async fn a_no_is_shown_as_text_and_ends_it() {
        let (answer, ask) = waiting().await;
        let (_, page) = ask("error=access_denied&error_description=%3Cb%3Eno%3C/b%3E&state=STATE").await;
        assert!(page.contains("&lt;b&gt;no"), "{page}");
        assert!(answer.await.unwrap().unwrap_err().message.contains("was told no"));
    }
}
