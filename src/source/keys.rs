//! What a type knows, beside what its JSON Schema says, for tests.

#![allow(clippy::unwrap_used)]

use serde::Deserialize;

/// The keys that a type knows, as it says itself when it meets another.
pub fn keys<'de, T: Deserialize<'de>>() -> Vec<String> {
    let error = serde_json::from_str::<T>("{\"?\": 1}").err().unwrap().to_string();
    let mut keys: Vec<String> = error.split('`').skip(3).step_by(2).map(str::to_owned).collect();
    keys.sort();
    keys
}

/// The keys of all objects at these places of a schema.
pub fn schema_keys(schema: &str, places: &[&str]) -> Vec<String> {
    let schema: serde_json::Value = serde_json::from_str(schema).unwrap();
    let object = |place: &&str| schema.pointer(&format!("{place}/properties")).unwrap().as_object().unwrap();
    let mut keys: Vec<String> = places.iter().flat_map(|place| object(place).keys().cloned()).collect();
    keys.sort();
    keys.dedup();
    keys
}
