//! An object's bytes in any order, for Parquet: blocks of it, the last used kept.
//!
//! Parquet reads each column from a place of its own, a page at a time. A column that goes on where it was gets two blocks
//! at once, so that not every page waits for the server.

use super::reading::Reading;
use bytes::Bytes;
use std::{
    io::{self, Read},
    sync::{Arc, PoisonError},
};

const BLOCK: u64 = 1 << 20;
/// In memory at once.
const BLOCKS: usize = 40;

/// The last used at the end.
#[derive(Default)]
pub struct Blocks(Vec<(u64, Bytes)>);

impl Blocks {
    fn get(&mut self, number: u64) -> Option<Bytes> {
        let at = self.0.iter().position(|(known, _)| *known == number)?;
        self.0[at..].rotate_left(1);
        self.0.last().map(|(_, bytes)| bytes.clone())
    }

    fn put(&mut self, number: u64, bytes: Bytes) {
        if self.0.len() >= BLOCKS {
            self.0.remove(0);
        }
        self.0.push((number, bytes));
    }

    fn has(&self, number: u64) -> bool {
        self.0.iter().any(|(known, _)| *known == number)
    }
}

impl Reading {
    fn block(&self, number: u64) -> io::Result<Bytes> {
        let mut blocks = self.blocks.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(block) = blocks.get(number) {
            return Ok(block);
        }
        let goes_on = number.checked_sub(1).is_some_and(|before| blocks.has(before));
        let wanted = if goes_on && !blocks.has(number + 1) { 2 } else { 1 };
        let start = number * BLOCK;
        let bytes = self.get(start..self.bytes().min(start + wanted * BLOCK))?;
        for (at, chunk) in (number..).zip(bytes.chunks(BLOCK as usize)).collect::<Vec<_>>().into_iter().rev() {
            // A copy, since a slice would keep its neighbour in memory.
            blocks.put(at, Bytes::copy_from_slice(chunk));
        }
        blocks.get(number).ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }
}

/// The bytes from some place on.
pub struct Rest {
    reading: Arc<Reading>,
    at: u64,
}

impl Rest {
    pub fn new(reading: Arc<Reading>, at: u64) -> Self {
        Self { reading, at }
    }
}

impl Read for Rest {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at >= self.reading.bytes() || buffer.is_empty() {
            return Ok(0);
        }
        let block = self.reading.block(self.at / BLOCK)?;
        let from = &block[(self.at % BLOCK) as usize..];
        let length = from.len().min(buffer.len());
        buffer[..length].copy_from_slice(&from[..length]);
        self.at += length as u64;
        Ok(length)
    }
}
