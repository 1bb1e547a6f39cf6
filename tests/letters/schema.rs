//! `config/schema/statement.json` says all keys of the data file, and no other.

use serde_json::Value;
use timbra::render::{Format, preview};

use super::SOFTWARE;
use super::sample::Sample;

#[test]
fn the_schema_describes_every_key_of_the_data_file() {
    let schema: Value = serde_json::from_str(include_str!("../../config/schema/statement.json")).unwrap();
    let mut bare = super::nil();
    bare.agreement.employee.home_id = None;
    bare.identity.number = None;
    for sample in [super::eventful(), super::amendment(), bare] {
        let mut faults = Vec::new();
        walk(&schema, &schema, &data(&sample), "$", &mut faults);
        assert!(faults.is_empty(), "{faults:#?}");
    }
}

fn data(sample: &Sample) -> Value {
    serde_json::from_slice(&preview(&sample.statement(), SOFTWARE, Format::Json).unwrap()).unwrap()
}

/// The part of JSON Schema 2020-12 that the file uses: `$ref`, `type`, `enum`, `properties` with all
/// of them `required`, `items`.
fn walk(root: &Value, schema: &Value, value: &Value, place: &str, faults: &mut Vec<String>) {
    if let Some(reference) = schema.get("$ref").and_then(Value::as_str) {
        let target = root.pointer(reference.trim_start_matches('#')).unwrap();
        return walk(root, target, value, place, faults);
    }
    if let Some(types) = schema.get("type") {
        let types: Vec<&Value> = types.as_array().map_or_else(|| vec![types], |list| list.iter().collect());
        if !types.iter().any(|kind| *kind == type_of(value)) {
            faults.push(format!("{place}: {value} is none of {types:?}"));
        }
    }
    if let Some(allowed) = schema.get("enum").and_then(Value::as_array)
        && !allowed.contains(value)
    {
        faults.push(format!("{place}: {value} is none of {allowed:?}"));
    }
    if let Value::Array(items) = value {
        for (index, item) in items.iter().enumerate() {
            walk(root, &schema["items"], item, &format!("{place}[{index}]"), faults);
        }
    }
    let Value::Object(object) = value else { return };
    let properties = schema["properties"].as_object().unwrap();
    let required: Vec<&str> =
        schema["required"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    for key in object.keys().chain(properties.keys()) {
        let here = format!("{place}.{key}");
        match (object.get(key), properties.get(key)) {
            (Some(value), Some(schema)) => walk(root, schema, value, &here, faults),
            (Some(_), None) => faults.push(format!("{here}: not in the schema")),
            (None, _) => faults.push(format!("{here}: not in the data")),
        }
        if !required.contains(&key.as_str()) {
            faults.push(format!("{here}: not required"));
        }
    }
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
