//! What a query compares with a number or an ISO date is one, or the comparison is unknown (NULL).
//!
//! Cells of CSV and NDJSON are text, and SQLite sorts every text above every number: `Spent > 1000` would choose `n/a`. So the segment's
//! query is parsed, and what stands beside a number, in arithmetic, in a condition or in a numeric function goes through a function
//! of ours (`value`): a number passes, a text that is one becomes it, any other text becomes NULL and is counted for a notice.
//!
//! ```text
//! WHERE Spent > 1000 AND Zip = '0123'   ──►   WHERE "listkeeper number"(Spent, 0) > 1000 AND Zip = '0123'
//! ```
//! * **What is known to be a number** is found by [`scope::Kind`]: literals, arithmetic, numeric functions and casts, columns that the files type
//!   as numbers, through subqueries and WITH. Two texts compare as they always did.
//! * **What is known to be a date** is a literal `'2024-01-01…'` or what a date function gives: [`scope::Kind::Date`]. Texts beside it, and
//!   those that date functions read, go through functions too (`day`): `17.04.2020` sorts above every `2024-…` as text below it does.
//! * **What is not known** beforehand (`coalesce(x, 0)`, JSON) is compared by a function that looks at both values.
//! * **Only our own text** may name these functions: the query as written is prepared first, under the authorizer that knows none of them.
//! * **What cannot be parsed** is refused: a doubt chooses nobody.

mod compare;
mod dates;
mod day;
mod expression;
mod function;
mod piece;
mod scope;
mod select;
pub mod value;

use super::{super::SourceError, shown::Shown};
use expression::Writer;
use sqlite3_parser::{Bump, FallibleIterator, ast, lexer::sql::Parser};
use std::thread;

/// Bytes of stack for the deepest query that SQLite takes.
const STACK: usize = 64 << 20;
/// Bytes of a query as we write it.
const LONGEST: usize = 1 << 20;

/// A query in which no text passes for a number.
#[derive(Debug, PartialEq, Eq)]
pub struct Rewritten {
    pub sql: String,
    /// What each value that our functions get was read from, for people.
    pub sites: Vec<Site>,
}

/// A place of the query where our functions read a value.
#[derive(Debug, PartialEq, Eq)]
pub struct Site {
    /// The column or expression, for people.
    pub subject: String,
    pub wants: Wants,
    /// The subject is a column of a file.
    pub is_column: bool,
}

/// What the query wants of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wants {
    Number,
    Date,
}

/// Rewrites a query that SQLite takes as it is.
pub fn rewritten(query: &str, tables: &[Shown]) -> Result<Rewritten, SourceError> {
    on_a_deep_stack(|| write(query, tables).map(|(sql, writer)| Rewritten { sql, sites: writer.into_sites() }))
}

fn on_a_deep_stack<T: Send>(work: impl FnOnce() -> Result<T, SourceError> + Send) -> Result<T, SourceError> {
    thread::scope(|scope| {
        let work = thread::Builder::new().name("query".to_owned()).stack_size(STACK).spawn_scoped(scope, work);
        // The stack counts as memory of the process that reads.
        let no_room = |error| {
            SourceError::new(format!("no memory is left to understand the query: {error} (limit: readLimits.memory)"))
                .hint("read narrower files; an administrator can raise `readLimits: {memory: …}` in Settings")
        };
        let work = work.map_err(no_room)?;
        work.join().unwrap_or_else(|_| Err(not_understood("it cannot be read")))
    })
}

fn write<'a>(query: &str, tables: &'a [Shown]) -> Result<(String, Writer<'a>), SourceError> {
    // SQLite takes a comment that nothing closes.
    parsed(query, tables).or_else(|error| parsed(&format!("{query}*/"), tables).map_err(|_| error))
}

fn parsed<'a>(query: &str, tables: &'a [Shown]) -> Result<(String, Writer<'a>), SourceError> {
    let bump = Bump::new();
    let mut parser = Parser::new(&bump, query.as_bytes());
    let command = parser.next().map_err(|error| not_understood(&error.to_string()))?;
    let Some(ast::Cmd::Stmt(ast::Stmt::Select(select))) = command else { return Err(not_understood("it is not a SELECT")) };
    let mut writer = Writer::over(tables);
    let (sql, _) = writer.select(select)?;
    if sql.len() > LONGEST {
        return Err(not_understood("it is too long once its comparisons with numbers are made safe"));
    }
    Ok((sql, writer))
}

/// The functions that a query names, in lower case; fails where it is several statements.
pub fn functions(query: &str) -> Result<Vec<String>, SourceError> {
    let bump = Bump::new();
    let mut parser = Parser::new(&bump, query.as_bytes());
    let mut statements = 0;
    while let Ok(Some(_)) = parser.next() {
        statements += 1;
    }
    if statements > 1 {
        return Err(SourceError::new("the query holds more than one statement").hint("a segment is one SELECT").of_query(None));
    }
    on_a_deep_stack(|| write(query, &[]).map(|(_, writer)| writer.into_functions()))
}

/// SQLite takes it, and yet it cannot be made sure that texts do not pass for numbers in it.
fn not_understood(why: &str) -> SourceError {
    SourceError::new(format!("the query is not understood well enough to compare numbers in it safely: {why}"))
        .hint("write it in a simpler way; compare one value with one value")
        .of_query(None)
}
