//! A file's bytes, decompressed and decoded to UTF-8, in chunks.

use super::super::SourceError;
use super::place::{Opened, Place, unreadable};
use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8};
use std::io::Read;

/// Bytes asked of the file at once, and of decoded text at most three times as many (Windows-1252 to UTF-8).
const CHUNK: usize = 64 * 1024;
/// No row may be longer: a stray quote would otherwise swallow the file.
pub const MAX_ROW_BYTES: usize = 8 << 20;

/// Decoded text of one file: a window that begins at the first byte not yet taken.
pub struct Text {
    place: Place,
    /// The same open file, for its state after reading.
    file: Opened,
    input: Box<dyn Read>,
    decoder: Decoder,
    raw: Vec<u8>,
    raw_start: usize,
    window: Vec<u8>,
    start: usize,
    /// Physical line, from 1, of the window's first byte.
    line: u64,
    input_ended: bool,
    ended: bool,
}

impl Text {
    /// Opens the file; a byte order mark decides the encoding, else `encoding`, else UTF-8.
    pub fn open(place: &Place, encoding: Option<&'static Encoding>) -> Result<Self, SourceError> {
        let file = place.open()?;
        let fail = |error: std::io::Error| file.or_changed(unreadable(&place.name(), &error));
        let mut input = decompressed(&place.name(), file.stream().map_err(fail)?).map_err(fail)?;
        let mut raw = Vec::with_capacity(CHUNK);
        input.by_ref().take(4).read_to_end(&mut raw).map_err(|error| file.or_changed(cut(place, &error, 1)))?;
        let (encoding, mark) = Encoding::for_bom(&raw).unwrap_or((encoding.unwrap_or(UTF_8), 0));
        Ok(Self {
            place: place.clone(),
            file,
            input,
            decoder: encoding.new_decoder_without_bom_handling(),
            raw,
            raw_start: mark,
            window: Vec::new(),
            start: 0,
            line: 1,
            input_ended: false,
            ended: false,
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
        self.raw_start = 0;
        self.input_ended = filled < CHUNK;
        Ok(())
    }

    fn decode(&mut self) -> Result<(), SourceError> {
        let before = self.window.len();
        self.window.resize(before + CHUNK, 0);
        let source = &self.raw[self.raw_start..];
        let (result, read, written) = self.decoder.decode_to_utf8_without_replacement(source, &mut self.window[before..], self.input_ended);
        self.window.truncate(before + written);
        self.raw_start += read;
        match result {
            DecoderResult::InputEmpty => self.ended = self.input_ended,
            DecoderResult::OutputFull => {}
            DecoderResult::Malformed(..) => return Err(self.or_changed(self.malformed())),
        }
        match memchr::memchr(0, &self.window[before..]) {
            Some(at) => Err(self.or_changed(self.zero(before + at))),
            None => Ok(()),
        }
    }

    fn last_line(&self) -> u64 {
        self.line + memchr::memchr_iter(b'\n', self.rest()).count() as u64
    }

    fn malformed(&self) -> SourceError {
        let name = self.decoder.encoding().name();
        let error = self.fault(self.last_line(), format!("not valid {name}"));
        if name == "UTF-8" {
            error.hint("give the table's encoding, for example encoding: windows-1252")
        } else {
            error.hint("is this the file's encoding? is the file whole?")
        }
    }

    fn zero(&self, at: usize) -> SourceError {
        let line = self.line + memchr::memchr_iter(b'\n', &self.window[self.start..at]).count() as u64;
        self.fault(line, "a NUL character").hint("is this text? for UTF-16 without a byte order mark give encoding: utf-16le")
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

fn decompressed(name: &str, file: Box<dyn Read>) -> std::io::Result<Box<dyn Read>> {
    Ok(match name.rsplit_once('.').map(|(_, extension)| extension) {
        Some("gz") => Box::new(flate2::read::MultiGzDecoder::new(std::io::BufReader::with_capacity(CHUNK, file))),
        Some("zst") => Box::new(zstd::stream::read::Decoder::new(file)?),
        _ => file,
    })
}
