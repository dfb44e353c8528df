//! Paths of requests, and the patterns of routes that they fit.

/// The decoded segments of a path; a slash at the end says nothing.
pub(crate) fn segments(path: &str) -> Vec<String> {
    let decode = |segment: &str| {
        let key = segment.replace('+', "%2B").replace('&', "%26").replace('=', "%3D");
        url::form_urlencoded::parse(key.as_bytes()).next().map_or_else(String::new, |(text, _)| text.into_owned())
    };
    path.split('/').filter(|segment| !segment.is_empty()).map(decode).collect()
}

/// What the pattern's `{…}` stand for, if these segments fit.
pub(crate) fn params<'a>(pattern: &str, segments: impl IntoIterator<Item = &'a str>) -> Option<Vec<&'a str>> {
    let mut names = pattern.split('/').filter(|name| !name.is_empty());
    let mut found = Vec::new();
    for segment in segments {
        match names.next()? {
            name if name.starts_with('{') => found.push(segment),
            name if name == segment => {}
            _ => return None,
        }
    }
    names.next().is_none().then_some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_names_what_stands_in_its_place() {
        let path = segments("/lists/a%20b/members/x+y@contoso.test/");
        let params = |pattern| params(pattern, path.iter().map(String::as_str));
        assert_eq!(params("/lists/{id}/members/{hash}"), Some(vec!["a b", "x+y@contoso.test"]));
        assert_eq!(params("/lists/{id}"), None);
        assert_eq!(params("/lists/{id}/members/{hash}/tags"), None);
    }
}
