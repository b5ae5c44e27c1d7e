//! Owns the base of relative URLs, as `xml:base` declares it (RFC 4287 §2).

use url::Url;

use super::tree::Element;

/// The base of relative URLs (XML Base §4).
#[derive(Clone)]
pub struct Base {
    url: Option<Url>,
    /// An element declares it, so that it comes before any other.
    is_declared: bool,
}

impl Base {
    /// The base of a document that declares none: its address, or a guess.
    pub fn of_document(url: Option<Url>) -> Base {
        Base { url, is_declared: false }
    }

    /// The base within an element.
    pub fn within(&self, element: &Element) -> Base {
        let Some(written) = element.attribute("xml:base") else { return self.clone() };
        let url = match &self.url {
            Some(base) => base.join(written),
            None => Url::parse(written),
        };
        url.map_or_else(|_| self.clone(), |url| Base { url: Some(url), is_declared: true })
    }

    pub fn declared(self) -> Option<Url> {
        self.url.filter(|_| self.is_declared)
    }

    /// A URL of an element, absolute if a base is declared for it.
    pub fn resolve(&self, element: &Element, written: &str) -> String {
        self.within(element).resolve_here(written)
    }

    /// A URL, absolute if a base is declared for it.
    pub fn resolve_here(&self, written: &str) -> String {
        let is_relative = Url::parse(written) == Err(url::ParseError::RelativeUrlWithoutBase);
        let base = self.url.as_ref().filter(|_| self.is_declared && is_relative);
        base.and_then(|base| base.join(written).ok()).map_or_else(|| written.to_owned(), String::from)
    }
}

/// The base of the body: that of the element that it is in, and of the only `div` in that.
pub fn base_of_body(element: &Element, base: &Base) -> Option<String> {
    let base = base.within(element);
    let mut inner = element.elements();
    let base = match (inner.next(), inner.next()) {
        (Some(div), None) if div.name == "div" => base.within(div),
        _ => base,
    };
    base.declared().map(String::from)
}
