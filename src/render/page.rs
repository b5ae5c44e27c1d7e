//! HTML: a plain list of feeds.

use std::fmt::Write;

use crate::model::{Language, Text};

/// The feeds of one language or of all.
#[derive(Debug, Clone)]
pub struct Page {
    pub title: Text,
    pub language: Language,
    /// By language, with its own name.
    pub groups: Vec<(Language, Text, Vec<Listed>)>,
}

/// A feed in its formats.
#[derive(Debug, Clone)]
pub struct Listed {
    pub title: Text,
    /// The name of the format, its media type and its address, relative to the page.
    pub formats: Vec<(&'static str, &'static str, String)>,
}

/// Renders a page. Writing into memory does not fail.
pub fn page(page: &Page) -> Vec<u8> {
    let mut out = String::new();
    let _ = write_page(&mut out, page);
    out.into_bytes()
}

fn write_page(out: &mut String, page: &Page) -> std::fmt::Result {
    let title = escaped(page.title.as_str());
    writeln!(out, "<!DOCTYPE html>\n<html{}>\n<head>", marked(&page.language))?;
    writeln!(out, "<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">")?;
    writeln!(
        out,
        "<meta name=\"generator\" content=\"tidings\">\n<!-- written by tidings -->\n<title>{title}</title>"
    )?;
    for (language, _, feeds) in &page.groups {
        for feed in feeds {
            let Some((_, media_type, address)) = feed.formats.first() else { continue };
            writeln!(
                out,
                "<link rel=\"alternate\" type=\"{media_type}\" hreflang=\"{language}\" title=\"{}\" href=\"{}\">",
                escaped(feed.title.as_str()),
                escaped(address)
            )?;
        }
    }
    writeln!(out, "</head>\n<body>\n<h1>{title}</h1>")?;
    for (language, name, feeds) in &page.groups {
        writeln!(out, "<section{}>\n<h2>{}</h2>\n<ul>", marked(language), escaped(name.as_str()))?;
        for feed in feeds {
            write!(out, "<li>{}", escaped(feed.title.as_str()))?;
            for (name, _, address) in &feed.formats {
                write!(out, " <a href=\"{}\">{name}</a>", escaped(address))?;
            }
            writeln!(out, "</li>")?;
        }
        writeln!(out, "</ul>\n</section>")?;
    }
    writeln!(out, "</body>\n</html>")
}

fn marked(language: &Language) -> String {
    let direction = if language.is_right_to_left() { " dir=\"rtl\"" } else { "" };
    format!(" lang=\"{language}\"{direction}")
}

/// Text as it stands in an element or between double quotes.
pub fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
