//! Checks of HTML bodies: active content, which feed readers strip, and relative URLs, which have no base there.

use std::cell::RefCell;
use std::ops::Range;

use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{Tag, TagKind, Token, TokenSink, TokenSinkResult};

use super::Findings;
use super::value::{excerpt, scheme};
use crate::markup::{decode_references, tags, tokenize};

/// Elements that feed readers strip, or reject the entry for.
const ACTIVE_ELEMENTS: [&str; 14] = [
    "applet", "base", "bdo", "embed", "form", "frame", "frameset", "iframe", "link", "math", "meta", "object",
    "script", "style",
];

/// Elements that a title may hold by mistake.
const TITLE_ELEMENTS: [&str; 24] = [
    "a", "abbr", "b", "big", "br", "cite", "code", "div", "em", "font", "h1", "h2", "h3", "i", "img", "p", "q", "s",
    "small", "span", "strong", "sub", "sup", "u",
];

const URL_ATTRIBUTES: [&str; 6] = ["background", "cite", "href", "longdesc", "poster", "src"];

/// A finding in a body.
#[derive(Debug, PartialEq, Eq)]
pub struct MarkupFinding {
    kind: Kind,
    /// The markup, as messages show it.
    markup: String,
    /// What to search for in the source to locate it.
    needle: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Element,
    Script,
    Relative,
}

/// Checks one element.
pub fn check<'v>(tag: &str, attributes: impl Iterator<Item = (&'v str, &'v str)>, out: &mut Vec<MarkupFinding>) {
    if ACTIVE_ELEMENTS.contains(&tag) {
        out.push(MarkupFinding { kind: Kind::Element, markup: format!("<{tag}>"), needle: format!("<{tag}") });
        return;
    }
    let mut add = |kind, name: &str, value: &str| {
        out.push(MarkupFinding { kind, markup: format!("{name}=\"{}\"", excerpt(value)), needle: value.to_owned() });
    };
    for (name, value) in attributes {
        if name.len() > 2 && name.starts_with("on") {
            add(Kind::Script, name, value);
        } else if URL_ATTRIBUTES.contains(&name) {
            check_url(name, value, &mut add);
        } else if name == "srcset" {
            srcset_urls(value).into_iter().for_each(|address| check_url(name, address, &mut add));
        }
    }
}

fn check_url(name: &str, value: &str, add: &mut impl FnMut(Kind, &str, &str)) {
    // Browsers ignore these in a URL, so that they could hide its scheme.
    let address = value.replace(['\t', '\n', '\r'], "");
    let address = address.trim_start();
    match scheme(address) {
        Some(scheme) if ["javascript", "vbscript"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) => {
            add(Kind::Script, name, value);
        }
        // A fragment of the body itself, such as a footnote.
        None if !(name == "href" && address.starts_with('#')) => add(Kind::Relative, name, value),
        _ => {}
    }
}

/// The URLs of a `srcset`.
fn srcset_urls(srcset: &str) -> Vec<&str> {
    let mut out = Vec::new();
    let mut rest = srcset.trim_start_matches(|c: char| c.is_whitespace() || c == ',');
    while !rest.is_empty() {
        let (address, after) = rest.split_at(rest.find(char::is_whitespace).unwrap_or(rest.len()));
        out.push(address.trim_end_matches(','));
        let after = if address.ends_with(',') { after } else { after.find(',').map_or("", |at| &after[at..]) };
        rest = after.trim_start_matches(|c: char| c.is_whitespace() || c == ',');
    }
    out
}

/// Checks an HTML body.
pub fn scan(html: &str) -> Vec<MarkupFinding> {
    if !html.contains('<') {
        return Vec::new();
    }
    tokenize(html, Sink::default()).0.into_inner()
}

/// Checks a plain title: markup in it is shown as it stands.
pub fn check_title(findings: &mut Findings<'_>, span: Range<usize>, title: &str) {
    let Some(markup) = tag_of_title(title).or_else(|| reference(title)) else { return };
    let message = format!("the title is plain text, so readers show `{}` as it stands", excerpt(&markup));
    findings.warning(span, message).help("write the characters themselves, without markup");
}

/// The first tag of a title.
fn tag_of_title(title: &str) -> Option<String> {
    let mut tags = tags(title).unwrap_or_default().into_iter();
    tags.find(|(name, _)| TITLE_ELEMENTS.contains(&&**name)).map(|(name, _)| format!("<{name}>"))
}

/// The first character reference of a title.
fn reference(title: &str) -> Option<String> {
    title.match_indices('&').find_map(|(at, _)| {
        let name = &title[at + 1..];
        let end = name.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '#')?;
        name[end..].strip_prefix(';')?;
        let reference = format!("&{};", &name[..end]);
        (decode_references(&reference) != reference).then_some(reference)
    })
}

#[derive(Default)]
struct Sink(RefCell<Vec<MarkupFinding>>);

impl TokenSink for Sink {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let Token::TagToken(Tag { kind: TagKind::StartTag, name, attrs, .. }) = token else {
            return TokenSinkResult::Continue;
        };
        let attributes = attrs.iter().map(|attribute| (&*attribute.name.local, &*attribute.value));
        check(&name, attributes, &mut self.0.borrow_mut());
        // The content of these is text, even if it looks like tags.
        match &*name {
            "script" => TokenSinkResult::RawData(RawKind::ScriptData),
            "style" | "iframe" | "noembed" | "noframes" | "xmp" => TokenSinkResult::RawData(RawKind::Rawtext),
            "textarea" | "title" => TokenSinkResult::RawData(RawKind::Rcdata),
            _ => TokenSinkResult::Continue,
        }
    }
}

/// Reports the findings of the body at a span, the first of each kind; relative URLs only without `has_base`.
pub fn report(findings: &mut Findings<'_>, span: Range<usize>, in_body: &[MarkupFinding], has_base: bool) {
    for kind in [Kind::Element, Kind::Script, Kind::Relative] {
        let mut of_kind = in_body.iter().filter(|finding| finding.kind == kind);
        let Some(first) = of_kind.next().filter(|_| kind != Kind::Relative || !has_base) else { continue };
        let what = &first.markup;
        let (message, help) = match kind {
            Kind::Element => (
                format!("the body holds `{what}`, which readers remove, or refuse the entry for"),
                "leave it out; in the place of an embedded page put a link to it",
            ),
            Kind::Script => (
                format!("`{what}` runs a script, which readers remove, or refuse the entry for"),
                "leave the attribute out",
            ),
            Kind::Relative => (
                format!("`{what}` is relative, and in a reader there is no page that it could be relative to"),
                "write the whole address, `https://…`",
            ),
        };
        let more = match of_kind.count() {
            0 => String::new(),
            count => format!(" ({count} more of the kind in this body)"),
        };
        findings.warning(locate(findings.text, span.clone(), &first.needle), message + &more).help(help);
    }
}

/// The span of the needle in the source of a body; the start of the body if escapes hide it.
fn locate(text: &str, span: Range<usize>, needle: &str) -> Range<usize> {
    let body = text.get(span.clone()).unwrap_or_default();
    let escaped = needle.replace('&', "&amp;").replace('<', "&lt;");
    // Not within a longer URL, so that `/x` is not found in `https://a/xy`.
    let is_url_character = |c: char| c.is_alphanumeric() || "/.-_?:%#".contains(c);
    let is_whole = |(at, found): &(usize, &str)| {
        let (before, after) = (&body[..*at], &body[at + found.len()..]);
        found.contains('<')
            || found.starts_with('&')
            || !(before.ends_with(is_url_character) || after.starts_with(is_url_character))
    };
    let find = |needle: &str| {
        let (at, _) = body.match_indices(needle).find(is_whole)?;
        Some(span.start + at..span.start + at + needle.len())
    };
    let span_of_needle = if needle.is_empty() { None } else { find(needle).or_else(|| find(&escaped)) };
    span_of_needle.unwrap_or(span.start..span.start + body.find(['>', '\n']).map_or(body.len(), |at| at + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn markup(html: &str) -> Vec<String> {
        scan(html).into_iter().map(|finding| finding.markup).collect()
    }

    #[test]
    fn active_content_is_found() {
        let html =
            "<SCRIPT>'<img src=x>'</SCRIPT><style>a</style><iframe src=/x></iframe><object></object><p ONclick=a>";
        assert_eq!(markup(html), ["<script>", "<style>", "<iframe>", "<object>", "onclick=\"a\""]);
        assert_eq!(markup("<a href='java&#x73;cript:x'>a</a>"), ["href=\"javascript:x\""]);
        assert_eq!(scan("<a href=' java\nscript:x'>a</a>")[0].kind, Kind::Script);
    }

    #[test]
    fn relative_urls_are_found() {
        let html = r#"<a href="/a">a</a><img src='b.png' srcset="https://e/1.png 1x, 2.png 2x,c/3.png,https://e/4"><video poster=//e/x>"#;
        assert_eq!(
            markup(html),
            ["href=\"/a\"", "src=\"b.png\"", "srcset=\"2.png\"", "srcset=\"c/3.png,https://e/4\"", "poster=\"//e/x\""]
        );
    }

    #[test]
    fn harmless_markup_has_no_findings() {
        let html = r##"<p>a < b <!-- <script> --> &lt;script&gt; <a href="https://e/" title="<script>">x</a> <a href="#fn1">1</a>
            <img src="data:image/png;base64,AA"> <img srcset=""> <a href="mailto:a@b.example">m</a> <a name="on">"##;
        assert_eq!(markup(html), [""; 0]);
        assert!(markup("a & b").is_empty());
    }
}
