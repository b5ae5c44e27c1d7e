//! Owns converting a body from its generator's dialect to plain Markdown.

use super::links::LinkResolver;
use super::post_context::PostContext;
use super::site::Kind;
use super::{admonitions, attributes, code, liquid, shortcodes};
use crate::import::entry::{Body, ParsedEntry};

/// Converts a body and fills the entry with it.
pub fn fill(entry: &mut ParsedEntry, page: &mut PostContext<'_>, text: &str) {
    let text = text.replace("\r\n", "\n").replace('\r', "\n");
    let is_html = [".html", ".htm"].iter().any(|ending| page.file.path.to_ascii_lowercase().ends_with(ending));
    let kind = page.tree.site.kind;
    let mut text = expand_templates(kind, &text, page);
    if !is_html {
        text = attributes::strip(&text);
        text = admonitions::to_block_quotes(&text);
        text = take_title(entry, text);
    }
    let beside = super::images::conventional_image(kind, page.tree.attachments(page.file)).map(str::to_owned);
    let mut addresses = LinkResolver::new(page);
    text = if is_html { addresses.html(&text) } else { addresses.body(&text) };
    fill_picture(entry, &mut addresses, beside);
    entry.unreferenced_files = addresses.unreferenced_files();
    if addresses.has_guessed {
        let base = page.base.to_string();
        page.remark(format!(
            "its own address is not known, so relative addresses in it were read as if it stood at {base}"
        ));
    }
    let text = code::escape_templates(without_blank_lines(&text));
    if !text.trim().is_empty() {
        entry.body = Some(if is_html { Body::Html(text) } else { Body::Markdown(text) });
    }
}

/// Trims blank lines.
fn without_blank_lines(text: &str) -> &str {
    let text = text.trim_end();
    let blank = text.len() - text.trim_start().len();
    text[..blank].rfind('\n').map_or(text, |end| &text[end + 1..])
}

fn expand_templates(kind: Kind, text: &str, page: &mut PostContext<'_>) -> String {
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

/// Moves a leading heading to the title if front matter has none.
fn take_title(entry: &mut ParsedEntry, text: String) -> String {
    if entry.title.is_some() {
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
    entry.title = Some(title);
    rest.to_owned()
}

fn fill_picture(entry: &mut ParsedEntry, addresses: &mut LinkResolver<'_, '_>, beside: Option<String>) {
    if entry.image.is_none()
        && let Some(path) = beside
    {
        addresses.mark_file_referenced(&path);
        let name = path.rsplit('/').next().unwrap_or_default().replace(' ', "%20");
        entry.image = Some(crate::import::entry::Image { url: Some(name), ..Default::default() });
    }
    if let Some(url) = entry.image.as_mut().and_then(|image| image.url.as_mut())
        && let Some(resolved) = addresses.resolve(url)
    {
        *url = resolved;
    }
}
