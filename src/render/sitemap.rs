//! A sitemap (sitemaps.org 0.9) with alternates in other languages (`xhtml:link`, as search engines support it).

use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};
use url::Url;

use crate::model::{Language, Moment};

/// A page in a sitemap, or a part of one in its index.
#[derive(Debug, Clone)]
pub struct SitemapUrl {
    pub url: Url,
    pub updated: Option<Moment>,
    /// The same page in every language that has it, including itself.
    pub alternates: Vec<(Language, Url)>,
}

/// Renders a sitemap. Writing into memory does not fail.
pub fn sitemap(urls: &[SitemapUrl]) -> Vec<u8> {
    document("urlset", "url", urls)
}

/// Renders the index of the parts of a sitemap.
pub fn sitemap_index(parts: &[SitemapUrl]) -> Vec<u8> {
    document("sitemapindex", "sitemap", parts)
}

fn document(root: &str, element: &str, urls: &[SitemapUrl]) -> Vec<u8> {
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    let _ = write(&mut writer, root, element, urls);
    let mut out = writer.into_inner();
    out.push(b'\n');
    out
}

fn write(writer: &mut Writer<Vec<u8>>, root: &str, element: &str, urls: &[SitemapUrl]) -> io::Result<()> {
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("utf-8"), None)))?;
    writer.write_event(Event::Comment(BytesText::new(" written by tidings ")))?;
    let mut root = writer.create_element(root).with_attribute(("xmlns", "http://www.sitemaps.org/schemas/sitemap/0.9"));
    if urls.iter().any(|url| !url.alternates.is_empty()) {
        root = root.with_attribute(("xmlns:xhtml", "http://www.w3.org/1999/xhtml"));
    }
    root.write_inner_content(|writer| urls.iter().try_for_each(|url| write_url(writer, element, url)))?;
    Ok(())
}

fn write_url(writer: &mut Writer<Vec<u8>>, element: &str, url: &SitemapUrl) -> io::Result<()> {
    writer.create_element(element).write_inner_content(|writer| {
        writer.create_element("loc").write_text_content(BytesText::new(url.url.as_str()))?;
        if let Some(updated) = url.updated {
            writer.create_element("lastmod").write_text_content(BytesText::new(&updated.rfc3339()))?;
        }
        for (language, url) in &url.alternates {
            let attributes = [("rel", "alternate"), ("hreflang", language.as_str()), ("href", url.as_str())];
            writer.create_element("xhtml:link").with_attributes(attributes).write_empty()?;
        }
        Ok(())
    })?;
    Ok(())
}
