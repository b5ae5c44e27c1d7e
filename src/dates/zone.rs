//! Offsets from UTC as others write them.

/// The seconds east of UTC of a zone's name: those of RFC 822 §5.1, and other common ones. A name that several places use
/// for different offsets (`IST`) is unknown, and so are the letters of the military, which RFC 822 has wrong (RFC 2822 §4.3).
pub fn by_name(name: &str) -> Option<i32> {
    let minutes = match name.to_ascii_uppercase().as_str() {
        "Z" | "UT" | "UTC" | "GMT" | "WET" => 0,
        "NST" => -210,
        "NDT" => -150,
        "AST" | "EDT" => -240,
        "ADT" => -180,
        "EST" | "CDT" => -300,
        "CST" | "MDT" => -360,
        "MST" | "PDT" => -420,
        "PST" | "AKDT" => -480,
        "AKST" => -540,
        "HST" => -600,
        "CET" | "BST" | "MEZ" | "WEST" | "WAT" => 60,
        "CEST" | "EET" | "MESZ" | "SAST" | "CAT" => 120,
        "EEST" | "MSK" | "EAT" => 180,
        "JST" | "KST" => 540,
        "AWST" => 480,
        "ACST" => 570,
        "ACDT" => 630,
        "AEST" => 600,
        "AEDT" => 660,
        "NZST" => 720,
        "NZDT" => 780,
        _ => return None,
    };
    Some(minutes * 60)
}

/// The seconds east of UTC of `+2`, `+02`, `+200`, `+0200` or, with `minutes` after a colon, `+02:00`.
pub fn by_digits(is_west: bool, digits: &str, minutes: Option<&str>) -> Option<i32> {
    let number: i32 = digits.parse().ok()?;
    let (hours, minutes) = match (digits.len(), minutes) {
        (1 | 2, Some(minutes)) => (number, minutes.parse().ok()?),
        (1 | 2, None) => (number, 0),
        (3 | 4, None) => (number / 100, number % 100),
        _ => return None,
    };
    let seconds = hours * 3600 + minutes * 60;
    (hours < 24 && minutes < 60).then_some(if is_west { -seconds } else { seconds })
}
