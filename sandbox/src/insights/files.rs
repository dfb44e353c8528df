//! Signed files: CSV for whoever has the address, with no token. A table is cut into several; a segment's may begin with a row
//! of column names, the others' never do.

use super::{
    Insights,
    api::CUSTOMER,
    store::{Row, Table, Walk},
};
use crate::{
    Error, Fault,
    vendor::{About, Ask, Held, Reply, Vendor},
};
use axum::http::{HeaderValue, header};
use std::{collections::BTreeMap, ops::ControlFlow, sync::Arc};

pub(super) const NAME: &str = "customer-insights-files";
pub(super) const BASE: &str = "/ci/files";
/// What has to be sent with each request, as the API says.
pub(super) const VERSION: &str = "2019-02-02";
/// A signature's life.
const LIFE_MS: i64 = 3_600_000;

#[derive(Debug)]
pub(super) struct Files(pub Arc<Insights>);

/// Signs paths for a time.
#[derive(Debug)]
pub(super) struct Signer([u8; 32]);

impl Default for Signer {
    fn default() -> Self {
        let (one, other) = (uuid::Uuid::new_v4(), uuid::Uuid::new_v4());
        Self(blake3::derive_key("listkeeper sandbox signed files", &[one.into_bytes(), other.into_bytes()].concat()))
    }
}

impl Signer {
    fn sign(&self, path: &str, dies_ms: i64) -> String {
        blake3::keyed_hash(&self.0, format!("{path}\n{dies_ms}").as_bytes()).to_hex().to_string()
    }
}

impl Vendor for Files {
    fn about(&self) -> About {
        About {
            name: NAME,
            title: "Customer Insights' files",
            base: BASE,
            route: |path| named(path).map_or("(unknown)", |_| "/{entity}/{part}.csv"),
        }
    }

    fn answer(&self, ask: &Ask) -> Reply {
        let mut reply = self.reply(ask);
        if ask.headers.contains_key(header::AUTHORIZATION) {
            reply.violations.push("a token was sent to an address that is signed: it is nobody's business there".to_owned());
        }
        reply
    }

    fn refuse(&self, fault: Fault) -> Reply {
        match fault {
            Fault::TooManyRequests => problem(503, "ServerBusy"),
            Fault::Forbidden => problem(403, "AuthorizationFailure"),
            _ => problem(500, "InternalError"),
        }
    }

    fn containers(&self) -> Result<Vec<Held>, Error> {
        Ok(Vec::new())
    }
}

impl Files {
    fn reply(&self, ask: &Ask) -> Reply {
        let Some((entity, part)) = named(&ask.path).filter(|_| ask.method == "GET") else {
            return wrong(404, "ResourceNotFound", "there is no such file");
        };
        let query: BTreeMap<_, _> = url::form_urlencoded::parse(ask.query.as_bytes()).into_owned().collect();
        let dies_ms = query.get("se").and_then(|se| se.parse().ok()).unwrap_or(0);
        let signed = query.get("sig").is_some_and(|sig| *sig == self.0.signer.sign(&ask.path, dies_ms));
        if !signed || dies_ms <= self.0.now_ms() {
            return problem(403, "AuthenticationFailed");
        }
        if ask.headers.get("x-ms-version").is_none_or(|version| version != VERSION) {
            return wrong(400, "MissingRequiredHeader", "the headers that came with the address have to be sent");
        }
        self.0.file(entity, part).unwrap_or_else(|error| {
            tracing::error!(%error, "the sandbox's Customer Insights cannot read what it keeps");
            problem(500, "InternalError")
        })
    }
}

impl Insights {
    /// The addresses of a table's files.
    pub(super) fn signed(&self, entity: &str) -> rusqlite::Result<Vec<String>> {
        let (dies_ms, (_, parts)) = (self.now_ms() + LIFE_MS, self.parts()?);
        let uri = |part: i64| {
            let path = format!("/{entity}/{part}.csv");
            format!("{}{BASE}{path}?sv={VERSION}&se={dies_ms}&sig={}", self.origin, self.signer.sign(&path, dies_ms))
        };
        Ok((0..parts).map(uri).collect())
    }

    /// Rows of one file, and how many files a table has: more than one.
    fn parts(&self) -> rusqlite::Result<(i64, i64)> {
        let (greatest, most) = (self.store().extent()?.0, self.settings().partition_rows);
        let rows = most.min((greatest + 1) / 2).max(1);
        Ok((rows, (greatest + rows - 1) / rows))
    }

    fn file(&self, entity: &str, part: i64) -> rusqlite::Result<Reply> {
        let ((rows, _), headers) = (self.parts()?, self.settings().headers);
        let table = if entity == CUSTOMER { Table::People } else { Table::Memberships };
        let walk = Walk { after: part * rows, until: (part + 1) * rows, ..Walk::all(table) };
        let store = self.store();
        let mut csv = csv::WriterBuilder::new().quote_style(csv::QuoteStyle::Always).from_writer(Vec::new());
        // Writing to memory cannot fail.
        if table == Table::Memberships && headers.has(part) {
            let _ = csv.write_record(store.columns().iter().map(|column| column.name.as_str()));
        }
        let mut write = |row: Row<'_>| drop(csv.write_record(row.text.split(super::store::BETWEEN)));
        if table == Table::People {
            store.walk(walk, |row| {
                write(row);
                ControlFlow::Continue(())
            })?;
        } else {
            store.members(walk, entity, write)?;
        }
        let kind = (header::CONTENT_TYPE, HeaderValue::from_static("text/csv"));
        Ok(Reply { headers: vec![kind], body: csv.into_inner().unwrap_or_default(), ..Reply::bare(200) })
    }
}

fn named(path: &str) -> Option<(&str, i64)> {
    let (entity, file) = path.strip_prefix('/')?.split_once('/')?;
    Some((entity, file.strip_suffix(".csv")?.parse().ok()?))
}

/// As Azure's storage says no.
fn problem(status: u16, code: &str) -> Reply {
    let kind = (header::CONTENT_TYPE, HeaderValue::from_static("application/xml"));
    let body = format!("<?xml version=\"1.0\" encoding=\"utf-8\"?><Error><Code>{code}</Code></Error>");
    Reply { headers: vec![kind], body: body.into_bytes(), ..Reply::bare(status) }
}

fn wrong(status: u16, code: &str, what: &str) -> Reply {
    Reply { violations: vec![what.to_owned()], ..problem(status, code) }
}
