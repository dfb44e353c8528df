//! Text → nodes, by serde-saphyr, within limits.

use super::{Entry, Fault, Kind, Node, unquoted::unquoted};
use crate::definition::{Position, document::API_PREFIX};
use serde::{Deserialize, Deserializer, de};
use serde_yaml::{Error, Location, MergeKeyPolicy, NonFiniteFloatPolicy, Options, Spanned, budget::BudgetBreach};

/// Limits of one file: deeper, larger or more repetitive than any definition, far below what costs a second.
const DEPTH: usize = 32;
const ALIASES: usize = 100;
const NODES: usize = 50_000;

/// Other tools' files may hold merge keys and tags; they are only looked at to see that they are not ours.
fn options(ours: bool) -> Options {
    let mut options = serde_yaml::options! {
        budget: serde_yaml::budget! {
            max_depth: DEPTH,
            flow_nesting_limit: DEPTH,
            max_aliases: ALIASES,
            max_anchors: ALIASES,
            max_nodes: NODES,
            max_documents: NODES,
            max_recorded_anchor_events: NODES,
        },
        alias_limits: serde_yaml::alias_limits! { max_total_replayed_events: NODES, max_replay_stack_depth: 8 },
        merge_keys: if ours { MergeKeyPolicy::Error } else { MergeKeyPolicy::AsOrdinary },
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        strict_booleans: true,
        // An id such as `12e4567890` is a number beyond all bounds; what is kept is its text.
        non_finite_float_policy: NonFiniteFloatPolicy::PassThrough,
    };
    options.with_snippet = false;
    options.reject_unsupported_tags = ours;
    options
}

/// The documents of a file that are not empty, in order; or the first thing that is not YAML, or beyond the limits.
pub fn parse(text: &str) -> Result<Vec<Node>, Fault> {
    let options = options(text.contains(API_PREFIX));
    let raw: Vec<Spanned<Raw>> = serde_yaml::from_multiple_with_options(text, options).map_err(|error| fault(&error, text))?;
    Ok(raw.into_iter().map(|node| node_of(node, text)).collect())
}

/// What serde-saphyr says of a value when nothing is asked for.
enum Raw {
    Null,
    Bool(bool),
    Number(String),
    Text(String),
    List(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<String>, Spanned<Raw>)>),
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> de::Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a YAML value")
    }
    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }
    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }
    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Bool(value))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Number(value.to_string()))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Raw, E> {
        Ok(Raw::Number(value.to_string()))
    }
    fn visit_i128<E>(self, value: i128) -> Result<Raw, E> {
        Ok(Raw::Number(value.to_string()))
    }
    fn visit_u128<E>(self, value: u128) -> Result<Raw, E> {
        Ok(Raw::Number(value.to_string()))
    }
    fn visit_f64<E>(self, value: f64) -> Result<Raw, E> {
        Ok(Raw::Number(value.to_string()))
    }
    fn visit_str<E>(self, value: &str) -> Result<Raw, E> {
        Ok(Raw::Text(value.to_owned()))
    }
    fn visit_string<E>(self, value: String) -> Result<Raw, E> {
        Ok(Raw::Text(value))
    }
    fn visit_seq<A: de::SeqAccess<'de>>(self, mut seq: A) -> Result<Raw, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Raw::List(items))
    }
    fn visit_map<A: de::MapAccess<'de>>(self, mut map: A) -> Result<Raw, A::Error> {
        let mut entries = Vec::new();
        while let Some(key) = map.next_key()? {
            entries.push((key, map.next_value()?));
        }
        Ok(Raw::Map(entries))
    }
}

fn node_of(raw: Spanned<Raw>, text: &str) -> Node {
    let at = position(raw.referenced, text);
    let kind = match raw.value {
        Raw::Null => Kind::Null,
        Raw::Bool(value) => Kind::Bool(value),
        Raw::Number(value) => Kind::Number(as_written(raw.defined, text).unwrap_or(value)),
        Raw::Text(value) => Kind::Text(value),
        Raw::List(items) => Kind::List(items.into_iter().map(|item| node_of(item, text)).collect()),
        Raw::Map(entries) => Kind::Map(entries.into_iter().map(|(key, value)| entry_of(key, value, text)).collect()),
    };
    Node { at, kind }
}

fn entry_of(key: Spanned<String>, value: Spanned<Raw>, text: &str) -> Entry {
    Entry { key_at: position(key.referenced, text), key: key.value, value: node_of(value, text) }
}

/// A number's own text, so that `1.10` in a text field stays `1.10`.
fn as_written(location: Location, text: &str) -> Option<String> {
    let start = location.span().byte_offset()? as usize;
    let slice = text.get(start..start + location.span().byte_len()? as usize)?.trim();
    let plain = slice.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c)) && !slice.contains(char::is_whitespace);
    plain.then(|| slice.to_owned())
}

/// Line and column, and the offending text up to the end of its line.
fn position(location: Location, text: &str) -> Position {
    let offset = location.span().byte_offset().map_or_else(|| offset_of(location, text), |offset| offset as usize).min(text.len());
    let len = location.span().byte_len().unwrap_or(0) as usize;
    let rest = text.get(offset..(offset + len).min(text.len())).unwrap_or("");
    let first_line = rest.lines().next().unwrap_or("").trim_end();
    Position { line: location.line() as u32, column: location.column() as u32, offset, len: first_line.len() }
}

/// Where line and column are; errors of the scanner have no span.
fn offset_of(location: Location, text: &str) -> usize {
    let (line, column) = (location.line().saturating_sub(1) as usize, location.column().saturating_sub(1) as usize);
    let start: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    let before: usize = text[start..].chars().take_while(|c| *c != '\n').take(column).map(char::len_utf8).sum();
    start + before
}

fn fault(error: &Error, text: &str) -> Fault {
    let error = error.without_snippet();
    let (message, hint) = words(error);
    let at = error.location().map(|location| position(location, text));
    let scanned = matches!(error, Error::ExternalMessage { .. } | Error::UnknownAnchor { .. });
    if let Some(fault) = at.filter(|_| scanned).and_then(|at| unquoted(text, at)) {
        return fault;
    }
    let mut fault = Fault::new(message, at);
    fault.hint = at.and_then(|at| tab_hint(text, at)).or(hint).map(Box::from);
    fault
}

/// An error in words; what the text holds is never repeated, it may be a secret.
fn words(error: &Error) -> (String, Option<&'static str>) {
    match error {
        Error::AliasError { error, .. } => words(error),
        Error::DuplicateMappingKey { .. } => {
            ("this key is written twice in one mapping".into(), Some("keep one of them; the second is at the position shown"))
        }
        Error::MergeKeyNotAllowed { .. } => ("merge keys (<<) are not supported".into(), Some("write the fields out")),
        Error::UnsupportedTag { .. } => ("tags (!name) are not supported".into(), Some("remove the tag")),
        Error::UnknownAnchor { .. } => {
            ("this alias names no anchor".into(), Some("text that begins with * must be quoted; an alias needs its &anchor before it"))
        }
        Error::RecursiveReferencesRequireWeakTypes { .. } => ("this alias contains itself".into(), Some("write the value out")),
        Error::NullIntoString { .. } => ("a key is missing here".into(), Some("write the key before the colon")),
        Error::Eof { .. } => ("the file ends in the middle of a value".into(), None),
        Error::Budget { breach, .. } => (budget_words(breach), Some(SPLIT)),
        Error::AliasReplayLimitExceeded { .. }
        | Error::AliasReplayStackDepthExceeded { .. }
        | Error::AliasExpansionLimitExceeded { .. } => {
            (format!("aliases expand to more than {NODES} values"), Some("write the values out instead of repeating aliases"))
        }
        Error::ExternalMessage { msg, .. } if msg.contains("recursion limit") => (too_deep(), Some(SPLIT)),
        Error::ExternalMessage { msg, .. } => (format!("this is not YAML: {msg}"), quote_hint(msg)),
        _ => ("this is not YAML that can be read here".into(), None),
    }
}

const SPLIT: &str = "definitions are small: split the file, write values out";

fn too_deep() -> String {
    format!("nested deeper than {DEPTH} levels")
}

fn budget_words(breach: &BudgetBreach) -> String {
    match breach {
        BudgetBreach::Depth { .. } => too_deep(),
        BudgetBreach::Aliases { .. } | BudgetBreach::AliasAnchorRatio { .. } => format!("more than {ALIASES} aliases"),
        BudgetBreach::Anchors { .. } => format!("more than {ALIASES} anchors"),
        _ => format!("more than {NODES} values"),
    }
}

fn quote_hint(message: &str) -> Option<&'static str> {
    let plain = message.contains("mapping values") || message.contains("cannot start") || message.contains("simple key");
    plain.then_some("check the indentation; text with a colon, or that begins with one of @ ` % & * ! | > { [, must be quoted")
}

fn tab_hint(text: &str, at: Position) -> Option<&'static str> {
    let line = text.lines().nth(at.line.saturating_sub(1) as usize)?;
    let indent = &line[..line.len() - line.trim_start().len()];
    indent.contains('\t').then_some("this line is indented with a tab; YAML indents with spaces")
}
