//! Owns parsing one file.

use std::fs;

use url::Url;

use super::permalink::{self, UrlInputs};
use super::post_context::PostContext;
use super::site::Kind;
use super::source_file::SourceFile;
use super::tree::Tree;
use super::value::Value;
use super::{authors, body, front_matter, images, inline_text, keys};
use crate::import::decode::Decoding;
use crate::import::entry::{ParsedDate, ParsedEntry};

impl Tree {
    /// Parses a post; on failure the entry has a skip reason.
    pub fn read(&self, file: &SourceFile) -> ParsedEntry {
        let mut entry = ParsedEntry {
            line: 1,
            file: Some(file.path.clone()),
            skip_reason: file.left_out.clone(),
            unpublished_reason: file.unpublished.clone(),
            ..ParsedEntry::default()
        };
        let text = match self.decoded(file) {
            Ok((text, warning)) => {
                entry.warnings.extend(warning);
                text
            }
            Err(reason) => {
                entry.skip_reason = Some(reason);
                return entry;
            }
        };
        let document = match front_matter::read(&text) {
            Ok(document) => document,
            Err(error) => {
                entry.line = error.line;
                entry.skip_reason = Some(error.reason);
                return entry;
            }
        };
        entry.remarks.extend(document.remark);
        let values = keys::with_defaults(&self.site, file, document.values);
        keys::fill(&mut entry, &self.site, &self.configured, file, &values);
        entry.authors = authors::read(&values, &self.site.authors);
        entry.image = images::read(&values);
        let link = self.page_url(file, &values, &entry);
        entry.link = link.as_ref().map(Url::to_string);
        let mut page = PostContext {
            tree: self,
            file,
            values: &values,
            link: link.as_ref(),
            base: self.output_folder(file),
            remarks: Vec::new(),
        };
        body::fill(&mut entry, &mut page, document.body);
        entry.remarks.append(&mut page.remarks);
        self.apply_publication_rules(&mut entry, file, document.has_front_matter);
        entry
    }

    /// Fills a missing title, and the reason why the generator does not publish it.
    fn apply_publication_rules(&self, entry: &mut ParsedEntry, file: &SourceFile, has_front_matter: bool) {
        let is_in_time = |when: ParsedDate| self.now.is_none_or(|now| keys::instant(when.day_first()) <= now);
        let holds_back = matches!(self.site.kind, Kind::Hugo | Kind::Jekyll);
        let shows_future = [self.site.values.bool("buildFuture"), self.site.values.bool("future")];
        let unpublished = if !has_front_matter && matches!(self.site.kind, Kind::Hugo | Kind::Zola) {
            Some("it has no front matter, so that it is no post")
        } else if entry.is_draft {
            Some("it is a draft")
        } else if holds_back && !shows_future.contains(&Some(true)) && !entry.published.is_none_or(is_in_time) {
            Some("its date is in the future")
        } else if self.site.kind == Kind::Hugo && entry.expires.is_some_and(is_in_time) && self.now.is_some() {
            Some("it has expired")
        } else {
            None
        };
        entry.unpublished_reason = entry.unpublished_reason.take().or(unpublished.map(str::to_owned));
        if entry.title.is_none() && entry.skip_reason.is_none() {
            let title = self.title_of_name(&file.slug);
            if !title.is_empty() {
                entry.remarks.push(format!("it has no title; \"{title}\" was taken from its name"));
                entry.title = Some(title);
            }
        }
    }

    /// A title from a file name: title case as in Jekyll, else sentence case.
    fn title_of_name(&self, slug: &str) -> String {
        if self.site.kind == Kind::Jekyll {
            let words = slug.split('-').map(|word| inline_text::capitalised(&word.to_lowercase()));
            return words.collect::<Vec<_>>().join(" ");
        }
        inline_text::capitalised(&inline_text::collapsed(&slug.replace(['-', '_'], " ")))
    }

    /// The URL of the folder that a file is rendered to, as a guess for the base of its relative URLs.
    fn output_folder(&self, file: &SourceFile) -> Url {
        let path = file.translation_key.trim_matches('/').replace('%', "%25").replace(['#', '?'], "");
        self.base().join(&format!("./{path}/")).unwrap_or_else(|_| self.base().clone())
    }

    /// The permalink of a page.
    pub(super) fn url_of(&self, file: &SourceFile) -> Option<Url> {
        self.site.base_url.as_ref()?;
        let (text, _) = self.decoded(file).ok()?;
        let own = front_matter::read(&text).ok()?.values;
        let values = keys::with_defaults(&self.site, file, own);
        let mut entry = ParsedEntry::default();
        keys::fill(&mut entry, &self.site, &self.configured, file, &values);
        self.page_url(file, &values, &entry)
    }

    fn page_url(&self, file: &SourceFile, values: &Value, entry: &ParsedEntry) -> Option<Url> {
        let categories = keys::address_categories(file, values);
        let time = keys::generator_time(&self.site, entry.published.map(ParsedDate::day_first));
        permalink::page_url(&self.site, file, UrlInputs { values, time, categories: &categories })
    }

    /// The text of a file, and why its letters should be checked, if they should.
    fn decoded(&self, file: &SourceFile) -> Result<(String, Option<String>), String> {
        let path = self.root.join(&file.path);
        let data = fs::metadata(&path).map_err(|error| error.to_string())?;
        if data.len() > MAX_FILE_BYTES {
            return Err("it is too large for a post".to_owned());
        }
        let bytes = fs::read(&path).map_err(|error| error.to_string())?;
        let decoding = Decoding::detect(|| Ok(&bytes[..]), None).map_err(|error| error.to_string())?;
        Ok((decoding.text(bytes), decoding.warning))
    }
}

const MAX_FILE_BYTES: u64 = 16 << 20;
