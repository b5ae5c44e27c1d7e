//! Plain text as HTML, and the text that a reader of HTML sees.

/// Converts plain text to paragraphs, which are separated by blank lines.
pub fn paragraphs(text: &str) -> String {
    let mut out = String::new();
    let mut is_open = false;
    for line in text.lines().map(str::trim) {
        let before = match (line.is_empty(), is_open) {
            (true, true) => "</p>\n",
            (true, false) => "",
            (false, true) => "<br>\n",
            (false, false) => "<p>",
        };
        out.push_str(before);
        is_open = !line.is_empty();
        escape_into(&mut out, line);
    }
    if is_open {
        out.push_str("</p>\n");
    }
    out
}

/// Adds text, escaped for HTML.
fn escape_into(out: &mut String, text: &str) {
    for part in text.split_inclusive(['&', '<', '>']) {
        let plain = part.trim_end_matches(['&', '<', '>']);
        out.push_str(plain);
        out.push_str(match &part[plain.len()..] {
            "&" => "&amp;",
            "<" => "&lt;",
            ">" => "&gt;",
            _ => "",
        });
    }
}
