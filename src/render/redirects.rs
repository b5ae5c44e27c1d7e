//! Redirects for static hosts.

use super::escape::escaped;

/// A `_redirects` file, as several static hosts read it: old path, new URL and status in each line.
pub fn redirects(redirects: &[(String, String)]) -> Vec<u8> {
    let lines = redirects.iter().map(|(old, new)| format!("{old} {new} 301\n"));
    format!("# written by tidings\n{}", lines.collect::<String>()).into_bytes()
}

/// A page at an old path that redirects browsers to the new URL, given relative to the page and absolute.
pub fn redirect_page(relative: &str, new: &str) -> Vec<u8> {
    let (relative, new) = (escaped(relative), escaped(new));
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<!-- written by tidings -->\n\
         <title>Moved</title>\n<link rel=\"canonical\" href=\"{new}\">\n<meta http-equiv=\"refresh\" content=\"0; url={relative}\">\n\
         </head>\n<body>\n<p>This has moved to <a href=\"{relative}\">{new}</a>.</p>\n</body>\n</html>\n"
    )
    .into_bytes()
}
