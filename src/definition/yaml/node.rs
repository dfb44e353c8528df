//! A YAML value that knows where it was written.

use crate::definition::Position;

#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    pub at: Position,
    pub kind: Kind,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    Null,
    Bool(bool),
    /// As written: the field it goes to decides what it is (`zip: 02134` stays text).
    Number(String),
    Text(String),
    List(Vec<Node>),
    Map(Vec<Entry>),
}

#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    pub key: String,
    pub key_at: Position,
    pub value: Node,
}

impl Node {
    /// The entries of a mapping; none for anything else.
    pub fn entries(&self) -> &[Entry] {
        match &self.kind {
            Kind::Map(entries) => entries,
            _ => &[],
        }
    }

    /// An entry of a mapping.
    pub fn get(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|entry| entry.key == key)
    }

    /// The text of a scalar.
    pub fn text(&self) -> Option<&str> {
        match &self.kind {
            Kind::Text(text) | Kind::Number(text) => Some(text),
            _ => None,
        }
    }

    /// What it is, for messages; never its value, which may be a secret.
    pub fn what(&self) -> &'static str {
        match self.kind {
            Kind::Null => "nothing",
            Kind::Bool(_) => "true or false",
            Kind::Number(_) => "a number",
            Kind::Text(_) => "text",
            Kind::List(_) => "a list",
            Kind::Map(_) => "a mapping",
        }
    }

    /// Hashes what is meant, not how it is written: comments, quotes, key order and layout make no difference.
    pub fn digest(&self, hasher: &mut blake3::Hasher) {
        let mut part = |sort: &[u8], text: &str| {
            hasher.update(sort);
            hasher.update(&(text.len() as u64).to_le_bytes());
            hasher.update(text.as_bytes());
        };
        match &self.kind {
            Kind::Null => part(b"0", ""),
            Kind::Bool(value) => part(b"s", if *value { "true" } else { "false" }),
            Kind::Number(text) | Kind::Text(text) => part(b"s", text),
            Kind::List(items) => {
                part(b"l", &items.len().to_string());
                items.iter().for_each(|item| item.digest(hasher));
            }
            Kind::Map(entries) => {
                part(b"m", &entries.len().to_string());
                let mut sorted: Vec<_> = entries.iter().collect();
                sorted.sort_by(|a, b| a.key.cmp(&b.key));
                for entry in sorted {
                    hasher.update(&(entry.key.len() as u64).to_le_bytes());
                    hasher.update(entry.key.as_bytes());
                    entry.value.digest(hasher);
                }
            }
        }
    }
}
