//! An object's bytes in order, the next of them under way while the last are read.

use super::reading::{Reading, get};
use bytes::Bytes;
use std::{
    io::{self, Read},
    ops::Range,
    sync::Arc,
};
use tokio::task::JoinSet;

/// The first range is small: many a reading ends with the header. At most three of the largest are in memory at once.
const FIRST: u64 = 256 << 10;
const LARGEST: u64 = 8 << 20;

pub struct Stream {
    reading: Arc<Reading>,
    chunk: Bytes,
    /// What is asked for next.
    next: u64,
    size: u64,
    /// At most one, and stopped when nobody wants it any more.
    ahead: JoinSet<object_store::Result<Bytes>>,
}

impl Stream {
    pub fn new(reading: Arc<Reading>) -> Self {
        Self { reading, chunk: Bytes::new(), next: 0, size: FIRST, ahead: JoinSet::new() }
    }

    fn range(&mut self) -> Option<Range<u64>> {
        let range = self.next..self.reading.bytes().min(self.next + self.size);
        self.size = LARGEST.min(self.size * 4);
        self.next = range.end;
        Some(range).filter(|range| !range.is_empty())
    }

    fn more(&mut self) -> io::Result<Bytes> {
        let first = self.next == 0;
        let bytes = if self.ahead.is_empty() {
            let Some(range) = self.range() else { return Ok(Bytes::new()) };
            self.reading.get(range)?
        } else {
            self.fetched()?
        };
        if !first {
            self.fetch();
        }
        Ok(bytes)
    }

    fn fetch(&mut self) {
        let Some(range) = self.range() else { return };
        let object = self.reading.object.clone();
        if let Some(handle) = self.reading.object.bucket.work.handle() {
            self.ahead.spawn_on(get(object, range), handle);
        }
    }

    fn fetched(&mut self) -> io::Result<Bytes> {
        let answer = self.reading.object.bucket.work.wait(self.ahead.join_next());
        let answer = answer.map(|joined| match joined {
            Some(Ok(answer)) => answer,
            Some(Err(source)) => Err(object_store::Error::JoinError { source }),
            None => Ok(Bytes::new()),
        });
        self.reading.received(answer)
    }
}

impl Read for Stream {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.chunk.is_empty() {
            self.chunk = self.more()?;
        }
        let bytes = self.chunk.split_to(buffer.len().min(self.chunk.len()));
        buffer[..bytes.len()].copy_from_slice(&bytes);
        Ok(bytes.len())
    }
}
