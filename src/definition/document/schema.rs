//! The JSON Schema of all documents, draft-07 (what every editor's YAML support understands), from the types.

use super::{API_VERSION, ConnectionDoc, ExportDoc, SegmentDoc, SettingsDoc, SourceDoc};
use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Value, json};

/// One of the kinds, told apart by `kind`.
pub fn json_schema() -> Value {
    let mut generator = SchemaSettings::draft07().into_generator();
    let kinds = [
        kind::<SettingsDoc>(&mut generator, "Settings"),
        kind::<SourceDoc>(&mut generator, "Source"),
        kind::<SegmentDoc>(&mut generator, "Segment"),
        kind::<ConnectionDoc>(&mut generator, "Connection"),
        kind::<ExportDoc>(&mut generator, "Export"),
    ];
    let mut definitions = Value::Object(generator.take_definitions(true));
    nullable(&mut definitions);
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "Listkeeper definitions, version 1",
        "description": "One document of a Listkeeper directory: Settings, Source, Segment, Connection or Export.",
        "oneOf": kinds,
        "definitions": definitions,
    })
}

/// A kind's own schema with the two fields that all kinds have.
fn kind<T: JsonSchema>(generator: &mut SchemaGenerator, name: &str) -> Value {
    let mut schema = Value::from(T::json_schema(generator));
    schema["properties"]["apiVersion"] = json!({"const": API_VERSION, "description": "The version of the document's form."});
    schema["properties"]["kind"] = json!({"const": name, "description": "What the document defines."});
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    schema["required"] = [json!("apiVersion"), json!("kind")].into_iter().chain(required).collect();
    nullable(&mut schema);
    schema
}

/// Nobody means to write `null`: a field is there or it is not.
fn nullable(schema: &mut Value) {
    match schema {
        Value::Object(map) => {
            if let Some(Value::Array(types)) = map.get_mut("type") {
                types.retain(|name| name != "null");
                if let [only] = &types[..] {
                    let only = only.clone();
                    map.insert("type".into(), only);
                }
            }
            if let Some(Value::Array(any)) = map.get_mut("anyOf") {
                any.retain(|one| one != &json!({"type": "null"}));
                if any.len() == 1
                    && let Value::Object(only) = any.remove(0)
                {
                    map.remove("anyOf");
                    flatten(map, only);
                }
            }
            map.values_mut().for_each(nullable);
        }
        Value::Array(items) => items.iter_mut().for_each(nullable),
        _ => {}
    }
}

/// In draft-07 nothing counts beside a `$ref`, so it goes into an `allOf`.
fn flatten(map: &mut serde_json::Map<String, Value>, only: serde_json::Map<String, Value>) {
    if only.contains_key("$ref") && !map.is_empty() {
        map.insert("allOf".into(), json!([only]));
    } else {
        map.extend(only);
    }
}
