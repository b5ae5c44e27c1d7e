//! Colours, and whether text in one can be read on another (WCAG 2.2 §1.4.3).

/// A colour in sRGB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Colour([u8; 3]);

/// The least contrast of text with what is behind it; and of links on dark pages, where more is needed to look the same.
const LEAST_CONTRAST: f64 = 4.5;
const LEAST_ON_DARK: f64 = 7.0;

impl Default for Colour {
    fn default() -> Self {
        Colour([0x0a, 0x5c, 0xa8])
    }
}

impl Colour {
    /// What is behind text on light pages, and on dark ones: `--paper` and `--tint` of the stylesheet.
    pub const LIGHT_PAPERS: [Colour; 2] = [Colour::WHITE, Colour([0xf4, 0xf6, 0xf9])];
    pub const DARK_PAPERS: [Colour; 2] = [Colour([0x15, 0x18, 0x1c]), Colour([0x1e, 0x23, 0x29])];
    pub const BLACK: Colour = Colour([0; 3]);
    pub const WHITE: Colour = Colour([255; 3]);

    /// Parses `#rrggbb` or `#rgb`.
    pub fn parse(text: &str) -> Option<Colour> {
        let digits = text.strip_prefix('#')?;
        let digit = |index: usize| u8::from_str_radix(digits.get(index..=index)?, 16).ok();
        let part = |index: usize| match digits.len() {
            6 => Some(digit(2 * index)? * 16 + digit(2 * index + 1)?),
            3 => Some(digit(index)? * 17),
            _ => None,
        };
        Some(Colour([part(0)?, part(1)?, part(2)?]))
    }

    fn luminance(self) -> f64 {
        let [red, green, blue] = self.0.map(|part| {
            let part = f64::from(part) / 255.0;
            if part <= 0.040_45 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    /// The contrast with another colour, from 1 to 21.
    pub fn contrast(self, other: Colour) -> f64 {
        let (one, other) = (self.luminance(), other.luminance());
        (one.max(other) + 0.05) / (one.min(other) + 0.05)
    }

    /// Black or white, whichever can be read better on this colour. One of them always can be.
    pub fn text_on(self) -> Colour {
        if self.contrast(Colour::WHITE) >= LEAST_CONTRAST || self.contrast(Colour::WHITE) > self.contrast(Colour::BLACK)
        {
            Colour::WHITE
        } else {
            Colour::BLACK
        }
    }

    /// This colour, or the nearest mixture with black or white that can be read on all of `papers`, which are all light or
    /// all dark.
    pub fn readable_on(self, papers: &[Colour]) -> Colour {
        let towards = papers.first().map_or(Colour::BLACK, |paper| paper.text_on());
        let least = if towards == Colour::WHITE { LEAST_ON_DARK } else { LEAST_CONTRAST };
        let mixtures = (0..=100_u16).map(|percent| self.mixed(towards, percent));
        let is_readable = |colour: &Colour| papers.iter().all(|paper| colour.contrast(*paper) >= least);
        mixtures.into_iter().find(is_readable).unwrap_or(towards)
    }

    fn mixed(self, other: Colour, percent: u16) -> Colour {
        let mix = |one: u8, other: u8| (u16::from(one) * (100 - percent) + u16::from(other) * percent) / 100;
        let part = |index: usize| u8::try_from(mix(self.0[index], other.0[index])).unwrap_or(u8::MAX);
        Colour([part(0), part(1), part(2)])
    }
}

impl std::fmt::Display for Colour {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let [red, green, blue] = self.0;
        write!(out, "#{red:02x}{green:02x}{blue:02x}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_hexadecimal() {
        assert_eq!(Colour::parse("#0a5ca8"), Some(Colour::default()));
        assert_eq!(Colour::parse("#0A5CA8").unwrap().to_string(), "#0a5ca8");
        assert_eq!(Colour::parse("#fa0"), Colour::parse("#ffaa00"));
        for wrong in ["", "#", "0a5ca8", "#0a5ca", "#0a5ca88", "#0a5cag", "blue", "#é12", "#+1+1+1", "#\u{301}aaaa"] {
            assert_eq!(Colour::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn contrast_is_that_of_wcag() {
        let contrast = |one: &str, other: &str| Colour::parse(one).unwrap().contrast(Colour::parse(other).unwrap());
        assert!((contrast("#000", "#fff") - 21.0).abs() < 1e-9);
        assert!((contrast("#777777", "#fff") - 4.48).abs() < 0.01);
    }

    #[test]
    fn every_colour_can_be_made_to_be_read() {
        for number in 0..4096_u16 {
            let colour = Colour([number >> 8, number >> 4 & 15, number & 15].map(|digit| digit as u8 * 17));
            assert!(colour.text_on().contrast(colour) >= 4.5, "{colour}");
            for (papers, least) in [(&Colour::LIGHT_PAPERS, 4.5), (&Colour::DARK_PAPERS, 7.0)] {
                let readable = colour.readable_on(papers);
                assert!(papers.iter().all(|paper| readable.contrast(*paper) >= least), "{colour} {readable}");
                let was_readable = papers.iter().all(|paper| colour.contrast(*paper) >= least);
                assert_eq!(readable == colour, was_readable, "{colour} {readable}");
            }
        }
    }
}
