use super::*;
use crate::import::entry::{Body, EntryDate, ParsedDate};

const EXPORT: &str = r#"<?xml version="1.0" encoding="UTF-8" ?>
<rss version="2.0" xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/" xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:wp="http://wordpress.org/export/1.2/">
<channel><title>Lakes</title><link>https://lakes.example</link><language>en-US</language><wp:wxr_version>1.2</wp:wxr_version>
<wp:base_blog_url>https://lakes.example</wp:base_blog_url>
<wp:author><wp:author_id>2</wp:author_id><wp:author_login><![CDATA[ada]]></wp:author_login><wp:author_display_name><![CDATA[Ada Lake]]></wp:author_display_name></wp:author>
ITEMS</channel></rss>"#;

pub fn item(kind: &str, status: &str, rest: &str) -> String {
    format!(
        "<item><title>T</title><link>https://lakes.example/t/</link><dc:creator>ada</dc:creator><guid isPermaLink=\"false\">https://lakes.example/?p=1</guid>\
         <wp:post_id>1</wp:post_id><wp:post_date>2020-05-01 12:00:00</wp:post_date><wp:post_date_gmt>2020-05-01 10:00:01</wp:post_date_gmt>\
         <wp:status>{status}</wp:status><wp:post_type>{kind}</wp:post_type>{rest}</item>"
    )
}

pub fn meta(key: &str, value: &str) -> String {
    format!(
        "<wp:postmeta><wp:meta_key>{key}</wp:meta_key><wp:meta_value><![CDATA[{value}]]></wp:meta_value></wp:postmeta>"
    )
}

pub fn all(items: &str, pages: bool) -> (Vec<ParsedEntry>, Vec<String>) {
    let text = EXPORT.replace("ITEMS", items);
    let mut entries = Vec::new();
    let remarks = read(|| Ok(text.as_bytes()), pages, &mut |entry| entries.push(entry)).unwrap().notes;
    (entries, remarks)
}

pub fn one(rest: &str) -> ParsedEntry {
    all(&item("post", "publish", rest), false).0.remove(0)
}

/// A picture of an export.
pub fn picture(id: &str, caption: &str, rest: &str) -> String {
    let rest = format!(
        "<wp:attachment_url>https://lakes.example/{id}.jpg</wp:attachment_url>\
         <excerpt:encoded><![CDATA[{caption}]]></excerpt:encoded>{rest}"
    );
    item("attachment", "inherit", &rest).replace("<wp:post_id>1<", &format!("<wp:post_id>{id}<"))
}

#[test]
fn a_complete_post() {
    let rest = format!(
        "<content:encoded><![CDATA[One.\n\nTwo ]]]]><![CDATA[> three.]]></content:encoded><excerpt:encoded><![CDATA[Short &amp; clear]]></excerpt:encoded>\
         <category domain=\"category\" nicename=\"lakes\"><![CDATA[Lakes &amp; Rivers]]></category><category domain=\"post_tag\" nicename=\"uncategorized\">U</category>\
         <category domain=\"language\" nicename=\"de\">Deutsch</category><category domain=\"post_translations\" nicename=\"pll_64\">pll_64</category>{}{}",
        meta("_thumbnail_id", "7"),
        meta("enclosure", "https://lakes.example/a.mp3\n123\naudio/mpeg\n")
    );
    // The picture stands behind the post.
    let picture = item(
        "attachment",
        "inherit",
        &format!(
            "<wp:attachment_url>https://lakes.example/p.jpg</wp:attachment_url>{}",
            meta("_wp_attachment_image_alt", "A lake")
        ),
    );
    let picture = picture.replace("<wp:post_id>1<", "<wp:post_id>7<");
    let (entries, remarks) =
        all(&(item("post", "publish", &rest) + &picture + &item("nav_menu_item", "publish", "")), false);
    assert_eq!(remarks, ["parts of the site that are no stories, and were passed over: attachment 1, nav_menu_item 1"]);
    let [entry] = &entries[..] else { panic!("{entries:?}") };
    assert_eq!(entry.published, Some(EntryDate::Instant("2020-05-01T12:00:01+02:00".parse().unwrap()).into()));
    assert_eq!(entry.body, Some(Body::Html("<p>One.</p>\n<p>Two ]]> three.</p>".to_owned())));
    assert_eq!(entry.summary.as_deref(), Some("Short & clear"));
    assert_eq!(entry.authors[0].name, "Ada Lake");
    assert_eq!((entry.language.as_deref(), entry.translation_key.as_deref()), (Some("de"), Some("polylang pll_64")));
    assert_eq!(entry.categories.len(), 1);
    assert_eq!(entry.categories[0].label.as_deref(), Some("Lakes & Rivers"));
    let image = entry.image.clone().unwrap();
    assert_eq!((image.url.as_deref(), image.alt.as_deref()), (Some("https://lakes.example/p.jpg"), Some("A lake")));
    assert_eq!(
        (entry.enclosures[0].length, entry.enclosures[0].media_type.as_deref()),
        (Some(123), Some("audio/mpeg"))
    );
    assert_eq!(entry.guid.as_deref(), Some("https://lakes.example/?p=1"));
}

#[test]
fn published_and_unpublished_items() {
    for (kind, status, rest, pages, is_draft, unpublished) in [
        ("post", "publish", "", false, false, None),
        ("post", "future", "", false, false, None),
        ("post", "draft", "", false, true, None),
        ("post", "private", "", false, true, None),
        ("post", "pending", "", false, true, None),
        ("post", "publish", "<wp:post_password>secret</wp:post_password>", false, true, None),
        ("post", "trash", "", false, false, Some("trash")),
        ("post", "auto-draft", "", false, false, Some("saved")),
        ("page", "publish", "", false, false, Some("--pages")),
        ("page", "publish", "", true, false, None),
        ("event", "publish", "", true, false, Some("`event`")),
    ] {
        let (entries, _) = all(&item(kind, status, rest), pages);
        assert_eq!(entries[0].is_draft, is_draft, "{kind} {status} {rest}");
        assert_eq!(entries[0].unpublished_reason.is_some(), unpublished.is_some(), "{kind} {status}");
        assert!(
            entries[0].unpublished_reason.clone().unwrap_or_default().contains(unpublished.unwrap_or_default()),
            "{entries:?}"
        );
    }
    assert_eq!(all(&(item("revision", "inherit", "") + &item("wp_block", "publish", "")), true).0, []);
}

#[test]
fn missing_dates() {
    let with = |local: &str, universal: &str, more: &str| {
        let item = item("post", "draft", more);
        let item = item.replace("2020-05-01 12:00:00", local).replace("2020-05-01 10:00:01", universal);
        all(&item, false).0.remove(0).published
    };
    const NONE: &str = "0000-00-00 00:00:00";
    assert_eq!(with(NONE, NONE, ""), None);
    assert!(matches!(with("2020-05-01 12:00:00", NONE, ""), Some(ParsedDate::Exact(EntryDate::Local(_)))));
    let modified = "<wp:post_modified>2021-01-02 03:04:05</wp:post_modified>";
    assert!(
        matches!(with(NONE, NONE, modified), Some(ParsedDate::Exact(EntryDate::Local(at))) if at.to_string() == "2021-01-02 03:04:05")
    );
}

#[test]
fn wpml_translations() {
    let entry = one(&(meta("_wpml_import_language_code", "fr") + &meta("_wpml_import_translation_group", "12")));
    assert_eq!((entry.language.as_deref(), entry.translation_key.as_deref()), (Some("fr"), Some("wpml 12")));
}

#[test]
fn a_post_in_several_languages_is_an_entry_for_each() {
    const BLOCKS: &str =
        "<!-- wp:paragraph -->\n<p>[:de]Neu[:en]New[:]</p>\n<!-- /wp:paragraph -->\n[gallery ids=\"7\"]";
    const WHOLE: &str = "<!--:de-->Neu\n\nund gut<!--:--><!--:en-->New<!--more--><!--:-->\n[gallery ids=\"7\"]";
    for (content, german, english) in
        [(BLOCKS, "<p>Neu</p>", "<p>New</p>"), (WHOLE, "<p>Neu</p>\n<p>und gut</p>", "<p>New</p>")]
    {
        let post = item(
            "post",
            "publish",
            &format!(
                "<content:encoded><![CDATA[{content}]]></content:encoded><excerpt:encoded>[:de]K[:en]S[:]</excerpt:encoded>"
            ),
        );
        let post = post
            .replace("<title>T</title>", "<title><![CDATA[<!--:de-->Brücke<!--:--><!--:en-->Bridge<!--:-->]]></title>");
        let (entries, _) = all(&(post + &picture("7", "[:en]Dawn[:de]Morgen[:]", "")), false);
        let shown: Vec<_> = entries
            .iter()
            .map(|entry| {
                let (language, title) = (entry.language.as_deref().unwrap(), entry.title.as_deref().unwrap());
                (language, title, entry.summary.as_deref().unwrap(), entry.body.clone().unwrap())
            })
            .collect();
        // The site is in English.
        assert_eq!(
            shown,
            [
                ("en", "Bridge", "S", Body::Html(english.to_owned())),
                ("de", "Brücke", "K", Body::Html(german.to_owned())),
            ]
        );
        let ids: Vec<_> = entries.iter().map(|entry| (entry.guid.as_deref(), entry.key.as_deref())).collect();
        let id = "https://lakes.example/?p=1";
        assert_eq!(ids, [(Some(id), None), (None, Some("https://lakes.example/?p=1#de"))]);
        assert_eq!(entries[0].translation_key, entries[1].translation_key);
        let captions: Vec<_> = entries.iter().map(|entry| entry.images[0].caption.as_deref()).collect();
        assert_eq!(captions, [Some("Dawn"), Some("Morgen")]);
    }
}

#[test]
fn other_documents_are_rejected() {
    let refused =
        read(|| Ok("<rss><channel><item><title>a</title></item></channel></rss>".as_bytes()), false, &mut |_| {});
    assert!(refused.unwrap_err().message.contains("WordPress"));
}
