//! A batch's results: a gzipped tar of JSON files, each an array of what became of the operations.

use super::super::{Error, ErrorKind};
use serde::Deserialize;
use serde_json::Value as Json;
use std::io::Read;

/// Most bytes unpacked: far more than 500 operations say, far less than would hurt.
const UNPACKED_LIMIT: u64 = 256 << 20;

/// How one operation ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Done {
    pub status: u16,
    pub operation_id: String,
    /// The answer's body.
    pub response: String,
}

#[derive(Deserialize)]
struct Entry {
    status_code: u16,
    operation_id: Option<String>,
    #[serde(default)]
    response: Json,
}

/// Everything in the archive; operations without an id are not ours.
pub(super) fn unpack(archive: &[u8]) -> Result<Vec<Done>, Error> {
    let unzipped = flate2::read::GzDecoder::new(archive).take(UNPACKED_LIMIT);
    let mut all = Vec::new();
    let mut archive = tar::Archive::new(unzipped);
    for file in archive.entries().map_err(|error| broken(&error))? {
        let mut file = file.map_err(|error| broken(&error))?;
        let named_json = file.path().is_ok_and(|path| path.extension().is_some_and(|extension| extension == "json"));
        if !file.header().entry_type().is_file() || !named_json {
            continue;
        }
        let mut text = Vec::new();
        file.read_to_end(&mut text).map_err(|error| broken(&error))?;
        let entries: Vec<Entry> =
            serde_json::from_slice(&text).map_err(|error| super::super::no_answer::unreadable("Mailchimp", &error))?;
        all.extend(entries.into_iter().filter_map(done));
    }
    Ok(all)
}

fn done(entry: Entry) -> Option<Done> {
    let response = match entry.response {
        Json::String(text) => text,
        Json::Null => String::new(),
        other => other.to_string(),
    };
    Some(Done { status: entry.status_code, operation_id: entry.operation_id?, response })
}

fn broken(error: &std::io::Error) -> Error {
    Error::new(ErrorKind::Retry { after: None, unknown: false }, format!("a batch's results cannot be unpacked: {error}"))
}

/// An archive as the vendor makes one.
#[cfg(test)]
pub(super) fn pack(files: &[(&str, &str)]) -> Vec<u8> {
    let mut builder = tar::Builder::new(flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast()));
    for (name, text) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, name, text.as_bytes()).unwrap();
    }
    builder.into_inner().unwrap().finish().unwrap()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn several_files_and_foreign_entries() {
        let archive = pack(&[
            (
                "./one.json",
                r#"[{"status_code":204,"operation_id":"a","response":""},{"status_code":200,"operation_id":null,"response":"{}"}]"#,
            ),
            ("readme.txt", "not json"),
            ("two.json", r#"[{"status_code":405,"operation_id":"b","response":{"title":"T"}}]"#),
        ]);
        let got: Vec<_> = unpack(&archive).unwrap().into_iter().map(|d| (d.status, d.operation_id, d.response)).collect();
        assert_eq!(got, [(204, "a".into(), String::new()), (405, "b".into(), r#"{"title":"T"}"#.into())]);
    }

    #[test]
    fn a_cut_archive_is_tried_again() {
        let archive = pack(&[("one.json", "[]")]);
        for bytes in [&archive[..archive.len() / 2], b"<html>", b""] {
            assert!(matches!(unpack(bytes).unwrap_err().kind, ErrorKind::Retry { .. }));
        }
    }
}
