//! Owns resolving the URLs in a body: relative ones become absolute, those of source files become permalinks.

use std::collections::HashSet;

use percent_encoding::percent_decode_str;
use url::Url;

use super::code::{CodeScope, CodeSpans, replace_at, rewrite};
use super::post_context::{PostContext, split_fragment};
use super::tree::{joined, parent};
use crate::import::html_tag::HtmlTag;

/// The attributes whose URLs are resolved.
const URL_ATTRIBUTES: [&str; 4] = ["href", "src", "poster", "data"];

/// Resolves the URLs of one page and records which files beside it are referenced.
#[derive(Debug)]
pub struct LinkResolver<'p, 'a> {
    page: &'p mut PostContext<'a>,
    /// Paths in the tree, and the names of files that root-relative paths lead to.
    referenced: HashSet<String>,
    /// A URL was resolved against a guessed base, because the permalink is unknown.
    pub has_guessed: bool,
}

impl<'p, 'a> LinkResolver<'p, 'a> {
    pub fn new(page: &'p mut PostContext<'a>) -> Self {
        LinkResolver { page, referenced: HashSet::new(), has_guessed: false }
    }

    /// The page's attachments that it does not reference.
    pub fn unreferenced_files(&self) -> Vec<String> {
        let files = self.page.tree.attachments(self.page.file).iter();
        let is_referenced = |path: &&String| {
            let name = path.rsplit('/').next().unwrap_or_default();
            self.referenced.contains(path.as_str()) || self.referenced.contains(name)
        };
        files.filter(|path| !is_referenced(path)).cloned().collect()
    }

    /// Resolves the URLs in Markdown.
    pub fn body(&mut self, text: &str) -> String {
        rewrite(text, &CodeSpans::find(text, CodeScope::All), |piece, out| self.piece(piece, out))
    }

    /// Resolves the URLs in HTML.
    pub fn html(&mut self, text: &str) -> String {
        let mut out = String::with_capacity(text.len() + text.len() / 8);
        replace_at(text, *b"<<", &mut out, |rest, out| self.tag(rest, out));
        out
    }

    fn piece(&mut self, piece: &str, out: &mut String) {
        replace_at(piece, *b"]<", out, |rest, out| {
            if rest.starts_with('<') {
                return self.tag(rest, out);
            }
            if !(rest.starts_with("](") || (rest.starts_with("]:") && is_definition(out))) {
                return None;
            }
            out.push_str(&rest[..2]);
            Some(2 + self.destination(&rest[2..], out))
        });
    }

    /// Writes the link destination at the start of a text and returns its length.
    fn destination(&mut self, text: &str, out: &mut String) -> usize {
        let inner = text.trim_start_matches([' ', '\t', '\n']);
        let start = text.len() - inner.len();
        if text[..start].matches('\n').count() > 1 {
            return 0;
        }
        let bracketed = inner.strip_prefix('<').and_then(|inner| {
            let end = inner.find(['>', '\n', '<'])?;
            inner[end..].starts_with('>').then(|| (&inner[..end], end + 2))
        });
        let (written, length) = bracketed.unwrap_or_else(|| {
            let length = unbracketed_length(inner);
            (&inner[..length], length)
        });
        if length > MAX_URL_BYTES {
            out.push_str(&text[..start + length]);
            return start + length;
        }
        let Some(resolved) = self.resolve(written) else { return 0 };
        out.push_str(&text[..start]);
        if bracketed.is_some() || resolved.contains(['(', ')']) {
            out.push_str(&format!("<{resolved}>"));
        } else {
            out.push_str(&resolved);
        }
        start + length
    }

    /// Writes the HTML tag at the start of a text and returns its length. All but its URLs stays as it is written.
    fn tag(&mut self, text: &str, out: &mut String) -> Option<usize> {
        let tag = HtmlTag::parse(text).filter(|tag| !tag.is_end)?;
        let is_url = |name: &str| URL_ATTRIBUTES.iter().any(|known| known.eq_ignore_ascii_case(name));
        let mut at = 0;
        for (_, value) in tag.attributes.into_iter().filter(|(name, _)| is_url(name)) {
            out.push_str(&text[at..value.start]);
            let written = &text[value.clone()];
            match self.resolve(crate::markup::decode_references(written).trim()) {
                Some(resolved) => out.push_str(&html_escape::encode_double_quoted_attribute(&resolved)),
                None => out.push_str(written),
            }
            at = value.end;
        }
        out.push_str(&text[at..tag.length]);
        Some(tag.length)
    }

    /// The absolute form of a URL; `None` if it stays as it is.
    pub fn resolve(&mut self, written: &str) -> Option<String> {
        if written.is_empty() || written.len() > MAX_URL_BYTES || has_scheme(written) {
            return None;
        }
        if let Some(behind) = written.strip_prefix("//") {
            let scheme = self.page.tree.site.base_url.as_ref().map_or("https", Url::scheme);
            return Some(format!("{scheme}://{behind}"));
        }
        self.mark_referenced(written);
        if let Some(address) = self.source_file(written) {
            return Some(address);
        }
        let site = &self.page.tree.site;
        if written.starts_with('/') {
            self.has_guessed |= site.base_url.is_none();
            return self.page.tree.base().join(written).ok().map(String::from);
        }
        self.has_guessed |= self.page.link.is_none();
        self.page.link.unwrap_or(&self.page.base).join(written).ok().map(String::from)
    }

    /// The permalink of the post whose source file a URL leads to.
    fn source_file(&mut self, written: &str) -> Option<String> {
        let inner = written.strip_prefix("@/");
        let (path, _) = split_fragment(written);
        let lower = path.to_ascii_lowercase();
        if inner.is_none() && ![".md", ".markdown"].iter().any(|ending| lower.ends_with(ending)) {
            return None;
        }
        let reference = inner.map_or_else(|| written.to_owned(), |inner| format!("/{inner}"));
        let reference = percent_decode_str(&reference).decode_utf8_lossy().into_owned();
        let target = self.page.reference(&reference, None);
        if target.is_none() {
            self.page.remark(format!("no page \"{path}\" is in the tree, so that a link to it may lead nowhere"));
        }
        let target = target?;
        if target.starts_with('/') { self.page.tree.base().join(&target).ok().map(String::from) } else { Some(target) }
    }

    /// Records that the file of a URL is referenced.
    fn mark_referenced(&mut self, written: &str) {
        let (path, _) = split_fragment(written);
        let path = percent_decode_str(path).decode_utf8_lossy();
        if path.starts_with('/') {
            self.referenced.extend(path.rsplit('/').next().map(str::to_owned));
        } else if let Some(path) = joined(parent(&self.page.file.path), &path) {
            self.referenced.insert(path);
        }
    }

    /// Records that a file of the tree is referenced.
    pub fn mark_file_referenced(&mut self, path: &str) {
        self.referenced.insert(path.to_owned());
    }
}

/// Whether the label before `]:` starts a line and is no footnote.
fn is_definition(before: &str) -> bool {
    let mut start = before.len().saturating_sub(300);
    while !before.is_char_boundary(start) {
        start += 1;
    }
    let line = before[start..].rsplit('\n').next().unwrap_or_default();
    let label = line.trim_start_matches([' ', '>', '\t']);
    label.starts_with('[') && !label.starts_with("[^") && !label[1..].contains('[')
}

const MAX_URL_BYTES: usize = 3000;

/// The length of a destination without angle brackets.
fn unbracketed_length(text: &str) -> usize {
    let mut depth = 0_usize;
    for (at, letter) in text.char_indices() {
        match letter {
            _ if at > MAX_URL_BYTES => return at,
            '(' => depth += 1,
            ')' if depth == 0 => return at,
            ')' => depth -= 1,
            _ if letter.is_whitespace() => return at,
            _ => {}
        }
    }
    text.len()
}

/// Whether a URL has a scheme.
pub fn has_scheme(written: &str) -> bool {
    let end = written.find(|next: char| !(next.is_ascii_alphanumeric() || "+.-".contains(next)));
    let starts = written.starts_with(|first: char| first.is_ascii_alphabetic());
    starts && end.is_some_and(|end| end > 1 && written[end..].starts_with(':'))
}
