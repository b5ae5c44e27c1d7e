//! Sentences in many languages, each found among all of them.

use std::time::{Duration, Instant};

use super::*;

/// A language and a sentence in it.
const SENTENCES: [(&str, &str); 60] = [
    ("af", "Die kinders het gister met hulle ouma na die mark toe geloop en vars brood gekoop."),
    ("am", "ልጆቹ ትናንት ከእናታቸው ጋር ወደ ገበያ ሄደው ዳቦ ገዙ።"),
    ("ar", "ذهب الأطفال أمس مع جدتهم إلى السوق واشتروا خبزا طازجا."),
    ("az", "Uşaqlar dünən nənələri ilə bazara gedib təzə çörək aldılar."),
    ("be", "Учора дзеці хадзілі з бабуляй на рынак і купілі свежы хлеб."),
    ("bg", "Вчера децата отидоха с баба си на пазара и купиха пресен хляб."),
    ("bn", "গতকাল শিশুরা তাদের দাদির সঙ্গে বাজারে গিয়ে তাজা রুটি কিনেছে।"),
    ("br", "Dec'h eo aet ar vugale d'ar marc'had gant o mamm-gozh evit prenañ bara fresk."),
    ("ca", "Ahir els nens van anar al mercat amb la seva àvia i van comprar pa acabat de fer."),
    ("cs", "Děti včera šly s babičkou na trh a koupily čerstvý chléb."),
    ("cy", "Aeth y plant i'r farchnad ddoe gyda'u mam-gu a phrynu bara ffres."),
    ("da", "Børnene gik i går på markedet sammen med deres bedstemor og købte frisk brød."),
    ("de", "Gestern gingen die Kinder mit ihrer Großmutter auf den Markt und kauften frisches Brot."),
    ("el", "Χθες τα παιδιά πήγαν στην αγορά με τη γιαγιά τους και αγόρασαν φρέσκο ψωμί."),
    ("en", "Yesterday the children went to the market with their grandmother and bought fresh bread."),
    ("eo", "Hieraŭ la infanoj iris kun sia avino al la bazaro kaj aĉetis freŝan panon."),
    ("es", "Ayer los niños fueron al mercado con su abuela y compraron pan recién hecho."),
    ("et", "Lapsed käisid eile vanaemaga turul ja ostsid värsket leiba."),
    ("eu", "Atzo haurrak amonarekin azokara joan ziren eta ogi freskoa erosi zuten."),
    ("fa", "دیروز بچه‌ها با مادربزرگشان به بازار رفتند و نان تازه خریدند."),
    ("fi", "Lapset kävivät eilen isoäidin kanssa torilla ja ostivat tuoretta leipää."),
    ("fr", "Hier, les enfants sont allés au marché avec leur grand-mère et ont acheté du pain frais."),
    ("ga", "Chuaigh na páistí go dtí an margadh inné lena seanmháthair agus cheannaigh siad arán úr."),
    ("gl", "Onte os nenos foron ao mercado coa súa avoa e mercaron pan acabado de facer."),
    ("ha", "Jiya yara sun tafi kasuwa tare da kakarsu kuma sun sayi burodi."),
    ("he", "אתמול הלכו הילדים עם סבתא שלהם לשוק וקנו לחם טרי."),
    ("hi", "कल बच्चे अपनी दादी के साथ बाज़ार गए और ताज़ी रोटी खरीदी।"),
    ("hu", "Tegnap a gyerekek a nagymamájukkal a piacra mentek, és friss kenyeret vettek."),
    ("hy", "Երեկ երեխաները տատիկի հետ գնացին շուկա և թարմ հաց գնեցին։"),
    ("id", "Kemarin anak-anak pergi ke pasar bersama nenek mereka karena ingin membeli roti."),
    ("is", "Í gær fóru börnin á markaðinn með ömmu sinni og keyptu nýtt brauð."),
    ("it", "Ieri i bambini sono andati al mercato con la nonna e hanno comprato del pane fresco."),
    ("ja", "昨日、子どもたちは祖母と市場へ行って焼きたてのパンを買いました。"),
    ("ka", "გუშინ ბავშვები ბებიასთან ერთად ბაზარში წავიდნენ და პური იყიდეს."),
    ("kk", "Кеше балалар әжесімен бірге базарға барып, жаңа піскен нан сатып алды."),
    ("ko", "어제 아이들은 할머니와 함께 시장에 가서 갓 구운 빵을 샀습니다."),
    ("ky", "Кечээ балдар чоң энеси менен базарга барып, жаңы нан сатып алышты."),
    ("lt", "Vakar vaikai su močiute nuėjo į turgų ir nusipirko šviežios duonos."),
    ("lv", "Vakar bērni kopā ar vecmāmiņu gāja uz tirgu un nopirka svaigu maizi."),
    ("mk", "Вчера децата отидоа на пазар со баба им и купија свеж леб."),
    ("mn", "Өчигдөр хүүхдүүд эмээтэйгээ хамт зах руу явж шинэ талх худалдаж авав."),
    ("mt", "Ilbieraħ it-tfal marru s-suq man-nanna tagħhom u xtraw il-ħobż frisk."),
    ("nl", "Gisteren gingen de kinderen met hun grootmoeder naar de markt en kochten vers brood."),
    ("pl", "Wczoraj dzieci poszły z babcią na targ i kupiły świeży chleb."),
    ("pt", "Ontem as crianças foram ao mercado com a avó e compraram pão fresco."),
    ("ro", "Ieri copiii au mers la piață cu bunica lor și au cumpărat pâine proaspătă."),
    ("ru", "Вчера дети ходили с бабушкой на рынок и купили свежий хлеб."),
    ("sk", "Deti včera išli so starou mamou na trh a kúpili čerstvý chlieb."),
    ("sl", "Otroci so šli včeraj z babico na tržnico in kupili svež kruh."),
    ("so", "Shalay carruurtu waxay ayeeyadood la tageen suuqa oo ay soo iibsadeen rooti."),
    ("sq", "Dje fëmijët shkuan në treg me gjyshen e tyre dhe blenë bukë të freskët."),
    ("sv", "I går gick barnen till torget med sin mormor och köpte nybakat bröd."),
    ("sw", "Jana watoto walikwenda sokoni pamoja na bibi yao na wakanunua mkate."),
    ("ta", "நேற்று குழந்தைகள் பாட்டியுடன் சந்தைக்குச் சென்று ரொட்டி வாங்கினார்கள்."),
    ("tr", "Dün çocuklar büyükanneleriyle birlikte pazara gidip taze ekmek aldılar."),
    ("uk", "Учора діти ходили з бабусею на ринок і купили свіжий хліб."),
    ("ur", "کل بچے اپنی دادی کے ساتھ بازار گئے اور تازہ روٹی خریدی۔"),
    ("uz", "Kecha bolalar buvisi bilan bozorga borib, yangi non sotib olishdi."),
    ("vi", "Hôm qua bọn trẻ đi chợ với bà và mua bánh mì mới ra lò."),
    ("zh-Hans", "昨天孩子们和奶奶一起去市场买了新鲜的面包。"),
];

fn languages(tags: &[&str]) -> Languages {
    Languages::new(&tags.iter().map(|tag| Language::parse(tag).unwrap()).collect::<Vec<_>>())
}

fn all() -> Languages {
    languages(&SENTENCES.map(|(language, _)| language))
}

fn identified(detection: Detection) -> (String, bool) {
    match detection {
        Detection::Identified { language, unsure, .. } => (language.to_string(), unsure),
        other => (format!("{other:?}"), true),
    }
}

#[test]
fn sentences_are_identified_among_many_languages() {
    let all = all();
    for (language, sentence) in SENTENCES {
        let detection = all.detect(sentence, "");
        assert_eq!(identified(detection.clone()), (language.to_owned(), false), "{sentence} {detection:?}");
    }
}

#[test]
fn identification_is_fast() {
    let all = all();
    let text = "The station at the high lakes measures how fast the glaciers melt. ".repeat(30);
    let start = Instant::now();
    for _ in 0..100 {
        assert_eq!(identified(all.detect("Institute opens station", &text)).0, "en");
    }
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
}

#[test]
fn script_decides_first() {
    let all = languages(&["en", "fr", "es", "ru", "ar", "zh-Hans", "ja", "ko", "el", "he"]);
    for (text, language) in [
        ("Новая станция (High Lakes Station)", "ru"),
        ("محطة جديدة عند البحيرات العليا", "ar"),
        ("山水研究所在高山湖泊建立新站", "zh-Hans"),
        ("高山の湖に新しい観測所ができました", "ja"),
        ("산악 수자원 연구소", "ko"),
        ("Νέος σταθμός στις λίμνες", "el"),
        ("תחנה חדשה באגמים", "he"),
    ] {
        assert_eq!(identified(all.detect(text, "")).0, language, "{text}");
    }
}

#[test]
fn letters_outside_the_usual_blocks_are_of_their_script() {
    let latin = languages(&["az", "en", "tr", "ha"]);
    assert_eq!(identified(latin.detect("Gələn həftə ən əsas məsələ səhiyyədə dəyişəcək", "")), ("az".into(), false));
    assert_eq!(identified(latin.detect("Ɗalibai sun ɗauki ƙananan ɓangarori", "")).0, "ha");
    let indic = languages(&["hi", "bn", "ta", "te", "ml"]);
    assert_eq!(identified(indic.detect("പുതിയ നിലയം തുറന്നു", "")), ("ml".into(), false));
}

#[test]
fn the_model_decides_within_a_script() {
    let four = languages(&["en", "fr", "es", "ru"]);
    for (title, text, language) in [
        (
            "Institute opens station",
            "The station at the high lakes measures how fast the glaciers of the range are melting.",
            "en",
        ),
        ("L'institut ouvre une station", "La station des hauts lacs mesure la fonte des glaciers de la chaîne.", "fr"),
        ("El instituto abre una estación", "La estación de los lagos altos mide el deshielo de los glaciares.", "es"),
    ] {
        assert_eq!(identified(four.detect(title, text)), (language.to_owned(), false), "{title}");
    }
    assert!(identified(four.detect("Orla Vex 2", "")).1, "a bare name is unsure");
}

#[test]
fn languages_written_in_han_are_told_apart() {
    let han = languages(&["zh-Hant", "zh-Hans", "ja", "ko"]);
    for (text, language) in [
        ("这个国家的语言", "zh-Hans"),
        ("這個國家的語言", "zh-Hant"),
        ("国際会議開催予定変更", "ja"),
        ("新消息发布会将于明年召开", "zh-Hans"),
    ] {
        assert_eq!(identified(han.detect(text, "")).0, language, "{text}");
    }
    let one = languages(&["zh", "ja"]);
    for text in ["这个国家的语言", "這個國家的語言"] {
        assert_eq!(identified(one.detect(text, "")), ("zh".into(), false), "{text}");
    }
}

#[test]
fn ambiguous_text_is_unsure() {
    assert_eq!(languages(&["en", "fr"]).detect("Новая станция", ""), Detection::UnsupportedScript(Script::Cyrillic));
    assert_eq!(languages(&["en"]).detect("2019 / 2020", "…"), Detection::NoLetters);
    assert_eq!(
        identified(languages(&["pt-BR", "pt-PT"]).detect("O instituto abre uma estação", "")),
        ("pt-BR".into(), true)
    );
    assert_eq!(identified(languages(&["eo", "vo"]).detect("La instituto", "")), ("eo".into(), true));
    let disagreeing = languages(&["en", "fr"]).detect(
        "L'institut ouvre une nouvelle station de mesure",
        "The station at the high lakes measures how fast the glaciers of the range are melting in summer.",
    );
    assert_eq!(identified(disagreeing), ("en".into(), true));
}
