//! Owns the tags of all template languages: their end, their arguments, and the Markdown for embeds.

use super::images;
use super::post_context::PostContext;
use crate::import::embeds::{ANY_USER, is_id, post_url, vimeo_url, youtube_url};

/// The name and arguments of a tag.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tag {
    pub name: String,
    pub named: Vec<(String, String)>,
    pub positional: Vec<String>,
}

impl Tag {
    /// The first non-empty one of some named arguments.
    pub fn get(&self, keys: &[&str]) -> Option<&str> {
        let found = keys.iter().find_map(|key| {
            self.named.iter().find(|(name, value)| name.eq_ignore_ascii_case(key) && !value.is_empty())
        });
        found.map(|(_, value)| value.as_str())
    }

    /// A named argument, else the positional one at an index.
    pub fn get_or(&self, keys: &[&str], index: usize) -> Option<&str> {
        self.get(keys).or_else(|| self.positional.get(index).map(String::as_str))
    }
}

const MAX_TAG_BYTES: usize = 4096;

/// The offset of a closing delimiter, outside quotes if they are balanced.
pub fn find_closing(text: &str, from: usize, closing: &str, quotes: &[u8]) -> Option<usize> {
    let mut limit = (from + MAX_TAG_BYTES).min(text.len());
    while !text.is_char_boundary(limit) {
        limit -= 1;
    }
    let bytes = &text.as_bytes()[..limit];
    quoted_end(bytes, from, closing.as_bytes(), quotes).or_else(|| quoted_end(bytes, from, closing.as_bytes(), &[]))
}

fn quoted_end(bytes: &[u8], from: usize, closing: &[u8], quotes: &[u8]) -> Option<usize> {
    let mut at = from;
    while at < bytes.len() {
        let rest = &bytes[at..];
        if rest.starts_with(closing) {
            return Some(at);
        }
        if rest.starts_with(b"{{") || rest.starts_with(b"{%") {
            return None;
        }
        if quotes.contains(&bytes[at]) {
            at += 1;
            while *bytes.get(at)? != rest[0] {
                at += if bytes[at] == b'\\' && rest[0] == b'"' { 2 } else { 1 };
            }
        }
        at += 1;
    }
    None
}

/// Parses the inside of a tag: `name a "b c" key=value, key="v w", key=`raw``.
pub fn parse(inside: &str) -> Tag {
    let inside = inside.trim();
    let end = inside.find(|next: char| next.is_whitespace() || next == '(' || next == '"').unwrap_or(inside.len());
    let (name, mut rest) = inside.split_at(end);
    let mut tag = Tag { name: name.to_owned(), ..Tag::default() };
    loop {
        rest = rest.trim_start_matches(|next: char| next.is_whitespace() || next == ',' || next == '(' || next == ')');
        if rest.is_empty() {
            return tag;
        }
        let key_end = rest.find(|next: char| !(next.is_alphanumeric() || "_-".contains(next))).unwrap_or(rest.len());
        let behind = rest[key_end..].trim_start();
        match behind.strip_prefix(['=', ':']).filter(|_| key_end > 0 && !behind.starts_with("://")) {
            Some(value) => {
                let key = rest[..key_end].to_owned();
                let (value, behind) = argument(value.trim_start());
                tag.named.push((key, value));
                rest = behind;
            }
            None => {
                let (value, behind) = argument(rest);
                tag.positional.push(value);
                rest = behind;
            }
        }
    }
}

/// Splits off one value.
fn argument(text: &str) -> (String, &str) {
    let quote = text.chars().next().filter(|quote| "\"'`“”".contains(*quote));
    let Some(quote) = quote else {
        let end = text.find(|next: char| next.is_whitespace() || next == ',' || next == ')').unwrap_or(text.len());
        let end = if end == 0 { text.chars().next().map_or(0, char::len_utf8) } else { end };
        return (text[..end].to_owned(), &text[end..]);
    };
    let closing = if "“”".contains(quote) { '”' } else { quote };
    let inner = &text[quote.len_utf8()..];
    let mut value = String::new();
    let mut letters = inner.char_indices();
    while let Some((at, letter)) = letters.next() {
        if letter == closing {
            return (value, &inner[at + letter.len_utf8()..]);
        }
        match letter {
            '\\' if quote == '"' => {
                if let Some((_, escaped)) = letters.next() {
                    match escaped {
                        'n' => value.push('\n'),
                        '"' | '\\' => value.push(escaped),
                        other => value.extend(['\\', other]),
                    }
                }
            }
            other => value.push(other),
        }
    }
    (value, "")
}

/// An image with its caption, on one line so that it fits anywhere.
pub fn figure(tag: &Tag) -> Option<String> {
    let source = tag.get(&["src", "url", "image", "image_path", "img", "path", "file", "link_src"]);
    let source =
        source.or_else(|| tag.positional.iter().map(String::as_str).find(|value| images::is_image_path(value)))?;
    let caption = tag.get(&["caption", "title", "text", "description"]);
    let alt = tag.get(&["alt", "caption", "title"]).unwrap_or_default();
    let mut out = image(source, alt);
    if let Some(link) = tag.get(&["link", "href"]).filter(|link| !link.contains(['<', '>', '\n'])) {
        out = format!("[{out}](<{link}>)");
    }
    let credit = tag.get(&["attr", "attribution", "credit"]).map(|credit| match tag.get(&["attrlink", "attr_link"]) {
        Some(link) => format!("[{credit}](<{link}>)"),
        None => credit.to_owned(),
    });
    let words: Vec<String> = caption.map(str::to_owned).into_iter().chain(credit).collect();
    if !words.is_empty() {
        out.push_str("<br>");
        out.push_str(&on_one_line(&words.join(" ")));
    }
    Some(out)
}

/// An image in Markdown.
pub fn image(source: &str, alt: &str) -> String {
    let alt = on_one_line(alt).replace(['[', ']'], "");
    format!("![{alt}](<{}>)", source.replace(['<', '>', '\n'], ""))
}

fn on_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The URL of an embed from another site.
fn embed_url(tag: &Tag) -> Option<String> {
    let id = tag.get_or(&["id", "video_id", "videoId", "video", "v", "yt"], 0)?.trim();
    if id.starts_with("http://") || id.starts_with("https://") {
        return Some(id.to_owned()).filter(|id| !id.contains(char::is_whitespace));
    }
    let user = || tag.get_or(&["user", "username"], 0).filter(|user| is_id(user));
    let second = tag.get_or(&["id"], 1).filter(|id| is_id(id));
    let name = tag.name.to_ascii_lowercase();
    match name.as_str() {
        "gist" => Some(match second {
            Some(second) => format!("https://gist.github.com/{}/{second}", user()?),
            None => format!("https://gist.github.com/{}", Some(id).filter(|id| id.split('/').all(is_id))?),
        }),
        "x" | "tweet" | "twitter" | "x_simple" | "twitter_simple" | "tweet_simple" => {
            let user = tag.get(&["user"]).filter(|user| is_id(user)).unwrap_or(ANY_USER);
            Some(post_url(user, Some(id).filter(|id| is_id(id))?))
        }
        _ if !is_id(id) => None,
        _ if name.contains("youtube") || name == "yt" => Some(youtube_url(id)),
        _ if name.contains("vimeo") => Some(vimeo_url(id)),
        _ if name.contains("asciinema") || name.contains("asciicast") => Some(format!("https://asciinema.org/a/{id}")),
        "instagram" | "instagram_simple" => Some(format!("https://www.instagram.com/p/{id}/")),
        _ => None,
    }
}

/// The Markdown for a tag that embeds an image, a video or content of another site.
pub fn render_embed(tag: &Tag, page: &mut PostContext<'_>) -> Option<String> {
    let name = tag.name.rsplit('/').next().unwrap_or_default().to_ascii_lowercase();
    let name = name.strip_suffix(".html").unwrap_or(&name);
    let is_picture = ["figure", "fig", "img", "image", "picture", "photo"].iter().any(|word| name.contains(word));
    let source = tag.get(&["src", "url"]).unwrap_or_default();
    if is_picture || images::is_image_path(source) {
        return figure(tag);
    }
    if name == "imgproc" {
        let wanted = tag.positional.first()?.to_ascii_lowercase();
        let named =
            |path: &&String| path.rsplit('/').next().is_some_and(|name| name.to_ascii_lowercase().contains(&wanted));
        let path = page.tree.attachments(page.file).iter().find(named)?;
        return Some(image(path.rsplit('/').next()?, ""));
    }
    if matches!(name, "video" | "audio") && !source.contains("://") && !source.is_empty() {
        let source = html_escape::encode_double_quoted_attribute(source);
        return Some(format!("<{name} src=\"{source}\" controls></{name}>"));
    }
    let named = Tag { name: name.to_owned(), ..tag.clone() };
    if let Some(address) = embed_url(&named) {
        return Some(format!("<{address}>"));
    }
    let is_web = |value: &&str| value.starts_with("https://") || value.starts_with("http://");
    let keys = ["url", "href", "link", "src"];
    let address = tag.get(&keys).filter(is_web).or_else(|| tag.positional.iter().map(String::as_str).find(is_web))?;
    let address = address.replace(['<', '>'], "").split_whitespace().collect::<String>();
    match tag.get(&["text", "title", "label", "caption"]) {
        Some(text) => Some(format!("[{}](<{address}>)", on_one_line(text).replace(['[', ']'], ""))),
        None => Some(format!("<{address}>")),
    }
}

/// The title of a tag, in bold.
pub fn heading(tag: &Tag) -> Option<String> {
    let title = tag.get(&["title", "summary", "heading"])?;
    Some(format!("**{}**", on_one_line(title).replace('*', "")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_parsed() {
        let tag = parse("figure src=\"a b.png\" link=`https://x/?a=b` wide \"c\\\"d\" n=1, x: 'y'");
        assert_eq!(tag.name, "figure");
        assert_eq!(tag.get(&["src"]), Some("a b.png"));
        assert_eq!(tag.get(&["link"]), Some("https://x/?a=b"));
        assert_eq!(tag.get(&["x"]), Some("y"));
        assert_eq!(tag.positional, ["wide", "c\"d"]);
        assert_eq!(parse("youtube(id=\"x\", a=[1,2])").get(&["id"]), Some("x"));
    }

    #[test]
    fn closing_delimiters_with_and_without_quotes() {
        assert_eq!(find_closing("a \">}}\" >}}", 0, ">}}", b"\"`"), Some(8));
        assert_eq!(find_closing("it's >}}", 0, ">}}", b"'"), Some(5));
        assert_eq!(find_closing("a {{< b >}}", 0, ">}}", b"\"`"), None);
    }
}
