//! Joining: an import, which puts people onto the list, creates whom the account does not know, and changes the attributes that
//! it carries.
//!
//! The vendor reads so many bytes and lines of a body and drops the rest without a word. So a body is counted before it is
//! sent, and one that is too long goes in halves. Importing someone twice ends as once.

use super::{
    super::{BatchRow, ContainerId, Error, ErrorKind, Outcome, Rejection, Submitted},
    activities,
    api::{Api, Call},
    capabilities::BODY_BYTES,
    columns::Columns,
    job::{Job, Work},
    multipart,
};
use crate::http::Request;

/// Longest address of an import, in characters. The vendor says so of JSON only; what it does to one in a file is not said.
const ADDRESS_CHARS: usize = 50;
/// Lines of a file that are read, that of the headings included.
const LINES: usize = 40_000;

pub(super) async fn submit(api: &Api, list: &ContainerId, columns: &Columns, rows: &[BatchRow]) -> Result<Submitted, Error> {
    let (rows, long): (Vec<_>, Vec<_>) = rows.iter().partition(|row| row.email.as_str().chars().count() <= ADDRESS_CHARS);
    if rows.is_empty() {
        return Ok(Submitted::Done(vec![too_long(); long.len()]));
    }
    let call = if columns.take_file(&rows) { file(list, columns, &rows)? } else { objects(list, columns, &rows)? };
    let activity = activities::started(api, call.rows(rows.len())).await?;
    let left_out = long.into_iter().map(|row| row.key).collect();
    Ok(Submitted::Job(Job { work: Work::Import, activity, list: list.clone(), left_out }.id()))
}

pub(super) fn too_long() -> Outcome {
    let detail = format!("Constant Contact imports addresses of at most {ADDRESS_CHARS} characters");
    Outcome::Rejected(Rejection { code: "address-too-long", detail, field: None })
}

fn file<'a>(list: &ContainerId, columns: &Columns, rows: &[&BatchRow]) -> Result<Call<'a>, Error> {
    let mut file = columns.headings();
    rows.iter().for_each(|row| file.push_str(&columns.line(row)));
    // A value with line ends in it takes several lines.
    let lines = memchr::memchr2_iter(b'\n', b'\r', file.as_bytes()).count();
    let form = multipart::form(&file, &list.0);
    whole(form.body.len(), lines, rows.len())?;
    let path = ["activities", "contacts_file_import"];
    Ok(Call::upload("/activities/contacts_file_import", &path, form.body, form.content_type.into()))
}

fn objects<'a>(list: &ContainerId, columns: &Columns, rows: &[&BatchRow]) -> Result<Call<'a>, Error> {
    let contacts: Vec<_> = rows.iter().map(|row| columns.object(row)).collect();
    // The list first: what is dropped at the end would be contacts, and never the list.
    let body = format!("{{\"list_ids\":[{}],\"import_data\":[{}]}}", serde_json::Value::from(list.0.as_str()), contacts.join(","));
    whole(body.len(), 0, rows.len())?;
    let path = ["activities", "contacts_json_import"];
    Ok(Call::upload("/activities/contacts_json_import", &path, body.into_bytes(), Request::JSON))
}

/// Nothing leaves that would not be read to its end.
fn whole(bytes: usize, lines: usize, rows: usize) -> Result<(), Error> {
    if bytes < BODY_BYTES && lines <= LINES {
        return Ok(());
    }
    let kind = if rows > 1 { ErrorKind::TooLarge } else { ErrorKind::Stall };
    Err(Error::new(kind, format!("an import of {rows} rows has {bytes} bytes and {lines} lines, more than Constant Contact reads")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        destination::constant_contact::tests::{row, with},
        member::Value,
    };

    #[test]
    fn what_would_be_cut_is_not_sent() {
        let (list, columns) = (ContainerId("l1".into()), Columns::of(["first_name", "note"].into_iter()).unwrap());
        let told = |note: &str, rows| vec![with(row("a@example.com"), &[("note", Value::Text(note.into()))]); rows];
        let refused = |rows: Vec<BatchRow>| file(&list, &columns, &rows.iter().collect::<Vec<_>>()).err().map(|error| error.kind);
        assert_eq!(refused(told("x", 39_999)), None, "as many as the vendor takes");
        assert_eq!(refused(told("x", 40_000)), Some(ErrorKind::TooLarge));
        assert_eq!(refused(told("two\nlines", 20_000)), Some(ErrorKind::TooLarge), "40,001 lines");
        assert_eq!(refused(told(&"x".repeat(235), 15_900)), None);
        assert_eq!(refused(told(&"x".repeat(235), 16_000)), Some(ErrorKind::TooLarge), "over 4 MB");
        assert_eq!(refused(told(&"x".repeat(BODY_BYTES), 1)), Some(ErrorKind::Stall), "it cannot be halved");
    }
}
