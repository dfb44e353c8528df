//! The last thing before a terminal or a log: nothing that strangers wrote moves the cursor, hides words or turns them round.
//!
//! Names, keys, file names and cells come from anyone. Where they are put into a sentence they are made plain already; this is what
//! holds when somebody forgets to.

use crate::plan::words::is_harmful;
use std::{
    borrow::Cow,
    io::{self, Write},
};

/// Bytes of the longest colour, and of the longest character.
const LONGEST: usize = 16;

/// What a text is, and so how a harmful character in it is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// For people: as U+FFFD. Our own colours stay.
    Text,
    /// Other people's data on a terminal: the same, and there are no colours of ours in it.
    Data,
    /// JSON: as its escape, so that programs get the data's own characters.
    Json,
    /// Data that goes to a program or a file, byte for byte.
    Raw,
}

/// The text with nothing harmful in it.
pub fn harmless(text: &str, shown: Shown) -> Cow<'_, str> {
    let keeps = |c: char| matches!(c, '\n' | '\t') || !is_harmful(c);
    if shown == Shown::Raw || text.chars().all(keeps) {
        return Cow::Borrowed(text);
    }
    let (mut clean, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(c) = rest.chars().next() {
        let colour = if shown == Shown::Text { colour(rest) } else { None };
        let taken = colour.unwrap_or(c.len_utf8());
        match shown {
            _ if colour.is_some() || keeps(c) => clean.push_str(&rest[..taken]),
            Shown::Json => c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| clean.push_str(&format!("\\u{unit:04x}"))),
            Shown::Text | Shown::Data | Shown::Raw => clean.push('\u{fffd}'),
        }
        rest = &rest[taken..];
    }
    Cow::Owned(clean)
}

/// Bytes of the colour that a text begins with: no sequence that does anything else, nor one that hides.
fn colour(text: &str) -> Option<usize> {
    let codes = text.strip_prefix("\u{1b}[")?;
    let end = codes.find('m')?;
    let known = |code: &str| matches!(code.parse(), Ok(0..=4_u8 | 22..=24 | 30..=37 | 39 | 90..=97)) || code.is_empty();
    codes[..end].split(';').all(known).then_some("\u{1b}[".len() + end + 1)
}

/// Makes harmless what is written through it.
pub struct Harmless<W: Write> {
    to: W,
    shown: Shown,
    /// The beginning of a character or of a colour; the next write completes it.
    begun: Vec<u8>,
}

impl<W: Write> Harmless<W> {
    pub fn new(to: W, shown: Shown) -> Self {
        Self { to, shown, begun: Vec::new() }
    }

    fn pass(&mut self, bytes: usize) -> io::Result<()> {
        let rest = self.begun.split_off(bytes);
        let taken = std::mem::replace(&mut self.begun, rest);
        self.to.write_all(harmless(&String::from_utf8_lossy(&taken), self.shown).as_bytes())
    }
}

impl<W: Write> Write for Harmless<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.shown == Shown::Raw {
            return self.to.write(bytes);
        }
        self.begun.extend_from_slice(bytes);
        let whole = whole(&self.begun);
        self.pass(whole)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.pass(self.begun.len())?;
        self.to.flush()
    }
}

/// How many bytes end neither inside a character nor inside a colour.
fn whole(bytes: &[u8]) -> usize {
    let characters = match std::str::from_utf8(bytes) {
        Err(error) if error.error_len().is_none() => error.valid_up_to(),
        _ => bytes.len(),
    };
    let from = characters.saturating_sub(LONGEST);
    let escape = bytes[from..characters].iter().rposition(|byte| *byte == 0x1b).map(|at| from + at);
    let ends = |byte: &u8| !matches!(byte, b'[' | b';' | b'0'..=b'9');
    escape.filter(|at| !bytes[at + 1..characters].iter().any(ends)).unwrap_or(characters)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rstest::rstest;

    #[rstest]
    #[case::ours("\u{1b}[31;1merror:\u{1b}[0m x", "\u{1b}[31;1merror:\u{1b}[0m x")]
    #[case::clears_the_screen("a\u{1b}[2Jb", "a\u{fffd}[2Jb")]
    #[case::hides("a\u{1b}[8mb", "a\u{fffd}[8mb")]
    #[case::sets_the_title("\u{1b}]0;x\u{7}", "\u{fffd}]0;x\u{fffd}")]
    #[case::c1("a\u{9b}2Jb", "a\u{fffd}2Jb")]
    #[case::overwrites("safe\rgone", "safe\u{fffd}gone")]
    #[case::turns("ab\u{202e}cd\u{200f}", "ab\u{fffd}cd\u{fffd}")]
    #[case::unseen("a\u{200b}b\u{feff}\u{e0041}", "a\u{fffd}b\u{fffd}\u{fffd}")]
    #[case::lines_and_names("é\t名\n👩\u{200d}👧", "é\t名\n👩\u{200d}👧")]
    fn attack_words_on_a_terminal(#[case] text: &str, #[case] expected: &str) {
        assert_eq!(harmless(text, Shown::Text), expected);
    }

    /// A cell may hold a colour too.
    #[test]
    fn attack_words_of_data_on_a_terminal() {
        assert_eq!(harmless("gu\u{1b}[31m@x.org,a\u{200b}b", Shown::Data), "gu\u{fffd}[31m@x.org,a\u{fffd}b");
    }

    #[rstest]
    #[case("bell\u{7f}\u{9b}\u{202e}\u{e0041}\u{1b}[31m")]
    fn attack_words_in_json(#[case] text: &str) {
        let json = serde_json::to_string_pretty(&[text]).unwrap();
        let clean = harmless(&json, Shown::Json);
        assert!(clean.chars().all(|c| c == '\n' || !is_harmful(c)), "{clean}");
        assert_eq!(serde_json::from_str::<Vec<String>>(&clean).unwrap(), [text], "programs get the data's own characters");
    }

    proptest! {
        /// However a text is cut into writes, what arrives is the same.
        #[test]
        fn writes_may_be_cut_anywhere(text in "([a-é]|\u{1b}\\[3[0-9]m|\u{1b}|\u{202e}|\\PC|\n){0,12}", cuts in prop::collection::vec(1_usize..5, 0..40)) {
            let mut out = Vec::new();
            let mut to = Harmless::new(&mut out, Shown::Text);
            let (mut rest, mut cuts) = (text.as_bytes(), cuts.into_iter());
            while !rest.is_empty() {
                let n = cuts.next().unwrap_or(7).min(rest.len());
                to.write_all(&rest[..n]).unwrap();
                rest = &rest[n..];
            }
            to.flush().unwrap();
            drop(to);
            prop_assert_eq!(String::from_utf8(out).unwrap(), harmless(&text, Shown::Text));
        }
    }
}
