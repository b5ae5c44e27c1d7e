//! Test helpers that compare the keys of a type with its JSON Schema.

#![allow(clippy::unwrap_used)]

use serde::Deserialize;

/// The keys of a type, taken from its error on an unknown key.
pub fn keys<'de, T: Deserialize<'de>>() -> Vec<String> {
    let error = serde_json::from_str::<T>("{\"?\": 1}").err().unwrap().to_string();
    let mut keys: Vec<String> = error.split('`').skip(3).step_by(2).map(str::to_owned).collect();
    keys.sort();
    keys
}

/// The keys of the objects at JSON pointers of a schema.
pub fn schema_keys(schema: &str, pointers: &[&str]) -> Vec<String> {
    let schema: serde_json::Value = serde_json::from_str(schema).unwrap();
    let object = |pointer: &&str| schema.pointer(&format!("{pointer}/properties")).unwrap().as_object().unwrap();
    let mut keys: Vec<String> = pointers.iter().flat_map(|pointer| object(pointer).keys().cloned()).collect();
    keys.sort();
    keys.dedup();
    keys
}
