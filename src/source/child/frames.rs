//! Frames over a socket: a byte that says what, four that say how long, a body.

use super::{super::SourceError, protocol::Kind};
use std::{
    io::{self, ErrorKind, Read, Write},
    os::unix::net::UnixStream,
    time::Duration,
};

/// No frame of a child is longer: a driver that went mad must not fill this process.
pub const MAX_FRAME_BYTES: usize = 8 << 20;
const HEAD_BYTES: usize = 5;
/// What is asked of the socket at once.
const CHUNK_BYTES: usize = 256 << 10;
/// Between looks at whether anybody still waits.
const LOOK: Duration = Duration::from_millis(20);

/// Frames from a child, never waited for longer than may be.
pub struct Frames {
    socket: UnixStream,
    bytes: Vec<u8>,
    /// Where what was not given yet begins, and ends.
    start: usize,
    end: usize,
}

impl Frames {
    pub fn new(socket: UnixStream) -> io::Result<Self> {
        socket.set_read_timeout(Some(LOOK))?;
        Ok(Self { socket, bytes: Vec::new(), start: 0, end: 0 })
    }

    /// The next frame; `None` when the child is gone. `go_on` is asked again and again while nothing comes.
    pub fn next(&mut self, go_on: &mut dyn FnMut() -> Result<(), SourceError>) -> Result<Option<(Kind, &[u8])>, SourceError> {
        loop {
            go_on()?;
            if let Some((kind, body)) = self.whole()? {
                let (from, to) = (self.start + HEAD_BYTES, self.start + HEAD_BYTES + body);
                self.start = to;
                return Ok(Some((kind, &self.bytes[from..to])));
            }
            if !self.more().map_err(|error| SourceError::new(format!("the reading process cannot be heard: {error}")))? {
                return Ok(None);
            }
        }
    }

    /// The length of the body of the next frame, where all of it is there.
    fn whole(&self) -> Result<Option<(Kind, usize)>, SourceError> {
        let waiting = &self.bytes[self.start..self.end];
        let Some((head, rest)) = waiting.split_at_checked(HEAD_BYTES) else { return Ok(None) };
        let length = u32::from_le_bytes([head[1], head[2], head[3], head[4]]) as usize;
        let kind = Kind::of(head[0]).filter(|_| length <= MAX_FRAME_BYTES).ok_or_else(garbled)?;
        Ok((rest.len() >= length).then_some((kind, length)))
    }

    /// Waits a moment for bytes; `false` when the child is gone.
    fn more(&mut self) -> io::Result<bool> {
        self.make_room();
        match self.socket.read(&mut self.bytes[self.end..]) {
            Ok(read) => {
                self.end += read;
                Ok(read > 0)
            }
            Err(error) => match error.kind() {
                ErrorKind::Interrupted | ErrorKind::WouldBlock | ErrorKind::TimedOut => Ok(true),
                ErrorKind::ConnectionReset => Ok(false),
                _ => Err(error),
            },
        }
    }

    fn make_room(&mut self) {
        self.bytes.copy_within(self.start..self.end, 0);
        (self.start, self.end) = (0, self.end - self.start);
        let needed = self.end + CHUNK_BYTES;
        if self.bytes.len() < needed {
            self.bytes.resize(needed, 0);
        }
    }
}

/// What a child wrote is no answer.
pub fn garbled() -> SourceError {
    SourceError::new("the reading process gave an answer that cannot be understood")
        .hint("a driver in it may have damaged its memory; see whether it is made for this machine")
}

/// Writes one frame; `buffer` is kept between calls.
pub fn write(to: &mut impl Write, buffer: &mut Vec<u8>, kind: Kind, body: impl FnOnce(&mut Vec<u8>)) -> io::Result<()> {
    buffer.clear();
    buffer.extend([kind.byte(), 0, 0, 0, 0]);
    body(buffer);
    let length = u32::try_from(buffer.len() - HEAD_BYTES).map_err(io::Error::other)?;
    buffer[1..HEAD_BYTES].copy_from_slice(&length.to_le_bytes());
    to.write_all(buffer)
}

/// Writes one message to a child.
pub fn tell(to: &mut impl Write, message: &impl serde::Serialize) -> io::Result<()> {
    let json = serde_json::to_vec(message)?;
    let length = u32::try_from(json.len()).map_err(io::Error::other)?;
    to.write_all(&length.to_le_bytes())?;
    to.write_all(&json)?;
    to.flush()
}

/// The next message of a parent; `None` when it is gone.
pub fn hear<T: serde::de::DeserializeOwned>(from: &mut impl Read) -> Option<T> {
    let mut length = [0; 4];
    from.read_exact(&mut length).ok()?;
    let mut json = vec![0; u32::from_le_bytes(length) as usize];
    from.read_exact(&mut json).ok()?;
    serde_json::from_slice(&json).ok()
}
