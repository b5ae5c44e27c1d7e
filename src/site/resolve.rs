//! From a translation in the store to an entry that every format can render.

use url::Url;

use crate::config::{Config, LanguageIndex, TopicIndex};
use crate::markup::{self, Loss};
use crate::model::{
    Correction, Deleted, Enclosure, Entry, Html, Image, Language, Person, Sibling, Text, Timestamp, TopicLabel,
    absolute,
};
use crate::store::{
    Image as StoredImage, RawEnclosure, RawPerson, Str, Translation, body, gallery, page as link_url, parse_duration,
};

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
    // What is said of a story as a whole is in the default language.
    let of_story = &config.languages[0].language;
    let written_in = |is_own: bool| if is_own { edition.language.clone() } else { of_story.clone() };
    let moment = |at: Timestamp| config.site.zone.moment(at);
    let deleted = Deleted {
        iri: iri.clone(),
        when: moment(withdrawn.map_or(translation.updated, |withdrawn| withdrawn.on)),
        reason: withdrawn.and_then(|withdrawn| Some((Text::block(withdrawn.reason?)?, written_in(withdrawn.is_own)))),
    };
    let sibling = Sibling { language: language.clone(), id: id.clone(), url: link.clone() };
    let content = translation.content.filter(|_| with_body);
    let (content, losses) = content.map_or_else(Default::default, |content| body(content, &base, &language, &anchors));
    let images: Vec<Image> = translation.images.iter().filter_map(|raw| image(raw, &base, &language)).collect();
    let content = if with_body { with_gallery(content, &images, &language) } else { content };
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
        image: image(&translation.image, &base, &language),
        images,
        correction: translation.correction.and_then(|correction| {
            Some(Correction {
                on: moment(correction.on),
                text: Text::block(correction.text)?,
                language: written_in(correction.is_own),
            })
        }),
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

fn image(image: &StoredImage<'_>, base: &Url, language: &Language) -> Option<Image> {
    Some(Image {
        url: url(image.url?, base, language)?,
        alt: image.alt.and_then(Text::line),
        caption: image.caption.and_then(Text::line),
        credit: image.credit.and_then(Text::line),
        width: image.width,
        height: image.height,
    })
}

/// A body with the figures of a gallery after it.
fn with_gallery(content: Option<Html>, images: &[Image], language: &Language) -> Option<Html> {
    let Some(figures) = gallery(images, language) else { return content };
    let body = content.as_ref().map_or("", Html::as_str);
    Some(Html::of_sanitized(format!("{body}{figures}")))
}

fn enclosure(raw: &RawEnclosure<'_>, base: &Url, language: &Language) -> Option<Enclosure> {
    let of = |written: &Option<Str<'_>>| url(&written.as_ref()?.0, base, language);
    let url = of(&raw.url)?;
    let media_type = raw.media_type_at(url.path()).to_owned();
    Some(Enclosure {
        url,
        media_type,
        length: raw.length,
        title: raw.title.as_ref().and_then(|title| Text::line(&title.0)),
        duration: raw.duration.as_ref().and_then(|duration| parse_duration(&duration.0)),
        captions: of(&raw.captions),
        poster: of(&raw.poster),
    })
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
}
