//! Negotiation of the content coding (RFC 9110 §12.5.3).

use crate::coding::{CODINGS, Coding};

/// The weight of each coding, with identity last, in thousandths; 0 means not acceptable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Accepted([u16; 4]);

const IDENTITY: usize = CODINGS.len();

impl Accepted {
    /// Parses the lines of `Accept-Encoding`; without one, only identity is acceptable.
    ///
    /// Malformed items are ignored, because a refusal would help no client.
    pub fn read<'r>(lines: impl Iterator<Item = &'r str>) -> Accepted {
        let mut named: [Option<u16>; 4] = [None; 4];
        let mut others = None;
        for item in lines.flat_map(|line| line.split(',')) {
            let mut parts = item.split(';');
            let token = parts.next().unwrap_or_default().trim();
            let Some(quality) = quality(parts) else { continue };
            if token == "*" {
                others = Some(quality);
            } else if let Some(index) = index_of(token) {
                named[index] = Some(quality);
            }
        }
        let mut out = [0; 4];
        for (index, weight) in out.iter_mut().enumerate() {
            // Identity is acceptable with the lowest weight, unless it or `*` has `q=0`.
            let unnamed = match others {
                Some(quality) if index == IDENTITY => quality.min(1),
                Some(quality) => quality,
                None => u16::from(index == IDENTITY),
            };
            *weight = named[index].unwrap_or(unnamed);
        }
        Accepted(out)
    }

    /// Whether a coding, or identity, is acceptable.
    pub fn allows(self, coding: Option<Coding>) -> bool {
        let index = CODINGS.iter().position(|other| Some(*other) == coding).unwrap_or(IDENTITY);
        self.0[index] > 0
    }

    /// The coding with the highest weight, or identity; `None` where none is acceptable.
    pub fn best(self) -> Option<Option<Coding>> {
        let best = (0..self.0.len()).rev().max_by_key(|index| self.0[*index])?;
        (self.0[best] > 0).then(|| CODINGS.get(best).copied())
    }
}

fn index_of(token: &str) -> Option<usize> {
    // §8.4.1.3: `x-gzip` is equivalent to `gzip`.
    let token = if token.eq_ignore_ascii_case("x-gzip") { "gzip" } else { token };
    let index = CODINGS.iter().position(|coding| coding.token().eq_ignore_ascii_case(token));
    index.or_else(|| token.eq_ignore_ascii_case("identity").then_some(IDENTITY))
}

/// The weight of an item (RFC 9110 §12.4.2), in thousandths; `None` where it is malformed.
pub fn quality<'a>(parameters: impl Iterator<Item = &'a str>) -> Option<u16> {
    let mut out = 1000;
    for parameter in parameters {
        let (name, value) = parameter.split_once('=')?;
        if name.trim().eq_ignore_ascii_case("q") {
            out = thousandths(value.trim())?;
        }
    }
    Some(out)
}

fn thousandths(text: &str) -> Option<u16> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if fraction.len() > 3 || !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let fraction: u16 = format!("{fraction:0<3}").parse().ok()?;
    match whole {
        "0" => Some(fraction),
        "1" if fraction == 0 => Some(1000),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_coding_is_chosen() {
        for (field, expected) in [
            (None, Some("identity")),
            (Some(""), Some("identity")),
            (Some("gzip, deflate"), Some("gzip")),
            (Some("gzip, deflate, br, zstd"), Some("br")),
            (Some("br;q=0.5, gzip"), Some("gzip")),
            (Some("GZIP;Q=0.1"), Some("gzip")),
            (Some("x-gzip"), Some("gzip")),
            (Some("*"), Some("br")),
            (Some("*;q=0.3, br;q=0"), Some("zstd")),
            (Some("identity;q=1, gzip;q=0.5"), Some("identity")),
            (Some("identity;q=0.5, gzip;q=0.5"), Some("gzip")),
            (Some("identity;q=0"), None),
            (Some("*;q=0"), None),
            (Some("*;q=0, identity"), Some("identity")),
            (Some("identity;q=0, gzip"), Some("gzip")),
            (Some("gzip;q=9, br;q=x"), Some("identity")),
            (Some("gzip;q=0.0001"), Some("identity")),
            (Some("deflate"), Some("identity")),
            (Some(";;;,,=,gzip;q"), Some("identity")),
        ] {
            let best = Accepted::read(field.into_iter()).best();
            assert_eq!(best.map(|coding| coding.map_or("identity", Coding::token)), expected, "{field:?}");
        }
    }

    #[test]
    fn codings_with_weight_zero_are_not_acceptable() {
        let accepted = Accepted::read(["gzip;q=0", "br"].into_iter());
        assert_eq!(
            [Some(Coding::Gzip), Some(Coding::Brotli), Some(Coding::Zstandard), None]
                .map(|coding| accepted.allows(coding)),
            [false, true, false, true]
        );
    }
}
