//! The models of `lingua`: for each language its n-grams of one to five letters.

use icu_properties::props::Script;
use include_dir::Dir;

/// A model: the code of its language, its script, and the folder of the crate with it.
pub struct Model {
    pub code: &'static str,
    pub script: Script,
    pub folder: &'static Dir<'static>,
}

macro_rules! models {
    ($($code:literal $script:ident $package:ident $folder:ident)*) => {
        /// The models of the languages whose script others share; the other ones are told by their script.
        pub const MODELS: &[Model] =
            &[$(Model { code: $code, script: Script::$script, folder: &$package::$folder }),*];
    };
}

models! {
    "af" Latin lingua_afrikaans_language_model AFRIKAANS_MODELS_DIRECTORY
    "ar" Arabic lingua_arabic_language_model ARABIC_MODELS_DIRECTORY
    "az" Latin lingua_azerbaijani_language_model AZERBAIJANI_MODELS_DIRECTORY
    "be" Cyrillic lingua_belarusian_language_model BELARUSIAN_MODELS_DIRECTORY
    "bg" Cyrillic lingua_bulgarian_language_model BULGARIAN_MODELS_DIRECTORY
    "bs" Latin lingua_bosnian_language_model BOSNIAN_MODELS_DIRECTORY
    "ca" Latin lingua_catalan_language_model CATALAN_MODELS_DIRECTORY
    "cs" Latin lingua_czech_language_model CZECH_MODELS_DIRECTORY
    "cy" Latin lingua_welsh_language_model WELSH_MODELS_DIRECTORY
    "da" Latin lingua_danish_language_model DANISH_MODELS_DIRECTORY
    "de" Latin lingua_german_language_model GERMAN_MODELS_DIRECTORY
    "en" Latin lingua_english_language_model ENGLISH_MODELS_DIRECTORY
    "eo" Latin lingua_esperanto_language_model ESPERANTO_MODELS_DIRECTORY
    "es" Latin lingua_spanish_language_model SPANISH_MODELS_DIRECTORY
    "et" Latin lingua_estonian_language_model ESTONIAN_MODELS_DIRECTORY
    "eu" Latin lingua_basque_language_model BASQUE_MODELS_DIRECTORY
    "fa" Arabic lingua_persian_language_model PERSIAN_MODELS_DIRECTORY
    "fi" Latin lingua_finnish_language_model FINNISH_MODELS_DIRECTORY
    "fr" Latin lingua_french_language_model FRENCH_MODELS_DIRECTORY
    "ga" Latin lingua_irish_language_model IRISH_MODELS_DIRECTORY
    "hi" Devanagari lingua_hindi_language_model HINDI_MODELS_DIRECTORY
    "hr" Latin lingua_croatian_language_model CROATIAN_MODELS_DIRECTORY
    "hu" Latin lingua_hungarian_language_model HUNGARIAN_MODELS_DIRECTORY
    "id" Latin lingua_indonesian_language_model INDONESIAN_MODELS_DIRECTORY
    "is" Latin lingua_icelandic_language_model ICELANDIC_MODELS_DIRECTORY
    "it" Latin lingua_italian_language_model ITALIAN_MODELS_DIRECTORY
    "kk" Cyrillic lingua_kazakh_language_model KAZAKH_MODELS_DIRECTORY
    "la" Latin lingua_latin_language_model LATIN_MODELS_DIRECTORY
    "lg" Latin lingua_ganda_language_model GANDA_MODELS_DIRECTORY
    "lt" Latin lingua_lithuanian_language_model LITHUANIAN_MODELS_DIRECTORY
    "lv" Latin lingua_latvian_language_model LATVIAN_MODELS_DIRECTORY
    "mi" Latin lingua_maori_language_model MAORI_MODELS_DIRECTORY
    "mk" Cyrillic lingua_macedonian_language_model MACEDONIAN_MODELS_DIRECTORY
    "mn" Cyrillic lingua_mongolian_language_model MONGOLIAN_MODELS_DIRECTORY
    "mr" Devanagari lingua_marathi_language_model MARATHI_MODELS_DIRECTORY
    "ms" Latin lingua_malay_language_model MALAY_MODELS_DIRECTORY
    "nb" Latin lingua_bokmal_language_model BOKMAL_MODELS_DIRECTORY
    "nl" Latin lingua_dutch_language_model DUTCH_MODELS_DIRECTORY
    "nn" Latin lingua_nynorsk_language_model NYNORSK_MODELS_DIRECTORY
    "pl" Latin lingua_polish_language_model POLISH_MODELS_DIRECTORY
    "pt" Latin lingua_portuguese_language_model PORTUGUESE_MODELS_DIRECTORY
    "ro" Latin lingua_romanian_language_model ROMANIAN_MODELS_DIRECTORY
    "ru" Cyrillic lingua_russian_language_model RUSSIAN_MODELS_DIRECTORY
    "sk" Latin lingua_slovak_language_model SLOVAK_MODELS_DIRECTORY
    "sl" Latin lingua_slovene_language_model SLOVENE_MODELS_DIRECTORY
    "sn" Latin lingua_shona_language_model SHONA_MODELS_DIRECTORY
    "so" Latin lingua_somali_language_model SOMALI_MODELS_DIRECTORY
    "sq" Latin lingua_albanian_language_model ALBANIAN_MODELS_DIRECTORY
    "sr" Cyrillic lingua_serbian_language_model SERBIAN_MODELS_DIRECTORY
    "st" Latin lingua_sotho_language_model SOTHO_MODELS_DIRECTORY
    "sv" Latin lingua_swedish_language_model SWEDISH_MODELS_DIRECTORY
    "sw" Latin lingua_swahili_language_model SWAHILI_MODELS_DIRECTORY
    "tl" Latin lingua_tagalog_language_model TAGALOG_MODELS_DIRECTORY
    "tn" Latin lingua_tswana_language_model TSWANA_MODELS_DIRECTORY
    "tr" Latin lingua_turkish_language_model TURKISH_MODELS_DIRECTORY
    "ts" Latin lingua_tsonga_language_model TSONGA_MODELS_DIRECTORY
    "uk" Cyrillic lingua_ukrainian_language_model UKRAINIAN_MODELS_DIRECTORY
    "ur" Arabic lingua_urdu_language_model URDU_MODELS_DIRECTORY
    "vi" Latin lingua_vietnamese_language_model VIETNAMESE_MODELS_DIRECTORY
    "xh" Latin lingua_xhosa_language_model XHOSA_MODELS_DIRECTORY
    "yo" Latin lingua_yoruba_language_model YORUBA_MODELS_DIRECTORY
    "zu" Latin lingua_zulu_language_model ZULU_MODELS_DIRECTORY
}
