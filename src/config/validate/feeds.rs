//! `[feeds]` and `[redirects]`.

use url::Url;

use super::{Invalid, Validator, http_url, keys};
use crate::config::raw::RawConfig;
use crate::config::redirect::{self, Redirect, Target};
use crate::config::{Archives, Feeds};
use crate::diagnostics::{Location, suggestion};
use crate::model::Format;
use crate::source::Step;

impl Validator<'_> {
    pub(super) fn feeds(&mut self, raw: &RawConfig) -> Option<Feeds> {
        const FORMATS: [(&str, Format); 3] = [("atom", Format::Atom), ("rss", Format::Rss), ("json", Format::Json)];
        let feeds = &raw.feeds;
        let mut formats = Vec::new();
        for (index, name) in feeds.formats.iter().flatten().enumerate() {
            match FORMATS.iter().find(|(known, _)| known == name) {
                Some((_, format)) if !formats.contains(format) => formats.push(*format),
                Some(_) => {}
                None => {
                    let path = [keys(&["feeds", "formats"]), vec![Step::Index(index)]].concat();
                    self.error_at(
                        &path,
                        format!("unknown format `{name}`"),
                        suggestion(name, &["atom", "rss", "json"]),
                    );
                }
            }
        }
        if feeds.formats.is_none() {
            formats = FORMATS.map(|(_, format)| format).to_vec();
        } else if feeds.formats.as_ref().is_some_and(Vec::is_empty) {
            self.error(&["feeds", "formats"], "`formats` needs at least one of `atom`, `rss` and `json`");
        }
        let limit = feeds.limit.unwrap_or(50);
        if !(1..=1000).contains(&limit) {
            self.error(&["feeds", "limit"], format!("`limit` must be from 1 to 1000, not {limit}"));
        }
        let content =
            self.one_of(&["feeds", "content"], feeds.content.as_deref(), &[("full", true), ("summary", false)]);
        let cuts = [("off", Archives::Off), ("year", Archives::Year), ("month", Archives::Month)];
        let archives = self.one_of(&["feeds", "archives"], feeds.archives.as_deref(), &cuts);
        let hub = feeds.hub.as_deref().and_then(|hub| self.hub(hub));
        Some(Feeds { formats, limit: usize::try_from(limit).ok()?, full_content: content?, archives: archives?, hub })
    }

    fn hub(&mut self, written: &str) -> Option<Url> {
        let path = ["feeds", "hub"];
        match http_url(written) {
            Ok(url) if url.fragment().is_some() => {
                let help = Some("remove what begins with `#`".to_owned());
                self.error_at(&keys(&path), "`hub` cannot have a fragment", help);
                None
            }
            Ok(url) => {
                if !url.username().is_empty() || url.password().is_some() {
                    let help = "every feed names this address in public; use a hub that needs no password";
                    self.warning(&path, "`hub` has a user or a password", help);
                }
                Some(url)
            }
            Err(Invalid { why, help }) => {
                self.error_at(&keys(&path), format!("`hub` {why}"), help);
                None
            }
        }
    }

    pub(super) fn redirects(&mut self, raw: &RawConfig) -> Vec<Redirect> {
        let mut out = Vec::new();
        for (from, to) in &raw.redirects {
            let steps = keys(&["redirects", from]);
            let location = Location::in_text(self.path, self.text, self.document.span(&steps));
            let url = Url::parse(to).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
            let target = match url {
                Some(url) => Ok(Target::Url(url)),
                None => redirect::validate_path(to).map(|()| Target::Path(to.clone())),
            };
            let is_redirected =
                |path: &str| raw.redirects.keys().any(|old| old.trim_end_matches('/') == path.trim_end_matches('/'));
            match (redirect::validate_path(from), target) {
                (Err(why), _) => self.error_at(&steps, format!("the old path {why}"), None),
                (_, Err(why)) => self.error_at(&steps, format!("the new path {why}"), None),
                (Ok(()), Ok(_)) if from.is_empty() => self.error_at(&steps, "the old path is empty", None),
                (Ok(()), Ok(Target::Path(to))) if is_redirected(&to) => {
                    self.error_at(
                        &steps,
                        format!("`{to}` is redirected itself"),
                        Some("name where it leads".to_owned()),
                    );
                }
                (Ok(()), Ok(to)) => out.push(Redirect { from: from.clone(), to, location }),
            }
        }
        out
    }
}
