//! Owns what front matter and configurations hold, whatever language they are written in.

/// A value. Numbers, truth values and dates are texts as they were written.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Value {
    #[default]
    Nothing,
    Text(String),
    List(Vec<Value>),
    Map(Vec<(String, Value)>),
}

impl Value {
    /// The value under a key, without regard to case; the last one where a key stands twice.
    pub fn get(&self, key: &str) -> Option<&Value> {
        let Value::Map(pairs) = self else { return None };
        let found = pairs.iter().rev().find(|(name, _)| name.eq_ignore_ascii_case(key));
        found.map(|(_, value)| value).filter(|value| **value != Value::Nothing)
    }

    /// The value at the end of some keys.
    pub fn get_path(&self, keys: &[&str]) -> Option<&Value> {
        keys.iter().try_fold(self, |value, key| value.get(key))
    }

    /// The text under a key, without blanks around it; none where it is empty.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.get(key)?.as_text()
    }

    /// The first text that is found under any of some keys.
    pub fn first_text(&self, keys: &[&str]) -> Option<&str> {
        keys.iter().find_map(|key| self.text(key))
    }

    /// Its text, without blanks around it; none where it is empty or no text.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Value::Text(text) => Some(text.trim()).filter(|text| !text.is_empty()),
            _ => None,
        }
    }

    /// What YAML 1.1 and people take for a truth value.
    pub fn as_bool(&self) -> Option<bool> {
        match self.as_text()?.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" | "1" => Some(true),
            "false" | "no" | "off" | "0" => Some(false),
            _ => None,
        }
    }

    /// The truth value under a key.
    pub fn bool(&self, key: &str) -> Option<bool> {
        self.get(key)?.as_bool()
    }

    /// Its parts where it is a list, else itself.
    pub fn items(&self) -> &[Value] {
        match self {
            Value::Nothing => &[],
            Value::List(values) => values,
            other => std::slice::from_ref(other),
        }
    }

    /// Its pairs where it is a map.
    pub fn pairs(&self) -> &[(String, Value)] {
        match self {
            Value::Map(pairs) => pairs,
            _ => &[],
        }
    }

    /// The pairs of another map put over its own, map by map.
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
