//! Owns the values of front matter and configurations, independent of their syntax.

/// A value; numbers, booleans and dates stay texts.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    #[default]
    Nothing,
    Text(String),
    List(Vec<Value>),
    Map(Vec<(String, Value)>),
}

impl Value {
    /// The value of a key, ignoring case; the last one of duplicates.
    pub fn get(&self, key: &str) -> Option<&Value> {
        let Value::Map(pairs) = self else { return None };
        let found = pairs.iter().rev().find(|(name, _)| name.eq_ignore_ascii_case(key));
        found.map(|(_, value)| value).filter(|value| **value != Value::Nothing)
    }

    /// The value at a path of keys.
    pub fn get_path(&self, keys: &[&str]) -> Option<&Value> {
        keys.iter().try_fold(self, |value, key| value.get(key))
    }

    /// The trimmed text of a key, unless it is empty.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.get(key)?.as_text()
    }

    /// The first non-empty text of some keys.
    pub fn first_text(&self, keys: &[&str]) -> Option<&str> {
        keys.iter().find_map(|key| self.text(key))
    }

    /// The value, and the maps under some of its keys.
    pub fn with_maps<'v>(&'v self, keys: &'v [&str]) -> impl Iterator<Item = &'v Value> {
        std::iter::once(self).chain(keys.iter().filter_map(|key| self.get(key)))
    }

    /// Its trimmed text, unless it is empty.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text.trim()).filter(|text| !text.is_empty()),
            _ => None,
        }
    }

    /// A boolean of YAML 1.1.
    pub fn as_bool(&self) -> Option<bool> {
        match self.as_text()?.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" | "1" => Some(true),
            "false" | "no" | "off" | "0" => Some(false),
            _ => None,
        }
    }

    /// The boolean of a key.
    pub fn bool(&self, key: &str) -> Option<bool> {
        self.get(key)?.as_bool()
    }

    /// The items of a list; any other value is its own only item.
    pub fn items(&self) -> &[Value] {
        match self {
            Value::Nothing => &[],
            Value::List(values) => values,
            other => std::slice::from_ref(other),
        }
    }

    /// The pairs of a map.
    pub fn pairs(&self) -> &[(String, Value)] {
        match self {
            Value::Map(pairs) => pairs,
            _ => &[],
        }
    }

    /// Merges another value over it, recursively for maps.
    pub fn merge(&mut self, other: Value) {
        match (self, other) {
            (Value::Map(own), Value::Map(others)) => {
                for (key, value) in others {
                    match own.iter_mut().find(|(name, _)| name.eq_ignore_ascii_case(&key)) {
                        Some((_, old)) => old.merge(value),
                        None => own.push((key, value)),
                    }
                }
            }
            (own, other) => *own = other,
        }
    }
}

impl From<toml::Value> for Value {
    fn from(value: toml::Value) -> Self {
        match value {
            toml::Value::String(text) => Value::Text(text),
            toml::Value::Array(values) => Value::List(values.into_iter().map(Value::from).collect()),
            toml::Value::Table(table) => {
                Value::Map(table.into_iter().map(|(key, value)| (key, Value::from(value))).collect())
            }
            other => Value::Text(other.to_string()),
        }
    }
}

impl From<serde_json::Value> for Value {
    fn from(value: serde_json::Value) -> Self {
        match value {
            serde_json::Value::Null => Value::Nothing,
            serde_json::Value::String(text) => Value::Text(text),
            serde_json::Value::Array(values) => Value::List(values.into_iter().map(Value::from).collect()),
            serde_json::Value::Object(map) => {
                Value::Map(map.into_iter().map(|(key, value)| (key, Value::from(value))).collect())
            }
            other => Value::Text(other.to_string()),
        }
    }
}
