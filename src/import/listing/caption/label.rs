//! Owns the labels of an image credit (`Photo:`, `Фото:`, `©`).

/// Longest first, so that the whole label matches. Case is ignored at the start of a line.
const LABELS: [&str; 62] = [
    "Picture credit", "Crédits photo", "Photos credit", "Bildnachweis", "Photo credit", "Image credit", "Photographer",
    "Photographie", "Crédit photo", "Photo crédit", "Фотография", "Фотографии", "Изображение", "Φωτογραφία",
    "Φωτογραφίες", "Fotografía", "Fotografia", "Photograph", "Ilustración", "Illustration", "Photos by", "Photo by",
    "Pictures", "Picture", "Legenda", "Immagine", "Credits", "Crédits", "Credit", "Crédit", "Crédito", "Caption",
    "Légende", "Imagem", "Imagen", "Images", "Image", "Photos", "Photo", "Fotos", "Foto", "Bild", "Фото", "Снимок",
    "Фота", "Zdjęcie", "Fot.", "الصورة", "صورة", "صور", "تصوير", "图片来源", "图片", "圖片", "照片", "摄影", "攝影",
    "写真", "画像", "사진", "תמונה", "צילום",
];

/// How far into a line a label is searched for.
const SEARCH_BYTES: usize = 700;

/// A label in a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Label {
    pub start: usize,
    /// Where the name after it begins.
    pub end: usize,
    /// It is in brackets.
    pub bracketed: bool,
}

/// The first label of a line: at its start, after a sentence, or concatenated to a word.
pub fn find(line: &str) -> Option<Label> {
    let colons = line.char_indices().take_while(|(offset, _)| *offset < SEARCH_BYTES);
    for (offset, letter) in colons {
        let label = match letter {
            ':' | '：' => before_colon(line, offset, offset + letter.len_utf8()),
            '©' => accepted(line, offset, offset + letter.len_utf8()),
            _ => None,
        };
        if label.is_some() {
            return label;
        }
    }
    None
}

fn before_colon(line: &str, colon: usize, end: usize) -> Option<Label> {
    let before = line.get(..colon)?.trim_end();
    for label in LABELS {
        let Some(start) = before.len().checked_sub(label.len()) else {
            continue;
        };
        let same = match before.get(start..) {
            Some(written) if start == 0 => written.to_lowercase() == label.to_lowercase(),
            Some(written) => written == label,
            None => false,
        };
        if same && let Some(label) = accepted(line, start, end) {
            return Some(label);
        }
    }
    None
}

/// Accepts a label where a text can begin.
fn accepted(line: &str, start: usize, end: usize) -> Option<Label> {
    let left = line.get(..start)?;
    let blanks = line.get(end..)?.len() - line.get(end..)?.trim_start().len();
    let (before, nonblank) = (left.chars().next_back(), left.trim_end().chars().next_back());
    let bracketed = matches!(nonblank, Some('(' | '[' | '（'));
    let free = match (before, nonblank) {
        (None, _) | (_, None) => true,
        (Some(before), _) if before.is_alphanumeric() => before.is_lowercase(),
        (_, Some(last)) => bracketed || ".!?…)]”\"'’»،。！？）/|".contains(last),
    };
    free.then_some(Label { start, end: end + blanks, bracketed })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_where_a_text_can_begin() {
        let start = |line| find(line).map(|label| (label.start, label.end));
        assert_eq!(start("Photo: IMW"), Some((0, 7)));
        assert_eq!(start("PHOTO\u{a0}: IMW"), Some((0, 9)));
        assert_eq!(start("A lake.Photo: IMW"), Some((7, 14)));
        assert_eq!(start("A lakePhoto: IMW"), Some((6, 13)));
        assert_eq!(start("A lake. Photo credit: IMW"), Some((8, 22)));
        assert_eq!(start("照片：水务所"), Some((0, 9)));
        assert_eq!(start("© IMW"), Some((0, 3)));
        assert_eq!(start("He said photo: yes"), None);
        assert_eq!(start("The Photo: a history"), None);
        assert_eq!(start("Call for photos: send yours"), None);
    }
}
