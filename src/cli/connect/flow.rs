//! The three ways, each from the first word to tokens.

use super::{
    browser::{self, Browser},
    redirect::{self, Redirect},
    say,
    way::Way,
};
use crate::{
    cli::{render, session},
    http::Hub,
    oauth::{App, Authority, SignIn, Tokens},
};
use std::io::{self, BufRead};
use tokio::sync::oneshot;
use url::Url;

/// What opens addresses.
pub struct Helper {
    pub browser: Option<Browser>,
    /// Nobody is there but us.
    pub rehearses: bool,
}

impl Helper {
    /// In a rehearsal nobody but us is there to say yes.
    fn open(&self, address: &Url) {
        match &self.browser {
            _ if self.rehearses => browser::play(address.clone()),
            Some(browser) => browser.open(address),
            None => {}
        }
    }
}

pub async fn signed_in(way: Way, app: &App, helper: &Helper, port: u16) -> Result<Tokens, u8> {
    let authority = Authority::new(app.clone(), &Hub::default());
    match way {
        Way::Device => by_device(&authority, helper).await,
        Way::Paste => by_paste(&authority, app, port).await,
        Way::Redirect { open } => by_redirect(&authority, app, helper, open, port).await,
    }
}

async fn by_redirect(authority: &Authority, app: &App, helper: &Helper, open: bool, port: u16) -> Result<Tokens, u8> {
    let port = if helper.rehearses { 0 } else { port };
    let taken = |error: io::Error| {
        let hint = "--port PORT takes another; register its address with the app too";
        session::fail(&format!("cannot listen on 127.0.0.1:{port} for the browser: {error}"), Some(hint))
    };
    let redirect = Redirect::listen(port).await.map_err(taken)?;
    let sign_in = begin(app, redirect.port().map_err(taken)?)?;
    show(app, &sign_in);
    if open {
        helper.open(sign_in.address());
    } else {
        render::talk("No browser is opened here. If yours is on another machine, stop this (Ctrl-C) and use --paste.");
    }
    let code = redirect.answer(&sign_in).await.map_err(|error| say(&error))?;
    authority.exchange(&code).await.map_err(|error| say(&error))
}

async fn by_paste(authority: &Authority, app: &App, port: u16) -> Result<Tokens, u8> {
    let sign_in = begin(app, port)?;
    show(app, &sign_in);
    render::talk(&format!(
        "Then copy the address that the browser ends at ({}?…; the page itself may not load) and paste it here:",
        sign_in.redirect()
    ));
    let line = pasted().await;
    let back =
        Url::parse(line.trim()).map_err(|_| session::fail("that is not an address", Some("copy it whole, from http:// to its end")))?;
    let code = sign_in.answered(&back).map_err(|error| say(&error))?;
    authority.exchange(&code).await.map_err(|error| say(&error))
}

/// One line of standard input. On a thread of its own: nothing waits for it once the person is not waited for any more.
async fn pasted() -> String {
    let (tell, told) = oneshot::channel();
    std::thread::spawn(move || tell.send(io::stdin().lock().lines().next()));
    told.await.ok().flatten().and_then(Result::ok).unwrap_or_default()
}

async fn by_device(authority: &Authority, helper: &Helper) -> Result<Tokens, u8> {
    let grant = authority.device().await.map_err(|error| say(&error))?;
    render::talk(&format!("On any device, open  {}\nand enter the code   {}", grant.address, grant.user_code));
    if let (true, Some(Ok(complete))) = (helper.rehearses, grant.complete.as_deref().map(Url::parse)) {
        helper.open(&complete);
    }
    authority.granted(&grant).await.map_err(|error| say(&error))
}

fn begin(app: &App, port: u16) -> Result<SignIn, u8> {
    let redirect = Url::parse(&redirect::address(port)).map_err(|error| session::fail(&error.to_string(), None))?;
    Ok(SignIn::begin(app, redirect))
}

fn show(app: &App, sign_in: &SignIn) {
    let (title, address) = (app.vendor().title, sign_in.address());
    render::talk(&format!("To sign in at {title}, say yes on this page within ten minutes:\n\n  {address}\n"));
}
