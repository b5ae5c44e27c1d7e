//! What makes an HTML body unfit for a feed: scripts, frames, and addresses that lead nowhere outside their page.

use std::cell::RefCell;
use std::ops::Range;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{BufferQueue, Tag, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer};

use super::Notes;
use super::value::{scheme, shown};

/// Elements that readers remove, or refuse the whole entry for.
const LIVE: [&str; 12] =
    ["applet", "base", "embed", "form", "frame", "frameset", "iframe", "link", "meta", "object", "script", "style"];

/// Attributes that hold an address.
const ADDRESSES: [&str; 6] = ["background", "cite", "href", "longdesc", "poster", "src"];

/// Something amiss in a body.
#[derive(Debug, PartialEq, Eq)]
pub struct Trouble {
    kind: Kind,
    /// As it is shown.
    what: String,
    /// What to look for in the source.
    needle: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Element,
    Script,
    Relative,
}

/// Judges one element.
pub fn judge<'v>(tag: &str, attributes: impl Iterator<Item = (&'v str, &'v str)>, out: &mut Vec<Trouble>) {
    if LIVE.contains(&tag) {
        out.push(Trouble { kind: Kind::Element, what: format!("<{tag}>"), needle: format!("<{tag}") });
        return;
    }
    let mut add = |kind, name: &str, value: &str| {
        out.push(Trouble { kind, what: format!("{name}=\"{}\"", shown(value)), needle: value.to_owned() });
    };
    for (name, value) in attributes {
        if name.len() > 2 && name.starts_with("on") {
            add(Kind::Script, name, value);
        } else if ADDRESSES.contains(&name) {
            judge_address(name, value, &mut add);
        } else if name == "srcset" {
            candidates(value).into_iter().for_each(|address| judge_address(name, address, &mut add));
        }
    }
}

fn judge_address(name: &str, value: &str, add: &mut impl FnMut(Kind, &str, &str)) {
    // Browsers pass over these within an address, which hides its scheme from a careless look.
    let address = value.replace(['\t', '\n', '\r'], "");
    let address = address.trim_start();
    match scheme(address) {
        Some(scheme) if ["javascript", "vbscript"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) => {
            add(Kind::Script, name, value);
        }
        // A place within the body itself, such as a footnote.
        None if !(name == "href" && address.starts_with('#')) => add(Kind::Relative, name, value),
        _ => {}
    }
}

/// The addresses of a `srcset`.
fn candidates(srcset: &str) -> Vec<&str> {
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

/// Judges a body of HTML.
pub fn scan(html: &str) -> Vec<Trouble> {
    if !html.contains('<') {
        return Vec::new();
    }
    let input = BufferQueue::default();
    input.push_back(StrTendril::from(html));
    let tokenizer = Tokenizer::new(Sink::default(), Default::default());
    let _ = tokenizer.feed(&input);
    tokenizer.end();
    tokenizer.sink.0.into_inner()
}

#[derive(Default)]
struct Sink(RefCell<Vec<Trouble>>);

impl TokenSink for Sink {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let Token::TagToken(Tag { kind: TagKind::StartTag, name, attrs, .. }) = token else {
            return TokenSinkResult::Continue;
        };
        let attributes = attrs.iter().map(|attribute| (&*attribute.name.local, &*attribute.value));
        judge(&name, attributes, &mut self.0.borrow_mut());
        // What stands within these is text, whatever it looks like.
        match &*name {
            "script" => TokenSinkResult::RawData(RawKind::ScriptData),
            "style" | "iframe" | "noembed" | "noframes" | "xmp" => TokenSinkResult::RawData(RawKind::Rawtext),
            "textarea" | "title" => TokenSinkResult::RawData(RawKind::Rcdata),
            _ => TokenSinkResult::Continue,
        }
    }
}

/// Says what is amiss in the body that stands at a range of bytes; `has_base`: relative addresses have something to be
/// resolved against.
pub fn report(notes: &mut Notes<'_>, span: Range<usize>, troubles: &[Trouble], has_base: bool) {
    for kind in [Kind::Element, Kind::Script, Kind::Relative] {
        let mut of_kind = troubles.iter().filter(|trouble| trouble.kind == kind);
        let Some(first) = of_kind.next().filter(|_| kind != Kind::Relative || !has_base) else { continue };
        let what = &first.what;
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
        notes.warning(place(notes.text, span.clone(), &first.needle), message + &more).help(help);
    }
}

/// Where in the source of a body something stands; the body's beginning where escapes hide it.
fn place(text: &str, span: Range<usize>, needle: &str) -> Range<usize> {
    let body = text.get(span.clone()).unwrap_or_default();
    let escaped = needle.replace('&', "&amp;").replace('<', "&lt;");
    // A value ends where no letter of an address follows, and begins likewise, so that `/x` is not found in `https://a/xy`.
    let is_part = |c: char| c.is_alphanumeric() || "/.-_?:%#".contains(c);
    let is_alone = |(at, found): &(usize, &str)| {
        let (before, after) = (&body[..*at], &body[at + found.len()..]);
        found.contains('<') || found.starts_with('&') || !(before.ends_with(is_part) || after.starts_with(is_part))
    };
    let find = |needle: &str| {
        let (at, _) = body.match_indices(needle).find(is_alone)?;
        Some(span.start + at..span.start + at + needle.len())
    };
    let found = if needle.is_empty() { None } else { find(needle).or_else(|| find(&escaped)) };
    found.unwrap_or(span.start..span.start + body.find(['>', '\n']).map_or(body.len(), |at| at + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(html: &str) -> Vec<String> {
        scan(html).into_iter().map(|trouble| trouble.what).collect()
    }

    #[test]
    fn what_is_live_is_found() {
        let html =
            "<SCRIPT>'<img src=x>'</SCRIPT><style>a</style><iframe src=/x></iframe><object></object><p ONclick=a>";
        assert_eq!(found(html), ["<script>", "<style>", "<iframe>", "<object>", "onclick=\"a\""]);
        assert_eq!(found("<a href='java&#x73;cript:x'>a</a>"), ["href=\"javascript:x\""]);
        assert_eq!(scan("<a href=' java\nscript:x'>a</a>")[0].kind, Kind::Script);
    }

    #[test]
    fn relative_addresses_are_found() {
        let html = r#"<a href="/a">a</a><img src='b.png' srcset="https://e/1.png 1x, 2.png 2x,c/3.png,https://e/4"><video poster=//e/x>"#;
        assert_eq!(
            found(html),
            ["href=\"/a\"", "src=\"b.png\"", "srcset=\"2.png\"", "srcset=\"c/3.png,https://e/4\"", "poster=\"//e/x\""]
        );
    }

    #[test]
    fn what_is_fit_passes() {
        let html = r##"<p>a < b <!-- <script> --> &lt;script&gt; <a href="https://e/" title="<script>">x</a> <a href="#fn1">1</a>
            <img src="data:image/png;base64,AA"> <img srcset=""> <a href="mailto:a@b.example">m</a> <a name="on">"##;
        assert_eq!(found(html), [""; 0]);
        assert!(found("a & b").is_empty());
    }
}
