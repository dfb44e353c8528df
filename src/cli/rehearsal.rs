//! `--sandbox`: the same definitions, with every platform and Customer Insights emulated on this machine.

use super::session;
use crate::{
    definition::{
        Connection, Credentials, Dataverse, EntraApp, Export, InsightsApi, PlaceRef, Secret, Segment, Selection, Source, SourceKind,
    },
    http::neighbour,
    state::StateDir,
};
use listkeeper_sandbox::{Options, Sandbox, Stage};
use std::sync::Arc;
use url::Url;

/// The platforms live ten times as fast as real ones, with rates and delays to match.
pub const SPEED: u32 = 10;

/// How every sandbox of ours starts: it is for this user alone.
pub fn options() -> Options {
    Options { is_anothers: Some(neighbour::is_anothers), ..Options::default() }
}

/// A sandbox that everything is sent to: this process's own, or the one that another process runs on the same state.
pub struct Rehearsal(Stage);

impl Rehearsal {
    pub async fn open(state: &StateDir) -> Result<Self, u8> {
        let stage = Stage::open(state.path(), Options { speed: SPEED, ..options() }).await;
        stage.map(Self).map_err(|error| session::fail(&format!("the sandbox cannot start: {error}"), None))
    }

    /// The same export, from the sandbox's Customer Insights where it is from there, and sent to the sandbox.
    pub fn export(&self, export: &Export) -> Export {
        let mut connection = Connection::clone(&export.connection);
        let platform = connection.kind.as_str();
        connection.endpoint = self.0.endpoint(platform);
        connection.credentials = Credentials::ApiKey(plain(Sandbox::API_KEY));
        let audience = &export.target.audience;
        let place = if let PlaceRef::Id(id) = audience.place() { Some(id) } else { None };
        for id in place.into_iter().chain(audience.container_id()) {
            let _ = self.0.ensure(platform, id);
        }
        let here = |segment: &Arc<Segment>| Arc::new(self.segment(segment, &export.columns()));
        let (segments, suppress) = (export.segments.iter().map(here).collect(), export.suppress.iter().map(here).collect());
        Export { connection: Arc::new(connection), segments, suppress, ..export.clone() }
    }

    /// The same segment, of the sandbox's sources, which have it and the columns that are asked of it.
    fn segment(&self, segment: &Segment, columns: &[&str]) -> Segment {
        for rows in segment.rows() {
            if let Selection::Table(name) = &rows.select {
                self.ensure_segment(&rows.source, name, columns);
            }
        }
        segment.with_sources(&|source| self.source(source))
    }

    fn ensure_segment(&self, source: &Source, name: &str, columns: &[&str]) {
        if matches!(source.kind, SourceKind::Dataverse(_) | SourceKind::InsightsApi(_)) {
            let _ = self.0.ensure_segment(name, columns);
        }
    }

    /// The same source in the sandbox, if it is Customer Insights over the network; files, folders and databases are read as they
    /// are.
    fn source(&self, source: &Source) -> Source {
        let kind = match &source.kind {
            SourceKind::Dataverse(_) => SourceKind::Dataverse(Dataverse { url: self.0.dataverse(), app: self.app() }),
            SourceKind::InsightsApi(api) => SourceKind::InsightsApi(InsightsApi {
                url: self.0.insights_api(),
                instance: Sandbox::INSTANCE.to_owned(),
                app: self.app(),
                subscription_key: plain(Sandbox::API_KEY),
                members: api.members,
            }),
            other => other.clone(),
        };
        Source { kind, ..source.clone() }
    }

    /// The app that may read the sandbox's Customer Insights.
    fn app(&self) -> EntraApp {
        let secret = plain(Sandbox::API_KEY);
        EntraApp {
            tenant: plain(Sandbox::TENANT),
            client_id: plain(Sandbox::CLIENT_ID),
            client_secret: secret,
            authority: Some(self.0.entra()),
        }
    }

    /// The same connection, whose authorization server and API are the sandbox's.
    pub fn connection(&self, connection: &Connection) -> Arc<Connection> {
        let mut rehearsed = connection.clone();
        let platform = connection.kind.as_str();
        rehearsed.endpoint = self.0.endpoint(platform);
        match &mut rehearsed.credentials {
            Credentials::ApiKey(key) => *key = plain(Sandbox::API_KEY),
            Credentials::OAuth(app) => {
                app.endpoint = self.0.endpoint(&format!("oauth-{platform}"));
                (app.client_id, app.client_secret) = (plain("sandbox-app"), app.client_secret.as_ref().map(|_| plain("sandbox-secret")));
            }
        }
        Arc::new(rehearsed)
    }

    /// Shows what was received.
    pub fn page(&self) -> Url {
        self.0.page()
    }

    pub async fn shutdown(self) {
        self.0.shutdown().await;
    }
}

fn plain(text: &str) -> Secret {
    Secret::Plain(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definition::{Files, MembersBy, Name};

    fn source(kind: SourceKind) -> Source {
        Source { name: Name::new("insights").unwrap(), kind, export_user: None }
    }

    fn there(text: &str) -> (Url, EntraApp) {
        let secret = || Secret::Env("NONE".to_owned());
        (text.parse().unwrap(), EntraApp { tenant: secret(), client_id: secret(), client_secret: secret(), authority: None })
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn a_source_over_the_network_is_the_sandboxs_own() {
        let dir = tempfile::tempdir().unwrap();
        let rehearsal = Rehearsal(Stage::open(dir.path(), Options::default()).await.unwrap());
        let (url, app) = there("https://contoso.crm4.dynamics.com");
        let dataverse = source(SourceKind::Dataverse(Dataverse { url: url.clone(), app: app.clone() }));
        let key = app.client_secret.clone();
        let members = MembersBy::Pages;
        let api = source(SourceKind::InsightsApi(InsightsApi { url, instance: "i".into(), app, subscription_key: key, members }));
        let page = rehearsal.0.page();
        let SourceKind::Dataverse(there) = rehearsal.source(&dataverse).kind else { panic!("another kind") };
        assert_eq!((there.url.as_str(), there.app.authority), (&*format!("{page}dataverse"), Some(page.join("entra").unwrap())));
        let SourceKind::InsightsApi(there) = rehearsal.source(&api).kind else { panic!("another kind") };
        assert_eq!((there.url.as_str(), &*there.instance, there.members), (&*format!("{page}ci/v1"), Sandbox::INSTANCE, members));
        assert_eq!(there.app.client_secret, Secret::Plain(Sandbox::API_KEY.to_owned()));
        let folder = source(SourceKind::Files(Files::default()));
        assert!(matches!(rehearsal.source(&folder).kind, SourceKind::Files(_)), "files are read as they are");
        for (source, segments) in [(&folder, 0), (&api, 1), (&dataverse, 1)] {
            rehearsal.ensure_segment(source, "Gold", &["EMail", "msdynci_loyalty"]);
            let Stage::Own(own) = &rehearsal.0 else { panic!("another's") };
            assert_eq!(own.observed("customer-insights").unwrap()["segments"].as_array().unwrap().len(), segments);
        }
        rehearsal.shutdown().await;
    }

    /// Needs root, to be another user.
    #[tokio::test(flavor = "multi_thread")]
    async fn attack_server_another_user_of_the_machine_asks_the_sandbox() {
        use std::os::unix::process::CommandExt as _;
        if !rustix::process::geteuid().is_root() {
            return;
        }
        let dir = tempfile::tempdir().unwrap();
        let sandbox = Sandbox::start(dir.path(), options()).await.unwrap();
        let port = sandbox.page().port().unwrap();
        let ask = |uid: u32, path: &str| {
            let request =
                format!("GET {path} HTTP/1.1\\r\\nHost: localhost\\r\\nAuthorization: Bearer any-us0\\r\\nConnection: close\\r\\n\\r\\n");
            let script = format!("exec 3<>/dev/tcp/127.0.0.1/{port}; printf '{request}' >&3; cat <&3");
            let output = std::process::Command::new("bash").args(["-c", &script]).uid(uid).gid(uid).output().unwrap();
            String::from_utf8_lossy(&output.stdout).into_owned()
        };
        for path in ["/", "/mailchimp/3.0/lists/cdp/members", "/_sandbox/log", "/dataverse"] {
            assert_eq!(ask(65_534, path), "", "{path}");
            assert!(ask(0, path).starts_with("HTTP/1.1 "), "{path}: its own user is answered");
        }
        sandbox.shutdown().await;
    }
}
