//! The models of `lingua`: for each language its n-grams of one to five letters.

use icu_properties::props::Script;
use include_dir::Dir;

/// A model: the code of its language, its script, and the folder of the crate with it.
pub struct Model {
    pub code: &'static str,
    pub script: Script,
    pub folder: &'static Dir<'static>,
    /// The name of the language's file of the Universal Declaration.
    pub declaration: Option<&'static str>,
}

macro_rules! models {
    ($($code:literal $script:ident $package:ident $folder:ident $declaration:literal)*) => {
        /// The models of the languages whose script others share; the other ones are told by their script.
        pub const MODELS: &[Model] =
            &[$(Model { code: $code, script: Script::$script, folder: &$package::$folder, declaration: Some($declaration) }),*];
    };
}

models! {
    "af" Latin lingua_afrikaans_language_model AFRIKAANS_MODELS_DIRECTORY "afr"
    "ar" Arabic lingua_arabic_language_model ARABIC_MODELS_DIRECTORY "arb"
    "az" Latin lingua_azerbaijani_language_model AZERBAIJANI_MODELS_DIRECTORY "azj_latn"
    "be" Cyrillic lingua_belarusian_language_model BELARUSIAN_MODELS_DIRECTORY "bel"
    "bg" Cyrillic lingua_bulgarian_language_model BULGARIAN_MODELS_DIRECTORY "bul"
    "bn" Bengali lingua_bengali_language_model BENGALI_MODELS_DIRECTORY "ben"
    "bs" Latin lingua_bosnian_language_model BOSNIAN_MODELS_DIRECTORY "bos_latn"
    "ca" Latin lingua_catalan_language_model CATALAN_MODELS_DIRECTORY "cat"
    "cs" Latin lingua_czech_language_model CZECH_MODELS_DIRECTORY "ces"
    "cy" Latin lingua_welsh_language_model WELSH_MODELS_DIRECTORY "cym"
    "da" Latin lingua_danish_language_model DANISH_MODELS_DIRECTORY "dan"
    "de" Latin lingua_german_language_model GERMAN_MODELS_DIRECTORY "deu_1996"
    "en" Latin lingua_english_language_model ENGLISH_MODELS_DIRECTORY "eng"
    "eo" Latin lingua_esperanto_language_model ESPERANTO_MODELS_DIRECTORY "epo"
    "es" Latin lingua_spanish_language_model SPANISH_MODELS_DIRECTORY "spa"
    "et" Latin lingua_estonian_language_model ESTONIAN_MODELS_DIRECTORY "est"
    "eu" Latin lingua_basque_language_model BASQUE_MODELS_DIRECTORY "eus"
    "fa" Arabic lingua_persian_language_model PERSIAN_MODELS_DIRECTORY "pes_1"
    "fi" Latin lingua_finnish_language_model FINNISH_MODELS_DIRECTORY "fin"
    "fr" Latin lingua_french_language_model FRENCH_MODELS_DIRECTORY "fra"
    "ga" Latin lingua_irish_language_model IRISH_MODELS_DIRECTORY "gle"
    "he" Hebrew lingua_hebrew_language_model HEBREW_MODELS_DIRECTORY "heb"
    "hi" Devanagari lingua_hindi_language_model HINDI_MODELS_DIRECTORY "hin"
    "hr" Latin lingua_croatian_language_model CROATIAN_MODELS_DIRECTORY "hrv"
    "hu" Latin lingua_hungarian_language_model HUNGARIAN_MODELS_DIRECTORY "hun"
    "id" Latin lingua_indonesian_language_model INDONESIAN_MODELS_DIRECTORY "ind"
    "is" Latin lingua_icelandic_language_model ICELANDIC_MODELS_DIRECTORY "isl"
    "it" Latin lingua_italian_language_model ITALIAN_MODELS_DIRECTORY "ita"
    "kk" Cyrillic lingua_kazakh_language_model KAZAKH_MODELS_DIRECTORY "kaz"
    "la" Latin lingua_latin_language_model LATIN_MODELS_DIRECTORY "lat"
    "lg" Latin lingua_ganda_language_model GANDA_MODELS_DIRECTORY "lug"
    "lt" Latin lingua_lithuanian_language_model LITHUANIAN_MODELS_DIRECTORY "lit"
    "lv" Latin lingua_latvian_language_model LATVIAN_MODELS_DIRECTORY "lav"
    "mi" Latin lingua_maori_language_model MAORI_MODELS_DIRECTORY "mri"
    "mk" Cyrillic lingua_macedonian_language_model MACEDONIAN_MODELS_DIRECTORY "mkd"
    "mn" Cyrillic lingua_mongolian_language_model MONGOLIAN_MODELS_DIRECTORY "khk"
    "mr" Devanagari lingua_marathi_language_model MARATHI_MODELS_DIRECTORY "mar"
    "ms" Latin lingua_malay_language_model MALAY_MODELS_DIRECTORY "mly_latn"
    "nb" Latin lingua_bokmal_language_model BOKMAL_MODELS_DIRECTORY "nob"
    "nl" Latin lingua_dutch_language_model DUTCH_MODELS_DIRECTORY "nld"
    "nn" Latin lingua_nynorsk_language_model NYNORSK_MODELS_DIRECTORY "nno"
    "pl" Latin lingua_polish_language_model POLISH_MODELS_DIRECTORY "pol"
    "pt" Latin lingua_portuguese_language_model PORTUGUESE_MODELS_DIRECTORY "por_BR"
    "ro" Latin lingua_romanian_language_model ROMANIAN_MODELS_DIRECTORY "ron_2006"
    "ru" Cyrillic lingua_russian_language_model RUSSIAN_MODELS_DIRECTORY "rus"
    "sk" Latin lingua_slovak_language_model SLOVAK_MODELS_DIRECTORY "slk"
    "sl" Latin lingua_slovene_language_model SLOVENE_MODELS_DIRECTORY "slv"
    "sn" Latin lingua_shona_language_model SHONA_MODELS_DIRECTORY "sna"
    "so" Latin lingua_somali_language_model SOMALI_MODELS_DIRECTORY "som"
    "sq" Latin lingua_albanian_language_model ALBANIAN_MODELS_DIRECTORY "als"
    "sr" Cyrillic lingua_serbian_language_model SERBIAN_MODELS_DIRECTORY "srp_cyrl"
    "sr" Latin lingua_serbian_language_model SERBIAN_MODELS_DIRECTORY "srp_latn"
    "st" Latin lingua_sotho_language_model SOTHO_MODELS_DIRECTORY "sot"
    "sv" Latin lingua_swedish_language_model SWEDISH_MODELS_DIRECTORY "swe"
    "sw" Latin lingua_swahili_language_model SWAHILI_MODELS_DIRECTORY "swh"
    "tl" Latin lingua_tagalog_language_model TAGALOG_MODELS_DIRECTORY "tgl"
    "tn" Latin lingua_tswana_language_model TSWANA_MODELS_DIRECTORY "tsn"
    "tr" Latin lingua_turkish_language_model TURKISH_MODELS_DIRECTORY "tur"
    "ts" Latin lingua_tsonga_language_model TSONGA_MODELS_DIRECTORY "tso_ZW"
    "uk" Cyrillic lingua_ukrainian_language_model UKRAINIAN_MODELS_DIRECTORY "ukr"
    "ur" Arabic lingua_urdu_language_model URDU_MODELS_DIRECTORY "urd"
    "vi" Latin lingua_vietnamese_language_model VIETNAMESE_MODELS_DIRECTORY "vie"
    "xh" Latin lingua_xhosa_language_model XHOSA_MODELS_DIRECTORY "xho"
    "yo" Latin lingua_yoruba_language_model YORUBA_MODELS_DIRECTORY "yor"
    "zu" Latin lingua_zulu_language_model ZULU_MODELS_DIRECTORY "zul"
}
