//! Secrets out of everything that shows a file's text, whether or not the file is YAML.

/// Words that may stand before a colon below `credentials:`; everything else there is masked.
const FIELDS: [&str; 8] = ["credentials", "apiKey", "oauth", "clientId", "clientSecret", "env", "file", "systemdCredential"];
/// What else calls a secret by its name, anywhere in a file (a comment, a wrong indentation, another tool's document).
const NAMED: [&str; 12] = [
    "apikey",
    "api_key",
    "api-key",
    "secret",
    "clientsecret",
    "client_secret",
    "password",
    "token",
    "accesstoken",
    "access_token",
    // A database's address, and what its driver is told, hold passwords in more ways than can be listed.
    "uri",
    "options",
];

/// The text with every scalar below `credentials:`, after a key that names a secret, and whatever looks like a vendor's
/// key replaced by `*`, byte for byte, so that positions stay.
pub fn mask_secrets(text: &str) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut credentials: Option<Block> = None;
    for line in text.split_inclusive('\n') {
        if credentials.as_ref().is_some_and(|block| block.ends_before(line)) {
            credentials = None;
        }
        if credentials.is_some() {
            mask_below(line, &mut masked);
        } else if let Some(start) = key_start(line, &["credentials"]) {
            credentials = Some(Block { indent: indent(line), flow: line[start..].contains('{') });
            masked.push_str(&line[..start]);
            mask_below(&line[start..], &mut masked);
        } else if let Some(start) = key_start(line, &NAMED) {
            masked.push_str(&line[..start]);
            mask_below(&line[start..], &mut masked);
            // Its value may be on the lines below.
            credentials = Some(Block { indent: indent(line), flow: line[start..].contains('{') });
        } else {
            mask_keys(&mask_urls(line), &mut masked);
        }
    }
    masked
}

/// The lines that belong to a key.
struct Block {
    indent: usize,
    flow: bool,
}

impl Block {
    fn ends_before(&self, line: &str) -> bool {
        let content = line.trim();
        let inside =
            content.is_empty() || content.starts_with('#') || indent(line) > self.indent || (self.flow && content.starts_with('}'));
        !inside
    }
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches([' ', '\t', '-']).len()
}

/// The place just behind `key:`, where a line has one of the keys, quoted or not, letter case aside.
fn key_start(line: &str, keys: &[&str]) -> Option<usize> {
    let lower = line.to_ascii_lowercase();
    let found = keys.iter().flat_map(|key| lower.match_indices(key).map(|(at, key)| (at, at + key.len())));
    let word = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    found
        .filter(|(start, _)| !lower[..*start].ends_with(word))
        .filter_map(|(_, end)| {
            let rest = lower[end..].trim_start_matches(['"', '\'']).trim_start();
            rest.starts_with(':').then(|| lower.len() - rest.len() + 1)
        })
        .min()
}

/// Masks everything but punctuation, comments' signs and the known field names.
fn mask_below(line: &str, masked: &mut String) {
    let mut rest = line;
    while let Some(c) = rest.chars().next() {
        let length = rest.find(|c: char| c.is_whitespace() || "{}[],:#'\"".contains(c)).unwrap_or(rest.len());
        if length == 0 {
            masked.push(c);
            rest = &rest[c.len_utf8()..];
            continue;
        }
        let (word, after) = rest.split_at(length);
        let is_key = FIELDS.contains(&word) && after.trim_start_matches(['"', '\'']).trim_start().starts_with(':');
        if is_key {
            masked.push_str(word)
        } else {
            masked.extend(std::iter::repeat_n('*', word.len()))
        }
        rest = after;
    }
}

/// Masks the users and passwords of URLs, and the values in what follows `?` and `#`: signed links hold their key there.
pub fn mask_urls(line: &str) -> String {
    let mut masked = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(start) = url_start(rest) {
        let quote = rest[..start.scheme].chars().next_back().filter(|c| matches!(c, '"' | '\'' | '`'));
        let ends = |c: char| quote.map_or(c.is_whitespace(), |quote| c == quote || matches!(c, '\n' | '\r'));
        let url = &rest[start.host..];
        let url = &url[..url.find(ends).unwrap_or(url.len())];
        masked.push_str(&rest[..start.host]);
        mask_url(url, rest[start.scheme..].starts_with("abfs"), &mut masked);
        rest = &rest[start.host + url.len()..];
    }
    masked + rest
}

/// Where a URL begins, and where in it the user or the host.
struct Start {
    scheme: usize,
    host: usize,
}

/// The first URL, also with its slashes escaped, or what has no scheme and yet a query.
fn url_start(text: &str) -> Option<Start> {
    let marks = ["://", r":\/\/"].into_iter().filter_map(|mark| Some((text.find(mark)?, mark.len())));
    let whole = marks.min().map(|(at, length)| (at, Start { scheme: word_start(&text[..at]), host: at + length }));
    let bare = text.match_indices('?').map(|(at, _)| at).find(|at| named(&text[at + 1..]).is_some());
    let bare = bare.map(|at| (at, word_start(&text[..at]))).map(|(at, start)| (at, Start { scheme: start, host: start }));
    whole.into_iter().chain(bare).min_by_key(|(at, _)| *at).map(|(_, start)| start)
}

fn word_start(before: &str) -> usize {
    let cuts = |c: char| c.is_whitespace() || "\"'`()[]{},=".contains(c);
    before.rfind(cuts).map_or(0, |at| at + before[at..].chars().next().map_or(1, char::len_utf8))
}

/// At Azure a container stands where others have a user.
fn mask_url(url: &str, container: bool, masked: &mut String) {
    let (place, tail) = url.split_at(url.find(['?', '#']).unwrap_or(url.len()));
    let user = place.rfind('@').filter(|user| !container || place[..*user].contains(':')).unwrap_or(0);
    masked.extend(std::iter::repeat_n('*', user));
    masked.push_str(&place[user..]);
    for part in tail.split_inclusive(['?', '#', '&']) {
        let (part, mark) = part.split_at(part.len() - usize::from(part.ends_with(['?', '#', '&'])));
        let name = named(part).unwrap_or(0);
        masked.push_str(&part[..name]);
        masked.extend(std::iter::repeat_n('*', part.len() - name));
        masked.push_str(mark);
    }
}

/// The length of `name=` that a text begins with, where more than padding follows.
fn named(text: &str) -> Option<usize> {
    let end = text.find('=').filter(|end| (1..=24).contains(end))?;
    let word = text[..end].chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c));
    (word && !text[end + 1..].starts_with('=')).then_some(end + 1)
}

/// Masks what looks like a Mailchimp key (32 hexadecimal digits, a data centre) wherever it is.
fn mask_keys(line: &str, masked: &mut String) {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let mut rest = line;
    while let Some(start) = rest.find(|c: char| c.is_ascii_hexdigit()) {
        let end = rest[start..].find(|c: char| !word(c)).map_or(rest.len(), |at| start + at);
        let (before, found) = (&rest[..start], &rest[start..end]);
        masked.push_str(before);
        if looks_like_key(found) {
            masked.extend(std::iter::repeat_n('*', found.len()))
        } else {
            masked.push_str(found)
        }
        rest = &rest[end..];
    }
    masked.push_str(rest);
}

fn looks_like_key(word: &str) -> bool {
    word.len() >= 32 && word.bytes().take(32).all(|b| b.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::mask_secrets;
    use rstest::rstest;

    #[rstest]
    #[case("credentials:\n  apiKey: s3cret\nname: x\n", "credentials:\n  apiKey: ******\nname: x\n")]
    #[case("credentials: {apiKey: s3cret}\nname: x\n", "credentials: {apiKey: ******}\nname: x\n")]
    #[case("credentials: {\n  apiKey: s3cret\n}\nname: x\n", "credentials: {\n  apiKey: ******\n}\nname: x\n")]
    #[case("credentials: s3cret\n", "credentials: ******\n")]
    #[case("credentials:\n  - s3cret\n", "credentials:\n  * ******\n")]
    #[case("credentials:\n\tapiKey: s3cret\n", "credentials:\n\tapiKey: ******\n")]
    #[case("credentials:\n  apiKey: {env: KEY} # was s3cret\n", "credentials:\n  apiKey: {env: ***} # *** ******\n")]
    #[case("credentials:\n  \"apiKey\": \"s3 cret\"\n", "credentials:\n  \"apiKey\": \"** ****\"\n")]
    #[case("credentials:\n  apiKey: |\n    s3cret\nname: x\n", "credentials:\n  apiKey: *\n    ******\nname: x\n")]
    #[case("credentials:\napiKey: s3cret\nname: x\n", "credentials:\napiKey: ******\nname: x\n")]
    #[case("# apiKey: s3cret\nname: x\n", "# apiKey: ******\nname: x\n")]
    #[case("{credentials: {apiKey: s3cret}, name: x}\n", "{credentials: {apiKey: ******}, ****: *}\n")]
    #[case("note: 0123456789abcdef0123456789abcdef-us1\n", "note: ************************************\n")]
    #[case("endpoint: https://me:s3cret@host/x\n", "endpoint: https://*********@host/x\n")]
    #[case("endpoint: http://host/path?key=s3cret\n", "endpoint: http://host/path?key=******\n")]
    #[case("{c: \"https://user:pw@host/a.csv?sig=s3cret&x=1#s3c ret\"}\n", "{c: \"https://*******@host/a.csv?sig=******&x=*#*******\"}\n")]
    #[case("a: http://h/x http://me:pw@h/?s3cret # why?\n", "a: http://h/x http://*****@h/?****** # why?\n")]
    #[case("a: \"http://h/?k=s3'cret\" # b\n", "a: \"http://h/?k=*******\" # b\n")]
    #[case("a: \"https:\\/\\/h\\/?k=s3cret\"\n", "a: \"https:\\/\\/h\\/?k=******\"\n")]
    #[case("a: host/x?sig=s3cret\n", "a: host/x?sig=******\n")]
    #[case("a: http://h/?c2VjcmV0==\n", "a: http://h/?**********\n")]
    #[case("a: http://h/?k=clé&é\n", "a: http://h/?k=****&**\n")]
    #[case("a: abfss://box@me.dfs.core.windows.net/x?k=s3cret\n", "a: abfss://box@me.dfs.core.windows.net/x?k=******\n")]
    #[case("query: SELECT a FROM t WHERE b = ? AND c = 1\n", "query: SELECT a FROM t WHERE b = ? AND c = 1\n")]
    #[case("uri: \"host=db password=s3cret\"\nname: x\n", "uri: \"******* ***************\"\nname: x\n")]
    #[case("uri: snow://u@a/db?token=s3cret\n", "uri: ****:*********************\n")]
    #[case("options:\n  some.key: s3cret\nname: x\n", "options:\n  ********: ******\nname: x\n")]
    #[case("displayName: The secretary\n", "displayName: The secretary\n")]
    #[case("apiKey: clé\n", "apiKey: ****\n")]
    fn hides_values_and_keeps_the_shape(#[case] text: &str, #[case] expected: &str) {
        let masked = mask_secrets(text);
        assert_eq!(masked.len(), text.len());
        assert_eq!(masked, expected);
    }
}
