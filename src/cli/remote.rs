//! Speaking with a daemon: the one at work on a state directory, by the socket in it, or one at an address that was given.
//!
//! A token goes over TCP only where the caller named the address, and encrypted, or to this machine: after a daemon died,
//! anyone here could listen on its port.

use super::{Globals, exit, render, session};
use crate::{
    plan::words::plain,
    run,
    server::{Endpoint, Problem, SocketPath, TokenRef, api::USER_HEADER},
};
use reqwest::{Certificate, ClientBuilder, Method, RequestBuilder, Response, StatusCode};
use secrecy::{ExposeSecret, SecretString};
use serde::{Serialize, de::DeserializeOwned};
use std::{net::IpAddr, path::PathBuf, time::Duration};
use url::{Host, Url};

/// Longest that finding out whether a daemon is there takes.
const FIND: Duration = Duration::from_secs(5);

/// A daemon's API token, where one is needed.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct Access {
    /// Where the API token is: env:NAME, file:PATH or credential:NAME. The user who runs the daemon needs none on its machine
    #[arg(long, value_name = "REF")]
    pub api_token: Option<TokenRef>,
}

/// A daemon at an address.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct Elsewhere {
    /// Ask the daemon at this address, with --api-token, instead of the one at work on the state
    #[arg(long, value_name = "URL", requires = "api_token")]
    pub server: Option<String>,
    #[command(flatten)]
    pub tls: Tls,
}

/// Whom TLS believes.
#[derive(clap::Args, Clone, Debug, Default)]
pub struct Tls {
    /// A certificate authority to believe besides the system's, PEM, for --server https://…
    #[arg(long, value_name = "FILE", requires = "server")]
    pub tls_ca: Option<PathBuf>,
}

/// A daemon that answers.
pub struct Remote {
    http: reqwest::Client,
    address: String,
    token: Option<SecretString>,
    /// Whom the caller says it is, where the daemon cannot know.
    remark: Option<String>,
    /// Keeps the socket's name while it is used.
    _socket: Option<SocketPath>,
}

impl Remote {
    /// The daemon at work on the state, by its socket. `None`: there is none.
    pub async fn find(globals: &Globals, sandbox: bool, access: &Access) -> Result<Option<Self>, u8> {
        let state = session::state_dir(globals, sandbox)?;
        if Endpoint::find(&state).is_none() {
            return Ok(None);
        }
        let Some(socket) = SocketPath::of(&state).ok().filter(SocketPath::is_trusted) else { return Ok(None) };
        let token = access.api_token.as_ref().map(read).transpose()?;
        let http = built(client().unix_socket(socket.path()))?;
        let remote = Self { http, address: "http://localhost".to_owned(), token, remark: None, _socket: Some(socket) };
        // Something else may hold the state, after a daemon that was killed.
        let alive = remote.request(Method::GET, "/livez").timeout(FIND).send().await;
        Ok(alive.is_ok().then_some(remote))
    }

    /// The daemon at the address given, else as [`Remote::need`].
    pub async fn reach(globals: &Globals, sandbox: bool, elsewhere: &Elsewhere, access: &Access, instead: &str) -> Result<Self, u8> {
        match &elsewhere.server {
            Some(address) => Self::at(address, &elsewhere.tls, access),
            None => Self::need(globals, sandbox, access, instead).await,
        }
    }

    /// As [`Remote::find`]; says that there must be one, and what to do.
    pub async fn need(globals: &Globals, sandbox: bool, access: &Access, instead: &str) -> Result<Self, u8> {
        let flag = if sandbox { " --sandbox" } else { "" };
        Self::find(globals, sandbox, access).await?.ok_or_else(|| {
            let hint = format!("`listkeeper run DIR{flag}` starts one; {instead}");
            session::fail("no daemon runs on this state", Some(&hint))
        })
    }

    /// One elsewhere.
    pub fn at(address: &str, tls: &Tls, access: &Access) -> Result<Self, u8> {
        let hint = "--api-token env:NAME, file:PATH or credential:NAME says where its token is";
        let Some(reference) = &access.api_token else {
            return Err(session::fail("a daemon elsewhere answers those who have a token of it", Some(hint)));
        };
        let url = safe(address).map_err(|(message, hint)| session::fail(&message, Some(hint)))?;
        if url.scheme() == "http" {
            let warning = format!("warning: any user of this machine could listen on {url} and take the token");
            render::talk(&format!("{warning}; on the daemon's own machine leave --server out"));
        }
        let token = Some(read(reference)?);
        let http = built(believing(client(), tls)?)?;
        Ok(Self { http, address: address.trim_end_matches('/').to_owned(), token, remark: Some(header_text(&run::user())), _socket: None })
    }

    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T, u8> {
        self.answer(self.request(Method::GET, path)).await
    }

    pub async fn post<T: DeserializeOwned>(&self, path: &str) -> Result<T, u8> {
        self.answer(self.request(Method::POST, path)).await
    }

    pub async fn send<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, u8> {
        self.answer(self.request(Method::POST, path).json(body)).await
    }

    pub async fn put<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T, u8> {
        self.answer(self.request(Method::PUT, path).json(body)).await
    }

    pub async fn delete<T: DeserializeOwned>(&self, path: &str) -> Result<T, u8> {
        self.answer(self.request(Method::DELETE, path)).await
    }

    fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.http.request(method, format!("{}{path}", self.address));
        let request = self.remark.iter().fold(request, |request, remark| request.header(USER_HEADER, remark));
        match &self.token {
            Some(token) => request.bearer_auth(token.expose_secret()),
            None => request,
        }
    }

    async fn answer<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T, u8> {
        let response = request.send().await.map_err(|error| self.lost(&error))?;
        if !response.status().is_success() {
            return Err(refused(response).await);
        }
        response.json().await.map_err(|error| self.lost(&error))
    }

    fn lost(&self, error: &reqwest::Error) -> u8 {
        let what = if error.is_connect() { "cannot be reached" } else { "did not answer as a daemon does" };
        let mut cause: &dyn std::error::Error = error;
        while let Some(inner) = cause.source() {
            cause = inner;
        }
        session::fail(&format!("the daemon at {} {what}: {cause}", self.address), Some("its log says more; is it still running?"))
    }
}

fn read(reference: &TokenRef) -> Result<SecretString, u8> {
    reference.read().map_err(|error| session::fail(&error.message, Some(&error.hint)))
}

/// An address to which a token may be sent: over TLS, or to this machine.
fn safe(address: &str) -> Result<Url, (String, &'static str)> {
    const FORM: &str = "write https://lists.example.com";
    let url = Url::parse(address).map_err(|_| ("--server is not an address".to_owned(), FORM))?;
    let loopback = match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => IpAddr::V6(ip).to_canonical().is_loopback(),
        Some(Host::Domain(name)) => name.eq_ignore_ascii_case("localhost"),
        None => return Err((format!("{address} names no host"), FORM)),
    };
    if !url.username().is_empty() || url.password().is_some() {
        return Err(("--server holds a user or a password".to_owned(), "leave it out; --api-token says where the token is"));
    }
    match url.scheme() {
        "https" => Ok(url),
        "http" if loopback => Ok(url),
        "http" => Err((
            format!("the token would go to {url} without encryption, for everyone on the way to read"),
            "give the daemon --tls-cert and --tls-key and write https://; --tls-ca names an authority of your own",
        )),
        _ => Err((format!("{address} is not an address of a daemon"), FORM)),
    }
}

fn believing(client: ClientBuilder, tls: &Tls) -> Result<ClientBuilder, u8> {
    let Some(path) = &tls.tls_ca else { return Ok(client) };
    let bad = |why: String| session::fail(&format!("--tls-ca {}: {why}", path.display()), Some("name a certificate as PEM"));
    let pem = std::fs::read(path).map_err(|error| bad(error.to_string()))?;
    let certificates = Certificate::from_pem_bundle(&pem).map_err(|error| bad(error.to_string()))?;
    if certificates.is_empty() {
        return Err(bad("no certificate is in it".to_owned()));
    }
    Ok(client.tls_certs_merge(certificates))
}

/// Says what the daemon said; gives the exit code.
async fn refused(response: Response) -> u8 {
    let status = response.status();
    let text = response.text().await.unwrap_or_default();
    let Ok(problem) = serde_json::from_str::<Problem>(&text) else {
        return session::fail(&format!("the answer was {status}, and no daemon's"), Some("is the address that of a listkeeper daemon?"));
    };
    for one in &problem.diagnostics {
        let place = [Some(one.file.clone()), one.line.map(|n| n.to_string()), one.column.map(|n| n.to_string())];
        let place = place.into_iter().flatten().collect::<Vec<_>>().join(":");
        render::talk(&format!("{}: {}: {}", one.severity, plain(&place), plain(&one.message)));
        one.hint.iter().for_each(|hint| render::talk(&format!("  hint: {}", plain(hint))));
    }
    let code = session::fail(&problem.detail, problem.hint.as_deref().filter(|_| problem.diagnostics.is_empty()));
    if status == StatusCode::UNPROCESSABLE_ENTITY && !problem.diagnostics.is_empty() { exit::INVALID } else { code }
}

/// What the header may hold.
fn header_text(user: &str) -> String {
    let text: String = user.chars().filter(char::is_ascii_graphic).take(64).collect();
    if text.is_empty() { "unknown".to_owned() } else { text }
}

/// Straight, never through a proxy, never to where an answer sends it; a wait for a run has no end of its own.
fn client() -> ClientBuilder {
    reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).connect_timeout(FIND)
}

fn built(client: ClientBuilder) -> Result<reqwest::Client, u8> {
    client.build().map_err(|error| session::fail(&format!("no client can be made: {error}"), None))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{cli::LogFormat, server::api, server::tests::world::World};
    use rstest::rstest;
    use std::path::Path;

    fn globals(world: &Path) -> Globals {
        Globals { state: Some(world.join("state")), log_format: LogFormat::Text }
    }

    async fn find(world: &World) -> Option<Remote> {
        Remote::find(&globals(world.dir.path()), false, &Access::default()).await.unwrap()
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_daemon_is_found_by_its_state_and_asked_with_its_token() {
        let world = World::new().await;
        let remote = find(&world).await.unwrap();
        let exports: api::Exports = remote.get("/v1/exports").await.unwrap();
        assert_eq!(exports.exports.len(), 2);
        let queued: api::Triggered = remote.post("/v1/exports/news/runs").await.unwrap();
        assert!(!queued.already);
        assert_eq!(remote.post::<api::Triggered>("/v1/exports/nobody/runs").await.unwrap_err(), exit::FAILED);
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn an_address_that_a_killed_daemon_left_is_no_daemon() {
        let world = World::new().await;
        let file = world.dir.path().join("state/daemon.json");
        let left = std::fs::read(&file).unwrap();
        let World { server, dir, http: _http, .. } = world;
        server.shutdown().await;
        let access = Access::default();
        assert!(Remote::find(&globals(dir.path()), false, &access).await.unwrap().is_none());
        // The state is still held, by somebody who does not listen there.
        std::fs::write(&file, left).unwrap();
        assert!(Remote::find(&globals(dir.path()), false, &access).await.unwrap().is_none());
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn definitions_that_the_daemon_calls_invalid_are_invalid_here() {
        let world = World::new().await;
        let text = "apiVersion: listkeeper/v1\nkind: Exprot\n".to_owned();
        let files = vec![api::ProposedFile { path: "a/b.yaml".into(), text }];
        let proposal = api::Proposal { files, exports: Vec::new(), folders: Vec::new(), members: false };
        let code = find(&world).await.unwrap().send::<api::Planned>("/v1/plan", &proposal).await.unwrap_err();
        assert_eq!(code, exit::INVALID);
    }

    mod tokens {
        use super::*;

        #[rstest]
        #[case("https://lists.example.com", true)]
        #[case("https://lists.example.com:8485/", true)]
        #[case("http://127.0.0.1:8485", true)]
        #[case("http://localhost:8485", true)]
        #[case("http://[::1]:8485", true)]
        #[case("http://lists.example.com", false)]
        #[case("http://127.0.0.1.example.com", false)]
        #[case("http://192.0.2.7:8485", false)]
        #[case("http://0.0.0.0:8485", false)]
        #[case("https://dana:secret@lists.example.com", false)]
        #[case("ftp://127.0.0.1", false)]
        #[case("lists.example.com", false)]
        fn attack_a_token_goes_over_no_network_in_the_clear(#[case] address: &str, #[case] good: bool) {
            assert_eq!(safe(address).is_ok(), good);
        }
    }

    #[rstest]
    #[case("dana", "dana")]
    #[case("da na\n", "dana")]
    #[case("é", "unknown")]
    fn a_users_name_fits_a_header(#[case] user: &str, #[case] expected: &str) {
        assert_eq!(header_text(user), expected);
    }
}
