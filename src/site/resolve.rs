//! From a translation in the store to an entry that every format can render.

use url::Url;

use crate::config::{Config, LanguageIndex, TopicIndex};
use crate::markup::{self, Loss};
use crate::model::{
    Deleted, Enclosure, Entry, Image, Language, Person, Sibling, Text, Timestamp, TopicLabel, absolute,
};
use crate::store::{RawEnclosure, RawPerson, Translation, body, page as link_url};

/// An entry whose text was read from the store.
#[derive(Debug, Clone)]
pub struct ResolvedEntry {
    /// The entry without its translations; `None` if it has no title.
    pub entry: Option<Entry>,
    /// What its translations need to link to it.
    pub sibling: Sibling,
    /// What announces its deletion, if it was withdrawn.
    pub deleted: Deleted,
    /// What its body loses.
    pub losses: Vec<Loss>,
}

/// Resolves a translation of a story. `page`: the address of its own page, which it links to if it has no other link.
pub fn resolve(
    config: &Config,
    story_id: &str,
    topics: &[TopicIndex],
    translation: &Translation<'_>,
    page: Option<Url>,
    with_body: bool,
) -> ResolvedEntry {
    let edition = &config.languages[usize::from(translation.language)];
    let language = edition.language.clone();
    let tag = config.entry_tag_uri(story_id, translation.language);
    let guid = translation.guid.and_then(Text::guid).map(|guid| guid.to_string());
    let iri = guid.clone().filter(|guid| is_absolute_iri(guid)).unwrap_or_else(|| tag.clone());
    let anchors = markup::anchor_prefix(&tag);
    let id = guid.unwrap_or(tag);
    let home = config.home_page(translation.language).unwrap_or_else(|| config.site.base_url.clone());
    let written = translation.link.and_then(|link| link_url(link, &home, language.as_str()));
    // What is relative in a body does not depend on whether there are pages.
    let base = written.clone().unwrap_or(home);
    let link = written.or(page);
    let withdrawn = translation.withdrawn;
    let moment = |at: Timestamp| config.site.zone.moment(at);
    let deleted = Deleted {
        iri: iri.clone(),
        when: moment(withdrawn.map_or(translation.updated, |withdrawn| withdrawn.on)),
        reason: withdrawn.and_then(|withdrawn| {
            let of_story = &config.languages[0].language;
            let reason = Text::block(withdrawn.reason?)?;
            Some((reason, if withdrawn.is_own { language.clone() } else { of_story.clone() }))
        }),
    };
    let sibling = Sibling { language: language.clone(), id: id.clone(), url: link.clone() };
    let content = translation.content.filter(|_| with_body);
    let (content, losses) = content.map_or_else(Default::default, |content| body(content, &base, &language, &anchors));
    let entry = translation.title.and_then(Text::line).map(|title| Entry {
        id,
        iri,
        title,
        summary: translation.summary.and_then(Text::block),
        content,
        link,
        published: moment(translation.published),
        updated: moment(translation.updated),
        authors: match translation.authors {
            Some(authors) => authors.iter().filter_map(|author| person(author, &base)).collect(),
            None => config.site.authors.clone(),
        },
        image: image(translation, &base, &language),
        enclosures: translation.enclosures.iter().filter_map(|raw| enclosure(raw, &base, &language)).collect(),
        topics: topics.iter().map(|topic| label(config, *topic, translation.language)).collect(),
        translations: Vec::new(),
        language,
    });
    ResolvedEntry { entry, sibling, deleted, losses }
}

/// Resolves a URL in which `{language}` is a placeholder, as in `link`.
fn url(written: &str, base: &Url, language: &Language) -> Option<Url> {
    absolute(base, &written.replace("{language}", language.as_str())).ok()
}

fn person(raw: &RawPerson<'_>, base: &Url) -> Option<Person> {
    Some(Person {
        name: Text::line(&raw.name.as_ref()?.0)?,
        url: raw.url.as_ref().and_then(|url| absolute(base, &url.0).ok()),
        email: raw.email.as_ref().and_then(|email| Text::line(&email.0)),
    })
}

fn image(translation: &Translation<'_>, base: &Url, language: &Language) -> Option<Image> {
    let image = translation.image;
    Some(Image {
        url: url(image.url?, base, language)?,
        alt: image.alt.and_then(Text::line),
        credit: image.credit.and_then(Text::line),
        width: image.width,
        height: image.height,
    })
}

fn enclosure(raw: &RawEnclosure<'_>, base: &Url, language: &Language) -> Option<Enclosure> {
    let url = url(&raw.url.as_ref()?.0, base, language)?;
    let media_type =
        raw.media_type.as_ref().map_or_else(|| guess_media_type(url.path()), |written| written.0.trim().to_owned());
    Some(Enclosure {
        url,
        media_type,
        length: raw.length,
        title: raw.title.as_ref().and_then(|title| Text::line(&title.0)),
    })
}

/// Guesses the media type of an attachment by its extension.
fn guess_media_type(path: &str) -> String {
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
    guess.map_or("application/octet-stream", |(_, media_type)| media_type).to_owned()
}

fn label(config: &Config, topic: TopicIndex, language: LanguageIndex) -> TopicLabel {
    let topic = &config.topics[usize::from(topic)];
    TopicLabel {
        id: topic.id.clone(),
        title: topic.titles[usize::from(language)].clone(),
        scheme: format!("tag:{}:topics", config.site.authority),
    }
}

/// Whether a text is an IRI with a scheme (RFC 3987 §2.2), as an Atom id must be.
fn is_absolute_iri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let is_scheme = scheme.starts_with(|first: char| first.is_ascii_alphabetic())
        && scheme.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte));
    let is_forbidden = |c: char| c.is_whitespace() || c.is_control() || "<>\"{}|\\^`".contains(c);
    let is_web = matches!(scheme.to_ascii_lowercase().as_str(), "http" | "https");
    is_scheme
        && !rest.is_empty()
        && !rest.contains(is_forbidden)
        && (!is_web || Url::parse(text).is_ok_and(|url| url.has_host()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn iris_are_recognized() {
        for iri in ["https://old.example.org/?p=17", "urn:uuid:1225c695", "tag:x,2014:a", "http://例え.jp/é"] {
            assert!(is_absolute_iri(iri), "{iri}");
        }
        for other in ["17", "C:\\x", "a b:c", "post 17", "1a:b", "http:", "a:b c", "a:<b>", "http://["] {
            assert!(!is_absolute_iri(other), "{other}");
        }
    }

    #[test]
    fn media_types_are_guessed_by_extension() {
        for (path, expected) in [
            ("/talk.opus", "audio/ogg"),
            ("/a.b/cover.AVIF", "image/avif"),
            ("/talk.vtt", "text/vtt"),
            ("/report.pdf", "application/pdf"),
            ("/a", "application/octet-stream"),
        ] {
            assert_eq!(guess_media_type(path), expected, "{path}");
        }
    }
}
