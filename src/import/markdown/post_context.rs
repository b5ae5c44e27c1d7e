//! Owns the context in which templates and links of a post are resolved.

use url::Url;

use super::site::Kind;
use super::source_file::SourceFile;
use super::tree::Tree;
use super::value::Value;

/// The post whose body is converted.
#[derive(Debug)]
pub struct PostContext<'a> {
    pub tree: &'a Tree,
    pub file: &'a SourceFile,
    pub values: &'a Value,
    pub link: Option<&'a Url>,
    /// The base of its relative URLs if its permalink is unknown: its output folder.
    pub base: Url,
    /// Distinct remarks for the report.
    pub remarks: Vec<String>,
}

const MAX_REMARKS: usize = 12;

impl PostContext<'_> {
    /// Adds a remark, unless it is there already.
    pub fn remark(&mut self, text: String) {
        if self.remarks.len() < MAX_REMARKS && !self.remarks.contains(&text) {
            self.remarks.push(text);
        }
    }

    /// A parameter: the page's own, else the site's.
    pub fn parameter(&self, key: &str) -> Option<String> {
        let keys: Vec<&str> = key.trim_start_matches('.').split('.').collect();
        let own = self.values.get_path(&keys).or_else(|| self.values.get("params")?.get_path(&keys));
        let own = own.and_then(Value::as_text).or_else(|| self.values.text(key));
        own.or_else(|| self.tree.site.parameter(key)).map(str::to_owned)
    }

    /// The URL that a reference leads to, with its fragment.
    pub fn reference(&mut self, reference: &str, language: Option<&str>) -> Option<String> {
        let (path, rest) = split_fragment(reference);
        if path.is_empty() {
            return Some(rest.to_owned());
        }
        let target = self.tree.find(self.file, path, language)?;
        let address = if target.path == self.file.path { self.link.cloned() } else { self.tree.url_of(target) };
        if let Some(address) = address {
            return Some(format!("{address}{rest}"));
        }
        let path = path.to_owned();
        self.remark(format!("the address of \"{path}\" is not known, so that a link to it may lead nowhere"));
        Some(format!("/{}/{rest}", target.translation_key.replace(' ', "%20")))
    }

    /// The URL of the post that Jekyll's `post_url` names.
    pub fn post(&mut self, name: &str) -> Option<String> {
        let target = self.tree.named(name, self.file.language.as_deref())?;
        let address = self.tree.url_of(target);
        if address.is_none() {
            self.remark(format!("the address of \"{name}\" is not known, so that a link to it may lead nowhere"));
        }
        Some(address.map_or_else(|| format!("/{}/", target.slug), String::from))
    }

    /// The path prefix of all the site's URLs, without a trailing `/`.
    pub fn base_path(&self) -> String {
        let site = &self.tree.site;
        let own = site.values.text("baseurl").filter(|_| site.kind == Kind::Jekyll).unwrap_or_default();
        let own = own.trim_matches('/');
        if own.is_empty() || own.contains("://") { String::new() } else { format!("/{own}") }
    }

    /// The scheme and host of the site, without a trailing `/`.
    pub fn origin(&self) -> String {
        let origin = self.tree.site.base_url.as_ref().map(|base| base.origin().ascii_serialization());
        origin.unwrap_or_default()
    }
}

/// Splits off the query or fragment.
pub fn split_fragment(reference: &str) -> (&str, &str) {
    let end = reference.find(['#', '?']).unwrap_or(reference.len());
    reference.split_at(end)
}
