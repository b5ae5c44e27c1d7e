//! Reads the embedded language model; `tools/language-model` makes it and describes its format (`pack.rs`).

/// The compressed model.
const MODEL: &[u8] = include_bytes!("model.bin");
/// More than the model's size; a limit for the decompression.
const MAX_BYTES: usize = 64 << 20;

/// The model, decompressed.
pub struct Model(Vec<u8>);

/// The part of the model for one script.
#[derive(Clone, Default)]
pub struct Part<'a> {
    /// The languages of the part.
    pub codes: Vec<&'a str>,
    /// For each of them the level of the n-grams that it lacks.
    pub levels_of_absence: Vec<u8>,
    keys: &'a [u8],
    counts: &'a [u8],
    languages: &'a [u8],
    levels: &'a [u8],
}

impl Model {
    /// Decompresses the embedded model. One that cannot be read is empty, which a test excludes.
    pub fn load() -> Model {
        Model(zstd::bulk::decompress(MODEL, MAX_BYTES).unwrap_or_default())
    }

    /// The part for a script, by its code (ISO 15924).
    pub fn part(&self, script: &str) -> Option<Part<'_>> {
        let mut reader = Reader(&self.0);
        (0..reader.byte()?).find_map(|_| reader.part().filter(|(own, _)| *own == script).map(|(_, part)| part))
    }
}

impl Part<'_> {
    /// Calls `each` with the key of every n-gram and with the languages that have it, each as its index and level.
    pub fn for_each_ngram(&self, mut each: impl FnMut(u32, &mut dyn Iterator<Item = (usize, u8)>)) {
        let mut digits = self.keys.iter();
        let mut cells = self.languages.iter().zip(self.levels);
        let mut key = 0;
        for count in self.counts {
            key += read_number(&mut digits);
            let cells = cells.by_ref().take(usize::from(*count));
            each(
                key,
                &mut cells.scan(0, |language, (difference, level)| {
                    *language += usize::from(*difference);
                    Some((*language, *level))
                }),
            );
        }
    }
}

/// Reads a number in groups of seven bits, the lowest first.
fn read_number<'a>(digits: &mut impl Iterator<Item = &'a u8>) -> u32 {
    let (mut number, mut shift) = (0, 0);
    for digit in digits {
        number |= u32::from(digit & 127) << shift;
        shift += 7;
        if *digit < 128 {
            break;
        }
    }
    number
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    fn text(&mut self, bytes: usize) -> Option<&'a str> {
        str::from_utf8(self.take(bytes)?).ok()
    }

    fn stream(&mut self) -> Option<&'a [u8]> {
        let bytes = u32::from_le_bytes(self.take(4)?.try_into().ok()?);
        self.take(usize::try_from(bytes).ok()?)
    }

    /// A part and its script.
    fn part(&mut self) -> Option<(&'a str, Part<'a>)> {
        let script = self.text(4)?;
        let (mut codes, mut levels_of_absence) = (Vec::new(), Vec::new());
        for _ in 0..self.byte()? {
            let bytes = self.byte()?;
            codes.push(self.text(usize::from(bytes))?);
            levels_of_absence.push(self.byte()?);
        }
        let (keys, counts, languages, levels) = (self.stream()?, self.stream()?, self.stream()?, self.stream()?);
        Some((script, Part { codes, levels_of_absence, keys, counts, languages, levels }))
    }
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;

    #[test]
    fn the_checksum_is_that_of_the_model() {
        let checksum: String = Sha256::digest(MODEL).iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(include_str!("model.txt").contains(&checksum), "{checksum}");
        assert!(MODEL.len() <= 2_500_000, "{} bytes", MODEL.len());
    }

    #[test]
    fn every_part_is_whole() {
        let model = Model::load();
        for script in ["Latn", "Cyrl", "Arab", "Deva", "Hebr", "Ethi", "Beng", "Hani"] {
            let part = model.part(script).unwrap();
            let (mut languages, mut last) = (vec![0; part.codes.len()], None);
            part.for_each_ngram(|key, cells| {
                assert!(last < Some(key));
                last = Some(key);
                cells.for_each(|(language, _)| languages[language] += 1);
            });
            assert!(languages.iter().all(|ngrams| *ngrams > 1000), "{script}: {languages:?}");
        }
    }
}
