//! The languages of the model, and what their statistics come from.

use std::error::Error;

use icu_properties::props::{NamedEnumeratedProperty, Script};

use crate::statistics::{LetterCounts, Statistics};
use crate::words::List::{self, Debian, Npm};
use crate::{lingua, words};

/// The scripts that several languages share, in the order of the model.
pub const SCRIPTS: &[Script] = &[
    Script::Latin,
    Script::Cyrillic,
    Script::Arabic,
    Script::Devanagari,
    Script::Hebrew,
    Script::Ethiopic,
    Script::Bengali,
    Script::Han,
];

/// How much the statistics of `lingua` weigh beside the Universal Declaration.
const LINGUA_WEIGHT: f64 = 0.98;
/// What the sources of the other languages weigh.
const DECLARATION_WEIGHT: f64 = 0.5;
const LIST_WEIGHT: f64 = 0.4;
const FREQUENT_WEIGHT: f64 = 0.1;

/// With fewer n-grams, a text is not in the language that it should be in.
const MIN_NGRAMS: usize = 1_000;

/// A language in one script.
pub struct Language {
    pub code: &'static str,
    pub statistics: Statistics,
}

/// The languages that `lingua` lacks: the code, the names of their files of the Universal Declaration, and their word
/// lists, if they have such.
type Other = (&'static str, &'static [&'static str], Option<List>);

fn others(script: Script) -> &'static [Other] {
    match script {
        Script::Latin => &[
            ("ay", &["ayr"], None),
            ("br", &["bre"], Some(Debian("bre"))),
            ("ceb", &["ceb"], Some(Npm("ceb"))),
            ("co", &["cos"], Some(Debian("cos"))),
            ("fo", &["fao"], Some(Debian("fao"))),
            ("fy", &["fri"], Some(Debian("fry"))),
            ("gd", &["gla"], Some(Debian("gla"))),
            ("gl", &["glg"], Some(Npm("glg"))),
            ("gn", &["gug"], None),
            ("ha", &["hau_NG", "hau_NE"], None),
            ("ht", &["hat_popular", "hat_kreyol"], Some(Npm("hat"))),
            ("ig", &["ibo"], None),
            ("jv", &["jav"], Some(Npm("jav"))),
            ("ku", &["kmr"], Some(Debian("kmr"))),
            ("lb", &["ltz"], Some(Npm("ltz"))),
            ("ln", &["lin"], None),
            ("mg", &["plt"], None),
            ("mt", &["mlt"], Some(Npm("mlt"))),
            ("ny", &["nya_chinyanja", "nya_chechewa"], None),
            ("oc", &["lnc", "prv"], Some(Debian("oci"))),
            ("om", &["gax"], None),
            ("qu", &["quy", "quz"], Some(Npm("que"))),
            ("rw", &["kin"], None),
            ("su", &["sun"], Some(Npm("sun"))),
            ("tk", &["tuk_latn"], None),
            ("uz", &["uzn_latn"], Some(Npm("uzb"))),
            ("wo", &["wol"], None),
        ],
        Script::Cyrillic => &[
            ("ab", &["abk"], None),
            ("cv", &["chv"], None),
            ("ky", &["kir"], Some(Npm("kir"))),
            ("os", &["oss"], None),
            ("sah", &["sah"], None),
            ("tg", &["tgk"], Some(Npm("tgk"))),
            ("tt", &["tat"], None),
        ],
        Script::Arabic => &[
            ("ckb", &[], Some(Npm("kur"))),
            ("ps", &["pbu"], Some(Npm("pus"))),
            ("sd", &[], Some(Npm("snd"))),
            ("ug", &["uig_arab"], Some(Npm("uig"))),
        ],
        Script::Devanagari => &[("ne", &["nep"], Some(Npm("nep"))), ("sa", &["san"], Some(Npm("san")))],
        Script::Hebrew => &[("yi", &["ydd"], Some(Npm("yid")))],
        Script::Ethiopic => &[("am", &["amh"], Some(Npm("amh"))), ("ti", &["tir"], Some(Npm("tir")))],
        Script::Bengali => &[("as", &[], Some(Npm("asm")))],
        Script::Han => &[
            ("ja", &["jpn"], Some(Npm("jpn"))),
            ("yue", &["yue"], None),
            ("zh-Hans", &["cmn_hans"], Some(Npm("chi_sim"))),
            ("zh-Hant", &["cmn_hant"], Some(Npm("chi_tra"))),
        ],
        _ => &[],
    }
}

/// The languages of a script, in the order of their codes.
pub fn of_script(script: Script) -> Result<Vec<Language>, Box<dyn Error>> {
    let mut languages = Vec::new();
    for model in lingua::MODELS.iter().filter(|model| model.script == script) {
        let file = model.folder.get_file("ngrams.fst").ok_or("a model of lingua lacks ngrams.fst")?;
        let counts = LetterCounts::read(file.contents())?;
        let of_lingua = if (model.code, script) == ("sr", Script::Latin) {
            Statistics::transliterated(&counts)
        } else {
            Statistics::of_counts(&counts)
        };
        let mut sources = vec![(of_lingua, LINGUA_WEIGHT)];
        if let Some(name) = model.declaration {
            sources.push((Statistics::of_text(&words::declaration(name)?, script), 1.0 - LINGUA_WEIGHT));
        }
        languages.push(Language { code: model.code, statistics: Statistics::mixed(sources) });
    }
    for (code, declarations, list) in others(script) {
        let mut sources = Vec::new();
        if !declarations.is_empty() {
            let texts = declarations.iter().map(|name| words::declaration(name)).collect::<Result<Vec<String>, _>>()?;
            sources.push((Statistics::of_text(&texts.join(" "), script), DECLARATION_WEIGHT));
        }
        if let Some(list) = list {
            let lists = words::lists(*list, script)?;
            sources.push((Statistics::of_text(&lists.all.join(" "), script), LIST_WEIGHT));
            sources.push((Statistics::of_text(&lists.frequent.join(" "), script), FREQUENT_WEIGHT));
        }
        let statistics = Statistics::mixed(sources);
        if statistics.iter().count() < MIN_NGRAMS {
            return Err(format!("the sources of {code} have too few words in {}", script.short_name()).into());
        }
        languages.push(Language { code, statistics });
    }
    languages.sort_by_key(|language| language.code);
    Ok(languages)
}
