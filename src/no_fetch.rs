//! Fetching in a program that cannot: it has neither the feature `import` nor `serve`.

/// Says that the program cannot fetch.
///
/// # Errors
/// Always.
pub fn get(_url: &str, _max: usize) -> Result<Vec<u8>, String> {
    Err("this program was built without the features `import` and `serve`, one of which is needed to fetch".to_owned())
}
