//! Members on disk between the reading and the sending: a nameless temporary file, so that what was planned is what is
//! sent whatever happens to the source meanwhile, and nothing personal is left behind by a crash.

use super::{Email, Person, Value};
use std::{
    fs::File,
    io::{self, BufWriter, Write},
    os::unix::fs::FileExt,
    path::Path,
};

/// Writes records one after another.
pub struct SpoolWriter {
    file: BufWriter<File>,
    offset: u64,
    widest: usize,
    scratch: Vec<u8>,
}

/// Reads records by offset, from any thread.
#[derive(Debug)]
pub struct Spool {
    file: File,
    widest: usize,
}

/// One member as it was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Order-preserving bytes of the `match.prefer` column; greater wins.
    pub prefer: Vec<u8>,
    pub email: Email,
    /// Of the `match.id` column.
    pub person: Option<Person>,
    /// Canonical values in the order of the export's attributes.
    pub values: Vec<Value>,
}

/// All of an empty value; other values have no byte like it.
pub const EMPTY: u8 = 0;
const NO_PERSON: u8 = 0;
const PERSON: u8 = 1;

impl SpoolWriter {
    /// A nameless file in `dir` (0600 by nature: it has no name to be opened by).
    pub fn create(dir: &Path) -> io::Result<Self> {
        let file = tempfile::tempfile_in(dir)?;
        Ok(Self { file: BufWriter::with_capacity(1 << 18, file), offset: 0, widest: 0, scratch: Vec::new() })
    }

    /// Appends a record; gives its offset.
    pub fn write(&mut self, prefer: &[u8], email: &str, person: Option<Person>, values: &[u8]) -> io::Result<u64> {
        let at = self.offset;
        self.scratch.clear();
        put_bytes(&mut self.scratch, prefer);
        put_bytes(&mut self.scratch, email.as_bytes());
        match person {
            None => self.scratch.push(NO_PERSON),
            Some(person) => {
                self.scratch.push(PERSON);
                self.scratch.extend_from_slice(&person.plain.to_le_bytes());
                self.scratch.extend_from_slice(&person.source.to_le_bytes());
            }
        }
        self.scratch.extend_from_slice(values);
        self.widest = self.widest.max(self.scratch.len());
        let len = u32::try_from(self.scratch.len()).map_err(|_| io::Error::other("a row of more than 4 GiB"))?;
        self.file.write_all(&len.to_le_bytes())?;
        self.file.write_all(&self.scratch)?;
        self.offset += 4 + u64::from(len);
        Ok(at)
    }

    /// Done writing.
    pub fn finish(self) -> io::Result<Spool> {
        let file = self.file.into_inner().map_err(io::IntoInnerError::into_error)?;
        Ok(Spool { file, widest: self.widest })
    }
}

impl Spool {
    /// Bytes of the longest record.
    pub fn widest(&self) -> usize {
        self.widest
    }

    /// The record at an offset that [`SpoolWriter::write`] gave.
    pub fn read(&self, offset: u64) -> io::Result<Record> {
        let mut buffer = [0_u8; 512];
        let got = read_some(&self.file, &mut buffer, offset)?;
        let len = buffer.first_chunk::<4>().map(|b| u32::from_le_bytes(*b) as usize).filter(|_| got >= 4).ok_or_else(damaged)?;
        if 4 + len <= got {
            return decode(&buffer[4..4 + len]);
        }
        let mut all = vec![0; len];
        self.file.read_exact_at(&mut all, offset + 4)?;
        decode(&all)
    }
}

fn read_some(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
    let mut got = 0;
    while got < buffer.len() {
        match file.read_at(&mut buffer[got..], offset + got as u64) {
            Ok(0) => break,
            Ok(n) => got += n,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(got)
}

fn decode(mut bytes: &[u8]) -> io::Result<Record> {
    let prefer = take_bytes(&mut bytes).ok_or_else(damaged)?.to_vec();
    let email = take_text(&mut bytes).ok_or_else(damaged)?;
    let email = Email::trusted(email);
    let (&mark, rest) = bytes.split_first().ok_or_else(damaged)?;
    bytes = rest;
    let person = match mark {
        PERSON => {
            let (plain, rest) = bytes.split_first_chunk::<8>().ok_or_else(damaged)?;
            let (source, rest) = rest.split_first_chunk::<8>().ok_or_else(damaged)?;
            bytes = rest;
            Some(Person { plain: u64::from_le_bytes(*plain), source: u64::from_le_bytes(*source) })
        }
        _ => None,
    };
    let values = decode_values(bytes).ok_or_else(damaged)?;
    Ok(Record { prefer, email, person, values })
}

fn damaged() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "the temporary file of this run is damaged (is its disk full?)")
}

/// A value's canonical bytes: what duplicates are ordered by and fingerprints are made of.
pub fn encode_value(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Empty => out.push(EMPTY),
        Value::Text(text) => {
            out.push(1);
            put_bytes(out, text.as_bytes());
        }
        Value::Number(text) => {
            out.push(2);
            put_bytes(out, text.as_bytes());
        }
        Value::Parts(parts) => {
            out.push(3);
            put_len(out, parts.len());
            for (name, part) in parts {
                put_bytes(out, name.as_bytes());
                put_bytes(out, part.as_bytes());
            }
        }
    }
}

fn decode_values(mut bytes: &[u8]) -> Option<Vec<Value>> {
    let mut values = Vec::new();
    while let Some((&kind, rest)) = bytes.split_first() {
        bytes = rest;
        values.push(match kind {
            EMPTY => Value::Empty,
            1 => Value::Text(take_text(&mut bytes)?.to_owned()),
            2 => Value::Number(take_text(&mut bytes)?.to_owned()),
            3 => {
                let count = take_len(&mut bytes)?;
                let parts = (0..count).map(|_| Some((take_text(&mut bytes)?.to_owned(), take_text(&mut bytes)?.to_owned())));
                Value::Parts(parts.collect::<Option<_>>()?)
            }
            _ => return None,
        });
    }
    Some(values)
}

/// LEB128, so that short texts cost one byte of length.
fn put_len(out: &mut Vec<u8>, mut len: usize) {
    while len >= 0x80 {
        out.push((len as u8 & 0x7f) | 0x80);
        len >>= 7;
    }
    out.push(len as u8);
}

fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_len(out, bytes.len());
    out.extend_from_slice(bytes);
}

fn take_len(bytes: &mut &[u8]) -> Option<usize> {
    let mut len = 0_usize;
    for shift in (0..35).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        len |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(len);
        }
    }
    None
}

fn take_bytes<'a>(bytes: &mut &'a [u8]) -> Option<&'a [u8]> {
    let len = take_len(bytes)?;
    let (head, rest) = bytes.split_at_checked(len)?;
    *bytes = rest;
    Some(head)
}

fn take_text<'a>(bytes: &mut &'a [u8]) -> Option<&'a str> {
    std::str::from_utf8(take_bytes(bytes)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn values() -> impl Strategy<Value = Vec<Value>> {
        let value = prop_oneof![
            Just(Value::Empty),
            ".{0,300}".prop_map(Value::Text),
            "[0-9]{1,9}".prop_map(Value::Number),
            proptest::collection::btree_map("[a-z]{1,8}", ".{0,20}", 0..5).prop_map(Value::Parts),
        ];
        proptest::collection::vec(value, 0..6)
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(rows in proptest::collection::vec((values(), any::<Option<(u64, u64)>>(), proptest::collection::vec(any::<u8>(), 0..20)), 1..20)) {
            let dir = tempfile::tempdir().unwrap();
            let mut writer = SpoolWriter::create(dir.path()).unwrap();
            let mut offsets = Vec::new();
            let person_of = |id: &Option<(u64, u64)>| id.map(|(plain, source)| Person { plain, source });
            for (values, person, prefer) in &rows {
                let mut bytes = Vec::new();
                values.iter().for_each(|v| encode_value(&mut bytes, v));
                offsets.push(writer.write(prefer, "dana@example.com", person_of(person), &bytes).unwrap());
            }
            let spool = writer.finish().unwrap();
            for ((values, person, prefer), offset) in rows.iter().zip(offsets).rev() {
                let record = spool.read(offset).unwrap();
                prop_assert_eq!(&record.values, values);
                prop_assert_eq!(record.person, person_of(person));
                prop_assert_eq!(&record.prefer, prefer);
            }
            prop_assert!(std::fs::read_dir(dir.path()).unwrap().next().is_none(), "the spool has no name");
        }
    }

    #[test]
    fn a_damaged_spool_is_an_error() {
        let dir = tempfile::tempdir().unwrap();
        let spool = SpoolWriter::create(dir.path()).unwrap().finish().unwrap();
        assert!(spool.read(0).is_err());
    }
}
