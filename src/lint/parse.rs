//! XML documents: well-formedness, limits, and dispatch by root element.

use quick_xml::events::Event;
use roxmltree::{Document, Error, ParsingOptions};

use super::value::excerpt;
use super::xml::{ATOM, Node, languages};
use super::{Findings, MAX_NODES, atom, rss};

/// The limit on depth, attributes of an element and namespaces in scope. The parser is not linear in these.
const COMPLEXITY_LIMIT: usize = 256;

/// Checks an XML document; returns the number of entries, or `None` if it is not a feed.
pub fn lint(findings: &mut Findings<'_>) -> Option<usize> {
    if exceeds_limits(findings) {
        return Some(0);
    }
    let options = ParsingOptions { nodes_limit: MAX_NODES as u32, ..ParsingOptions::default() };
    match Document::parse_with_options(findings.text, options) {
        Ok(document) => check(findings, document.root_element()),
        Err(error) => {
            not_well_formed(findings, &error);
            Some(0)
        }
    }
}

fn check(findings: &mut Findings<'_>, root: Node<'_>) -> Option<usize> {
    let name = root.tag_name();
    let is_rss = match (name.namespace(), name.name()) {
        (Some(ATOM), "feed") => false,
        (None, "rss") => true,
        (namespace, other) => return unsupported_root(findings, root, namespace, other),
    };
    encoding(findings);
    languages(findings, root);
    Some(if is_rss { rss::lint(findings, root) } else { atom::lint(findings, root) })
}

/// Reports what a document is instead of a supported feed.
fn unsupported_root(findings: &mut Findings<'_>, root: Node<'_>, namespace: Option<&str>, name: &str) -> Option<usize> {
    let (message, help) = match (namespace, name) {
        (Some(_), "rss") => (
            "RSS 2.0 belongs to no namespace, and readers look for its elements in none",
            "take `xmlns=\"…\"` from `<rss>`",
        ),
        (Some(ATOM), "entry") => ("this is an Atom entry alone, not a feed", "put it into a `<feed>`"),
        (_, "feed") => (
            "this `<feed>` is not in the namespace of Atom 1.0 (RFC 4287 §2)",
            "write `<feed xmlns=\"http://www.w3.org/2005/Atom\">`",
        ),
        (_, "RDF") => ("this is RSS 1.0, which is not judged here", "publish RSS 2.0 or Atom"),
        _ => {
            let message = format!("`<{}>` begins no feed; one begins with `<feed>` (Atom) or `<rss>`", excerpt(name));
            findings
                .error(root, message)
                .help("of a web page, name the feed that its `<link rel=\"alternate\">` points to");
            return None;
        }
    };
    findings.error(root, message).help(help);
    Some(0)
}

/// Whether a document exceeds the limits, by a scan in constant memory before the tree is built.
fn exceeds_limits(findings: &mut Findings<'_>) -> bool {
    let mut reader = quick_xml::Reader::from_str(findings.text);
    reader.config_mut().check_end_names = false;
    // The number of namespace declarations at each depth.
    let mut declared: Vec<usize> = Vec::new();
    let mut in_scope = 0;
    loop {
        let start = reader.buffer_position() as usize;
        let (element, is_open) = match reader.read_event() {
            Ok(Event::Start(element)) => (element, true),
            Ok(Event::Empty(element)) => (element, false),
            Ok(Event::End(_)) => {
                in_scope -= declared.pop().unwrap_or(0);
                continue;
            }
            // The strict parser reports errors better.
            Ok(Event::Eof) | Err(_) => return false,
            Ok(_) => continue,
        };
        let (mut count, mut namespaces) = (0, 0);
        for attribute in element.attributes().with_checks(false).take(COMPLEXITY_LIMIT + 1) {
            count += 1;
            namespaces += usize::from(attribute.is_ok_and(|attribute| attribute.key.as_ref().starts_with(b"xmlns")));
        }
        let too_many = [
            (declared.len(), "elements are nested more than"),
            (count, "an element has more attributes than"),
            (in_scope + namespaces, "there are more namespaces at one place than"),
        ];
        if let Some((_, what)) = too_many.iter().find(|(count, _)| *count > COMPLEXITY_LIMIT) {
            findings.error(start..start + 1, format!("{what} {COMPLEXITY_LIMIT}; no feed needs that"));
            return true;
        }
        if is_open {
            declared.push(namespaces);
            in_scope += namespaces;
        }
    }
}

/// Reports a well-formedness error, with advice.
fn not_well_formed(findings: &mut Findings<'_>, error: &Error) {
    let text = findings.text;
    let position = match error {
        Error::DtdDetected => text.find("<!DOCTYPE").unwrap_or(0),
        Error::UnexpectedEndOfStream | Error::UnclosedRootNode => text.trim_end().len(),
        _ => offset(text, error.pos().row, error.pos().col),
    };
    let rest = &text[position..];
    let named = |what: &str, name: &str| format!("{what} `{}`", excerpt(name));
    let (message, help) = match error {
        Error::UnexpectedCloseTag(expected, actual, _) => {
            (format!("`</{}>` stands where `</{}>` has to", excerpt(actual), excerpt(expected)), "close it first")
        }
        Error::UnknownEntityReference(name, _) => (
            named("there is no", &format!("&{name};")) + " in XML; it is HTML's",
            "write the character itself, or `&#160;`; within HTML that is escaped, `&amp;` for `&`",
        ),
        Error::MalformedEntityReference(_) if rest.starts_with("&#") => (
            "a reference to a character that XML 1.0 forbids (§2.2), or to none".to_owned(),
            "leave the character out; readers refuse the whole feed for it",
        ),
        Error::MalformedEntityReference(_) => ("`&` begins a reference here".to_owned(), "write `&amp;`"),
        Error::NonXmlChar(character, _) => (
            format!("character U+{:04X}, which XML 1.0 forbids (§2.2)", u32::from(*character)),
            "leave it out; readers refuse the whole feed for it",
        ),
        Error::UnknownNamespace(prefix, _) => {
            (named("nothing declares the prefix", prefix), "declare it on the root: `xmlns:prefix=\"…\"`")
        }
        Error::DuplicatedAttribute(name, _) => (named("a second attribute", name), "leave one"),
        Error::InvalidAttributeValue(_) | Error::InvalidChar(b'"' | b'\'', b'<', _) => {
            ("`<` within an attribute".to_owned(), "write `&lt;`")
        }
        Error::InvalidCharacterData(_) => ("`]]>` within text".to_owned(), "write `]]&gt;`"),
        Error::UnexpectedDeclaration(_) => (
            "the XML declaration is not at the very beginning".to_owned(),
            "remove what stands before it, blank lines too",
        ),
        Error::DtdDetected => (
            "a document type declaration, by which a small file can become a large one; readers refuse it".to_owned(),
            "remove `<!DOCTYPE …>`",
        ),
        Error::UnclosedRootNode | Error::UnexpectedEndOfStream => (
            "the document ends before its elements are closed".to_owned(),
            "was it cut off while it was written or sent?",
        ),
        Error::NodesLimitReached => {
            (format!("more than {MAX_NODES} elements"), "split the feed into archives (RFC 5005)")
        }
        other => {
            let suffix = format!(" at {}", other.pos());
            (other.to_string().replace(&suffix, ""), "mend it; readers refuse the whole feed for it")
        }
    };
    let width = rest.chars().next().map_or(0, char::len_utf8);
    findings.error(position..position + width, format!("not well-formed XML: {message}")).help(help);
}

/// The byte offset of a line and column, both from 1, the column in characters.
fn offset(text: &str, row: u32, column: u32) -> usize {
    let start: usize = text.split_inclusive('\n').take(row.saturating_sub(1) as usize).map(str::len).sum();
    let line = text.get(start..).unwrap_or_default();
    let within = line.char_indices().nth(column.saturating_sub(1) as usize).map_or(line.len(), |(at, _)| at);
    start + within
}

/// Checks that the declared encoding is UTF-8, as the document is.
fn encoding(findings: &mut Findings<'_>) {
    let text = findings.text;
    let Some(declaration) = text.strip_prefix("<?xml").and_then(|rest| rest.split("?>").next()) else { return };
    let Some((_, value)) = declaration.split_once("encoding") else { return };
    let value = value.trim_start_matches(['=', ' ', '\t', '\r', '\n', '"', '\'']);
    let name = value.split(['"', '\'', ' ']).next().unwrap_or_default();
    // ASCII is a subset of nearly every encoding.
    if !text.is_ascii() && !name.eq_ignore_ascii_case("utf-8") {
        let start = value.as_ptr() as usize - text.as_ptr() as usize;
        let message = format!("the declaration says `{}`, but this is UTF-8; readers will garble it", excerpt(name));
        findings.error(start..start + name.len(), message).help("write `encoding=\"UTF-8\"`");
    }
}

#[cfg(test)]
mod tests {
    use super::super::harness::{assert_single, findings};
    use crate::lint;

    #[test]
    fn well_formedness_errors_have_their_location() {
        for (document, expected) in [
            ("<rss>\n <a></b>\n</rss>", "f:2:5: error: not well-formed XML: `</b>` stands where `</a>` has to"),
            ("<rss>é&nbsp;</rss>", "f:1:7: error: not well-formed XML: there is no `&nbsp;` in XML"),
            ("<rss>a & b</rss>", "f:1:8: error: not well-formed XML: `&` begins"),
            ("<rss>&#x0B;</rss>", "a character that XML 1.0 forbids"),
            ("<rss>a\u{b}</rss>", "f:1:7: error: not well-formed XML: character U+000B"),
            ("<rss><![CDATA[\u{1f}]]></rss>", "character U+001F"),
            ("<rss a='\u{ffff}'/>", "character U+FFFF"),
            ("<rss><dc:a/></rss>", "nothing declares the prefix `dc`"),
            ("<rss a='1' a='2'/>", "a second attribute `a`"),
            ("<rss a='<'/>", "`<` within an attribute"),
            ("<rss>]]></rss>", "`]]>` within text"),
            ("\n<?xml version='1.0'?><rss/>", "not at the very beginning"),
            ("<!DOCTYPE rss [<!ENTITY a 'b'>]><rss>&a;</rss>", "document type declaration"),
            ("<rss>\n<channel>", "f:2:10: error: not well-formed XML: the document ends"),
            ("<rss/><rss/>", "f:1:7: error: not well-formed XML"),
            ("<", "not well-formed"),
        ] {
            assert_single(document, expected);
        }
    }

    #[test]
    fn other_documents_are_no_feeds() {
        for (document, is_feed) in [
            ("<html/>", false),
            ("<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'/>", false),
            ("hello", false),
            ("<rss xmlns='http://backend.userland.com/rss2'/>", true),
            ("<feed xmlns='http://purl.org/atom/ns#'/>", true),
            ("<entry xmlns='http://www.w3.org/2005/Atom'/>", true),
            ("<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#'/>", true),
            ("", true),
        ] {
            let result = lint::lint("f", document.as_bytes());
            assert_eq!((result.is_feed, result.diagnostics.len(), result.entries), (is_feed, 1, 0), "{document}");
            assert!(result.diagnostics[0].is_error());
        }
    }

    #[test]
    fn other_encodings_are_rejected() {
        assert!(lint::lint("f", b"<rss>\xe9</rss>").diagnostics[0].message.contains("not UTF-8"));
        assert!(lint::lint("f", b"\xff\xfe<\0").diagnostics[0].message.contains("UTF-16"));
        let lines = findings("<?xml version='1.0' encoding='windows-1251'?><rss version='2.0'>é</rss>");
        assert!(lines[0].contains("f:1:31: error: the declaration says `windows-1251`"), "{lines:?}");
        assert!(!lines[1..].iter().any(|line| line.contains("declaration")), "{lines:?}");
    }

    #[test]
    fn limits_are_enforced() {
        assert_single(&"<a>".repeat(1_000_000), "nested more than 256");
        assert_single(
            &format!("<rss {}/>", (0..1000).map(|n| format!("a{n}='' ")).collect::<String>()),
            "more attributes than 256",
        );
        let nested: String = (0..200).map(|n| format!("<a xmlns:a{n}='x' xmlns:b{n}='x'>")).collect();
        assert_single(&nested, "more namespaces at one place than 256");
        let wide = format!("<rss>{}</rss>", "<a xmlns='x'/>".repeat(1000));
        assert!(!findings(&wide)[0].contains("namespaces at one place"));
    }

    #[test]
    fn the_number_of_findings_is_limited() {
        let items = "<item/>\n".repeat(5000);
        let lines = findings(&format!("<rss version='2.0'><channel>{items}</channel></rss>"));
        assert!((100..220).contains(&lines.len()), "{}", lines.len());
        assert!(lines.iter().any(|line| line.contains("more errors, which are not shown")), "{:?}", lines.last());
    }
}
