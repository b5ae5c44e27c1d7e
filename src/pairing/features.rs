//! Features of an entry that its translation is likely to share: numbers, URLs, names, stems and phonetic codes.

use std::collections::{BTreeSet, HashMap};

use super::concepts::Concepts;
use super::script::Script;
use super::transliterate::fold;
use super::{Entry, numbers, phonetic};

/// Text beyond this gives no features.
const MAX_CHARS: usize = 2000;
/// Distinct words beyond this do not train the lexicon.
const MAX_WORDS: usize = 50;
/// The length of a stem: longer words are cut, so that inflection does not matter.
const STEM_CHARS: usize = 5;

/// The kind of a feature, which decides its weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FeatureKind {
    /// A number of at least two digits.
    Number,
    /// A URL in the text.
    Url,
    /// The stem of a capitalized word, or of a Latin word in text of another script.
    Name,
    /// The stem of any other word.
    Word,
    /// Two adjacent letters, for scripts without spaces between words.
    Bigram,
    /// A concept that words of several languages are known to mean.
    Concept,
    /// The phonetic code of a word, for comparison across scripts.
    Phonetic,
}

impl FeatureKind {
    /// Whether features of this kind can be equal in two languages: stems in one script, phonetic codes across scripts.
    pub fn is_comparable(self, same_script: bool) -> bool {
        match self {
            FeatureKind::Word => same_script,
            FeatureKind::Phonetic => !same_script,
            _ => true,
        }
    }
}

/// The features of an entry.
#[derive(Debug, Default)]
pub struct Features {
    /// Interned features, sorted.
    pub ids: Vec<u32>,
    /// The numbers in its title, and in title and text.
    pub title_numbers: Vec<String>,
    pub numbers: Vec<String>,
    /// Words of letters and digits (`RC1`) in its title; in title and text, also written apart (`RC 1`).
    pub codes: Vec<String>,
    pub all_codes: Vec<String>,
    /// Interned distinct words for the lexicon, those of the title first.
    pub words: Vec<u32>,
    /// How many of these are in the title.
    title_word_count: usize,
    /// The interned features of its title, sorted.
    pub title_ids: Vec<u32>,
    /// The concepts of its words, each with another feature of the same word; sorted.
    concept_mates: Vec<(u32, u32)>,
    /// The length of title and text, comparable between scripts.
    pub length: f64,
    /// The predominant script.
    pub script: Option<Script>,
}

impl Features {
    pub fn title_words(&self) -> &[u32] {
        &self.words[..self.title_word_count]
    }

    /// The other features of the words that mean a concept.
    pub fn mates_of_concept(&self, concept: u32) -> impl Iterator<Item = u32> {
        let start = self.concept_mates.partition_point(|(known, _)| *known < concept);
        self.concept_mates[start..].iter().take_while(move |(known, _)| *known == concept).map(|(_, mate)| *mate)
    }
}

/// The intersection; `other` must be sorted.
pub fn common<'s>(one: &'s [u32], other: &'s [u32]) -> impl Iterator<Item = &'s u32> {
    one.iter().filter(|id| other.binary_search(id).is_ok())
}

/// Interns the features and words of all entries.
#[derive(Debug, Default)]
pub struct Vocabulary {
    ids: HashMap<(FeatureKind, String), u32>,
    /// By feature.
    pub kinds: Vec<FeatureKind>,
    /// By feature.
    pub texts: Vec<String>,
    words: HashMap<String, u32>,
    concepts: Concepts,
}

impl Vocabulary {
    /// An empty one, for entries in languages with these tags.
    pub fn new(tags: &BTreeSet<&str>) -> Vocabulary {
        Vocabulary { concepts: Concepts::of_languages(tags), ..Vocabulary::default() }
    }

    fn intern_feature(&mut self, kind: FeatureKind, text: String) -> u32 {
        let next = self.kinds.len() as u32;
        *self.ids.entry((kind, text)).or_insert_with_key(|(kind, text)| {
            self.kinds.push(*kind);
            self.texts.push(text.clone());
            next
        })
    }

    pub fn word_count(&self) -> usize {
        self.words.len()
    }

    fn intern_word(&mut self, text: &str) -> u32 {
        let next = self.words.len() as u32;
        match self.words.get(text) {
            Some(word) => *word,
            None => *self.words.entry(text.to_owned()).or_insert(next),
        }
    }

    pub fn extract(&mut self, entry: &Entry<'_>) -> Features {
        let text: String = entry.text.chars().take(MAX_CHARS).collect();
        let all = format!("{}\n{text}", entry.title);
        let mut features = Features {
            title_numbers: numbers::most_specific(entry.title),
            numbers: numbers::extract(&all),
            codes: codes(entry.title),
            all_codes: [codes(&all), spaced_codes(&all)].concat(),
            length: length(&format!("{}{}", entry.title, entry.text)),
            script: predominant_script(&all),
            ..Features::default()
        };
        self.extract_part(entry.language, entry.title, &mut features);
        self.extract_numbers(&numbers::extract(entry.title), &mut features);
        features.title_word_count = features.words.len();
        features.title_ids = features.ids.clone();
        features.title_ids.sort_unstable();
        self.extract_part(entry.language, &text, &mut features);
        self.extract_numbers(&numbers::extract(&text), &mut features);
        features.ids.sort_unstable();
        features.ids.dedup();
        features.concept_mates.sort_unstable();
        features
    }

    /// Extracts from the title of an entry, or from its text.
    fn extract_part(&mut self, language: &str, part: &str, features: &mut Features) {
        let (urls, rest) = split_urls(part);
        for url in urls {
            features.ids.push(self.intern_feature(FeatureKind::Url, url));
        }
        for word in words(&rest) {
            self.extract_word(language, &word, features);
        }
    }

    fn extract_numbers(&mut self, numbers: &[String], features: &mut Features) {
        for number in numbers.iter().filter(|number| number.len() > 1) {
            features.ids.push(self.intern_feature(FeatureKind::Number, number.clone()));
        }
    }

    fn extract_word(&mut self, language: &str, word: &str, features: &mut Features) {
        let of_word = self.word_features(language, word, features.script);
        let ids: Vec<u32> = of_word.into_iter().map(|(kind, text)| self.intern_feature(kind, text)).collect();
        let (concepts, others): (Vec<u32>, Vec<u32>) =
            ids.iter().partition(|id| self.kinds[**id as usize] == FeatureKind::Concept);
        for concept in concepts {
            features.concept_mates.extend(others.iter().map(|other| (concept, *other)));
        }
        features.ids.extend(ids);
        for term in lexicon_terms(word) {
            let word = self.intern_word(&term);
            if features.words.len() < MAX_WORDS && !features.words.contains(&word) {
                features.words.push(word);
            }
        }
    }

    /// The features of a word, its concepts first. `text_script`: the script of the text around it.
    fn word_features(&self, language: &str, word: &str, text_script: Option<Script>) -> Vec<(FeatureKind, String)> {
        let concepts = self.concepts.of_word(language, word).into_iter();
        let concepts = concepts.map(|concept| (FeatureKind::Concept, concept.to_string()));
        concepts.chain(word_features(word, text_script)).collect()
    }

    /// The words of an entry as written, by the features made from them.
    pub fn surface_forms(&self, entry: &Entry<'_>, features: &Features) -> HashMap<u32, String> {
        let mut forms = HashMap::new();
        let (_, rest) = split_urls(&format!("{}\n{}", entry.title, entry.text));
        for word in words(&rest) {
            for (kind, text) in self.word_features(entry.language, &word, features.script) {
                if let Some(id) = self.ids.get(&(kind, text)) {
                    forms.entry(*id).or_insert_with(|| word.clone());
                }
            }
        }
        forms
    }
}

/// Whether a script has no spaces between words.
fn is_unspaced(script: Option<Script>) -> bool {
    matches!(script, Some(Script::Han | Script::Thai))
}

/// The features of a word. `text_script`: the script of the text around it.
fn word_features(word: &str, text_script: Option<Script>) -> Vec<(FeatureKind, String)> {
    let script = word.chars().find_map(Script::of);
    if is_unspaced(script) {
        return bigrams(word).map(|bigram| (FeatureKind::Bigram, bigram)).collect();
    }
    let count = word.chars().count();
    let stem: String = fold(word).chars().take(STEM_CHARS).collect();
    let is_name = word.chars().next().is_some_and(char::is_uppercase);
    let is_foreign = script == Some(Script::Latin) && text_script != Some(Script::Latin);
    let is_acronym = word.chars().all(|letter| letter.is_uppercase() || letter.is_numeric());
    let mut features = Vec::new();
    if count > 1 && (is_foreign || is_acronym) || count > 2 && is_name {
        features.push((FeatureKind::Name, stem));
    } else if count >= STEM_CHARS {
        features.push((FeatureKind::Word, stem));
    }
    let has_case = matches!(script, Some(Script::Latin | Script::Cyrillic | Script::Greek));
    let min_consonants = if is_name || !has_case { 3 } else { 4 };
    let code = if is_foreign { None } else { phonetic::code(word, min_consonants) };
    features.extend(code.map(|code| (FeatureKind::Phonetic, code)));
    features
}

/// The lexicon entries of a word: its stem, or its bigrams in scripts without spaces.
fn lexicon_terms(word: &str) -> Vec<String> {
    if is_unspaced(word.chars().find_map(Script::of)) {
        return bigrams(word).collect();
    }
    let stem: String = fold(word).chars().take(STEM_CHARS + 1).collect();
    if word.chars().count() > 2 { vec![stem] } else { Vec::new() }
}

fn bigrams(word: &str) -> impl Iterator<Item = String> {
    word.chars().zip(word.chars().skip(1)).map(|(one, other)| format!("{one}{other}"))
}

/// Words of Latin letters and digits, in lower case.
fn codes(text: &str) -> Vec<String> {
    let words = text.split(|letter: char| !letter.is_ascii_alphanumeric());
    let is_code = |word: &&str| {
        word.starts_with(|first: char| first.is_ascii_alphabetic()) && word.bytes().any(|byte| byte.is_ascii_digit())
    };
    words.filter(is_code).map(str::to_ascii_lowercase).collect()
}

/// Codes written as two words: `Conf 18`, as others write `Conf18`.
fn spaced_codes(text: &str) -> Vec<String> {
    let words: Vec<&str> =
        text.split(|letter: char| !letter.is_ascii_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let is_code = |pair: &&[&str]| {
        pair[0].bytes().all(|byte| byte.is_ascii_alphabetic()) && pair[1].bytes().all(|byte| byte.is_ascii_digit())
    };
    words.windows(2).filter(is_code).map(|pair| pair.concat().to_ascii_lowercase()).collect()
}

/// Splits a text into words; a change of script ends a word.
fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut script = None;
    for letter in text.chars().chain([' ']) {
        let own = Script::of(letter);
        let continues = letter.is_alphanumeric() && (own == script || own.is_none() || script.is_none());
        let is_combining = matches!(letter, '\u{300}'..='\u{36f}' | '\u{64b}'..='\u{652}' | 'ー');
        if continues || (is_combining && !word.is_empty()) {
            word.push(letter);
            script = script.or(own);
            continue;
        }
        if script.is_some() {
            words.push(std::mem::take(&mut word));
        }
        word.clear();
        script = None;
        if letter.is_alphanumeric() {
            word.push(letter);
            script = own;
        }
    }
    words
}

/// The URLs in a text, without their language segments, and the text without its URLs.
fn split_urls(text: &str) -> (Vec<String>, String) {
    let (mut urls, mut rest) = (Vec::new(), String::new());
    for part in text.split(|letter: char| letter.is_whitespace() || "()<>\"'[]".contains(letter)) {
        match part.split_once("://") {
            Some((_, url)) => urls.push(without_language(url.trim_end_matches(['.', ',', ';', ':', '/']))),
            None => {
                rest.push_str(part);
                rest.push(' ');
            }
        }
    }
    (urls, rest)
}

/// A URL without its scheme and its language segments.
pub fn without_language(url: &str) -> String {
    let url = url.split_once("://").map_or(url, |(_, rest)| rest);
    let is_language = |part: &&str| {
        let primary = part.split(['-', '_']).next().unwrap_or_default();
        (2..=3).contains(&primary.len()) && primary.len() == 2 && primary.bytes().all(|byte| byte.is_ascii_lowercase())
    };
    url.split('/').filter(|part| !is_language(part)).collect::<Vec<_>>().join("/")
}

/// The length of a text in letters of an alphabet; a Han character corresponds to about 2.5 of them.
fn length(text: &str) -> f64 {
    let weight = |letter: char| match Script::of(letter) {
        Some(Script::Han | Script::Kana | Script::Hangul) => 2.5,
        Some(Script::Arabic | Script::Hebrew) => 1.2,
        _ => 1.0,
    };
    text.chars().map(weight).sum()
}

fn predominant_script(text: &str) -> Option<Script> {
    let mut counts: HashMap<Script, usize> = HashMap::new();
    for script in text.chars().filter_map(Script::of) {
        *counts.entry(script).or_insert(0) += 1;
    }
    counts.into_iter().max_by_key(|(script, count)| (*count, *script)).map(|(script, _)| script)
}
