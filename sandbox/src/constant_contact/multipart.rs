//! The parts of a `multipart/form-data` body.

use memchr::memmem;

/// One part, and where its content begins in the body.
#[derive(Debug)]
pub(super) struct Part<'a> {
    pub name: String,
    pub start: usize,
    pub content: &'a [u8],
}

/// `None` if the body is not what the content type says.
pub(super) fn parts<'a>(content_type: &str, body: &'a [u8]) -> Option<Vec<Part<'a>>> {
    let (_, boundary) = content_type.split_once("boundary=")?;
    let boundary = boundary.split(';').next()?.trim().trim_matches('"');
    let line = format!("\r\n--{boundary}");
    let first = body.strip_prefix(&line.as_bytes()[2..])?;
    let mut at = body.len() - first.len();
    let mut found = Vec::new();
    while !body[at..].starts_with(b"--") {
        let head_end = at + memmem::find(&body[at..], b"\r\n\r\n")?;
        let start = head_end + 4;
        let end = start + memmem::find(&body[start..], line.as_bytes())?;
        let name = name(std::str::from_utf8(&body[at..head_end]).ok()?)?;
        found.push(Part { name, start, content: &body[start..end] });
        at = end + line.len();
    }
    Some(found)
}

/// From `Content-Disposition: form-data; name="file"; filename="…"`.
fn name(head: &str) -> Option<String> {
    let line = head.lines().find(|line| line.to_ascii_lowercase().starts_with("content-disposition:"))?;
    let (_, rest) = line.split_once("; name=\"").or_else(|| line.split_once(";name=\""))?;
    Some(rest.split('"').next()?.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rstest::rstest;

    const BODY: &str = "--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\nemail\r\n\r\n--x\r\n\
        content-disposition: form-data; name=\"list_ids\"\r\n\r\n7\r\n--x--\r\n";

    #[test]
    fn parts_are_found_with_their_places() {
        let parts = parts("multipart/form-data; boundary=x", BODY.as_bytes()).unwrap();
        let seen: Vec<_> = parts.iter().map(|part| (part.name.as_str(), part.content)).collect();
        assert_eq!(seen, [("file", b"email\r\n".as_slice()), ("list_ids", b"7")]);
        assert!(BODY[parts[0].start..].starts_with("email"));
    }

    #[rstest]
    #[case("multipart/form-data", BODY)]
    #[case("multipart/form-data; boundary=y", BODY)]
    #[case("multipart/form-data; boundary=x", "--x\r\nno end")]
    #[case("multipart/form-data; boundary=x", "")]
    fn what_is_not_multipart_is_refused(#[case] kind: &str, #[case] body: &str) {
        assert!(parts(kind, body.as_bytes()).is_none());
    }
}
