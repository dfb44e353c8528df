//! SQL cut into words and signs, texts and comments skipped: just enough to see what a query begins with and whether it is one.

use super::engine::Engine;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Token<'a> {
    /// A bare word: a keyword, a name, a number.
    Word(&'a str),
    /// A quoted name or text.
    Quoted,
    Sign(char),
}

/// Each token, and where in the text it ends.
pub fn tokens(sql: &str, engine: Engine) -> Vec<(Token<'_>, usize)> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(next) = sql[at..].chars().next() {
        let rest = &sql[at..];
        let length = comment(rest, engine).unwrap_or_else(|| {
            let (token, length) = token(sql, at, next, engine);
            tokens.extend(token.map(|token| (token, at + length)));
            length
        });
        at += length;
    }
    tokens
}

fn token<'a>(sql: &'a str, at: usize, next: char, engine: Engine) -> (Option<Token<'a>>, usize) {
    let rest = &sql[at..];
    match next {
        space if space.is_whitespace() => (None, space.len_utf8()),
        '\'' | '"' | '`' => (Some(Token::Quoted), quoted(rest, next, engine.backslash || (next == '\'' && escaped(&sql[..at])))),
        '$' if engine.quote == '"' && dollar(rest).is_some() => (Some(Token::Quoted), dollar(rest).unwrap_or(1)),
        letter if in_word(letter) => {
            let length = rest.find(|other| !in_word(other)).unwrap_or(rest.len());
            (Some(Token::Word(&rest[..length])), length)
        }
        sign => (Some(Token::Sign(sign)), sign.len_utf8()),
    }
}

fn in_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// The length of a comment, if one begins here. PostgreSQL and its like let comments hold comments.
fn comment(rest: &str, engine: Engine) -> Option<usize> {
    if rest.starts_with("--") || (rest.starts_with('#') && engine.quote == '`') {
        return Some(rest.find('\n').unwrap_or(rest.len()));
    }
    if !rest.starts_with("/*") {
        return None;
    }
    let nests = engine.quote == '"';
    let (mut depth, mut at) = (1, 2);
    while depth > 0 {
        let sign = rest[at..].find(['*', '/']).map(|found| at + found);
        let Some(sign) = sign else { return Some(rest.len()) };
        let (step, change) = match &rest.as_bytes()[sign..] {
            [b'*', b'/', ..] => (2, -1),
            [b'/', b'*', ..] if nests => (2, 1),
            _ => (1, 0),
        };
        (at, depth) = (sign + step, depth + change);
    }
    Some(at)
}

/// The length of a quoted text; a doubled quote is two texts side by side, which is as good.
fn quoted(rest: &str, quote: char, backslash: bool) -> usize {
    let mut guarded = false;
    for (at, character) in rest.char_indices().skip(1) {
        match character {
            _ if guarded => guarded = false,
            '\\' if backslash => guarded = true,
            end if end == quote => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

/// Whether a text that begins here is PostgreSQL's `E'…'`.
fn escaped(before: &str) -> bool {
    let mut back = before.chars().rev();
    matches!(back.next(), Some('e' | 'E')) && !back.next().is_some_and(in_word)
}

/// The length of a text in dollars, `$tag$…$tag$`.
fn dollar(rest: &str) -> Option<usize> {
    let tag = rest[1..].find('$').map(|end| &rest[..end + 2])?;
    let named = tag[1..tag.len() - 1].chars().all(in_word) && !tag[1..].starts_with(|first: char| first.is_ascii_digit());
    named.then(|| rest[tag.len()..].find(tag).map_or(rest.len(), |end| end + 2 * tag.len()))
}
