use proptest::prelude::*;

use super::media::Attachment;
use super::*;
use crate::import::entry::{Body, EntryDate, ParsedDate};

const EXPORT: &str = r#"<?xml version="1.0" encoding="UTF-8" ?>
<rss version="2.0" xmlns:excerpt="http://wordpress.org/export/1.2/excerpt/" xmlns:content="http://purl.org/rss/1.0/modules/content/"
 xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:wp="http://wordpress.org/export/1.2/">
<channel><title>Lakes</title><link>https://lakes.example</link><language>en-US</language><wp:wxr_version>1.2</wp:wxr_version>
<wp:base_blog_url>https://lakes.example</wp:base_blog_url>
<wp:author><wp:author_id>2</wp:author_id><wp:author_login><![CDATA[ada]]></wp:author_login><wp:author_display_name><![CDATA[Ada Lake]]></wp:author_display_name></wp:author>
ITEMS</channel></rss>"#;

fn item(kind: &str, status: &str, rest: &str) -> String {
    format!(
        "<item><title>T</title><link>https://lakes.example/t/</link><dc:creator>ada</dc:creator><guid isPermaLink=\"false\">https://lakes.example/?p=1</guid>\
         <wp:post_id>1</wp:post_id><wp:post_date>2020-05-01 12:00:00</wp:post_date><wp:post_date_gmt>2020-05-01 10:00:01</wp:post_date_gmt>\
         <wp:status>{status}</wp:status><wp:post_type>{kind}</wp:post_type>{rest}</item>"
    )
}

fn meta(key: &str, value: &str) -> String {
    format!(
        "<wp:postmeta><wp:meta_key>{key}</wp:meta_key><wp:meta_value><![CDATA[{value}]]></wp:meta_value></wp:postmeta>"
    )
}

fn all(items: &str, pages: bool) -> (Vec<ParsedEntry>, Vec<String>) {
    let text = EXPORT.replace("ITEMS", items);
    let mut entries = Vec::new();
    let remarks = read(|| Ok(text.as_bytes()), pages, &mut |entry| entries.push(entry)).unwrap().notes;
    (entries, remarks)
}

fn one(rest: &str) -> ParsedEntry {
    all(&item("post", "publish", rest), false).0.remove(0)
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
fn galleries_are_images_and_no_text() {
    const BLOCK: &str = "<!-- wp:gallery {\"linkTo\":\"none\"} -->\n<figure class=\"wp-block-gallery has-nested-images\">\
        <!-- wp:image {\"id\":7} -->\n<figure class=\"wp-block-image\"><a href=\"/7\"><img src=\"/7-300x200.jpg\" alt=\"\" class=\"wp-image-7\"/></a>\
        </figure>\n<!-- /wp:image -->\n\n<!-- wp:image {\"id\":8} -->\n<figure class=\"wp-block-image\">\
        <img src=\"/8.jpg\" alt=\"A &amp; B\" class=\"size-large wp-image-8\"/><figcaption>The <b>other</b> shore</figcaption></figure>\n\
        <!-- /wp:image --><figure><img src=\"/elsewhere.jpg\"></figure><figcaption>All <i>three</i></figcaption></figure>\n<!-- /wp:gallery -->";
    const OLD_BLOCK: &str = "<!-- wp:gallery {\"ids\":[7]} -->\n<ul class=\"wp-block-gallery\"><li class=\"blocks-gallery-item\"><figure>\
        <img src=\"/7.jpg\" data-id=\"7\"/><figcaption>Old</figcaption></figure></li></ul>\n<!-- /wp:gallery -->";
    let seven = "https://lakes.example/7.jpg|A lake|At dawn";
    for (content, images, text) in [
        ("Before [gallery ids=\"8, 7,8\"] after", &["https://lakes.example/8.jpg|-|-", seven][..], "Before  after"),
        ("[gallery size=\"large\"]", &[seven, "https://lakes.example/8.jpg|-|-"], ""),
        ("[gallery exclude=\"8\"]", &[seven], ""),
        ("[gallery id=\"5\"]x", &[], "x"),
        (
            BLOCK,
            &[seven, "https://lakes.example/8.jpg|A & B|The other shore", "/elsewhere.jpg|-|-"],
            "All <i>three</i>",
        ),
        (OLD_BLOCK, &["https://lakes.example/7.jpg|A lake|Old"], ""),
        ("<pre>[gallery ids=\"7\"]</pre>", &[], "<pre>[gallery ids=\"7\"]</pre>"),
    ] {
        let of_post =
            |position: u32| format!("<wp:post_parent>1</wp:post_parent><wp:menu_order>{position}</wp:menu_order>");
        let items = item("post", "publish", &format!("<content:encoded><![CDATA[{content}]]></content:encoded>"))
            + &picture("8", "", &of_post(2))
            + &picture("7", "At dawn", &(of_post(1) + &meta("_wp_attachment_image_alt", "A lake")))
            + &picture("9", "", &of_post(3)).replace("/9.jpg", "/9.pdf");
        let entry = all(&items, false).0.remove(0);
        let shown: Vec<String> = entry
            .images
            .iter()
            .map(|image| {
                let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "-".to_owned());
                [text(&image.url), text(&image.alt), text(&image.caption)].join("|")
            })
            .collect();
        assert_eq!(shown, images, "{content}");
        let expected = Some(text).filter(|text| !text.is_empty());
        let expected =
            expected.map(|text| if text.starts_with('<') { text.to_owned() } else { format!("<p>{text}</p>") });
        assert_eq!(entry.body, expected.map(Body::Html), "{content}");
    }
    let missing = one("<content:encoded>[gallery ids=\"70,71\"]</content:encoded>");
    assert!(missing.remarks[0].ends_with("by their ids: 70, 71"), "{:?}", missing.remarks);
    let player = one("<content:encoded><![CDATA[<iframe src=\"https://v.example/1\"></iframe>]]></content:encoded>");
    assert!(player.body.is_some());
}

/// A picture of an export.
fn picture(id: &str, caption: &str, rest: &str) -> String {
    let rest = format!(
        "<wp:attachment_url>https://lakes.example/{id}.jpg</wp:attachment_url>\
         <excerpt:encoded><![CDATA[{caption}]]></excerpt:encoded>{rest}"
    );
    item("attachment", "inherit", &rest).replace("<wp:post_id>1<", &format!("<wp:post_id>{id}<"))
}

#[test]
fn a_caption_is_no_alternative_text() {
    let post = |content: &str| {
        item(
            "post",
            "publish",
            &(meta("_thumbnail_id", "7") + &format!("<content:encoded><![CDATA[{content}]]></content:encoded>")),
        )
    };
    const CAPTION: &str = "[caption id=\"attachment_7\"]<img src=\"/7.jpg\"> Behind <b>it</b>[/caption]";
    for (content, caption, alt, expected) in [
        ("x", "At <i>dawn</i>", "A lake", (Some("A lake"), Some("At dawn"))),
        ("x", "At dawn", "", (None, Some("At dawn"))),
        ("x", "", "A lake", (Some("A lake"), None)),
        (CAPTION, "At dawn", "A lake", (Some("A lake"), Some("At dawn"))),
        (CAPTION, "", "A lake", (Some("A lake"), Some("Behind it"))),
    ] {
        let items = post(content) + &picture("7", caption, &meta("_wp_attachment_image_alt", alt));
        let image = all(&items, false).0.remove(0).image.unwrap();
        assert_eq!((image.alt.as_deref(), image.caption.as_deref()), expected, "{content} {caption} {alt}");
        assert_eq!(image.credit, None);
    }
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

fn body_of(html: &str) -> String {
    let file = |url: &str| Attachment { url: url.to_owned(), caption: Some("C".to_owned()), ..Attachment::default() };
    let mut media = Media::default();
    media.insert("1".to_owned(), file("https://l.example/1.jpg"));
    media.insert("2".to_owned(), file("https://l.example/2.jpg"));
    paragraphs::autop(&body::resolve(html, "1", &media, Vec::new()).html)
}

#[test]
fn bodies() {
    for (html, expected) in [
        ("a\nb\n\nc", "<p>a<br />\nb</p>\n<p>c</p>"),
        ("<p>a</p>\n\n<p>b</p>", "<p>a</p>\n<p>b</p>"),
        (
            "<!-- wp:paragraph -->\n<p>a</p>\n<!-- /wp:paragraph -->\n\n<!-- wp:list --><ul><li>b</li></ul><!-- /wp:list -->",
            "<p>a</p>\n<ul><li>b</li>\n</ul>",
        ),
        ("a\n<h2>b</h2>\nc", "<p>a</p>\n<h2>b</h2>\n<p>c</p>"),
        ("<blockquote>a\n\nb</blockquote>", "<blockquote><p>a</p>\n<p>b</p>\n</blockquote>"),
        ("<pre>a\n\nb [x y=1]</pre>", "<pre>a\n\nb [x y=1]</pre>"),
        ("a <b>b\nc</b>", "<p>a <b>b<br />\nc</b></p>"),
        ("[vc_row][vc_column width=\"1/2\"]kept[/vc_column][/vc_row]", "<p>kept</p>"),
        ("a [sic] b [1] c [...] d [Photo: X] [a, b]", "<p>a [sic] b [1] c [...] d [Photo: X] [a, b]</p>"),
        (
            "a [code lang=\"php\"]\n<title>T</title> [gallery] &amp;&amp; x\n[/code] b",
            "<p>a</p>\n<pre><code>&lt;title&gt;T&lt;/title&gt; [gallery] &amp;&amp; x</code></pre>\n<p>b</p>",
        ),
        ("<pre lang=php><?php echo '<p>'; ?></pre>", "<pre><code>&lt;?php echo '&lt;p&gt;'; ?&gt;</code></pre>"),
        ("<pre lang=php escaped=true>&lt;p&gt;</pre>", "<pre lang=php escaped=true>&lt;p&gt;</pre>"),
        (
            "[youtube a_1-B w=640] [vimeo 12] [tweet id=\"34\"]",
            "<p><a href=\"https://www.youtube.com/watch?v=a_1-B\">https://www.youtube.com/watch?v=a_1-B</a> \
             <a href=\"https://vimeo.com/12\">https://vimeo.com/12</a> \
             <a href=\"https://twitter.com/i/web/status/34\">https://twitter.com/i/web/status/34</a></p>",
        ),
        ("[[gallery]] and <code>[gallery]</code>", "<p>[gallery] and <code>[gallery]</code></p>"),
        ("a\n[gallery ids=\"1,2\"]\nb", "<p>a</p>\n<p>b</p>"),
        ("a<!-- wp:gallery --><p>b</p><!-- /wp:gallery --><!-- wp:gallery -->c", "<p>a</p>\n<p>b</p>\n<p>c</p>"),
        (
            "a\n[caption id=\"x\" width=\"3\"]<a href=\"/p\"><img src=\"/i.jpg\" /></a> The lake[/caption]\nb",
            "<p>a</p>\n<figure><a href=\"/p\"><img src=\"/i.jpg\" /></a><figcaption>The lake</figcaption>\n</figure>\n<p>b</p>",
        ),
        (
            "[caption caption=\"Old\"]<img src=\"/i.jpg\">[/caption]",
            "<figure><img src=\"/i.jpg\"><figcaption>Old</figcaption>\n</figure>",
        ),
        (
            "[embed width=\"9\"] https://v.example/?a=1&amp;b=2 [/embed]",
            "<p><a href=\"https://v.example/?a=1&amp;b=2\">https://v.example/?a=1&amp;b=2</a></p>",
        ),
        ("[embed src=\"https://v.example/1\" /]", "<p><a href=\"https://v.example/1\">https://v.example/1</a></p>"),
        ("[embed]no address[/embed]", "<p>no address</p>"),
        ("[youtube]https://v.example/1[/youtube]", "<p><a href=\"https://v.example/1\">https://v.example/1</a></p>"),
        (
            "a\n https://v.example/1 \nb https://v.example/2\n\nhttps://v.example/3",
            "<p>a<br />\n<a href=\"https://v.example/1\">https://v.example/1</a><br />\nb https://v.example/2</p>\n\
             <p><a href=\"https://v.example/3\">https://v.example/3</a></p>",
        ),
        ("<p>https://v.example/1</p>", "<p><a href=\"https://v.example/1\">https://v.example/1</a></p>"),
        (
            "<a href=\"/x\">\nhttps://v.example/1\n</a>\n<pre>\nhttps://v.example/1\n</pre>",
            "<p><a href=\"/x\"><br />\nhttps://v.example/1<br />\n</a></p>\n<pre>\nhttps://v.example/1\n</pre>",
        ),
        ("https://\n\nhttps://v.example/<b>1</b>", "<p>https://</p>\n<p>https://v.example/<b>1</b></p>"),
        (
            "<!-- wp:embed {\"url\":\"https://v.example/?a=1\\u0026b=2\",\"type\":\"video\"} -->\n\
             <figure class=\"wp-block-embed is-type-video\"><div class=\"wp-block-embed__wrapper\">\nhttps://v.example/?a=1&amp;b=2\n\
             </div><figcaption class=\"wp-element-caption\">The <b>lake</b></figcaption></figure>\n<!-- /wp:embed -->\n\n\
             <!-- wp:core-embed/twitter {\"url\":\"https://v.example/2\"} -->\n<figure>https://v.example/2</figure>\n\
             <!-- /wp:core-embed/twitter -->\n<!-- wp:embed {\"url\":\"https://v.example/3\"} /-->",
            "<figure><a href=\"https://v.example/?a=1&amp;b=2\">https://v.example/?a=1&amp;b=2</a><figcaption>The <b>lake</b></figcaption>\n\
             </figure>\n<p><a href=\"https://v.example/2\">https://v.example/2</a></p>\n\
             <p><a href=\"https://v.example/3\">https://v.example/3</a></p>",
        ),
        (
            "<!-- wp:embed {\"url\":\"javascript:x\"} --><figure>y</figure><!-- /wp:embed --><!-- wp:embed -->z",
            "<figure>y</figure>\n<p>z</p>",
        ),
        (
            "[video mp4=\"https://v.example/1.mp4\"][/video]",
            "<p><a href=\"https://v.example/1.mp4\">https://v.example/1.mp4</a></p>",
        ),
        ("[contact-form-7 id=\"5\" title=\"x\"]a", "<p>a</p>"),
        ("<a title=\"[x y=1]\" href=\"/\">l</a>", "<p><a title=\"[x y=1]\" href=\"/\">l</a></p>"),
        ("one<!--more-->two", "<p>onetwo</p>"),
    ] {
        assert_eq!(body_of(html), expected, "{html}");
    }
}

#[test]
fn the_notes_of_a_post_are_in_its_body() {
    const REFERENCE: &str = "<p>Wet<sup data-fn=\"n-1\" class=\"fn\"><a href=\"#n-1\" id=\"n-1-link\">1</a></sup></p>";
    const NOTE: &str = "<ol><li id=\"n-1\">As <em>all</em> lakes [1]. <a href=\"#n-1-link\">↩\u{fe0e}</a></li>\n";
    let notes = r##"[{"content":"As <em>all</em> lakes [1].","id":"n-1"},{"content":"No reference","id":"n-2"}]"##;
    let post = |body: &str, notes: &str| {
        one(&format!("<content:encoded><![CDATA[{body}]]></content:encoded>{}", meta("footnotes", notes)))
    };
    for (block, expected) in [
        (
            "\n\n<!-- wp:footnotes /-->\n\n<p>Last</p>",
            format!(
                "{REFERENCE}\n{NOTE}<li id=\"n-2\">No reference <a href=\"#n-2-link\">↩\u{fe0e}</a></li>\n</ol>\n<p>Last</p>"
            ),
        ),
        ("", format!("{REFERENCE}\n{NOTE}</ol>")),
    ] {
        let Some(Body::Html(html)) = post(&format!("{REFERENCE}{block}"), notes).body else { panic!() };
        assert_eq!(html, expected);
        // Reference and note lead to each other, after the body was sanitized too.
        let base = url::Url::parse("https://lakes.example/t/").unwrap();
        let published = crate::markup::sanitize(crate::markup::Content::Html(&html), &base, "");
        for link in ["href=\"#n-1\"", "id=\"n-1-link\"", "href=\"#n-1-link\"", "id=\"n-1\""] {
            assert!(published.html.contains(link), "{link} in {}", published.html);
        }
        assert_eq!(published.losses.len(), 0);
    }
    let malformed = post(REFERENCE, "[{");
    assert!(malformed.remarks[0].starts_with("its footnotes are lost"), "{:?}", malformed.remarks);
    assert!(malformed.body.is_some());
}

#[test]
fn other_documents_are_rejected() {
    let refused =
        read(|| Ok("<rss><channel><item><title>a</title></item></channel></rss>".as_bytes()), false, &mut |_| {});
    assert!(refused.unwrap_err().message.contains("WordPress"));
}

#[test]
fn parsing_takes_linear_time() {
    for piece in [
        "[caption]",
        "[a b=",
        "[",
        "[[",
        "<code>",
        "<pre></pre>",
        "<!--",
        "<a x=\"",
        "\n\n",
        "[/a]",
        "<div>",
        "<figure>[/caption]",
        "<!-- wp:embed -->",
        "<!-- wp:footnotes -->",
        "<!-- wp:core-embed/x {\"url\":\"https://a\"} -->x",
        "[embed]",
        "https://a.b\n",
        "<a>\n",
        "</p>",
        "[code]",
        "[/code]",
        "[code][/code]",
        "<pre lang=a>",
    ] {
        let start = std::time::Instant::now();
        body_of(&piece.repeat(400_000 / piece.len()));
        assert!(start.elapsed().as_secs() < 5, "{piece:?} took {:?}", start.elapsed());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn any_body_resolves(pieces in prop::collection::vec(prop_oneof![
        prop::sample::select(vec!["[", "]", "[[", "[caption", "[/caption]", "[gallery ids=", "[gallery]", "<!-- wp:gallery -->", "<!-- /wp:gallery -->", "<figcaption>", "</figcaption>", "[embed]", "[/embed]", "https://a.b", "\"", "'", "=", "1", "<", ">", "<pre>", "</pre>", "<p>", "</p>",
            "<!--", "-->", "\n\n", "\n", " ", "é", "<li>", "<img src=x>", "<a href=", "/", "<br>", "<code>", "[video ", "x", "[code]", "[/code]", "<pre lang=x>"]).prop_map(str::to_owned),
        any::<String>(),
    ], 0..40)) {
        let text = pieces.concat();
        let shown = body_of(&text);
        // No letter of the text is lost, but for what stands in tags, shortcodes and comments.
        if !text.contains(['[', '<']) {
            let letters = |text: &str| text.chars().filter(|letter| !letter.is_whitespace()).collect::<String>();
            prop_assert_eq!(letters(&shown.replace("<p>", "").replace("</p>", "").replace("<br />", "")), letters(&text));
        }
    }
}
