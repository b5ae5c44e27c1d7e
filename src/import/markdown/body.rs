//! Owns the way of a body from what its generator reads to Markdown that any renderer reads.

use super::addresses::Addresses;
use super::post_context::PostContext;
use super::site::Kind;
use super::{attributes, blocks, code, liquid, shortcodes};
use crate::import::entry::{Body, ParsedEntry};

/// Reads a body into an entry.
pub fn fill(found: &mut ParsedEntry, page: &mut PostContext<'_>, text: &str) {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let is_html = [".html", ".htm"].iter().any(|ending| page.file.path.to_ascii_lowercase().ends_with(ending));
    let kind = page.tree.site.kind;
    let mut text = templates(kind, &text, page);
    if !is_html {
        text = attributes::removed(&text);
        text = blocks::quoted(&text);
        text = take_title(found, text);
    }
    let beside = super::pictures::beside(kind, page.tree.attachments(page.file)).map(str::to_owned);
    let mut addresses = Addresses::new(page);
    text = if is_html { addresses.html(&text) } else { addresses.body(&text) };
    fill_picture(found, &mut addresses, beside);
    found.unreferenced_files = addresses.not_shown();
    if addresses.is_open {
        let base = page.base.to_string();
        page.remark(format!(
            "its own address is not known, so relative addresses in it were read as if it stood at {base}"
        ));
    }
    let text = code::without_templates(without_blank_lines(&text));
    if !text.trim().is_empty() {
        found.body = Some(if is_html { Body::Html(text) } else { Body::Markdown(text) });
    }
}

/// A text without the blank lines at its ends.
fn without_blank_lines(text: &str) -> &str {
    let text = text.trim_end();
    let blank = text.len() - text.trim_start().len();
    text[..blank].rfind('\n').map_or(text, |end| &text[end + 1..])
}

fn templates(kind: Kind, text: &str, page: &mut PostContext<'_>) -> String {
    if !text.contains("{{") && !text.contains("{%") {
        return text.to_owned();
    }
    match kind {
        Kind::Hugo => shortcodes::hugo(text, page),
        Kind::Zola => shortcodes::zola(text, page),
        Kind::Jekyll => liquid::resolve(text, page),
        Kind::Plain if text.contains("{{<") || text.contains("{{%") => shortcodes::hugo(text, page),
        Kind::Plain | Kind::Unsupported => text.to_owned(),
    }
}

/// Takes the heading that stands for the title out of a body, where front matter has none.
fn take_title(found: &mut ParsedEntry, text: String) -> String {
    if found.title.is_some() {
        return text;
    }
    let start = text.trim_start();
    let (first, rest) = start.split_once('\n').unwrap_or((start, ""));
    let underlined =
        rest.split('\n').next().is_some_and(|line| line.len() > 2 && line.trim_end().bytes().all(|byte| byte == b'='));
    let (title, rest) = match first.strip_prefix("# ") {
        Some(title) => (title.trim_end_matches('#'), rest),
        None if underlined && !first.trim().is_empty() => (first, rest.split_once('\n').map_or("", |(_, rest)| rest)),
        None => return text,
    };
    let title = super::inline_text::line(title).replace(['*', '`'], "");
    if title.is_empty() {
        return text;
    }
    found.title = Some(title);
    rest.to_owned()
}

fn fill_picture(found: &mut ParsedEntry, addresses: &mut Addresses<'_, '_>, beside: Option<String>) {
    if found.image.is_none()
        && let Some(path) = beside
    {
        addresses.see_file(&path);
        let name = path.rsplit('/').next().unwrap_or_default().replace(' ', "%20");
        found.image = Some(crate::import::entry::Image { url: Some(name), ..Default::default() });
    }
    if let Some(url) = found.image.as_mut().and_then(|image| image.url.as_mut())
        && let Some(resolved) = addresses.resolve(url)
    {
        *url = resolved;
    }
}
