//! Without the feature `import` no language is identified.

use crate::config::Config;
use crate::store::WrongLanguage;

/// Finds nothing.
pub fn wrong_language(_config: &Config) -> Box<WrongLanguage> {
    Box::new(|_, _, _| None)
}
