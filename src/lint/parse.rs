//! An XML document as a whole: well-formed or not, and which kind of feed.

use quick_xml::events::Event;
use roxmltree::{Document, Error, ParsingOptions};

use super::value::shown;
use super::xml::{ATOM, Node, languages};
use super::{MOST_PARTS, Notes, atom, rss};

/// No feed nests deeper, has more attributes on one element, or more namespaces at one place; with more, a parser's time or
/// memory would grow faster than the document.
const DEEPEST: usize = 256;

/// Judges an XML document; gives the number of entries, or none where it is no feed.
pub fn lint(notes: &mut Notes<'_>) -> Option<usize> {
    if excess(notes) {
        return Some(0);
    }
    let options = ParsingOptions { nodes_limit: MOST_PARTS as u32, ..ParsingOptions::default() };
    match Document::parse_with_options(notes.text, options) {
        Ok(document) => judge(notes, document.root_element()),
        Err(error) => {
            ill_formed(notes, &error);
            Some(0)
        }
    }
}

fn judge(notes: &mut Notes<'_>, root: Node<'_>) -> Option<usize> {
    let name = root.tag_name();
    let is_rss = match (name.namespace(), name.name()) {
        (Some(ATOM), "feed") => false,
        (None, "rss") => true,
        (namespace, other) => return strange(notes, root, namespace, other),
    };
    encoding(notes);
    languages(notes, root);
    Some(if is_rss { rss::lint(notes, root) } else { atom::lint(notes, root) })
}

/// Says what a document is, if not a feed that is judged here.
fn strange(notes: &mut Notes<'_>, root: Node<'_>, namespace: Option<&str>, name: &str) -> Option<usize> {
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
            let message = format!("`<{}>` begins no feed; one begins with `<feed>` (Atom) or `<rss>`", shown(name));
            notes
                .error(root, message)
                .help("of a web page, name the feed that its `<link rel=\"alternate\">` points to");
            return None;
        }
    };
    notes.error(root, message).help(help);
    Some(0)
}

/// Looks quickly through a document for what would cost a parser too much.
fn excess(notes: &mut Notes<'_>) -> bool {
    let mut reader = quick_xml::Reader::from_str(notes.text);
    reader.config_mut().check_end_names = false;
    // How many namespaces are declared at each depth.
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
            // What is ill-formed is found, and named better, by the strict parser.
            Ok(Event::Eof) | Err(_) => return false,
            Ok(_) => continue,
        };
        let (mut count, mut namespaces) = (0, 0);
        for attribute in element.attributes().with_checks(false).take(DEEPEST + 1) {
            count += 1;
            namespaces += usize::from(attribute.is_ok_and(|attribute| attribute.key.as_ref().starts_with(b"xmlns")));
        }
        let too_many = [
            (declared.len(), "elements are nested more than"),
            (count, "an element has more attributes than"),
            (in_scope + namespaces, "there are more namespaces at one place than"),
        ];
        if let Some((_, what)) = too_many.iter().find(|(count, _)| *count > DEEPEST) {
            notes.error(start..start + 1, format!("{what} {DEEPEST}; no feed needs that"));
            return true;
        }
        if is_open {
            declared.push(namespaces);
            in_scope += namespaces;
        }
    }
}

/// Says why a document is not well-formed, in words that name the cure.
fn ill_formed(notes: &mut Notes<'_>, error: &Error) {
    let text = notes.text;
    let at = match error {
        Error::DtdDetected => text.find("<!DOCTYPE").unwrap_or(0),
        Error::UnexpectedEndOfStream | Error::UnclosedRootNode => text.trim_end().len(),
        _ => offset(text, error.pos().row, error.pos().col),
    };
    let here = &text[at..];
    let named = |what: &str, name: &str| format!("{what} `{}`", shown(name));
    let (message, help) = match error {
        Error::UnexpectedCloseTag(expected, actual, _) => {
            (format!("`</{}>` stands where `</{}>` has to", shown(actual), shown(expected)), "close it first")
        }
        Error::UnknownEntityReference(name, _) => (
            named("there is no", &format!("&{name};")) + " in XML; it is HTML's",
            "write the character itself, or `&#160;`; within HTML that is escaped, `&amp;` for `&`",
        ),
        Error::MalformedEntityReference(_) if here.starts_with("&#") => (
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
            (format!("more than {MOST_PARTS} elements"), "split the feed into archives (RFC 5005)")
        }
        other => {
            let place = format!(" at {}", other.pos());
            (other.to_string().replace(&place, ""), "mend it; readers refuse the whole feed for it")
        }
    };
    let width = here.chars().next().map_or(0, char::len_utf8);
    notes.error(at..at + width, format!("not well-formed XML: {message}")).help(help);
}

/// The byte offset of a line and column, both from 1, the column in characters.
fn offset(text: &str, row: u32, column: u32) -> usize {
    let start: usize = text.split_inclusive('\n').take(row.saturating_sub(1) as usize).map(str::len).sum();
    let line = text.get(start..).unwrap_or_default();
    let within = line.char_indices().nth(column.saturating_sub(1) as usize).map_or(line.len(), |(at, _)| at);
    start + within
}

/// A declared encoding has to be the one in which the document is.
fn encoding(notes: &mut Notes<'_>) {
    let text = notes.text;
    let Some(declaration) = text.strip_prefix("<?xml").and_then(|rest| rest.split("?>").next()) else { return };
    let Some((_, value)) = declaration.split_once("encoding") else { return };
    let value = value.trim_start_matches(['=', ' ', '\t', '\r', '\n', '"', '\'']);
    let name = value.split(['"', '\'', ' ']).next().unwrap_or_default();
    // Plain ASCII means the same in almost all of them.
    if !text.is_ascii() && !name.eq_ignore_ascii_case("utf-8") {
        let at = value.as_ptr() as usize - text.as_ptr() as usize;
        let message = format!("the declaration says `{}`, but this is UTF-8; readers will garble it", shown(name));
        notes.error(at..at + name.len(), message).help("write `encoding=\"UTF-8\"`");
    }
}

#[cfg(test)]
pub mod tests {
    use crate::diagnostics::show;
    use crate::lint;

    /// What is said of a document: severity, line and column, message.
    pub fn said(document: &str) -> Vec<String> {
        let verdict = lint::lint("f", document.as_bytes());
        verdict
            .diagnostics
            .iter()
            .map(|diagnostic| show(diagnostic, Default::default()).lines().next().unwrap_or_default().to_owned())
            .collect()
    }

    /// Asserts that a document has exactly one diagnostic, whose line holds this.
    #[track_caller]
    pub fn only(document: &str, expected: &str) {
        let said = said(document);
        assert!(said.len() == 1 && said[0].contains(expected), "{expected}: {said:#?}");
    }

    #[test]
    fn what_is_not_well_formed_is_named_with_its_place() {
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
            only(document, expected);
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
            let verdict = lint::lint("f", document.as_bytes());
            assert_eq!((verdict.is_feed, verdict.diagnostics.len(), verdict.entries), (is_feed, 1, 0), "{document}");
            assert!(verdict.diagnostics[0].is_error());
        }
    }

    #[test]
    fn other_encodings_are_refused() {
        assert!(lint::lint("f", b"<rss>\xe9</rss>").diagnostics[0].message.contains("not UTF-8"));
        assert!(lint::lint("f", b"\xff\xfe<\0").diagnostics[0].message.contains("UTF-16"));
        let said = said("<?xml version='1.0' encoding='windows-1251'?><rss version='2.0'>é</rss>");
        assert!(said[0].contains("f:1:31: error: the declaration says `windows-1251`"), "{said:?}");
        assert!(!said[1..].iter().any(|line| line.contains("declaration")), "{said:?}");
    }

    #[test]
    fn what_would_cost_too_much_is_refused() {
        only(&"<a>".repeat(1_000_000), "nested more than 256");
        only(
            &format!("<rss {}/>", (0..1000).map(|n| format!("a{n}='' ")).collect::<String>()),
            "more attributes than 256",
        );
        let nested: String = (0..200).map(|n| format!("<a xmlns:a{n}='x' xmlns:b{n}='x'>")).collect();
        only(&nested, "more namespaces at one place than 256");
        let wide = format!("<rss>{}</rss>", "<a xmlns='x'/>".repeat(1000));
        assert!(!said(&wide)[0].contains("namespaces at one place"));
    }

    #[test]
    fn no_more_diagnostics_than_can_be_read() {
        let items = "<item/>\n".repeat(5000);
        let said = said(&format!("<rss version='2.0'><channel>{items}</channel></rss>"));
        assert!((100..220).contains(&said.len()), "{}", said.len());
        assert!(said.iter().any(|line| line.contains("more errors, which are not shown")), "{:?}", said.last());
    }
}
