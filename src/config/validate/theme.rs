//! How pages look.

use std::path::Path;

use super::{Validator, keys};
use crate::config::raw::RawSite;
use crate::config::theme::{self, Theme};
use crate::config::{Config, Font};
use crate::model::Colour;

const DEFAULT_PAGE_SIZE: usize = 20;
const MAX_PAGE_SIZE: usize = 200;

impl Validator<'_> {
    pub(super) fn page_size(&mut self, raw: &RawSite) -> usize {
        let page_size = raw.page_size.unwrap_or(DEFAULT_PAGE_SIZE);
        if !(1..=MAX_PAGE_SIZE).contains(&page_size) {
            self.error(&["site", "page_size"], format!("`page_size` is a number from 1 to {MAX_PAGE_SIZE}"));
        }
        page_size
    }

    /// The colour and letters, and the site's own templates and stylesheet, which are read.
    pub(super) fn theme(&mut self, path: &Path, raw: &RawSite) -> Theme {
        let fonts = [("sans", Font::Sans), ("serif", Font::Serif)];
        let font = self.one_of(&["site", "font"], raw.font.as_deref(), &fonts);
        let mut theme = Theme { accent: self.accent(raw), font: font.unwrap_or_default(), ..Theme::default() };
        let settings = [("templates", &raw.templates), ("style", &raw.style)];
        for (key, named) in settings.into_iter().filter_map(|(key, named)| Some((key, named.as_ref()?))) {
            let named = Config::resolve_path(path, named);
            let result = match key {
                "style" => theme::style(&mut theme, &named),
                _ => theme::templates(&mut theme, &named, raw.follow_links.unwrap_or_default()),
            };
            if let Err(why) = result {
                self.error(&["site", key], format!("`{key}`: {why}"));
            }
        }
        theme
    }

    fn accent(&mut self, raw: &RawSite) -> Colour {
        let Some(written) = &raw.accent else { return Colour::default() };
        Colour::parse(written).unwrap_or_else(|| {
            let help = "write it as `#0a5ca8`: red, green and blue in hexadecimal digits".to_owned();
            self.error_at(&keys(&["site", "accent"]), format!("`{written}` is not a colour"), Some(help));
            Colour::default()
        })
    }
}
