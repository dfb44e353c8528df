//! The OpenAPI document: kept in the repository, and true.

use super::world::World;
use crate::server;
use serde_json::Value;
use std::path::Path;

#[test]
fn the_checked_in_document_is_the_servers() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("schemas/openapi.v1.json");
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        written.trim_end() == format!("{:#}", server::document()),
        "schemas/openapi.v1.json is out of date; run: cargo run -- schema --api > schemas/openapi.v1.json"
    );
}

/// Every answer that can be had here is of the form that the document gives for its status.
#[tokio::test(flavor = "multi_thread")]
async fn answers_are_as_the_document_says() {
    let world = World::new().await;
    let document = server::document();
    let asked = [
        ("get", "/v1/exports", "/v1/exports", 200),
        ("get", "/v1/exports/{name}", "/v1/exports/news", 200),
        ("get", "/v1/exports/{name}", "/v1/exports/nobody", 404),
        ("get", "/v1/exports/{name}/rejected", "/v1/exports/news/rejected", 200),
        ("get", "/v1/runs", "/v1/runs", 200),
        ("get", "/v1/runs", "/v1/runs?limit=x", 400),
        ("get", "/v1/connections", "/v1/connections", 200),
        ("get", "/v1/directory", "/v1/directory", 200),
        ("get", "/v1/plans", "/v1/plans", 200),
        ("get", "/v1/audit", "/v1/audit", 200),
        ("post", "/v1/exports/{name}/runs", "/v1/exports/news/runs", 202),
        ("post", "/v1/exports/{name}/runs", "/v1/exports/news/runs?wait=true", 200),
        ("post", "/v1/runs", "/v1/runs", 202),
        ("post", "/v1/exports/{name}/cancel", "/v1/exports/idle/cancel", 409),
        ("post", "/v1/plans/{digest}/approve", "/v1/plans/aabbcc/approve", 200),
        ("post", "/v1/reload", "/v1/reload", 202),
    ];
    for (method, route, path, status) in asked {
        let answer = world.ask(&method.to_uppercase(), path).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.text);
        let schema = schema(&document, route, method, status);
        let validator = jsonschema::validator_for(&schema).unwrap();
        let errors: Vec<_> = validator.iter_errors(&answer.json()).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{path}: {errors:?}\n{}", answer.text);
    }
}

/// With the components that it refers to.
fn schema(document: &Value, route: &str, method: &str, status: u16) -> Value {
    let content = &document["paths"][route][method]["responses"][status.to_string()]["content"];
    let mut schema = content.as_object().unwrap().values().next().unwrap()["schema"].clone();
    schema["components"] = document["components"].clone();
    schema
}
