//! Redirects as static hosts take them.

use super::escape::escaped;

/// A `_redirects` file: old path, new address and status in each line, as several hosts of static files read it.
pub fn redirects(moves: &[(String, String)]) -> Vec<u8> {
    let lines = moves.iter().map(|(old, new)| format!("{old} {new} 301\n"));
    format!("# written by tidings\n{}", lines.collect::<String>()).into_bytes()
}

/// A page that stands where a document was, and leads to where it is now: an address relative to the page, and an absolute one.
pub fn redirect_page(near: &str, new: &str) -> Vec<u8> {
    let (near, new) = (escaped(near), escaped(new));
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<!-- written by tidings -->\n\
         <title>Moved</title>\n<link rel=\"canonical\" href=\"{new}\">\n<meta http-equiv=\"refresh\" content=\"0; url={near}\">\n\
         </head>\n<body>\n<p>This has moved to <a href=\"{near}\">{new}</a>.</p>\n</body>\n</html>\n"
    )
    .into_bytes()
}
