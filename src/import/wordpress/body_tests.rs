use proptest::prelude::*;

use super::media::Attachment;
use super::tests::{all, item, meta, one, picture};
use super::*;
use crate::import::entry::Body;

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
            "[caption caption=\"Early\"]<img src=\"/i.jpg\">[/caption]",
            "<figure><img src=\"/i.jpg\"><figcaption>Early</figcaption>\n</figure>",
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
fn galleries_are_images_and_no_text() {
    const BLOCK: &str = "<!-- wp:gallery {\"linkTo\":\"none\"} -->\n<figure class=\"wp-block-gallery has-nested-images\">\
        <!-- wp:image {\"id\":7} -->\n<figure class=\"wp-block-image\"><a href=\"/7\"><img src=\"/7-300x200.jpg\" alt=\"\" class=\"wp-image-7\"/></a>\
        </figure>\n<!-- /wp:image -->\n\n<!-- wp:image {\"id\":8} -->\n<figure class=\"wp-block-image\">\
        <img src=\"/8.jpg\" alt=\"A &amp; B\" class=\"size-large wp-image-8\"/><figcaption>The <b>other</b> shore</figcaption></figure>\n\
        <!-- /wp:image --><figure><img src=\"/elsewhere.jpg\"></figure><figcaption>All <i>three</i></figcaption></figure>\n<!-- /wp:gallery -->";
    const OLD_BLOCK: &str = "<!-- wp:gallery {\"ids\":[7]} -->\n<ul class=\"wp-block-gallery\"><li class=\"blocks-gallery-item\"><figure>\
        <img src=\"/7.jpg\" data-id=\"7\"/><figcaption>Early</figcaption></figure></li></ul>\n<!-- /wp:gallery -->";
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
        (OLD_BLOCK, &["https://lakes.example/7.jpg|A lake|Early"], ""),
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
            let parts = shown.split('<').enumerate().map(|(index, part)| match part.split_once('>') {
                Some((_, text)) if index > 0 => text,
                _ => part,
            });
            let shown: String = parts.collect();
            prop_assert_eq!(letters(&crate::markup::decode_references(&shown)), letters(&crate::markup::decode_references(&text)));
        }
    }
}
