//! stdout, for data: whoever reads it may stop reading.

use super::harmless::{Harmless, Shown};
use std::io::{self, IsTerminal, Write};

/// stdout without colour codes where none belong; a reader that went away (`| head`) is no error.
pub fn out(shown: Shown) -> impl Write {
    Harmless::new(Quiet(anstream::stdout()), shown)
}

/// stdout for data that is no JSON: harmless on a terminal, the data's own bytes elsewhere.
pub fn data() -> Box<dyn Write> {
    let stdout = io::stdout();
    if stdout.is_terminal() { Box::new(out(Shown::Data)) } else { Box::new(Quiet(stdout)) }
}

struct Quiet<W>(W);

impl<W: Write> Write for Quiet<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.0.write(bytes) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(bytes.len()),
            result => result,
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self.0.flush() {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            result => result,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Gone;

    impl Write for Gone {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
        fn flush(&mut self) -> io::Result<()> {
            Err(io::ErrorKind::BrokenPipe.into())
        }
    }

    #[test]
    fn a_reader_that_went_away_is_no_error() {
        let mut out = Quiet(Gone);
        out.write_all(b"a plan").unwrap();
        out.flush().unwrap();
    }
}
