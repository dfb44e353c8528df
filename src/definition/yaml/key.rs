//! Keys of mappings, and the two-part form in which an [`super::At`] asks for a value.

use super::{Entry, Fault, at::MARKER};
use crate::definition::Position;
use serde::{
    de::{self, DeserializeSeed, IntoDeserializer, Visitor, value::StrDeserializer},
    forward_to_deserialize_any,
};

#[derive(Clone, Copy)]
pub struct KeyReader<'a> {
    pub entry: &'a Entry,
}

impl<'de> de::Deserializer<'de> for KeyReader<'de> {
    type Error = Fault;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_str(&self.entry.key)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, name: &'static str, visitor: V) -> Result<V::Value, Fault> {
        match name {
            MARKER => visitor.visit_seq(Positioned::new(self.entry.key_at, self)),
            _ => visitor.visit_newtype_struct(self),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _name: &'static str,
        _variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        visitor.visit_enum(StrDeserializer::new(&self.entry.key))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        seq tuple tuple_struct map struct identifier ignored_any
    }
}

/// A position, then the value.
pub struct Positioned<D> {
    at: Option<Position>,
    value: Option<D>,
}

impl<D> Positioned<D> {
    pub fn new(at: Position, value: D) -> Self {
        Self { at: Some(at), value: Some(value) }
    }
}

impl<'de, D: de::Deserializer<'de, Error = Fault>> de::SeqAccess<'de> for Positioned<D> {
    type Error = Fault;

    fn next_element_seed<S: DeserializeSeed<'de>>(&mut self, seed: S) -> Result<Option<S::Value>, Fault> {
        if let Some(at) = self.at.take() {
            let parts = [u64::from(at.line), u64::from(at.column), at.offset as u64, at.len as u64];
            let parts = de::value::SeqDeserializer::new(parts.into_iter().map(IntoDeserializer::<Fault>::into_deserializer));
            return seed.deserialize(parts).map(Some);
        }
        self.value.take().map(|value| seed.deserialize(value)).transpose()
    }
}
