//! Rows that were refused, kept on disk until the state takes them: there may be as many as rows.

use serde::{Deserialize, Serialize};
use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, BufRead, BufReader, BufWriter, Seek, Write},
    path::Path,
};

/// One row and why it was refused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reject {
    /// The address as it was given; empty if there was none.
    pub address: String,
    /// The segment's slot.
    pub segment: u8,
    /// Short and stable, e.g. `address-no-at`, `value`.
    pub code: String,
    pub detail: String,
    pub field: Option<String>,
}

/// A growing list of refused rows, with counts by reason.
#[derive(Debug)]
pub struct Rejects {
    file: BufWriter<File>,
    by_code: BTreeMap<String, u64>,
}

impl Rejects {
    pub fn create(dir: &Path) -> io::Result<Self> {
        Ok(Self { file: BufWriter::new(tempfile::tempfile_in(dir)?), by_code: BTreeMap::new() })
    }

    pub fn add(&mut self, reject: &Reject) -> io::Result<()> {
        self.list(reject)?;
        *self.by_code.entry(reject.code.clone()).or_default() += 1;
        Ok(())
    }

    /// Lists a row that is counted elsewhere.
    pub fn list(&mut self, reject: &Reject) -> io::Result<()> {
        serde_json::to_writer(&mut self.file, reject)?;
        self.file.write_all(b"\n")
    }

    /// Counts by reason, in the order of the codes.
    pub fn by_code(&self) -> &BTreeMap<String, u64> {
        &self.by_code
    }

    /// Every refused row, in the order added.
    pub fn for_each(&mut self, mut each: impl FnMut(Reject) -> io::Result<()>) -> io::Result<()> {
        self.file.flush()?;
        let mut file = self.file.get_ref().try_clone()?;
        file.rewind()?;
        for line in BufReader::new(file).lines() {
            each(serde_json::from_str(&line?)?)?;
        }
        self.file.get_mut().seek(io::SeekFrom::End(0))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn added_rows_come_back_and_are_counted() {
        let mut rejects = Rejects::create(&std::env::temp_dir()).unwrap();
        let reject = |code: &str| Reject { address: "x".into(), segment: 1, code: code.into(), detail: "d".into(), field: None };
        rejects.add(&reject("b")).unwrap();
        rejects.for_each(|_| Ok(())).unwrap();
        rejects.add(&reject("a")).unwrap();
        let mut seen = Vec::new();
        rejects
            .for_each(|r| {
                seen.push(r.code);
                Ok(())
            })
            .unwrap();
        assert_eq!(seen, ["b", "a"]);
        assert_eq!(rejects.by_code().iter().collect::<Vec<_>>(), [(&"a".to_owned(), &1), (&"b".to_owned(), &1)]);
    }
}
