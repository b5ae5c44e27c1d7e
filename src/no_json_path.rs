//! In a program without imports a path is kept as it is written.

/// A JSONPath that nothing is looked up by.
#[derive(Clone, Debug, PartialEq)]
pub struct JsonPath {
    written: String,
}

impl JsonPath {
    /// # Errors
    /// None.
    pub fn parse(written: &str) -> Result<JsonPath, String> {
        Ok(JsonPath { written: written.to_owned() })
    }
}
