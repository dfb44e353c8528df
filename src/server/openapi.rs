//! The API's own description, OpenAPI 3.1, from the table of routes and the types.

use super::{
    Problem,
    api::USER_HEADER,
    routes::{self, Access, Route, Shape},
};
use crate::state::Scope;
use axum::Json;
use schemars::{SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

pub(super) async fn served() -> Json<Value> {
    Json(document())
}

/// The whole document.
pub fn document() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|s| s.definitions_path = "/components/schemas".into());
    let mut generator = settings.into_generator();
    let mut paths = Map::new();
    for route in routes::table() {
        let operation = operation(&route, &mut generator);
        let at = paths.entry(route.path).or_insert_with(|| json!({}));
        at[route.method] = operation;
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Listkeeper",
            "version": "1",
            "description": "What the daemon does, why, and what it will do next. A request needs a token with the scope that \
                            it names: `read`, `plan`, `operate` or `connect`; an administrator's token is good for all. On \
                            loopback the user who runs the daemon may look without one.",
            "license": {"name": "MIT OR Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": generator.take_definitions(true),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    })
}

fn operation(route: &Route, generator: &mut SchemaGenerator) -> Value {
    let about = &route.about;
    let mut operation = json!({"operationId": about.id, "summary": about.summary, "responses": responses(route, generator)});
    let mut parameters = path_parameters(route.path);
    parameters.extend(about.query.map(|query| query_parameters(query, generator)).unwrap_or_default());
    if route.method != "get" {
        parameters.push(user());
    }
    if !parameters.is_empty() {
        operation["parameters"] = parameters.into();
    }
    if let Some(body) = about.body {
        operation["requestBody"] = json!({"required": true, "content": {"application/json": {"schema": body(generator)}}});
    }
    operation["security"] = match route.access {
        Access::Scope(Scope::Read) | Access::Metrics => json!([{}, {"token": []}]),
        Access::Scope(_) | Access::Administrator => json!([{"token": []}]),
        Access::Probe => json!([]),
    };
    operation["x-scope"] = match route.access {
        Access::Scope(scope) => json!(scope),
        Access::Metrics => json!(Scope::Read),
        Access::Administrator => json!("administrator"),
        Access::Probe => Value::Null,
    };
    if operation["x-scope"].is_null() {
        operation.as_object_mut().map(|operation| operation.remove("x-scope"));
    }
    operation
}

fn responses(route: &Route, generator: &mut SchemaGenerator) -> Value {
    let mut responses = Map::new();
    for (status, what, shape) in &route.about.answers {
        let described = responses.entry(status.to_string()).or_insert_with(|| json!({"description": what}));
        let (kind, schema) = match shape {
            Some(shape) if *status >= 400 => ("application/problem+json", shape(generator).into()),
            Some(shape) => ("application/json", shape(generator).into()),
            None => ("text/plain", json!({"type": "string"})),
        };
        described["content"] = json!({kind: {"schema": schema}});
    }
    let problem: Value = generator.subschema_for::<Problem>().into();
    let common = json!({"description": "It was refused, and why", "content": {"application/problem+json": {"schema": problem}}});
    let codes: &[&str] = match (route.access, route.method) {
        (Access::Probe, _) => &["421", "503"],
        (_, "get") => &["401", "403", "421", "429", "503"],
        _ => &["400", "401", "403", "421", "429", "503"],
    };
    for code in codes {
        responses.entry(*code).or_insert_with(|| common.clone());
    }
    responses.into()
}

/// What names are made of.
const NAME: &str = "^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$";

fn path_parameters(path: &str) -> Vec<Value> {
    let named = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let parameter = |name: &str| {
        let (pattern, what) = match name {
            "digest" => ("^[0-9a-fA-F]{4,64}$", "The digest of what is held, or its beginning"),
            "connection" => (NAME, "The connection's name"),
            "token" => (NAME, "The token's name"),
            _ => (NAME, "The export's name"),
        };
        let schema = json!({"type": "string", "pattern": pattern});
        json!({"name": name, "in": "path", "required": true, "description": what, "schema": schema})
    };
    named.map(parameter).collect()
}

/// A field of the query's type is a parameter.
fn query_parameters(query: Shape, generator: &mut SchemaGenerator) -> Vec<Value> {
    let schema = Value::from(query(generator));
    let fields = schema["properties"].as_object().cloned().unwrap_or_default();
    let parameter = |(name, mut schema): (String, Value)| {
        let what = schema.as_object_mut().and_then(|schema| schema.remove("description"));
        json!({"name": name, "in": "query", "description": what, "schema": schema})
    };
    fields.into_iter().map(parameter).collect()
}

fn user() -> Value {
    let schema = json!({"type": "string", "minLength": 1, "maxLength": 64, "pattern": "^[!-~]+$"});
    json!({"name": USER_HEADER, "in": "header", "description": "Who asks, as a remark in the audit trail", "schema": schema})
}
