//! The addresses of embeds from other sites, which shortcodes and template tags give by an id alone.

/// Stands for a user that is not given; Twitter redirects to the post.
pub const ANY_USER: &str = "i/web";

/// Whether a text can be the id of a video, a post or a user.
pub fn is_id(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|letter| letter.is_ascii_alphanumeric() || "_-".contains(letter))
}

pub fn youtube_url(id: &str) -> String {
    format!("https://www.youtube.com/watch?v={id}")
}

pub fn vimeo_url(id: &str) -> String {
    format!("https://vimeo.com/{id}")
}

pub fn post_url(user: &str, id: &str) -> String {
    format!("https://twitter.com/{user}/status/{id}")
}
