//! The columns a segment gives, found by name; the same for files and for engines.

use super::SourceError;
use crate::definition::Name;

/// Columns that a hint names.
const NAMED: usize = 50;

/// The position of a column, by its name as written, else by its name in any case.
pub fn find(column: &str, given: &[String], segment: &Name) -> Result<usize, SourceError> {
    let by = |same: &dyn Fn(&str) -> bool| given.iter().enumerate().filter(|(_, name)| same(name)).map(|(at, _)| at).collect::<Vec<_>>();
    let exact = by(&|name| name == column);
    let found = if exact.is_empty() { by(&|name| name.eq_ignore_ascii_case(column)) } else { exact };
    match found.as_slice() {
        [at] => Ok(*at),
        [] => {
            let names = given.iter().map(String::as_str).collect::<Vec<_>>();
            let more = if given.len() > NAMED { format!(" and {} more", given.len() - NAMED) } else { String::new() };
            let hint = format!("{}it gives {}{more}", did_you_mean(column, &names), names[..names.len().min(NAMED)].join(", "));
            Err(SourceError::new(format!("segment {segment} gives no column {column:?}")).hint(hint).of_query(None))
        }
        _ => Err(SourceError::new(format!("segment {segment} gives {} columns named {column:?}", found.len()))
            .hint("name each with AS in the query")
            .of_query(None)),
    }
}

/// The nearest candidate as a question, or nothing when none is near.
pub fn did_you_mean(name: &str, candidates: &[&str]) -> String {
    let near = |candidate: &str| strsim::jaro_winkler(&name.to_lowercase(), &candidate.to_lowercase());
    let best = candidates.iter().map(|candidate| (near(candidate), candidate)).max_by(|one, other| one.0.total_cmp(&other.0));
    best.filter(|(likeness, _)| *likeness > 0.75).map_or_else(String::new, |(_, candidate)| format!("did you mean {candidate}? "))
}
