//! A bucket at one of the servers, a directory of definitions, and what a segment of it gives.

use listkeeper::{
    definition::{self, Members},
    source::{self, Access, Cell, Reader, SourceError, SqlLimits},
};
use object_store::{ObjectStore, ObjectStoreExt, PutPayload, aws::AmazonS3Builder, azure::MicrosoftAzureBuilder, path::Path};
use std::{
    fs,
    io::Write,
    path::PathBuf,
    sync::{Arc, OnceLock, atomic::AtomicBool},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    S3,
    Azure,
    /// An S3 that lets everybody in.
    Open,
    /// An S3 that may be killed.
    Victim,
}

pub struct World {
    pub at: At,
    pub dir: tempfile::TempDir,
    /// Of this test's objects.
    pub prefix: String,
    pub cancel: Arc<AtomicBool>,
    store: Box<dyn ObjectStore>,
}

impl At {
    pub fn endpoint(self) -> Option<String> {
        variable(match self {
            Self::S3 => "OBJECT_STORAGE_S3",
            Self::Azure => "OBJECT_STORAGE_AZURE",
            Self::Open => "OBJECT_STORAGE_OPEN",
            Self::Victim => "OBJECT_STORAGE_VICTIM",
        })
    }
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

fn runtime() -> &'static tokio::runtime::Runtime {
    static RUNTIME: OnceLock<tokio::runtime::Runtime> = OnceLock::new();
    RUNTIME.get_or_init(|| tokio::runtime::Runtime::new().unwrap())
}

impl World {
    /// `None`, and a word that is not swallowed, where there are no servers.
    pub fn new(at: At, test: &str) -> Option<Self> {
        let Some(endpoint) = at.endpoint() else {
            let _ = writeln!(std::io::stderr(), "SKIPPED: {test} at {at:?}; tests/object_storage/run starts the servers it needs");
            return None;
        };
        let dir = tempfile::tempdir().unwrap();
        let key = variable("OBJECT_STORAGE_S3_KEY").unwrap();
        let (id, secret) = if matches!(at, At::Open | At::Victim) { ("any", "any") } else { key.split_once(':').unwrap() };
        let azure_key = variable("OBJECT_STORAGE_AZURE_KEY").unwrap();
        for (name, text) in [("id", id), ("secret", secret), ("azure", &azure_key)] {
            fs::write(dir.path().join(name), text).unwrap();
        }
        let store: Box<dyn ObjectStore> = if at == At::Azure {
            let builder = MicrosoftAzureBuilder::new().with_endpoint(endpoint).with_allow_http(true).with_account("lists");
            Box::new(builder.with_access_key(azure_key).with_container_name("lists").build().unwrap())
        } else {
            let builder = AmazonS3Builder::new().with_endpoint(endpoint).with_allow_http(true).with_bucket_name("lists");
            Box::new(builder.with_access_key_id(id).with_secret_access_key(secret).build().unwrap())
        };
        Some(Self { at, dir, prefix: format!("{test}-{}", uuid::Uuid::new_v4()), cancel: Arc::default(), store })
    }

    pub fn put(&self, key: &str, content: impl Into<PutPayload>) {
        let path = Path::parse(format!("{}/{key}", self.prefix)).unwrap();
        runtime().block_on(self.store.put(&path, content.into())).unwrap();
    }

    pub fn delete(&self, key: &str) {
        let path = Path::parse(format!("{}/{key}", self.prefix)).unwrap();
        runtime().block_on(self.store.delete(&path)).unwrap();
    }

    /// The same content as a local file, and as an object.
    pub fn both(&self, key: &str, content: Vec<u8>) {
        let path = self.path(key);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, &content).unwrap();
        self.put(key, content);
    }

    pub fn path(&self, key: &str) -> PathBuf {
        self.dir.path().join("local").join(key)
    }

    pub fn address(&self, key: &str) -> String {
        let scheme = if self.at == At::Azure { "az" } else { "s3" };
        format!("{scheme}://lists/{}/{key}", self.prefix)
    }

    /// `storage`, with the right credentials.
    pub fn storage(&self) -> String {
        match self.at {
            At::Azure => self.azure("accountKey: {file: azure}"),
            _ => self.s3("accessKeyId: {file: id}, secretAccessKey: {file: secret}"),
        }
    }

    pub fn s3(&self, credentials: &str) -> String {
        format!("storage: {{endpoint: '{}', credentials: {{{credentials}}}}}", self.at.endpoint().unwrap())
    }

    pub fn azure(&self, credentials: &str) -> String {
        format!("storage: {{endpoint: '{}', account: lists, credentials: {{{credentials}}}}}", self.at.endpoint().unwrap())
    }

    /// A reader of `query` over a source of these lines.
    pub fn reader(&self, source: &str, query: &str) -> Box<dyn Reader> {
        let text = format!(
            "apiVersion: listkeeper/v1\nkind: Source\nname: lake\n{source}\n---\n\
             apiVersion: listkeeper/v1\nkind: Segment\nname: all\nsource: lake\nquery: {query}\n"
        );
        fs::write(self.dir.path().join("all.yaml"), text).unwrap();
        let catalog = definition::read(self.dir.path());
        assert!(!catalog.has_errors(), "{:?}", catalog.diagnostics);
        let Members::Rows(rows) = &catalog.segments.values().next().unwrap().of else { panic!("not rows") };
        source::open(rows, &Access::local(SqlLimits::default(), Arc::clone(&self.cancel))).unwrap()
    }

    /// A reader of `SELECT * FROM t`, of files in the bucket.
    pub fn files(&self, key: &str) -> Box<dyn Reader> {
        let source = format!("type: files\ntables: {{t: '{}'}}\n{}", self.address(key), self.storage());
        self.reader(&source, "SELECT * FROM t")
    }

    /// The error of these `storage` lines.
    pub fn refused(&self, address: &str, storage: &str) -> SourceError {
        let source = format!("type: files\ntables: {{t: '{address}'}}\n{storage}");
        rows(&mut *self.reader(&source, "SELECT * FROM t")).unwrap_err()
    }
}

/// Every row, cells by `|`.
pub fn rows(reader: &mut dyn Reader) -> Result<Vec<String>, SourceError> {
    let columns = reader.columns()?;
    let columns = columns.iter().map(String::as_str).collect::<Vec<_>>();
    let mut rows = Vec::new();
    reader.read(&columns, &mut |batch| {
        rows.extend((0..batch.len()).map(|row| {
            let cells = (0..columns.len()).map(|column| match batch.cell(row, column) {
                Cell::Null => String::new(),
                Cell::Integer(value) => value.to_string(),
                Cell::Real(value) => value.to_string(),
                Cell::Text(text) => text.to_owned(),
            });
            cells.collect::<Vec<_>>().join("|")
        }));
        Ok(())
    })?;
    Ok(rows)
}

/// What a reading gives in which `happens` once the first rows are there.
pub fn meanwhile(reader: &mut dyn Reader, happens: impl FnOnce()) -> Result<u64, SourceError> {
    let mut happens = Some(happens);
    let report = reader.read(&["Id"], &mut |_| {
        if let Some(happens) = happens.take() {
            happens();
        }
        Ok(())
    });
    report.map(|report| report.rows)
}
