//! An object's bytes in any order, for Parquet: blocks of it, the last used kept.
//!
//! Parquet reads each column from a place of its own, a page at a time. The longer a column has gone on without a jump, the
//! more blocks it gets at once, so that not every page waits for the server; where many columns share what is kept, their
//! runs are short, and so is what each of them gets.

use super::reading::Reading;
use bytes::Bytes;
use std::{
    io::{self, Read},
    sync::{Arc, PoisonError},
};

const BLOCK: u64 = 1 << 20;
/// In memory at once.
const BLOCKS: usize = 32;
/// Asked for at once.
const AHEAD: u64 = 4;

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

    /// How many to ask for from `number` on: as many as are known right before it, none that is known already.
    fn wanted(&self, number: u64) -> u64 {
        let run = (1..=AHEAD.min(number)).take_while(|back| self.has(number - back)).count() as u64;
        (1..run).take_while(|on| !self.has(number + on)).count() as u64 + 1
    }
}

impl Reading {
    fn block(&self, number: u64) -> io::Result<Bytes> {
        let mut blocks = self.blocks.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(block) = blocks.get(number) {
            return Ok(block);
        }
        let start = number * BLOCK;
        let bytes = self.get(start..self.bytes().min(start + blocks.wanted(number) * BLOCK))?;
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
