//! How engines differ: quoting, and how each is told to read only. Known by the driver's name.

use std::collections::BTreeMap;

/// What is known of an engine; for one that is not known, the SQL standard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Engine {
    /// What a name is quoted with.
    pub quote: char,
    /// Whether `\` in a text guards the next character.
    pub backslash: bool,
    pub reads: Reads,
    pub shows: Shows,
    duckdb: bool,
    /// The option that says how large a batch is, where the driver's own choice is too large for memory, and what it is to be.
    pub batch: Option<(&'static str, &'static str)>,
}

/// How an engine is kept from writing, beside the check of the query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reads {
    /// The reading is a transaction that this statement makes read-only.
    InTransaction(&'static str),
    /// These statements make the connection read-only.
    AfterStatements(&'static [&'static str]),
    /// By ADBC's own option, if the driver takes it.
    AsAsked,
}

/// Of how many moments an engine's readings are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shows {
    /// All readings of a transaction are of the moment that its first one began at.
    Transaction,
    /// Each statement is of one moment, the next one of another.
    Statement,
    /// Nothing is known: even one statement may be of several.
    Unknown,
}

impl Engine {
    pub fn of(driver: &str) -> Self {
        let driver = driver.to_ascii_lowercase();
        let is = |names: &[&str]| names.iter().any(|name| driver.contains(name));
        Self {
            quote: if is(&["mysql", "mariadb", "spark", "databricks", "bigquery"]) { '`' } else { '"' },
            backslash: is(&["mysql", "mariadb", "spark", "databricks", "bigquery", "snowflake", "clickhouse"]),
            reads: match () {
                () if is(&["postgres"]) => Reads::InTransaction("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"),
                () if is(&["mysql", "mariadb"]) => Reads::AfterStatements(&["SET SESSION TRANSACTION READ ONLY"]),
                // Another connection that opens or closes the file locks it for a moment.
                () if is(&["sqlite"]) => Reads::AfterStatements(&["PRAGMA busy_timeout = 10000", "PRAGMA query_only = ON"]),
                () => Reads::AsAsked,
            },
            shows: match () {
                () if is(&["postgres", "sqlite", "duckdb"]) => Shows::Transaction,
                () if is(&["mysql", "mariadb", "snowflake", "bigquery", "mssql", "sqlserver", "oracle"]) => Shows::Statement,
                () => Shows::Unknown,
            },
            duckdb: is(&["duckdb"]),
            batch: is(&["postgres"]).then_some(("adbc.postgresql.batch_size_hint_bytes", "1048576")),
        }
    }

    /// As it shows what it reads when opened like this: a DuckDB that may read files besides its own keeps those out of its
    /// transactions.
    pub fn opened(mut self, options: &BTreeMap<String, String>) -> Self {
        let outside = options.get("enable_external_access").is_none_or(|may| !may.eq_ignore_ascii_case("false"));
        if self.duckdb && outside {
            self.shows = Shows::Unknown;
        }
        self
    }

    /// `sales.customers` as this engine quotes it.
    pub fn quoted(self, name: &str) -> String {
        let part = |part: &str| format!("{0}{1}{0}", self.quote, part.replace(self.quote, &format!("{0}{0}", self.quote)));
        name.split('.').map(part).collect::<Vec<_>>().join(".")
    }
}

/// A DuckDB is opened to be read, and a query sees nothing of the machine but its file, in memory nothing at all, unless the
/// source says otherwise. MotherDuck, which is elsewhere, is reached by an extension.
pub fn with_defaults(driver: &str, mut options: BTreeMap<String, String>) -> BTreeMap<String, String> {
    let file = options.get("path").or(options.get("uri")).map_or("", String::as_str);
    let of_file = !file.is_empty() && !file.contains(":memory:");
    if !driver.to_ascii_lowercase().contains("duckdb") || file.starts_with("md:") {
        return options;
    }
    let mut default = |name: &str, value: String| _ = options.entry(name.to_owned()).or_insert(value);
    if of_file {
        default("access_mode", "read_only".to_owned());
    }
    default("enable_external_access", "false".to_owned());
    if let Some(bytes) = memory() {
        // It would take what the machine has, and end where the limit of a reading is less.
        default("memory_limit", format!("{}MiB", (bytes >> 20) * 3 / 4));
        default("temp_directory", std::env::temp_dir().to_string_lossy().into_owned());
    }
    options
}

/// What this process may allocate, where that is bounded.
fn memory() -> Option<u64> {
    rustix::process::getrlimit(rustix::process::Resource::Data).current
}
