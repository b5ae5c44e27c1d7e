//! Plain text as HTML, and the text that a reader of HTML sees.

use std::borrow::Cow;
use std::cell::RefCell;

use ego_tree::iter::Edge;
use html5ever::tendril::StrTendril;
use html5ever::tokenizer::{BufferQueue, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts};
use scraper::Node;

use super::tree::Tree;
use super::{MAX_DEPTH, exceeded_limit};

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
        html_escape::encode_text_to_string(line, &mut out);
    }
    if is_open {
        out.push_str("</p>\n");
    }
    out
}

/// Elements that begin a new line.
const LINE_ELEMENTS: [&str; 6] = ["li", "tr", "dt", "dd", "option", "caption"];
const PARAGRAPH_ELEMENTS: [&str; 27] = [
    "p", "div", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "table", "pre", "blockquote", "section",
    "article", "figure", "figcaption", "header", "hr", "address", "aside", "details", "footer", "form", "main", "nav",
];

/// The text that a reader of HTML sees, with blank lines between paragraphs.
pub fn visible_text(html: &str) -> String {
    if exceeded_limit(html, MAX_DEPTH).is_some() {
        return html.to_owned();
    }
    let mut tree = Tree::parse(html);
    super::elements::remove_hidden(&mut tree);
    super::elements::open_fallbacks(&mut tree);
    let mut out = Lines::default();
    for edge in tree.traverse() {
        match edge {
            Edge::Open(node) => match node.value() {
                Node::Text(text) => out.push(text),
                Node::Element(element) => out.break_at(element.name()),
                _ => {}
            },
            Edge::Close(node) => {
                if let Some(element) = node.value().as_element().filter(|element| element.name() != "br") {
                    out.break_at(element.name());
                }
            }
        }
    }
    out.text
}

/// A link in HTML.
pub struct Link {
    pub text: String,
    pub href: Option<String>,
}

/// The links in HTML.
pub fn links(html: &str) -> Vec<Link> {
    if !has_tags(html) || exceeded_limit(html, MAX_DEPTH).is_some() {
        return Vec::new();
    }
    let mut links = Vec::new();
    Tree::parse(html).for_each(|tree, id, name| {
        if name == "a" {
            links.push(Link { text: tree.text(id), href: tree.attribute(id, "href").map(str::to_owned) });
        }
    });
    links
}

/// Whether a text has a tag.
pub fn has_tags(text: &str) -> bool {
    tags(text).is_none_or(|tags| !tags.is_empty())
}

/// The tags of a text: their names, and whether they are end tags; `None` if it would take too long to read them.
pub fn tags(text: &str) -> Option<Vec<(String, bool)>> {
    exceeded_limit(text, usize::MAX).is_none().then(|| tokenize(text, Tags::default()).0.into_inner())
}

/// Passes the tokens of HTML to a sink.
pub fn tokenize<S: TokenSink>(html: &str, sink: S) -> S {
    let input = BufferQueue::default();
    input.push_back(StrTendril::from(html));
    let tokenizer = Tokenizer::new(sink, TokenizerOpts::default());
    let _ = tokenizer.feed(&input);
    tokenizer.end();
    tokenizer.sink
}

/// Decodes the character references of a text as browsers do (HTML §13.2.5.72). A name without its semicolon stays: in text
/// that was never HTML it is more often a part of an address.
pub fn decode_references(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('&') {
        out.push_str(&rest[..start]);
        rest = &rest[start..];
        let name = rest[1..].find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '#');
        let end = name.map_or(rest.len(), |length| 1 + length);
        let has_semicolon = rest[end..].starts_with(';');
        let (reference, after) = rest.split_at(end + usize::from(has_semicolon));
        match has_semicolon || reference.starts_with("&#") {
            true => out.push_str(&tokenize(reference, Characters::default()).0.into_inner()),
            false => out.push_str(reference),
        }
        rest = after;
    }
    out.push_str(rest);
    Cow::Owned(out)
}

#[derive(Default)]
struct Characters(RefCell<String>);

impl TokenSink for Characters {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        if let Token::CharacterTokens(text) = token {
            self.0.borrow_mut().push_str(&text);
        }
        TokenSinkResult::Continue
    }
}

#[derive(Default)]
struct Tags(RefCell<Vec<(String, bool)>>);

impl TokenSink for Tags {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        if let Token::TagToken(tag) = token {
            self.0.borrow_mut().push((tag.name.to_string(), tag.kind == TagKind::EndTag));
        }
        TokenSinkResult::Continue
    }
}

/// Text as it is laid out: white space collapses, and blocks begin on lines of their own.
#[derive(Default)]
struct Lines {
    text: String,
    /// The line breaks and the white space pending before the next character.
    breaks: usize,
    has_blank: bool,
}

impl Lines {
    fn break_at(&mut self, element: &str) {
        if PARAGRAPH_ELEMENTS.contains(&element) {
            self.breaks = 2;
        } else if element == "br" {
            self.breaks = (self.breaks + 1).min(2);
        } else if LINE_ELEMENTS.contains(&element) {
            self.breaks = self.breaks.max(1);
        }
    }

    fn push(&mut self, text: &str) {
        for letter in text.chars() {
            if is_blank(letter) {
                self.has_blank = true;
                continue;
            }
            if !self.text.is_empty() {
                match self.breaks {
                    0 if self.has_blank => self.text.push(' '),
                    0 => {}
                    breaks => self.text.push_str(&"\n\n"[..breaks]),
                }
            }
            (self.breaks, self.has_blank) = (0, false);
            self.text.push(letter);
        }
    }
}

/// White space that collapses; no-break spaces do not.
fn is_blank(letter: char) -> bool {
    letter.is_whitespace() && !matches!(letter, '\u{a0}' | '\u{202f}' | '\u{2007}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_decoded_as_browsers_do() {
        for (written, expected) in [
            ("&#146;&#x92;&#X092;&#0146;", "’’’’"),
            ("&#128; &#159 &#160;&#8217;&#1460;", "€ Ÿ \u{a0}’ִ"),
            ("&amp;#146; &#; &#x; &# &#99999999999;", "&#146; &#; &#x; &# \u{fffd}"),
            ("AT&T &amp;amp; &copy=1 &copy; &nosuch; &NotEqualTilde;", "AT&T &amp; &copy=1 © &nosuch; ≂̸"),
        ] {
            assert_eq!(decode_references(written), expected);
        }
    }
}
