//! Which of the bytes of a text are UTF-8 beyond ASCII, and which are not, piece by piece.

use std::collections::HashMap;

/// Different characters that are remembered.
const CHARACTERS: usize = 4_000;

/// What was met so far.
#[derive(Clone, Debug, Default)]
pub struct Utf8 {
    /// Characters beyond ASCII that are whole.
    pub whole: u64,
    /// Where bytes are no character.
    pub stray: u64,
    pub first_stray: u8,
    /// The line, from 1, of the first of each.
    pub whole_line: u64,
    pub stray_line: u64,
    /// The characters, each with its first line; those beside another one apart.
    characters: HashMap<(char, bool), u64>,
    /// Line ends so far.
    lines: u64,
    /// The beginning of a character at the end of the last piece.
    begun: Vec<u8>,
}

impl Utf8 {
    pub fn add(&mut self, bytes: &[u8]) {
        if self.begun.is_empty() {
            return self.piece(bytes);
        }
        let joined = [std::mem::take(&mut self.begun).as_slice(), bytes].concat();
        self.piece(&joined);
    }

    /// Nothing follows, or something from elsewhere.
    pub fn end(&mut self) {
        let begun = std::mem::take(&mut self.begun);
        self.count(&begun);
    }

    /// The first line with a character that is so, where it may be beside another one.
    pub fn line_of(&self, is_so: impl Fn(char, bool) -> bool) -> Option<u64> {
        self.characters.iter().filter(|((c, beside), _)| is_so(*c, *beside)).map(|(_, line)| *line).min()
    }

    fn piece(&mut self, bytes: &[u8]) {
        let end = bytes.len() - unfinished(bytes);
        self.count(&bytes[..end]);
        self.begun = bytes[end..].to_vec();
    }

    fn count(&mut self, bytes: &[u8]) {
        if bytes.is_ascii() {
            self.lines += line_ends(bytes);
            return;
        }
        for chunk in bytes.utf8_chunks() {
            self.valid(chunk.valid());
            if let Some(first) = chunk.invalid().first() {
                if self.stray == 0 {
                    (self.first_stray, self.stray_line) = (*first, self.lines + 1);
                }
                self.stray += 1;
            }
        }
    }

    fn valid(&mut self, text: &str) {
        let (mut counted, mut before) = (0, false);
        let mut characters = text.char_indices().peekable();
        while let Some((at, c)) = characters.next() {
            let after = std::mem::replace(&mut before, !c.is_ascii());
            if c.is_ascii() {
                continue;
            }
            let key = (c, after || characters.peek().is_some_and(|(_, next)| !next.is_ascii()));
            if self.whole == 0 || (self.characters.len() < CHARACTERS && !self.characters.contains_key(&key)) {
                self.lines += line_ends(&text.as_bytes()[counted..at]);
                counted = at;
                self.whole_line = if self.whole == 0 { self.lines + 1 } else { self.whole_line };
                self.characters.insert(key, self.lines + 1);
            }
            self.whole += 1;
        }
        self.lines += line_ends(&text.as_bytes()[counted..]);
    }
}

fn line_ends(bytes: &[u8]) -> u64 {
    memchr::memchr_iter(b'\n', bytes).count() as u64
}

/// Bytes at the end that may be the beginning of a UTF-8 character.
fn unfinished(bytes: &[u8]) -> usize {
    let tail = &bytes[bytes.len().saturating_sub(3)..];
    let lead = tail.iter().rposition(|byte| *byte >= 0xc0);
    lead.map_or(0, |at| tail.len() - at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_make_no_difference() {
        let bytes = [&b"a\n"[..], "b\u{e9}\n\u{1f600}\n".as_bytes(), b"\xfc\n\xe9", "\u{2019}".as_bytes(), b"\n\xc3"].concat();
        for size in 1..=bytes.len() {
            let mut utf8 = Utf8::default();
            bytes.chunks(size).for_each(|piece| utf8.add(piece));
            utf8.end();
            let seen = (utf8.whole, utf8.whole_line, utf8.stray, utf8.stray_line, utf8.first_stray);
            assert_eq!(seen, (3, 2, 3, 4, 0xfc), "pieces of {size}");
            assert_eq!(utf8.line_of(|c, _| c == '\u{2019}'), Some(5), "pieces of {size}");
        }
    }
}
