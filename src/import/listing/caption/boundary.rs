//! Owns detecting where two texts were concatenated without white space.

use crate::pairing::Script;

/// The sign of a boundary.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BoundaryKind {
    /// The script changes: `UNAЖурналисты`.
    Script,
    /// A capital after the end of a sentence or quotation: `of Japan.The`.
    Stop,
    /// A capital inside a word: `MexicoSince`.
    Case,
    /// A capital after a number: `2015The`.
    Number,
    /// A word after an acronym: `IMWThe`.
    Acronym,
}

/// How much text on both sides is considered.
const CONTEXT_BYTES: usize = 600;

const MAX_WORD_CHARS: usize = 60;

/// Words with an inner capital.
const CAMEL_CASE_WORDS: [&str; 18] = [
    "YouTube", "LinkedIn", "WhatsApp", "TikTok", "WordPress", "JavaScript", "TypeScript", "GitHub", "GitLab", "PayPal",
    "OpenStreetMap", "MasterCard", "FedEx", "BioNTech", "PowerPoint", "DevOps", "SoundCloud", "WikiLeaks",
];

/// The boundary at a byte offset, if there is one.
pub fn at(text: &str, offset: usize) -> Option<BoundaryKind> {
    let (left, right) = text.split_at_checked(offset)?;
    let from = left.len().saturating_sub(CONTEXT_BYTES);
    let left = (from..=left.len()).find_map(|start| left.get(start..))?;
    let right = (0..=right.len().min(CONTEXT_BYTES)).rev().find_map(|end| right.get(..end))?;
    let before = left.chars().next_back()?;
    let after = right.chars().next()?;
    if before.is_whitespace() || after.is_whitespace() {
        return None;
    }
    if before.is_alphabetic() {
        if "«“„¿¡".contains(after) {
            return right.chars().nth(1).filter(|next| next.is_uppercase()).map(|_| BoundaryKind::Stop);
        }
        return between_letters(left, right, before, after);
    }
    if before.is_ascii_digit() {
        let digits = left.chars().rev().take_while(char::is_ascii_digit).count();
        let word = after.is_uppercase() && right.chars().nth(1).is_some_and(char::is_lowercase);
        return (digits > 1 && word).then_some(BoundaryKind::Number);
    }
    ends(left, before, after).then_some(BoundaryKind::Stop)
}

fn between_letters(left: &str, right: &str, before: char, after: char) -> Option<BoundaryKind> {
    let (from, to) = (Script::of(before)?, Script::of(after)?);
    let left_word = last_word(left);
    let letters = left_word.chars().count();
    if from != to {
        let japanese = [from, to].iter().all(|script| matches!(script, Script::Han | Script::Kana));
        let begins = !to.has_capitals() || after.is_uppercase();
        let marked = Script::Other == from || Script::Other == to;
        return (begins && letters > 1 && !japanese && !marked).then_some(BoundaryKind::Script);
    }
    if !after.is_uppercase() {
        return None;
    }
    let right_word = first_word(right);
    if before.is_lowercase() {
        let word = format!("{left_word}{right_word}");
        let named = CAMEL_CASE_WORDS.iter().any(|camel| word.starts_with(camel) && camel.len() > left_word.len());
        // Of several inner capitals the last is the boundary.
        let capitals_follow =
            right_word.chars().zip(right_word.chars().skip(1)).any(|(a, b)| a.is_lowercase() && b.is_uppercase());
        return (letters > 2 && left_word != "Mac" && !named && !capitals_follow).then_some(BoundaryKind::Case);
    }
    let second = right.chars().nth(1)?;
    let capitals = left.chars().rev().take_while(|letter| letter.is_uppercase()).count();
    let plural = right_word.chars().count() == 2 && second == 's';
    (before.is_uppercase()
        && second.is_lowercase()
        && Script::of(second) == Some(to)
        && capitals > 1
        && capitals == letters
        && !plural)
        .then_some(BoundaryKind::Acronym)
}

/// Whether `before`, the last character of `left` and no letter, ends a text that `after` is not part of.
fn ends(left: &str, before: char, after: char) -> bool {
    let inner = &left[..left.len() - before.len_utf8()];
    let word = last_word(inner);
    let other_script = inner.chars().rev().find_map(Script::of).zip(Script::of(after)).is_some_and(|(a, b)| a != b);
    let begins = after.is_uppercase() || (other_script && !after.is_lowercase() && after.is_alphabetic());
    if !begins {
        return false;
    }
    let ends_in_number = inner.chars().next_back().is_some_and(|last| last.is_ascii_digit());
    match before {
        '.' => {
            let run = inner.rsplit(char::is_whitespace).next().unwrap_or_default();
            let address = run.contains("//") || run.contains("www") || run.contains('@');
            !address && (word.chars().count() > 2 || ends_in_number || inner.ends_with([')', '"', '”', '»']))
        }
        '!' | '?' | '…' | ')' | ']' | '”' | '»' => true,
        '"' => left.matches('"').count().is_multiple_of(2),
        '\'' | '’' => (word.chars().count() > 2 || ends_in_number) && quote_is_open(inner),
        '/' | '|' => other_script || inner.ends_with(char::is_whitespace),
        '。' | '！' | '？' | '）' | '」' | '』' | ',' | ';' | ':' | '–' | '—' => other_script,
        _ => false,
    }
}

/// Whether a text contains an opening single quote.
fn quote_is_open(text: &str) -> bool {
    let opens = text.char_indices().filter(|(offset, letter)| {
        let free = !text[..*offset].chars().next_back().is_some_and(char::is_alphanumeric);
        matches!(letter, '\'' | '‘') && free
    });
    opens.count() > 0
}

/// The letters at the end of a text.
pub fn last_word(text: &str) -> &str {
    let letters = text.char_indices().rev().take(MAX_WORD_CHARS).take_while(|(_, letter)| letter.is_alphabetic());
    letters.last().map_or("", |(offset, _)| &text[offset..])
}

/// The letters at the start of a text.
pub fn first_word(text: &str) -> &str {
    let letters = text.char_indices().take(MAX_WORD_CHARS).take_while(|(_, letter)| letter.is_alphabetic());
    letters.last().map_or("", |(offset, letter)| &text[..offset + letter.len_utf8()])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn boundaries(text: &str) -> Vec<(&str, BoundaryKind)> {
        text.char_indices().filter_map(|(offset, _)| at(text, offset).map(|kind| (&text[offset..], kind))).collect()
    }

    #[test]
    fn boundaries_between_texts() {
        assert_eq!(boundaries("IMWЖурнал"), [("Журнал", BoundaryKind::Script)]);
        assert_eq!(boundaries("a lake.The day"), [("The day", BoundaryKind::Stop)]);
        assert_eq!(boundaries("show 'High Water 365'Today"), [("Today", BoundaryKind::Stop)]);
        assert_eq!(boundaries("IMW PeruSince"), [("Since", BoundaryKind::Case)]);
        assert_eq!(boundaries("in 2015The"), [("The", BoundaryKind::Number)]);
        assert_eq!(boundaries("IMWThe"), [("The", BoundaryKind::Acronym)]);
        assert_eq!(boundaries("Press /На"), [("На", BoundaryKind::Stop)]);
        assert_eq!(boundaries("the YouTubeThe"), [("The", BoundaryKind::Case)]);
    }

    #[test]
    fn words_without_a_boundary() {
        for text in [
            "McDonald", "MacDonald", "d'Ivoire", "Côte d'Ivoire 'x'", "St.Petersburg", "U.S.A", "www.Example.Org",
            "eLearning", "NGOs", "LinkedIn", "AFP/Getty", "3D", "G7", "日本の山", "他说。这是", "l’Afrique", "e.V.",
            "COVIDом",
        ] {
            assert_eq!(boundaries(text), [], "{text}");
        }
    }
}
