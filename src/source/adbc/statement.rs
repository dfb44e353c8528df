//! The one statement that is sent: the segment's query as written, if it reads.
//!
//! What cannot be seen here, such as a function that writes, is kept out by the engine's own read-only mode and by the role that
//! the source connects as.

use super::{
    super::SourceError,
    engine::Engine,
    tokens::{Token, tokens},
};
use crate::definition::{Rows, Selection};

const BEGINNINGS: [&str; 5] = ["SELECT", "WITH", "VALUES", "TABLE", "FROM"];

/// Two words that only a statement that writes has side by side.
const WRITES: [[&str; 2]; 4] = [["INSERT", "INTO"], ["INSERT", "OVERWRITE"], ["DELETE", "FROM"], ["MERGE", "INTO"]];

/// The SQL for what a segment takes.
pub fn statement(rows: &Rows, engine: Engine) -> Result<String, SourceError> {
    let bad = |what: String| {
        SourceError::new(format!("{}, segment {}: {what}", rows.file.display(), rows.segment)).hint("a segment is one SELECT")
    };
    match &rows.select {
        Selection::Table(name) => Ok(format!("SELECT * FROM {}", engine.quoted(name))),
        Selection::Query(query) => reading(query, engine).map(str::to_owned).map_err(bad),
    }
}

/// The query without a semicolon or comments at its end, since drivers put it into a larger statement; or what is wrong with it.
pub fn reading(query: &str, engine: Engine) -> Result<&str, String> {
    let all = tokens(query, engine);
    let length = all.iter().rposition(|(token, _)| *token != Token::Sign(';')).map_or(0, |last| last + 1);
    let tokens = &all[..length];
    match tokens.first() {
        None => return Err("the query is empty".to_owned()),
        Some((Token::Sign('('), _)) => {}
        Some((Token::Word(word), _)) if is_one_of(word, &BEGINNINGS) => {}
        Some((Token::Word(word), _)) => {
            return Err(format!("the query begins with {}; it must begin with SELECT or WITH", word.to_uppercase()));
        }
        Some(_) => return Err("the query must begin with SELECT or WITH".to_owned()),
    }
    if tokens.iter().any(|(token, _)| *token == Token::Sign(';')) {
        return Err("the query holds more than one statement".to_owned());
    }
    if let Some(word) = tokens.windows(3).find_map(writes) {
        return Err(format!("the query writes ({word})"));
    }
    Ok(&query[..tokens.last().map_or(0, |(_, end)| *end)])
}

fn is_one_of(word: &str, words: &[&str]) -> bool {
    words.iter().any(|other| word.eq_ignore_ascii_case(other))
}

/// What shows that a statement, or one inside it, writes.
fn writes(three: &[(Token<'_>, usize)]) -> Option<String> {
    let word = |at: usize| if let Token::Word(word) = three[at].0 { word.to_ascii_uppercase() } else { String::new() };
    let pair = [1, 2].map(word);
    let update = matches!(three[0].0, Token::Sign('(' | ')')) && pair[0] == "UPDATE";
    (WRITES.iter().any(|writes| pair == *writes) || update).then(|| pair[0].clone())
}
