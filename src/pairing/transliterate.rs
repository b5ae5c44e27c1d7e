//! Folding and transliteration of letters and digits to ASCII; language-independent.

use super::script::Script;

/// Folds case and Latin diacritics, for comparisons; letters of other scripts only lose their case.
pub fn fold(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    for letter in text.chars() {
        match Script::of(letter) {
            Some(Script::Latin) if !letter.is_ascii() => {
                let before = folded.len();
                transliterate(letter, &mut folded);
                if folded.len() == before {
                    folded.extend(letter.to_lowercase());
                }
            }
            _ if ('\u{300}'..='\u{36F}').contains(&letter) => {}
            _ => folded.extend(letter.to_lowercase()),
        }
    }
    folded
}

/// The digits zero of the scripts in which numbers are written, each followed by the others.
const ZEROS: [char; 20] =
    ['0', '٠', '۰', '०', '০', '੦', '૦', '୦', '௦', '౦', '೦', '൦', '๐', '໐', '༠', '၀', '႐', '០', '᠐', '０'];

/// The value of a decimal digit of any script.
pub fn digit_value(letter: char) -> Option<u32> {
    let zero = ZEROS.iter().rev().find(|zero| **zero <= letter)?;
    Some(u32::from(letter) - u32::from(*zero)).filter(|value| *value < 10)
}

/// Appends the lower-case ASCII transliteration of a letter; appends nothing where the table has none.
pub fn transliterate(letter: char, out: &mut String) {
    let small = letter.to_lowercase().next().unwrap_or(letter);
    if let Some((_, spelling)) = SPELLINGS.iter().find(|(letters, _)| letters.contains(small)) {
        out.push_str(spelling);
        return;
    }
    let code = u32::from(small);
    if (0x1E00..0x1F00).contains(&code) {
        out.extend(latin_extended_additional(code));
    } else if (0xFF10..=0xFF19).contains(&code) {
        out.extend(char::from_digit(code - 0xFF10, 10));
    } else if (0x660..=0x669).contains(&code) {
        out.extend(char::from_digit(code - 0x660, 10));
    }
}

/// The base letters of the block Latin Extended Additional: runs of (first code point, letter).
fn latin_extended_additional(code: u32) -> Option<char> {
    const RUNS: [(u32, char); 36] = [
        (0x1E00, 'a'),
        (0x1E02, 'b'),
        (0x1E08, 'c'),
        (0x1E0A, 'd'),
        (0x1E14, 'e'),
        (0x1E1E, 'f'),
        (0x1E20, 'g'),
        (0x1E22, 'h'),
        (0x1E2C, 'i'),
        (0x1E30, 'k'),
        (0x1E36, 'l'),
        (0x1E3E, 'm'),
        (0x1E44, 'n'),
        (0x1E4C, 'o'),
        (0x1E54, 'p'),
        (0x1E58, 'r'),
        (0x1E60, 's'),
        (0x1E6A, 't'),
        (0x1E72, 'u'),
        (0x1E7C, 'v'),
        (0x1E80, 'w'),
        (0x1E8A, 'x'),
        (0x1E8E, 'y'),
        (0x1E90, 'z'),
        (0x1E96, 'h'),
        (0x1E97, 't'),
        (0x1E98, 'w'),
        (0x1E99, 'y'),
        (0x1E9A, 'a'),
        (0x1E9B, 's'),
        (0x1EA0, 'a'),
        (0x1EB8, 'e'),
        (0x1EC8, 'i'),
        (0x1ECC, 'o'),
        (0x1EE4, 'u'),
        (0x1EF2, 'y'),
    ];
    RUNS.iter().rev().find(|(first, _)| *first <= code).map(|(_, letter)| *letter)
}

/// Lower-case letters and their transliteration: Latin with diacritics, Cyrillic, Greek.
const SPELLINGS: &[(&str, &str)] = &[
    ("àáâãäåāăąǎǟǡǻȁȃȧªαάἀἁἂἃἄἅὰά", "a"),
    ("æǣǽ", "ae"),
    ("çćĉċčƈ", "c"),
    ("ðďđ", "d"),
    ("èéêëēĕėęěȅȇȩεέэє", "e"),
    ("ĝğġģǧǵ", "g"),
    ("ĥħȟ", "h"),
    ("ìíîïĩīĭįıǐȉȋіιίϊΐηήиӣ", "i"),
    ("ĵǰ", "j"),
    ("ķǩĸкκқ", "k"),
    ("ĺļľŀłлλ", "l"),
    ("мμµ", "m"),
    ("ñńņňŉŋǹнνң", "n"),
    ("òóôõöøōŏőǒǫǭǿȍȏȫȭȯȱơºоοόωώөѡ", "o"),
    ("œ", "oe"),
    ("ŕŗřȑȓрρ", "r"),
    ("śŝşšșſсσς", "s"),
    ("ß", "ss"),
    ("ţťŧțтτ", "t"),
    ("þθ", "th"),
    ("ùúûüũūŭůűųǔǖǘǚǜȕȗưуўұү", "u"),
    ("ŵ", "w"),
    ("ýÿŷȳыυύϋΰ", "y"),
    ("źżžзζ", "z"),
    ("а", "a"),
    ("бβ", "b"),
    ("в", "v"),
    ("гґғγ", "g"),
    ("дδ", "d"),
    ("е", "e"),
    ("ё", "yo"),
    ("ж", "zh"),
    ("йј", "y"),
    ("пπ", "p"),
    ("фφ", "f"),
    ("хһ", "kh"),
    ("χ", "ch"),
    ("ц", "ts"),
    ("ч", "ch"),
    ("ш", "sh"),
    ("щ", "shch"),
    ("ю", "yu"),
    ("я", "ya"),
    ("ї", "yi"),
    ("ђ", "dj"),
    ("љ", "lj"),
    ("њ", "nj"),
    ("ћ", "c"),
    ("џ", "dz"),
    ("ѓ", "gj"),
    ("ќ", "kj"),
    ("ѕ", "dz"),
    ("ә", "a"),
    ("ξ", "x"),
    ("ψ", "ps"),
    ("ĳ", "ij"),
    ("ƒ", "f"),
    ("ѣ", "e"),
    ("ƶ", "z"),
];
