//! Feeds a typed struct from a [`Node`], and goes on after an error.

use super::{
    Entry, Fault, Kind, Node,
    at::MARKER,
    key::{KeyReader, Positioned},
};
use crate::definition::Position;
use serde::{
    de::{self, DeserializeOwned, DeserializeSeed, Visitor, value::StrDeserializer},
    forward_to_deserialize_any,
};
use std::collections::HashSet;

/// Nobody mends more than this at a time.
const FAULTS: usize = 40;

/// Entries left out because they have a fault that was reported, by address (a tree does not move while it is read).
type Skip = HashSet<usize>;

/// Reads a typed value. All faults are returned; the value too, without the entries that have one, if that is possible.
pub fn read_as<T: DeserializeOwned>(node: &Node) -> (Option<T>, Vec<Fault>) {
    let (mut skip, mut faults) = (Skip::new(), Vec::new());
    for _ in 0..FAULTS {
        let fault = match T::deserialize(Reader { node, skip: &skip }) {
            Ok(value) => return (Some(value), faults),
            Err(fault) => fault,
        };
        let entry = fault.entry;
        if !fault.silent {
            faults.push(fault);
        }
        if !entry.is_some_and(|entry| skip.insert(entry)) {
            break;
        }
    }
    (None, faults)
}

#[derive(Clone, Copy)]
struct Reader<'a> {
    node: &'a Node,
    skip: &'a Skip,
}

impl<'a> Reader<'a> {
    fn expected<T>(self, what: &str, hint: Option<&str>) -> Result<T, Fault> {
        let mut fault = Fault::new(format!("expected {what}, found {}", self.node.what()), Some(self.node.at));
        fault.hint = hint.map(str::to_owned);
        Err(fault)
    }

    /// Errors that visitors raise get this node's position, unless they have one.
    fn placed<T>(self, result: Result<T, Fault>) -> Result<T, Fault> {
        result.map_err(|mut fault| {
            if let Some(field) = fault.missing {
                fault.silent |= fault.at.is_none() && self.node.get(field).is_some();
            } else if fault.at.is_none() {
                fault.at = Some(self.node.at);
            }
            fault
        })
    }

    fn number<T: std::str::FromStr>(self, what: &str) -> Result<T, Fault> {
        match &self.node.kind {
            Kind::Number(text) => match text.parse() {
                Ok(value) => Ok(value),
                Err(_) => self.expected(what, Some("write a whole number, digits only")),
            },
            _ => self.expected(what, Some("write a whole number, digits only, without quotes")),
        }
    }
}

macro_rules! numbers {
    ($($method:ident $visit:ident $ty:ty),*) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
            let value: $ty = self.number("a whole number")?;
            self.placed(visitor.$visit(value))
        }
    )*};
}

impl<'de> de::Deserializer<'de> for Reader<'de> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match &self.node.kind {
            Kind::Null => self.placed(visitor.visit_unit()),
            Kind::Bool(value) => self.placed(visitor.visit_bool(*value)),
            Kind::Number(text) => match (text.parse::<u64>(), text.parse::<f64>()) {
                (Ok(value), _) => self.placed(visitor.visit_u64(value)),
                (_, Ok(value)) => self.placed(visitor.visit_f64(value)),
                _ => self.placed(visitor.visit_str(text)),
            },
            Kind::Text(text) => self.placed(visitor.visit_str(text)),
            Kind::List(items) => self.placed(visitor.visit_seq(Items { items: items.iter(), skip: self.skip })),
            Kind::Map(entries) => self.placed(visitor.visit_map(Entries { entries: entries.iter(), value: None, skip: self.skip })),
        }
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.node.kind {
            Kind::Bool(value) => self.placed(visitor.visit_bool(value)),
            _ => self.expected("true or false", Some("write `true` or `false`, without quotes")),
        }
    }

    numbers!(deserialize_u32 visit_u32 u32, deserialize_u64 visit_u64 u64);

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match &self.node.kind {
            Kind::Text(text) | Kind::Number(text) => self.placed(visitor.visit_str(text)),
            Kind::Bool(value) => self.placed(visitor.visit_str(if *value { "true" } else { "false" })),
            _ => self.expected("text", None),
        }
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_str(visitor)
    }

    /// A key without a value is as good as absent.
    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.node.kind {
            Kind::Null => self.placed(visitor.visit_none()),
            _ => self.placed(visitor.visit_some(self)),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Fault> {
        match name {
            MARKER => self.placed(visitor.visit_seq(Positioned::new(self.node.at, self))),
            _ => self.placed(visitor.visit_newtype_struct(self)),
        }
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.node.kind {
            Kind::List(_) => self.deserialize_any(visitor),
            _ => self.expected("a list", Some("write [a, b], or one item a line after `- `")),
        }
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        match self.node.kind {
            Kind::Map(_) => self.deserialize_any(visitor),
            _ => self.expected("a mapping", Some("write fields as `name: value`")),
        }
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        match self.node.kind {
            Kind::Map(_) => self.deserialize_any(visitor),
            _ => self.expected("a mapping", Some(&format!("its fields: {}", fields.join(", ")))),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        match &self.node.kind {
            Kind::Text(text) => self.placed(visitor.visit_enum(StrDeserializer::new(text))),
            _ => self.expected(&format!("one of {}", variants.join(", ")), None),
        }
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        i8 i16 i32 i64 i128 u8 u16 u128 f32 f64 char bytes byte_buf unit unit_struct tuple tuple_struct identifier
    }
}

struct Items<'a> {
    items: std::slice::Iter<'a, Node>,
    skip: &'a Skip,
}

impl<'de> de::SeqAccess<'de> for Items<'de> {
    type Error = Fault;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Fault> {
        let skip = self.skip;
        let Some(node) = self.items.by_ref().find(|node| !skip.contains(&address(*node))) else { return Ok(None) };
        seed.deserialize(Reader { node, skip }).map(Some).map_err(|fault| owned_by(fault, address(node), node.at, None))
    }
}

struct Entries<'a> {
    entries: std::slice::Iter<'a, Entry>,
    value: Option<&'a Entry>,
    skip: &'a Skip,
}

impl<'de> de::MapAccess<'de> for Entries<'de> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Fault> {
        let skip = self.skip;
        self.value = self.entries.by_ref().find(|entry| !skip.contains(&address(*entry)));
        let Some(entry) = self.value else { return Ok(None) };
        seed.deserialize(KeyReader { entry }).map(Some).map_err(|fault| owned_by(fault, address(entry), entry.key_at, None))
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<S::Value, Fault> {
        let entry = self.value.take().ok_or_else(|| Fault::new("a value was asked for before its key", None))?;
        let read = seed.deserialize(Reader { node: &entry.value, skip: self.skip });
        read.map_err(|fault| owned_by(fault, address(entry), entry.key_at, Some(&entry.key)))
    }
}

/// The innermost entry or item around a fault is the one that reading leaves out.
fn owned_by(mut fault: Fault, entry: usize, at: Position, key: Option<&str>) -> Fault {
    if fault.entry.is_none() {
        fault.entry = Some(entry);
        fault.key = key.map(str::to_owned);
    }
    fault.at.get_or_insert(at);
    fault
}

fn address<T>(of: *const T) -> usize {
    of as usize
}
