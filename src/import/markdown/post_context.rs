//! Owns what templates and links in a body can ask of the page that they stand on.

use url::Url;

use super::site::Kind;
use super::source_file::SourceFile;
use super::tree::Tree;
use super::value::Value;

/// A page whose body is read.
#[derive(Debug)]
pub struct PostContext<'a> {
    pub tree: &'a Tree,
    pub file: &'a SourceFile,
    pub values: &'a Value,
    pub link: Option<&'a Url>,
    /// What its relative addresses are against, where its own is not known: the folder that its file is made into.
    pub base: Url,
    /// What a person should know, each once.
    pub remarks: Vec<String>,
}

/// More remarks on one page than anybody reads.
const MAX_REMARKS: usize = 12;

impl PostContext<'_> {
    /// Says something once.
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

    /// The address of the page that a reference means, with its fragment.
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

    /// The day-named post that Jekyll's `post_url` means.
    pub fn post(&mut self, name: &str) -> Option<String> {
        let target = self.tree.named(name, self.file.language.as_deref())?;
        let address = self.tree.url_of(target);
        if address.is_none() {
            self.remark(format!("the address of \"{name}\" is not known, so that a link to it may lead nowhere"));
        }
        Some(address.map_or_else(|| format!("/{}/", target.slug), String::from))
    }

    /// The first part of the path of every address of the site, without `/` at its end.
    pub fn base_path(&self) -> String {
        let site = &self.tree.site;
        let own = site.values.text("baseurl").filter(|_| site.kind == Kind::Jekyll).unwrap_or_default();
        let own = own.trim_matches('/');
        if own.is_empty() || own.contains("://") { String::new() } else { format!("/{own}") }
    }

    /// The scheme and host of the site, without `/` at its end.
    pub fn origin(&self) -> String {
        let origin = self.tree.site.base_url.as_ref().map(|base| base.origin().ascii_serialization());
        origin.unwrap_or_default()
    }
}

/// A path, and the query or fragment behind it.
pub fn split_fragment(reference: &str) -> (&str, &str) {
    let end = reference.find(['#', '?']).unwrap_or(reference.len());
    reference.split_at(end)
}
