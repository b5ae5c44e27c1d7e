//! Media types by extension.

/// Guesses the media type of a file by the extension of its path.
pub fn media_type_of(path: &str) -> &'static str {
    let types = [
        ("pdf", "application/pdf"),
        ("mp3", "audio/mpeg"),
        ("m4a", "audio/mp4"),
        ("ogg", "audio/ogg"),
        // Opus in its own files is Ogg (RFC 7845 §9); `audio/opus` is its stream over RTP.
        ("opus", "audio/ogg"),
        ("mp4", "video/mp4"),
        ("webm", "video/webm"),
        ("jpg", "image/jpeg"),
        ("jpeg", "image/jpeg"),
        ("png", "image/png"),
        ("webp", "image/webp"),
        ("avif", "image/avif"),
        ("zip", "application/zip"),
        ("epub", "application/epub+zip"),
        ("csv", "text/csv"),
        ("vtt", "text/vtt"),
        ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    ];
    let extension = path.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase()).unwrap_or_default();
    let guess = types.iter().find(|(known, _)| *known == extension);
    guess.map_or("application/octet-stream", |(_, media_type)| media_type)
}

/// `audio` or `video`, if a media type is of one.
pub fn medium_of(media_type: &str) -> Option<&'static str> {
    let kind = media_type.split('/').next().unwrap_or_default();
    ["audio", "video"].into_iter().find(|medium| kind.eq_ignore_ascii_case(medium))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn media_types_are_guessed_by_extension() {
        for (path, expected) in [
            ("/talk.opus", "audio/ogg"),
            ("/a.b/cover.AVIF", "image/avif"),
            ("/talk.vtt", "text/vtt"),
            ("/report.pdf", "application/pdf"),
            ("/a", "application/octet-stream"),
        ] {
            assert_eq!(media_type_of(path), expected, "{path}");
        }
    }
}
