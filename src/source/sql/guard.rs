//! What a stranger's SQL may do: read these tables, with these functions. Everything else is refused by name.

use super::super::SourceError;
use super::{numbers::value::is_own, shared::Shared};
use rusqlite::{
    Connection,
    hooks::{AuthAction, AuthContext, Authorization},
};
use std::sync::Arc;

/// The view that holds the segment's query; not a name anyone would type.
pub const VIEW: &str = "listkeeper segment";

/// Functions that read nothing but their arguments and the clock, and write nothing.
const FUNCTIONS: &[&str] = &[
    "->",
    "->>",
    "abs",
    "acos",
    "asin",
    "atan",
    "atan2",
    "avg",
    "ceil",
    "ceiling",
    "char",
    "coalesce",
    "concat",
    "concat_ws",
    "cos",
    "count",
    "cume_dist",
    "current_date",
    "current_time",
    "current_timestamp",
    "date",
    "datetime",
    "degrees",
    "dense_rank",
    "exp",
    "first_value",
    "floor",
    "format",
    "glob",
    "group_concat",
    "hex",
    "if",
    "ifnull",
    "iif",
    "instr",
    "json",
    "json_array",
    "json_array_length",
    "json_error_position",
    "json_extract",
    "json_group_array",
    "json_group_object",
    "json_insert",
    "json_object",
    "json_patch",
    "json_pretty",
    "json_quote",
    "json_remove",
    "json_replace",
    "json_set",
    "json_type",
    "json_valid",
    "julianday",
    "lag",
    "last_value",
    "lead",
    "length",
    "like",
    "likelihood",
    "likely",
    "ln",
    "log",
    "log10",
    "log2",
    "lower",
    "ltrim",
    "max",
    "median",
    "min",
    "mod",
    "nth_value",
    "ntile",
    "nullif",
    "octet_length",
    "percent_rank",
    "percentile",
    "percentile_cont",
    "percentile_disc",
    "pi",
    "pow",
    "power",
    "printf",
    "quote",
    "radians",
    "rank",
    "replace",
    "round",
    "row_number",
    "rtrim",
    "sign",
    "sin",
    "soundex",
    "sqrt",
    "strftime",
    "string_agg",
    "substr",
    "substring",
    "sum",
    "tan",
    "time",
    "timediff",
    "total",
    "trim",
    "trunc",
    "typeof",
    "unhex",
    "unicode",
    "unistr",
    "unistr_quote",
    "unixepoch",
    "unlikely",
    "upper",
];

/// Table-valued functions over a value of a row.
const TABLE_FUNCTIONS: &[&str] = &["json_each", "json_tree"];

/// Asks about every statement prepared on `connection` from now on.
pub fn over(connection: &mut Connection, shared: &Arc<Shared>) -> rusqlite::Result<()> {
    let shared = Arc::clone(shared);
    connection.authorizer(Some(move |context: AuthContext<'_>| match refused(&context.action, &shared) {
        Some(error) if !shared.is_trusted() => {
            shared.fail(error);
            Authorization::Deny
        }
        _ => Authorization::Allow,
    }))
}

fn refused(action: &AuthAction<'_>, shared: &Shared) -> Option<SourceError> {
    match action {
        AuthAction::Select | AuthAction::Recursive => None,
        AuthAction::Function { function_name } if shared.is_vetted() && is_own(function_name) => None,
        AuthAction::Function { function_name } => function(&function_name.to_ascii_lowercase()),
        // Where no column of it is read, SQLite names what FROM names, which may be the query's own WITH.
        AuthAction::Read { table_name, column_name: "" } if !is_built_in(table_name) => None,
        AuthAction::Read { table_name, .. } => table(table_name, shared),
        AuthAction::Pragma { pragma_name, .. } => Some(only(&format!("it sets or asks PRAGMA {pragma_name}"))),
        AuthAction::Attach { .. } | AuthAction::Detach { .. } => Some(only("it attaches or detaches a database")),
        _ => Some(only("it changes something")),
    }
}

/// Tables that SQLite itself brings.
fn is_built_in(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["sqlite_", "pragma_", "dbstat", "fts", "rtree", "geopoly"].iter().any(|prefix| name.starts_with(prefix))
}

fn only(what: &str) -> SourceError {
    SourceError::new(format!("the query may only read: {what}")).hint("a segment is one SELECT over its source's tables").of_query(None)
}

/// Why a function may not be used, by its name in lower case.
pub fn function(name: &str) -> Option<SourceError> {
    if FUNCTIONS.binary_search(&name).is_ok() {
        return None;
    }
    let refusal = SourceError::new(format!("the query may not use the function {name}")).of_query(None);
    Some(match name {
        "random" | "randomblob" => {
            refusal.hint("chance would give a different segment every time; to take a part of it use an id: CAST(id AS INTEGER) % 10 = 0")
        }
        _ => refusal.hint("SQLite's functions over text, numbers, dates, JSON, aggregates and windows are available"),
    })
}

fn table(name: &str, shared: &Shared) -> Option<SourceError> {
    let known = name == VIEW || TABLE_FUNCTIONS.contains(&name) || shared.tables.iter().any(|table| table.name.eq_ignore_ascii_case(name));
    (!known).then(|| SourceError::new(format!("the query may not read {name}")).hint("only the source's tables can be read").of_query(None))
}
