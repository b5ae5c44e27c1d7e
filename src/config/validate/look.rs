//! How pages look.

use super::{Validator, keys};
use crate::config::raw::RawSite;
use crate::config::{Font, Look};
use crate::model::Colour;

const DEFAULT_PAGE_SIZE: usize = 20;
const MAX_PAGE_SIZE: usize = 200;

impl Validator<'_> {
    pub(super) fn look(&mut self, raw: &RawSite) -> Look {
        let page_size = raw.page_size.unwrap_or(DEFAULT_PAGE_SIZE);
        if !(1..=MAX_PAGE_SIZE).contains(&page_size) {
            self.error(&["site", "page_size"], format!("`page_size` is a number from 1 to {MAX_PAGE_SIZE}"));
        }
        let accent = raw.accent.as_deref().map_or(Some(Colour::DEFAULT), Colour::parse);
        if let (None, Some(written)) = (accent, &raw.accent) {
            let help = "write it as `#0a5ca8`: red, green and blue in hexadecimal digits".to_owned();
            self.error_at(&keys(&["site", "accent"]), format!("`{written}` is not a colour"), Some(help));
        }
        let fonts = [("sans", Font::Sans), ("serif", Font::Serif)];
        let font = self.one_of(&["site", "font"], raw.font.as_deref(), &fonts);
        Look { page_size, accent: accent.unwrap_or(Colour::DEFAULT), font: font.unwrap_or(Font::Sans) }
    }
}
