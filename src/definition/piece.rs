//! A document's own part of its file, to be kept as its last good text.

use super::{files::File, yaml::parse};
use std::ops::Range;

/// One document's lines.
#[derive(Clone, Debug, Default)]
pub struct Piece {
    /// Bytes of the file.
    pub range: Range<usize>,
    /// Lines of the file before it.
    pub before: usize,
}

/// Lines are kept up to here: beyond, the blank lines would outweigh what is kept.
const LINES: usize = 10_000;

/// A file's documents: a line that begins with `---` begins one, wherever it is, and a line that begins with `...` ends one.
pub fn pieces(text: &str) -> Vec<Piece> {
    let (mut pieces, mut begin, mut before, mut start) = (Vec::new(), 0, 0, 0);
    for (line, next) in lines(text).enumerate() {
        let content = text.get(next.clone()).unwrap_or_default();
        if marks(content, "---") && next.start > begin {
            pieces.push(Piece { range: begin..next.start, before });
            (begin, before) = (next.start, line);
        } else if marks(content, "...") {
            pieces.push(Piece { range: begin..next.end, before });
            (begin, before) = (next.end, line + 1);
        }
        start = next.end;
    }
    pieces.push(Piece { range: begin..start, before });
    pieces
}

/// Each line with its end, as YAML has them.
fn lines(text: &str) -> impl Iterator<Item = Range<usize>> {
    let mut start = 0;
    std::iter::from_fn(move || {
        let rest = text.get(start..).filter(|rest| !rest.is_empty())?;
        let length = match rest.find(['\n', '\r']) {
            Some(at) if rest[at..].starts_with("\r\n") => at + 2,
            Some(at) => at + 1,
            None => rest.len(),
        };
        start += length;
        Some(start - length..start)
    })
}

fn marks(line: &str, mark: &str) -> bool {
    line.strip_prefix(mark).is_some_and(|rest| rest.chars().next().is_none_or(char::is_whitespace))
}

/// The document's text with blank lines before it, so that its lines keep their numbers.
pub fn text(file: &File, piece: &Piece) -> String {
    let own = file.text.get(piece.range.clone()).unwrap_or_default();
    let masked = file.masked.get(piece.range.clone()).unwrap_or_default();
    let blank = "\n".repeat(piece.before.min(LINES));
    format!("{blank}{}", without_secrets(own, masked))
}

/// A comment may hold what looks like a secret, and what is kept must not: comments are kept masked.
fn without_secrets(own: &str, masked: &str) -> String {
    let line = |range: Range<usize>| {
        let (line, masked) = (own.get(range.clone()).unwrap_or_default(), masked.get(range).unwrap_or_default());
        let cut = comment(line).and_then(|at| Some((line.get(..at)?, masked.get(at..)?)));
        cut.map_or_else(|| line.to_owned(), |(code, comment)| format!("{code}{comment}"))
    };
    let clean: String = lines(own).map(line).collect();
    if clean == own || !same(&clean, own) { own.to_owned() } else { clean }
}

/// Where a comment begins, unless the sign is part of a value.
fn comment(line: &str) -> Option<usize> {
    let mut signs = line.match_indices('#').map(|(at, _)| at);
    signs.find(|at| line[..*at].chars().next_back().is_none_or(char::is_whitespace))
}

/// Whether two texts mean the same.
fn same(a: &str, b: &str) -> bool {
    let digest = |text| {
        let mut hasher = blake3::Hasher::new();
        parse(text).unwrap_or_default().iter().for_each(|node| node.digest(&mut hasher));
        hasher.finalize()
    };
    digest(a) == digest(b)
}
