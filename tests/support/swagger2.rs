//! Swagger 2.0 documents as if they were written in OpenAPI 3.

use serde_json::{Map, Value, json};

/// Parameters become `requestBody` and `schema`, answers get a `content`; other documents stay as they are.
pub fn modern(mut document: Value) -> Value {
    if document["swagger"] != "2.0" {
        return document;
    }
    open_names(&mut document);
    let paths = document["paths"].as_object_mut().unwrap();
    let operations = paths.values_mut().flat_map(|methods| methods.as_object_mut().unwrap().values_mut());
    operations.for_each(operation);
    document
}

fn operation(operation: &mut Value) {
    let Some(operation) = operation.as_object_mut() else { return };
    let parameters = operation.remove("parameters").unwrap_or_default();
    let (mut kept, mut form) = (Vec::new(), false);
    for parameter in parameters.as_array().into_iter().flatten() {
        form |= parameter["in"] == "formData";
        match parameter["in"] == "body" {
            true => _ = operation.insert("requestBody".into(), content(parameter)),
            false => kept.push(json!({"name": parameter["name"], "in": parameter["in"], "schema": parameter})),
        }
    }
    operation.insert("parameters".into(), kept.into());
    operation.insert("x-form".into(), form.into());
    for (code, response) in operation.get_mut("responses").and_then(Value::as_object_mut).into_iter().flatten() {
        *response = answer(code, response);
    }
}

fn content(holder: &Value) -> Value {
    json!({"required": holder["required"], "content": {"application/json": {"schema": holder["schema"]}}})
}

/// The vendor describes no body of its refusals; there is one.
fn answer(code: &str, response: &Value) -> Value {
    match (response["schema"].is_object(), code >= "400") {
        (true, _) => content(response),
        (false, true) => json!({"content": {"application/json": {"schema": {}}}}),
        (false, false) => json!({}),
    }
}

/// `cf:custom_field_name` stands for every name that begins so.
fn open_names(value: &mut Value) {
    match value {
        Value::Object(object) => {
            object.values_mut().for_each(open_names);
            let properties = object.get_mut("properties").and_then(Value::as_object_mut);
            if let Some(schema) = properties.and_then(|properties: &mut Map<_, _>| properties.remove("cf:custom_field_name")) {
                object.insert("patternProperties".into(), json!({"^cf:": schema}));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(open_names),
        _ => {}
    }
}
