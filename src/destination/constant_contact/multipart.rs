//! A file and the list it is for, as `multipart/form-data`.

use memchr::memmem;

/// A body and the content type that says how its parts are told apart.
pub(super) struct Form {
    pub content_type: String,
    pub body: Vec<u8>,
}

pub(super) fn form(file: &str, list: &str) -> Form {
    let boundary = boundary(file.as_bytes());
    let head = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"list_ids\"\r\n\r\n{list}\r\n\
         --{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"listkeeper.csv\"\r\nContent-Type: text/csv\r\n\r\n"
    );
    let body = [head.as_bytes(), file.as_bytes(), format!("\r\n--{boundary}--\r\n").as_bytes()].concat();
    Form { content_type: format!("multipart/form-data; boundary={boundary}"), body }
}

/// A word that does not occur in the file.
fn boundary(file: &[u8]) -> String {
    let mut hash = blake3::hash(file);
    loop {
        let word = format!("listkeeper-{}", &hash.to_hex()[..32]);
        if memmem::find(file, word.as_bytes()).is_none() {
            return word;
        }
        hash = blake3::hash(hash.as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_file_comes_last_and_whole() {
        let Form { content_type, body } = form("email\na@example.com\n", "l1");
        let boundary = content_type.strip_prefix("multipart/form-data; boundary=").unwrap();
        let body = String::from_utf8(body).unwrap().replace(boundary, "B");
        assert_eq!(
            body,
            "--B\r\nContent-Disposition: form-data; name=\"list_ids\"\r\n\r\nl1\r\n\
             --B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"listkeeper.csv\"\r\nContent-Type: text/csv\r\n\r\n\
             email\na@example.com\n\r\n--B--\r\n"
        );
    }
}
