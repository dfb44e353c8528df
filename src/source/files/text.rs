//! A file's bytes, decompressed and decoded to UTF-8, in chunks.

use super::super::SourceError;
use super::{
    disguise,
    encoding::{self, Choice, Evidence, LOOK_BYTES, Said, label},
    pass::Ending,
    place::{Opened, Place, unreadable},
    utf8::Utf8,
};
use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8};
use std::io::{BufRead, BufReader, Read};
use xxhash_rust::xxh3::Xxh3;

/// Bytes asked of the file at once, and of decoded text at most three times as many (Windows-1252 to UTF-8).
const CHUNK: usize = 64 * 1024;
/// No row may be longer: a stray quote would otherwise swallow the file.
pub const MAX_ROW_BYTES: usize = 8 << 20;
/// So few characters of an encoding with several bytes a character may be UTF-8 by chance.
const CHANCE: u64 = 8;
/// Looked at before anything is decoded.
const HEAD_BYTES: u64 = 4096;

/// Decoded text of one file: a window that begins at the first byte not yet taken.
pub struct Text {
    place: Place,
    /// The same open file, for its state after reading.
    file: Opened,
    input: Box<dyn Read>,
    decoder: Decoder,
    said: Said,
    /// Where the table says an encoding that UTF-8 could be read as, wrongly: whether it is UTF-8.
    utf8: Option<Utf8>,
    raw: Vec<u8>,
    raw_start: usize,
    window: Vec<u8>,
    start: usize,
    /// Physical line, from 1, of the window's first byte.
    line: u64,
    input_ended: bool,
    ended: bool,
    /// The last byte decoded.
    last: Option<u8>,
    /// It began with more than one byte order mark.
    marks: bool,
    /// Of the bytes read so far.
    digest: Xxh3,
}

impl Text {
    /// Opens the file; a byte order mark decides the encoding, else `choice`. Fails where it is something else than text.
    pub fn open(place: &Place, choice: Choice) -> Result<Self, SourceError> {
        let file = place.open()?;
        let mut input = decompressed(place, &file)?;
        let raw = head(place, &file, &mut input)?;
        let (encoding, mark) = match Encoding::for_bom(&raw) {
            // Two programs may have put one each.
            Some((encoding, length)) => (encoding, raw.chunks(length).take_while(|mark| *mark == &raw[..length]).count() * length),
            None => (choice.for_head(&place.name(), &raw).map_err(|error| file.or_changed(error))?, 0),
        };
        let said = match choice {
            _ if mark > 0 => Said::Mark,
            Choice::Named(_) => Said::Table,
            Choice::Unsaid | Choice::Detect => Said::Nothing,
        };
        let mistakable = said == Said::Table && encoding != UTF_8 && encoding.is_ascii_compatible();
        let mut utf8 = mistakable.then(Utf8::default);
        utf8.iter_mut().for_each(|utf8| utf8.add(&raw));
        let mut digest = Xxh3::new();
        digest.update(&raw);
        Ok(Self {
            place: place.clone(),
            file,
            input,
            said,
            utf8,
            decoder: encoding.new_decoder_without_bom_handling(),
            raw,
            raw_start: mark,
            window: Vec::new(),
            start: 0,
            line: 1,
            input_ended: false,
            ended: false,
            last: None,
            marks: mark > 3,
            digest,
        })
    }

    /// What is decoded and not yet taken. Valid UTF-8 but for a start that [`Text::take`] put inside a character.
    pub fn rest(&self) -> &[u8] {
        &self.window[self.start..]
    }

    /// Nothing follows [`Text::rest`].
    pub fn ended(&self) -> bool {
        self.ended
    }

    /// Decodes until there are so many bytes, or the file ends.
    pub fn fill(&mut self, bytes: usize) -> Result<(), SourceError> {
        while self.rest().len() < bytes && !self.ended {
            self.more()?;
        }
        Ok(())
    }

    /// At the end of a text that is not empty: whether its last character is a line end.
    pub fn ending(&self) -> Option<Ending> {
        self.last.filter(|_| self.ended).map(|last| Ending { line_end: last == b'\n', digest: self.digest.digest() })
    }

    /// It began with more than one byte order mark.
    pub fn has_marks(&self) -> bool {
        self.marks
    }

    /// The file's name without its folder.
    pub fn short_name(&self) -> String {
        self.place.short_name()
    }

    pub fn line(&self) -> u64 {
        self.line
    }

    /// Gives up the next `bytes`, which hold `lines` line ends, and returns where they are in [`Text::taken`].
    pub fn take(&mut self, bytes: usize, lines: u64) -> usize {
        let at = self.start;
        self.start += bytes;
        self.line += lines;
        at
    }

    /// The whole window: what was taken stays in it until [`Text::more`].
    pub fn taken(&self) -> &[u8] {
        &self.window
    }

    pub fn taken_mut(&mut self) -> &mut [u8] {
        &mut self.window
    }

    /// Decodes more behind [`Text::rest`], or finds that there is no more.
    pub fn more(&mut self) -> Result<(), SourceError> {
        if self.rest().len() > MAX_ROW_BYTES {
            return Err(self
                .fault(self.line, format!("a row of more than {} MiB begins here", MAX_ROW_BYTES >> 20))
                .hint("look for a quote that is never closed"));
        }
        self.window.drain(..self.start);
        self.start = 0;
        if self.raw_start == self.raw.len() && !self.input_ended {
            self.refill()?;
        }
        self.decode()
    }

    fn refill(&mut self) -> Result<(), SourceError> {
        self.raw.resize(CHUNK, 0);
        let mut filled = 0;
        while filled < CHUNK {
            match self.input.read(&mut self.raw[filled..]) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(self.or_changed(cut(&self.place, &error, self.last_line()))),
            }
        }
        self.raw.truncate(filled);
        self.digest.update(&self.raw);
        self.raw_start = 0;
        if let Some(utf8) = self.utf8.as_mut().filter(|utf8| utf8.stray == 0) {
            utf8.add(&self.raw);
        }
        self.input_ended = filled < CHUNK;
        Ok(())
    }

    fn decode(&mut self) -> Result<(), SourceError> {
        let before = self.window.len();
        self.window.resize(before + CHUNK, 0);
        let source = &self.raw[self.raw_start..];
        let (result, read, written) = self.decoder.decode_to_utf8_without_replacement(source, &mut self.window[before..], self.input_ended);
        self.window.truncate(before + written);
        self.last = self.window[before..].last().copied().or(self.last);
        self.raw_start += read;
        match result {
            DecoderResult::InputEmpty if self.input_ended => {
                self.is_as_said()?;
                self.ended = true;
            }
            DecoderResult::InputEmpty => {}
            DecoderResult::OutputFull => {}
            DecoderResult::Malformed(..) => {
                let error = self.malformed();
                return Err(self.or_changed(error));
            }
        }
        match memchr::memchr(0, &self.window[before..]) {
            Some(at) => Err(self.or_changed(self.zero(before + at))),
            None => Ok(()),
        }
    }

    /// At the end: fails where the table says an encoding and all that is not ASCII is UTF-8. Read as the table says, `é` is `Ã©`, and people
    /// have other names and addresses.
    fn is_as_said(&mut self) -> Result<(), SourceError> {
        let Some(mut utf8) = self.utf8.take() else { return Ok(()) };
        utf8.end();
        let of = self.decoder.encoding();
        let least = if of.is_single_byte() { 1 } else { CHANCE };
        if utf8.stray > 0 || utf8.whole < least {
            return Ok(());
        }
        let what = format!("the table says {}, and all that is not ASCII in this file is UTF-8, from here on", label(of));
        let error = self.fault(utf8.whole_line, what).hint("write `encoding: utf-8` in the table, or leave `encoding` out");
        Err(self.or_changed(error))
    }

    fn last_line(&self) -> u64 {
        self.line + memchr::memchr_iter(b'\n', self.rest()).count() as u64
    }

    /// The hint comes from the bytes: those the file begins with, and those around the fault.
    fn malformed(&mut self) -> SourceError {
        let of = self.decoder.encoding();
        let error = self.fault(self.last_line(), format!("not valid {}", of.name()));
        let mut evidence = Evidence::new();
        // What cannot be looked at adds nothing.
        let begin = decompressed(&self.place, &self.file).ok().and_then(|mut input| evidence.add_all(&mut input, LOOK_BYTES).ok());
        if begin == Some(LOOK_BYTES) {
            evidence.add(&self.raw);
            evidence.add_all(&mut self.input, LOOK_BYTES).ok();
        }
        error.hint(encoding::hint(of, self.said, &evidence))
    }

    fn zero(&self, at: usize) -> SourceError {
        let line = self.line + memchr::memchr_iter(b'\n', &self.window[self.start..at]).count() as u64;
        self.fault(line, "a NUL character").hint("is this text, and whole? export it again, as UTF-8")
    }

    /// An error at a line of this file.
    pub fn fault(&self, line: u64, what: impl std::fmt::Display) -> SourceError {
        at_line(&self.place.name(), line, what)
    }

    /// What went wrong, or the likelier cause: that the file is being written.
    pub fn or_changed(&self, error: SourceError) -> SourceError {
        self.file.or_changed(error)
    }

    /// To be asked when all is read.
    pub fn unchanged(&self) -> Result<(), SourceError> {
        self.file.finished()
    }
}

/// An error at a physical line, from 1, of a file.
pub fn at_line(name: &str, line: u64, what: impl std::fmt::Display) -> SourceError {
    SourceError::new(format!("{name} line {line}: {what}"))
}

fn cut(place: &Place, error: &std::io::Error, line: u64) -> SourceError {
    at_line(&place.name(), line, format!("cannot be read further: {error}")).hint("the file seems cut off or damaged; deliver it again")
}

/// For `encoding: detect`: what a file without a byte order mark is encoded in, by all of its bytes.
pub fn detected(place: &Place) -> Result<Option<&'static Encoding>, SourceError> {
    let file = place.open()?;
    let mut input = decompressed(place, &file)?;
    let head = head(place, &file, &mut input)?;
    if Encoding::for_bom(&head).is_some() {
        return Ok(None);
    }
    let found = encoding::detect(&place.name(), &mut head.chain(input));
    found.map(Some).map_err(|error| file.or_changed(error))
}

/// The first bytes of the file, which are those of a text.
fn head(place: &Place, file: &Opened, input: &mut Box<dyn Read>) -> Result<Vec<u8>, SourceError> {
    let mut head = Vec::with_capacity(CHUNK);
    input.by_ref().take(HEAD_BYTES).read_to_end(&mut head).map_err(|error| file.or_changed(cut(place, &error, 1)))?;
    disguise::refuse(&place.name(), &head).map_err(|error| file.or_changed(error))?;
    Ok(head)
}

fn decompressed(place: &Place, file: &Opened) -> Result<Box<dyn Read>, SourceError> {
    let name = place.name();
    let fail = |error: std::io::Error| file.or_changed(unreadable(&name, &error));
    let packed = |kind: &str, magic: &[u8]| {
        let mut stream = BufReader::with_capacity(CHUNK, file.stream().map_err(fail)?);
        let head = stream.fill_buf().map_err(fail)?;
        let other = head.len() >= magic.len() && !head.starts_with(magic);
        if other { Err(file.or_changed(disguise::other_than(&name, kind, head))) } else { Ok(stream) }
    };
    Ok(match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("gz") => Box::new(flate2::bufread::MultiGzDecoder::new(packed("a gzip file", b"\x1f\x8b")?)),
        Some("zst") => Box::new(zstd::stream::read::Decoder::with_buffer(packed("a zstd file", b"\x28\xb5\x2f\xfd")?).map_err(fail)?),
        _ => file.stream().map_err(fail)?,
    })
}
