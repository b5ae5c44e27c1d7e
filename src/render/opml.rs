//! OPML 2.0: the feeds of a site, nested by language.

use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};
use url::Url;

use crate::model::{Language, Moment, Text};

/// The feeds of one language or of several.
#[derive(Debug, Clone)]
pub struct Opml {
    pub title: Text,
    /// The newest date of the feeds.
    pub modified: Moment,
    pub groups: Vec<(Language, Text, Vec<Outline>)>,
}

/// A feed.
#[derive(Debug, Clone)]
pub struct Outline {
    pub title: Text,
    pub description: Text,
    pub feed: Url,
    pub page: Url,
}

/// Renders OPML. Writing into memory does not fail.
pub fn opml(opml: &Opml) -> Vec<u8> {
    let mut writer = Writer::new_with_indent(Vec::new(), b' ', 2);
    let _ = write(&mut writer, opml);
    let mut out = writer.into_inner();
    out.push(b'\n');
    out
}

fn write(writer: &mut Writer<Vec<u8>>, opml: &Opml) -> io::Result<()> {
    writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("utf-8"), None)))?;
    writer.write_event(Event::Comment(BytesText::new(" written by tidings ")))?;
    writer.create_element("opml").with_attribute(("version", "2.0")).write_inner_content(|writer| {
        writer.create_element("head").write_inner_content(|writer| {
            writer.create_element("title").write_text_content(BytesText::new(opml.title.as_str()))?;
            writer.create_element("dateModified").write_text_content(BytesText::new(&opml.modified.rfc822()))?;
            Ok(())
        })?;
        writer.create_element("body").write_inner_content(|writer| {
            for (language, name, feeds) in &opml.groups {
                let group = writer.create_element("outline").with_attribute(("text", name.as_str()));
                group
                    .write_inner_content(|writer| feeds.iter().try_for_each(|feed| outline(writer, feed, language)))?;
            }
            Ok(())
        })?;
        Ok(())
    })?;
    Ok(())
}

fn outline(writer: &mut Writer<Vec<u8>>, outline: &Outline, language: &Language) -> io::Result<()> {
    let attributes = [
        ("type", "rss"),
        ("text", outline.title.as_str()),
        ("title", outline.title.as_str()),
        ("description", outline.description.as_str()),
        ("xmlUrl", outline.feed.as_str()),
        ("htmlUrl", outline.page.as_str()),
        ("language", language.as_str()),
    ];
    writer.create_element("outline").with_attributes(attributes).write_empty()?;
    Ok(())
}
