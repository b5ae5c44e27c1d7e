//! Owns the names of months and weekdays; never touches dates.

/// The month of a folded name, or of an unambiguous prefix of at least three letters.
pub fn month(word: &str) -> Option<u32> {
    // Hebrew prefixes the month with `in`.
    let word = word.strip_prefix('ב').unwrap_or(word);
    let full = MONTHS.iter().position(|names| names.split_whitespace().any(|name| name == word));
    if let Some(index) = full {
        return Some(index as u32 + 1);
    }
    if word.chars().count() < 3 {
        return None;
    }
    let mut starts =
        MONTHS.iter().enumerate().filter(|(_, names)| names.split_whitespace().any(|name| name.starts_with(word)));
    let (index, _) = starts.next()?;
    starts.next().is_none().then_some(index as u32 + 1)
}

/// The month of an English name or its usual abbreviation, ignoring case.
pub fn english_month(word: &str) -> Option<u32> {
    let is_name = |name: &&str| word.eq_ignore_ascii_case(name) || word.eq_ignore_ascii_case(&name[..3]);
    let index = ENGLISH_MONTHS.iter().position(is_name);
    index.or(word.eq_ignore_ascii_case("sept").then_some(8)).map(|index| index as u32 + 1)
}

/// The months in English, in lower case.
pub const ENGLISH_MONTHS: [&str; 12] = [
    "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november",
    "december",
];

/// A line for each month, folded: the languages that can be identified, and Catalan, Czech and Hebrew; Arabic in both sets.
const MONTHS: [&str; 12] = [
    "january janvier enero janeiro gennaio januar januari janner januara ianuarie ledna leden tammikuuta tammikuu ocak gener styczen stycznia январь января січня јануар јануара януари ιανουαρίου ιανουάριος يناير ژانویه جنوری ינואר",
    "february fevrier febrero fevereiro febbraio februar februari februara februarie unora unor helmikuuta helmikuu subat febrer luty lutego февраль февраля лютого фебруар фебруара февруари φεβρουαρίου φεβρουάριος فبراير شباط فوریه فروری פברואר",
    "march mars marzo marco marz maerz maart marts martie brezna brezen maaliskuuta maaliskuu mart marc marcius marzec marca март марта березня μαρτίου μάρτιος مارس آذار اذار مارچ מרץ",
    "april avril abril aprile aprila aprilie dubna duben huhtikuuta huhtikuu nisan aprilis kwiecien kwietnia апрель апреля квітня април априла απριλίου απρίλιος أبريل ابريل إبريل نيسان آوریل اپریل אפריל",
    "may mai mayo maio maggio mei maj maja kvetna kveten toukokuuta toukokuu mayis maig majus май мая травня мај маја μαΐου μάιος مايو أيار ايار مه مئی מאי",
    "june juin junio junho giugno juni juna iunie cervna cerven kesakuuta kesakuu haziran juny junius czerwiec czerwca июнь июня червня јун јуна юни ιουνίου ιούνιος يونيو يونيه حزيران ژوئن جون יוני",
    "july juillet julio julho luglio juli jula iulie cervence cervenec heinakuuta heinakuu temmuz juliol julius lipiec lipca июль июля липня јул јула юли ιουλίου ιούλιος يوليو يوليه تموز ژوئیه جولائی יולי",
    "august aout agosto augustus avgust avgusta srpna srpen elokuuta elokuu agustos agost augusztus sierpien sierpnia август августа серпня αυγούστου αύγουστος أغسطس اغسطس آب اوت اگست אוגוסט",
    "september sept septembre septiembre setiembre setembro settembre septembra septembrie zari syyskuuta syyskuu eylul setembre szeptember wrzesien wrzesnia сентябрь сентября вересня септембар септембра септември σεπτεμβρίου σεπτέμβριος سبتمبر أيلول ايلول سپتامبر ستمبر ספטמבר",
    "october octobre octubre outubro ottobre oktober oktobra octombrie rijna rijen lokakuuta lokakuu ekim pazdziernik pazdziernika октябрь октября жовтня октобар октобра октомври οκτωβρίου οκτώβριος أكتوبر اكتوبر اکتبر اکتوبر אוקטובר",
    "november novembre noviembre novembro novembra noiembrie listopadu marraskuuta marraskuu kasim listopad listopada ноябрь ноября листопада новембар новембра ноември νοεμβρίου νοέμβριος نوفمبر نوامبر نومبر נובמבר",
    "december decembre diciembre dezembro dicembre dezember decembra decembrie prosince prosinec joulukuuta joulukuu aralik desembre grudzien grudnia декабрь декабря грудня децембар децембра декември δεκεμβρίου δεκέμβριος ديسمبر دسامبر دسمبر דצמבר",
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
