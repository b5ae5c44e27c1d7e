//! Owns the names of months and weekdays, and the digits of several scripts; never touches dates.

/// The value of a digit, Arabic-Indic and full-width ones too.
pub fn digit_value(letter: char) -> Option<u32> {
    match letter {
        '0'..='9' => letter.to_digit(10),
        '\u{660}'..='\u{669}' => Some(u32::from(letter) - 0x660),
        '\u{6F0}'..='\u{6F9}' => Some(u32::from(letter) - 0x6F0),
        '\u{FF10}'..='\u{FF19}' => Some(u32::from(letter) - 0xFF10),
        _ => None,
    }
}

/// The month of a name, folded; at least three letters of it, and enough to tell it from the others.
pub fn month(word: &str) -> Option<u32> {
    let full = MONTHS.iter().position(|names| names.split_whitespace().any(|name| name == word));
    if let Some(place) = full {
        return Some(place as u32 + 1);
    }
    if word.chars().count() < 3 {
        return None;
    }
    let mut starts =
        MONTHS.iter().enumerate().filter(|(_, names)| names.split_whitespace().any(|name| name.starts_with(word)));
    let (place, _) = starts.next()?;
    starts.next().is_none().then_some(place as u32 + 1)
}

/// English, French, Spanish, Portuguese, Italian, German, Dutch, Russian, Ukrainian, Polish, Arabic (both sets), folded to lower case without diacritics.
const MONTHS: [&str; 12] = [
    "january janvier enero janeiro gennaio januar januari janner январь января січня stycznia يناير",
    "february fevrier febrero fevereiro febbraio februar februari февраль февраля лютого lutego فبراير شباط",
    "march mars marzo marco marz maerz maart март марта березня marca مارس آذار اذار",
    "april avril abril aprile апрель апреля квітня kwietnia أبريل ابريل إبريل نيسان",
    "may mai mayo maio maggio mei май мая травня maja مايو أيار ايار",
    "june juin junio junho giugno juni июнь июня червня czerwca يونيو يونيه حزيران",
    "july juillet julio julho luglio juli июль июля липня lipca يوليو يوليه تموز",
    "august aout agosto augustus август августа серпня sierpnia أغسطس اغسطس آب",
    "september sept septembre septiembre setiembre setembro settembre сентябрь сентября вересня wrzesnia سبتمبر أيلول ايلول",
    "october octobre octubre outubro ottobre oktober октябрь октября жовтня pazdziernika أكتوبر اكتوبر",
    "november novembre noviembre novembro ноябрь ноября листопада listopada نوفمبر",
    "december decembre diciembre dezembro dicembre dezember декабрь декабря грудня grudnia ديسمبر",
];

/// Whether a folded word is the name of a weekday.
pub fn is_weekday(word: &str) -> bool {
    word.chars().count() > 1 && WEEKDAYS.split_whitespace().any(|day| day == word)
}

const WEEKDAYS: &str = "monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs fri sat sun \
    lundi mardi mercredi jeudi vendredi samedi dimanche lunes martes miercoles jueves viernes sabado domingo \
    montag dienstag mittwoch donnerstag freitag samstag sonntag segunda terca quarta quinta sexta \
    lunedi martedi mercoledi giovedi venerdi sabato domenica \
    понедельник вторник среда четверг пятница суббота воскресенье \
    الاثنين الإثنين الثلاثاء الأربعاء الخميس الجمعة السبت الأحد";
