//! A vendor's OpenAPI (or Swagger 2.0) document as a judge of requests and answers.
//!
//! The documents are not part of this project (they carry no open licence): where they are not present beside it, tests
//! that need one say so and pass.

mod swagger2;

use serde_json::{Map, Value};
use std::{collections::BTreeMap, path::PathBuf};

/// The paths and schemas of one vendor.
pub struct Contract {
    operations: Vec<Operation>,
}

struct Operation {
    method: String,
    pattern: String,
    query: BTreeMap<String, Value>,
    body: Option<jsonschema::Validator>,
    body_required: bool,
    /// Its body is a form, on which the schemas have nothing to say.
    form: bool,
    answers: BTreeMap<String, jsonschema::Validator>,
}

/// Items of Mailchimp's bulk call have `status_if_new` in the contract of 2026; the copy is older.
fn with_what_came_later(document: &mut Value) {
    let items = "/paths/~1lists~1{list_id}/post/requestBody/content/application~1json/schema/properties/members/items/properties";
    if let Some(Value::Object(item)) = document.pointer_mut(items)
        && let Some(status) = item.get("status").cloned()
    {
        item.insert("status_if_new".to_owned(), status);
    }
}

/// Where the vendors' documents are, if they are.
pub fn shared(name: &str) -> Option<String> {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/apis").join(name);
    let text = std::fs::read_to_string(&path).ok();
    if text.is_none() {
        eprintln!("skipped: {} is not present", path.display());
    }
    text
}

impl Contract {
    /// `None` (with a word on stderr) where the document is not present.
    pub fn load(document: &str) -> Option<Self> {
        let mut document = swagger2::modern(serde_json::from_str(&shared(document)?).unwrap());
        with_what_came_later(&mut document);
        Some(Self::parse(&expanded(&document, &document["paths"], &mut Vec::new())))
    }

    fn parse(paths: &Value) -> Self {
        let mut operations = Vec::new();
        for (pattern, methods) in paths.as_object().unwrap() {
            for (method, operation) in methods.as_object().unwrap() {
                if matches!(method.as_str(), "get" | "post" | "put" | "patch" | "delete") {
                    operations.push(Operation::parse(method, pattern, operation));
                }
            }
        }
        Self { operations }
    }

    /// `METHOD /pattern` of everything in the document.
    pub fn operations(&self) -> impl Iterator<Item = String> {
        self.operations.iter().map(|operation| format!("{} {}", operation.method, operation.pattern))
    }

    /// What about a request is outside the contract. `path` is below the API's base; `query` as sent, without `?`.
    pub fn request(&self, method: &str, path: &str, query: &str, body: &str) -> Vec<String> {
        match self.find(method, path) {
            Some(operation) => operation.request(query, body),
            None => vec![format!("{method} {path} is not in the contract")],
        }
    }

    /// What about an answer is outside the contract.
    pub fn answer(&self, method: &str, path: &str, status: u16, body: &str) -> Vec<String> {
        match self.find(method, path) {
            Some(operation) => operation.answer(status, body),
            None => vec![format!("{method} {path} is not in the contract")],
        }
    }

    /// `METHOD /pattern` of a path.
    pub fn name(&self, method: &str, path: &str) -> Option<String> {
        self.find(method, path).map(|operation| format!("{} {}", operation.method, operation.pattern))
    }

    fn find(&self, method: &str, path: &str) -> Option<&Operation> {
        self.operations.iter().find(|operation| operation.method == method && fits(&operation.pattern, path))
    }
}

fn fits(pattern: &str, path: &str) -> bool {
    let parts = |text: &str| text.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    let (pattern, path) = (parts(pattern), parts(path));
    pattern.len() == path.len() && pattern.iter().zip(&path).all(|(name, part)| name.starts_with('{') || name == part)
}

impl Operation {
    fn parse(method: &str, pattern: &str, operation: &Value) -> Self {
        let body = &operation["requestBody"];
        let parameters = operation["parameters"].as_array().into_iter().flatten().filter(|p| p["in"] == "query");
        let answers = operation["responses"].as_object().unwrap().iter().filter_map(|(code, response)| {
            let schema = &response["content"]["application/json"]["schema"];
            schema.is_object().then(|| (code.clone(), validator(schema, false)))
        });
        let schema = &body["content"]["application/json"]["schema"];
        Self {
            method: method.to_uppercase(),
            pattern: pattern.to_owned(),
            query: parameters.map(|p| (p["name"].as_str().unwrap().to_owned(), p["schema"].clone())).collect(),
            body: schema.is_object().then(|| validator(schema, true)),
            body_required: body["required"] == true,
            form: operation["x-form"] == true,
            answers: answers.collect(),
        }
    }

    fn request(&self, query: &str, body: &str) -> Vec<String> {
        let mut found = Vec::new();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            found.extend(self.parameter(&name, &value));
        }
        match (&self.body, body.is_empty()) {
            (None, true) => {}
            (Some(_), true) if !self.body_required => {}
            (Some(_), true) => found.push("a body is required".to_owned()),
            (None, false) if self.form => {}
            (None, false) => found.push("no body is foreseen".to_owned()),
            (Some(schema), false) => found.extend(violations(schema, body)),
        }
        found
    }

    /// `fields` is undocumented on writes and harmless there; anything else has to be in the document.
    fn parameter(&self, name: &str, value: &str) -> Option<String> {
        let Some(schema) = self.query.get(name) else {
            return (name != "fields").then(|| format!("unknown query parameter {name}"));
        };
        (!suits(schema, value)).then(|| format!("query parameter {name}={value} does not fit"))
    }

    fn answer(&self, status: u16, body: &str) -> Vec<String> {
        let code = status.to_string();
        match (self.answers.get(&code).or_else(|| self.answers.get("default").filter(|_| status >= 400)), body.is_empty()) {
            (Some(schema), false) => violations(schema, body),
            (Some(_), true) => vec![format!("{status} without a body")],
            (None, true) => Vec::new(),
            (None, false) => vec![format!("{status} is not foreseen with a body")],
        }
    }
}

/// Whether a parameter's text suits its schema; lists are separated by commas.
fn suits(schema: &Value, text: &str) -> bool {
    let number = text.parse::<i64>().ok();
    let bound = |name: &str, absent: i64| schema[name].as_i64().unwrap_or(absent);
    match schema["type"].as_str() {
        Some("integer") => number.is_some_and(|n| (bound("minimum", 0)..=bound("maximum", i64::MAX)).contains(&n)),
        Some("boolean") => matches!(text, "true" | "false"),
        Some("array") if schema["collectionFormat"] == "csv" => {
            let few = text.split(',').count() as i64 <= bound("maxItems", i64::MAX);
            few && text.split(',').all(|item| suits(&schema["items"], item))
        }
        _ => schema["enum"].as_array().is_none_or(|words| words.iter().any(|word| word == text)),
    }
}

/// The value with everything that it refers to in its place; what refers to itself may be anything there.
fn expanded<'a>(document: &'a Value, value: &'a Value, within: &mut Vec<&'a str>) -> Value {
    match value {
        Value::Object(object) => match object.get("$ref").and_then(Value::as_str) {
            Some(reference) if within.contains(&reference) => Value::Object(Map::new()),
            Some(reference) => {
                within.push(reference);
                let found = expanded(document, document.pointer(reference.trim_start_matches('#')).unwrap(), within);
                within.pop();
                found
            }
            None => object.iter().map(|(name, inner)| (name.clone(), expanded(document, inner, within))).collect(),
        },
        Value::Array(items) => items.iter().map(|item| expanded(document, item, within)).collect(),
        other => other.clone(),
    }
}

fn violations(schema: &jsonschema::Validator, body: &str) -> Vec<String> {
    match serde_json::from_str(body) {
        Ok(value) => schema.iter_errors(&value).map(|error| format!("{}: {error}", error.instance_path())).collect(),
        Err(error) => vec![format!("not JSON: {error}")],
    }
}

/// OpenAPI 3.0's dialect as JSON Schema; `closed` refuses what the schema of a request does not name.
fn validator(schema: &Value, closed: bool) -> jsonschema::Validator {
    let mut schema = schema.clone();
    translate(&mut schema, closed);
    jsonschema::options().with_draft(jsonschema::Draft::Draft4).build(&schema).unwrap()
}

fn translate(schema: &mut Value, closed: bool) {
    let Value::Object(object) = schema else { return };
    if object.remove("nullable") == Some(true.into())
        && let Some(kind) = object.get("type").cloned()
    {
        object.insert("type".into(), serde_json::json!([kind, "null"]));
    }
    if let Some(Value::Object(properties)) = object.get_mut("properties") {
        if closed {
            properties.retain(|_, property| property["readOnly"] != true);
        }
        properties.values_mut().for_each(|property| translate(property, closed));
        if closed && !object.contains_key("additionalProperties") {
            object.insert("additionalProperties".into(), false.into());
        }
    }
    for name in ["items", "additionalProperties"] {
        if let Some(inner) = object.get_mut(name) {
            translate(inner, closed);
        }
    }
    for name in ["allOf", "anyOf", "oneOf"] {
        object.get_mut(name).and_then(Value::as_array_mut).into_iter().flatten().for_each(|inner| translate(inner, closed));
    }
}
