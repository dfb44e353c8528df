//! Feeds a typed struct from a [`Node`], and goes on after an error.

use super::{
    Fault, Kind, Node,
    access::{Entries, Items},
    at::MARKER,
    key::Positioned,
};
use serde::{
    de::{self, DeserializeOwned, Visitor, value::StrDeserializer},
    forward_to_deserialize_any,
};
use std::collections::HashSet;

/// Nobody mends more than this at a time.
const FAULTS: usize = 40;

/// Entries left out because they have a fault that was reported, by address (a tree does not move while it is read).
pub type Skip = HashSet<usize>;

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
pub struct Reader<'a> {
    pub node: &'a Node,
    pub skip: &'a Skip,
}

impl<'a> Reader<'a> {
    fn expected<T>(self, what: &str, hint: Option<&str>) -> Result<T, Fault> {
        let mut fault = Fault::new(format!("expected {what}, found {}", self.node.what()), Some(self.node.at));
        fault.hint = hint.map(Box::from);
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
                Err(_) => Err(Fault::new(format!("this is not {what}"), Some(self.node.at)).hint("digits only, no sign, no fraction")),
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
