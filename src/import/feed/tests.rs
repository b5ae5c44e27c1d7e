use proptest::prelude::*;

use super::*;
use crate::import::entry::{Author, Body, Category, Enclosure, Image};

fn entries(text: &str) -> Vec<ParsedEntry> {
    let mut all = Vec::new();
    read(|| Ok(text.as_bytes()), None, false, &mut |entry| all.push(entry)).unwrap();
    all
}

fn one(text: &str) -> ParsedEntry {
    let mut all = entries(text);
    assert_eq!(all.len(), 1, "{text}");
    all.remove(0)
}

const RSS: &str = r#"<?xml version="1.0"?><rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/"
 xmlns:content="http://purl.org/rss/1.0/modules/content/" xmlns:media="http://search.yahoo.com/mrss/">
<channel><title>News</title><link>https://a.example/</link><language>fr</language><pubDate>Mon, 02 Jan 2006 00:00:00 GMT</pubDate>
<item><title>Fish &amp;amp; chips</title><link>https://a.example/1</link><guid isPermaLink="false">g1</guid>
<pubDate>Wed, 11 Jan 2006 16:43:21 -0800</pubDate><dc:creator>Ana</dc:creator><category domain="x">Food</category><category>Food</category>
<description>A &lt;b&gt;short&lt;/b&gt; text</description><content:encoded><![CDATA[<p>Long</p>]]></content:encoded>
<media:content url="https://a.example/i.jpg" medium="image" width="10"><media:credit>Bo</media:credit></media:content>
<enclosure url="https://a.example/a.mp3" type="audio/mpeg" length="7"/></item></channel></rss>"#;

#[test]
fn rss() {
    let entry = one(RSS);
    assert_eq!(entry.title.as_deref(), Some("Fish & chips"));
    assert_eq!((entry.guid.as_deref(), entry.link.as_deref()), (Some("g1"), Some("https://a.example/1")));
    assert_eq!(entry.summary.as_deref(), Some("A short text"));
    assert_eq!(entry.body, Some(Body::Html("<p>Long</p>".into())));
    assert_eq!(entry.authors, [Author { name: "Ana".into(), ..Author::default() }]);
    assert_eq!(entry.categories, [Category { term: "Food".into(), label: None }]);
    let picture = Image {
        url: Some("https://a.example/i.jpg".into()),
        credit: Some("Bo".into()),
        width: Some(10),
        ..Image::default()
    };
    assert_eq!(entry.image, Some(picture));
    assert_eq!(entry.enclosures[0].length, Some(7));
    assert_eq!((entry.language, entry.inherited_language.as_deref()), (None, Some("fr")));
    assert_eq!(entry.line, 4);
    let head = read(|| Ok(RSS.as_bytes()), None, false, &mut |_| {}).unwrap();
    assert_eq!(
        (head.title.as_deref(), head.language.as_deref(), head.date.is_some()),
        (Some("News"), Some("fr"), true)
    );
}

#[test]
fn rss_of_other_versions() {
    let rdf = one(
        "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://purl.org/rss/1.0/' xmlns:dc='http://purl.org/dc/elements/1.1/'>\
         <channel rdf:about='c'><title>T</title></channel><item rdf:about='https://a.example/1'><title>a</title><link>https://a.example/x</link>\
         <dc:date>2006-01-11</dc:date><dc:language>de</dc:language><dc:subject>S</dc:subject></item></rdf:RDF>",
    );
    assert_eq!((rdf.guid.as_deref(), rdf.link.as_deref()), (Some("https://a.example/1"), Some("https://a.example/x")));
    assert_eq!((rdf.language.as_deref(), rdf.categories[0].term.as_str()), (Some("de"), "S"));
    assert!(rdf.published.is_some());
    let old = one(
        "<rss version='0.91'><channel><item><title>a</title><description>&lt;p&gt;b&lt;/p&gt;</description></item></channel></rss>",
    );
    assert_eq!((old.body, old.summary), (Some(Body::Html("<p>b</p>".into())), None));
    let own = one(
        "<rss><channel><item><title>a</title><description xml:lang='en'><![CDATA[<div lang=\"en\">b</div>]]></description></item></channel></rss>",
    );
    assert_eq!(own.body, Some(Body::Html("<div lang=\"en\">b</div>".into())));
    let described = |html: &str| {
        let entry = one(&format!(
            "<rss><channel><item><title>a</title><description><![CDATA[{html}]]></description></item></channel></rss>"
        ));
        (entry.summary, entry.body)
    };
    let summary = "<p lang=\"ar\" dir=\"rtl\">b &lt;i&gt;<br>\nc<br>\n<br>\nd</p>";
    assert_eq!(described(summary), (Some("b <i>\nc\n\nd".into()), None));
    for body in
        ["<p lang=\"ar\" dir=\"rtl\">b <i>c</i></p>", "<p lang=\"ar\">b</p>", "<div lang=\"ar\" dir=\"rtl\">b</div>"]
    {
        assert_eq!(described(body), (None, Some(Body::Html(body.into()))));
    }
}

#[test]
fn atom() {
    let atom = |inner: &str| {
        one(&format!(
            "<feed xmlns='http://www.w3.org/2005/Atom' xml:lang='en' xml:base='https://a.example/'><title>T</title><entry>{inner}</entry></feed>"
        ))
    };
    let entry = atom(
        "<title type='html'>A &amp;lt;b&amp;gt; &lt;i&gt;c&lt;/i&gt;</title><id>urn:1</id><link href='p.html'/><link rel='enclosure' href='f.pdf' title='F'/>\
         <link rel='https://schema.org/workTranslation' hreflang='fr' href='fr.html'/><published>2006-01-11T00:00:00Z</published>\
         <updated>2006-02-01T00:00:00Z</updated><author><name>Ana</name><uri>https://a.example/ana</uri></author>\
         <category term='t' label='Topic'/><summary xml:lang='en'>S</summary>\
         <content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'><p>a &amp; <br/>b</p></div></content>",
    );
    assert_eq!(entry.title.as_deref(), Some("A <b> c"));
    assert_eq!(entry.body, Some(Body::Html("<p>a &amp; <br>b</p>".into())));
    assert_eq!(entry.categories, [Category { term: "t".into(), label: Some("Topic".into()) }]);
    assert_eq!(entry.translations, ["https://a.example/fr.html"]);
    assert_eq!(entry.link.as_deref(), Some("https://a.example/p.html"));
    assert_eq!((entry.base.as_deref(), entry.language.as_deref()), (Some("https://a.example/"), Some("en")));
    assert_eq!(entry.authors[0].url.as_deref(), Some("https://a.example/ana"));
    assert!(entry.updated.is_some());
    assert_eq!(atom("<title>1 &lt; 2 &amp;amp; 3</title>").title.as_deref(), Some("1 < 2 &amp; 3"));
    assert_eq!(atom("<content type='text/plain' mode='base64'>aGk=</content>").body, Some(Body::Text("hi".into())));
    let three = one(
        "<feed version='0.3' xmlns='http://purl.org/atom/ns#'><entry><title mode='escaped' type='text/html'>a &amp;amp; b</title>\
         <issued>2004-01-01T00:00:00Z</issued><content type='text/html' mode='escaped'>&lt;p&gt;c</content></entry></feed>",
    );
    assert_eq!((three.title.as_deref(), three.body), (Some("a & b"), Some(Body::Html("<p>c".into()))));
}

#[test]
fn json() {
    let all = entries(
        "{\"version\": \"http://jsonfeed.org/version/1\", \"language\": \"en\",\n\"items\": [\n{\"id\": 7, \"title\": \"a\", \"tags\": \"t\", \
         \"content_text\": \"x\", \"date_published\": \"2006-01-11T00:00:00Z\", \"author\": {\"name\": \"Ana\"}},\n5,\n{\"id\": \"b\", \"content_html\": null}]}",
    );
    assert_eq!(all.len(), 3);
    assert_eq!((all[0].guid.as_deref(), all[0].line, all[0].categories[0].term.as_str()), (Some("7"), 3, "t"));
    assert_eq!((all[0].body.clone(), all[0].authors[0].name.as_str()), (Some(Body::Text("x".into())), "Ana"));
    assert!(all[1].skip_reason.is_some() && all[2].skip_reason.is_none());
}

/// For every beginning of a document: its complete entries come in, and it is whole only at its end.
fn check_beginnings(whole: &str, last: &str, ends: &[&str]) {
    for length in 0..=whole.len() {
        let mut titles = Vec::new();
        let outcome = read(|| Ok(&whole.as_bytes()[..length]), None, false, &mut |entry| {
            titles.push(entry.title.unwrap_or_default())
        });
        let expected = ends.iter().filter(|end| whole.find(**end).unwrap() + end.len() <= length).count();
        let is_whole = whole.rfind(last).unwrap() + last.len() <= length;
        assert_eq!(titles.len(), expected, "{}", &whole[..whole.floor_char_boundary(length)]);
        match outcome {
            Ok(head) => assert_eq!(head.truncation.is_none(), is_whole, "{length}: {:?}", head.truncation),
            Err(_) => assert!(expected == 0 && !is_whole, "{length}"),
        }
    }
}

#[test]
fn a_cut_document_keeps_its_complete_entries() {
    check_beginnings(
        "<?xml version='1.0'?>\n<rss version='2.0'><channel><title>T</title>\n<item><title>Événement</title><description><![CDATA[a</item>]]></description></item><!--1-->\n\
         <item><title>b</title><guid>2</guid></item><!--2--></channel></rss>\n<!-- made by hand -->\n",
        "</rss>",
        &["</description></item>", "</guid></item>"],
    );
    check_beginnings(
        "<feed xmlns='http://www.w3.org/2005/Atom'><entry><title>a</title><id>1</id></entry><entry><title>b</title>\
         <content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'><br/>x</div></content></entry></feed>\n",
        "</feed>",
        &["</id></entry>", "</content></entry>"],
    );
    check_beginnings(
        "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' xmlns='http://purl.org/rss/1.0/'><channel><title>T</title></channel>\
         <item rdf:about='1'><title>a</title></item><item rdf:about='2'><title>b</title><link>2</link></item></rdf:RDF>",
        "</rdf:RDF>",
        &["<title>a</title></item>", "</link></item>"],
    );
    check_beginnings(
        "{\"version\": \"https://jsonfeed.org/version/1.1\", \"title\": \"T \\\"]}\",\n\"items\": [ {\"id\": \"1\", \"title\": \"é\", \"tags\": [\"}\"]},\n\
         {\"id\": 2, \"title\": \"b\", \"x\": 12} ], \"expired\": false, \"count\": 12}\n",
        "}",
        &["[\"}\"]}", "\"x\": 12}"],
    );
    let malformed = "{\"items\": [{\"id\": 1}, {\"id\": 2}} , {\"id\": 3}]}";
    assert!(read(|| Ok(malformed.as_bytes()), None, false, &mut |_| {}).unwrap().truncation.is_some());
}

#[test]
fn an_export_of_wordpress_is_no_feed() {
    for text in [
        "<rss xmlns:wp='http://wordpress.org/export/1.2/'><channel><item><title>a</title></item></channel></rss>",
        "<rss xmlns:w='http://wordpress.org/export/1.0/'><channel/></rss>",
        "<rss><channel><item><title>a</title><wp:status>draft</wp:status></item><item><title>b</title></item></channel></rss>",
        "<rss xmlns:wp='http://wordpress.org/export/1.2/'><channel><item><title>a</title></item><item>",
    ] {
        let mut count = 0;
        let failure = read(|| Ok(text.as_bytes()), None, false, &mut |_| count += 1).unwrap_err();
        assert!(failure.message.contains("--from wordpress") && count == 0, "{text}: {}", failure.message);
    }
}

#[test]
fn the_base_of_relative_addresses_is_declared_by_feed_entry_and_content() {
    let entry = |address: Option<&str>, feed: &str, entry: &str, content: &str| {
        let text = format!(
            "<feed xmlns='http://www.w3.org/2005/Atom'{feed}><entry{entry}><title>a</title><link href='p.html'/>\
             <link rel='enclosure' href='f.mp3' xml:base='files/'/><content type='html'{content}>x</content></entry></feed>"
        );
        let mut all = Vec::new();
        read(|| Ok(text.as_bytes()), address, false, &mut |entry| all.push(entry)).unwrap();
        let entry = all.remove(0);
        (entry.link.unwrap(), entry.enclosures[0].url.clone(), entry.body_base.unwrap_or_default())
    };
    let expected = |link: &str, file: &str, body: &str| (link.to_owned(), file.to_owned(), body.to_owned());
    assert_eq!(
        entry(None, " xml:base='https://a.example/b/'", " xml:base='c/'", " xml:base='../d/'"),
        expected("https://a.example/b/c/p.html", "https://a.example/b/c/files/f.mp3", "https://a.example/b/d/")
    );
    assert_eq!(
        entry(Some("https://f.example/x/feed"), "", " xml:base='/c/'", ""),
        expected("https://f.example/c/p.html", "https://f.example/c/files/f.mp3", "https://f.example/c/")
    );
    assert_eq!(
        entry(None, "", "", " xml:base='https://c.example/'"),
        expected("p.html", "f.mp3", "https://c.example/")
    );
}

#[test]
fn what_is_no_text_is_dropped_with_a_warning() {
    let content = |attributes: &str, text: &str| {
        one(&format!(
            "<feed xmlns='http://www.w3.org/2005/Atom'><entry><title>a</title><content {attributes}>{text}</content></entry></feed>"
        ))
    };
    for (attributes, text) in [
        ("type='image/png'", "iVBORw0KGgo="),
        ("type='application/pdf'", "aGk="),
        ("type='text/plain' mode='base64'", "AAEC"),
        ("mode='base64' type='text/html'", "%"),
    ] {
        let entry = content(attributes, text);
        assert_eq!((entry.body, entry.warnings.len()), (None, 1), "{attributes}");
    }
}

#[test]
fn an_entry_in_several_languages_is_one_for_each() {
    for (title, description, expected) in [
        ("[:en]Bridge[:ru]Мост[:]", "", &["en Bridge", "ru Мост"][..]),
        ("&lt;!--:en--&gt;Bridge&lt;!--:--&gt;", "", &["en Bridge"]),
        ("{:en}Bridge{:}{:ru}Мост{:}", "", &["en Bridge", "ru Мост"]),
        (
            "A",
            "[:en]&lt;p&gt;Bridge&lt;/p&gt;[:ru]&lt;p&gt;Мост&lt;/p&gt;[:]",
            &["en A <p>Bridge</p>", "ru A <p>Мост</p>"],
        ),
        ("The list[:10], [:no] and &lt;!--more--&gt;", "", &["- The list[:10], [:no] and <!--more-->"]),
    ] {
        let document = format!(
            "<rss><channel><item><title>{title}</title><description>{description}</description></item></channel></rss>"
        );
        let shown = entries(&document).into_iter().map(|entry| {
            let body = entry.body.map(|body| match body {
                Body::Html(html) => format!(" {html}"),
                other => panic!("{other:?}"),
            });
            let language = entry.language.unwrap_or_else(|| "-".to_owned());
            format!("{language} {}{}", entry.title.unwrap(), body.unwrap_or_default())
        });
        assert_eq!(shown.collect::<Vec<_>>(), expected, "{title}");
    }
    // Marks and texts in elements of their own.
    let atom = "<feed xmlns='http://www.w3.org/2005/Atom'><entry><title>[:en]A[:ru]Б[:]</title><content type='xhtml'>\
        <div xmlns='http://www.w3.org/1999/xhtml'>[:en]<p>a</p>[:ru]<p>б</p>[:]</div></content></entry></feed>";
    let bodies: Vec<_> = entries(atom).into_iter().map(|entry| (entry.title.unwrap(), entry.body.unwrap())).collect();
    assert_eq!(
        bodies,
        [("A".to_owned(), Body::Html("<p>a</p>".to_owned())), ("Б".to_owned(), Body::Html("<p>б</p>".to_owned())),]
    );
}

#[test]
fn documents_that_are_no_feed_are_named() {
    for (text, part) in [
        ("", "empty"),
        ("<html><body>x</body></html>", "an HTML page"),
        ("<!DOCTYPE html><html><p>x", "an HTML page"),
        ("hello", "neither XML nor JSON"),
        ("{\"a\": 1}", "no `items`"),
        ("[1]", "no feed"),
        ("<opml><body/></opml>", "OPML"),
        ("<x/>", "`x`"),
    ] {
        let failure = read(|| Ok(text.as_bytes()), None, false, &mut |_| {}).unwrap_err();
        assert!(failure.message.contains(part), "{text}: {}", failure.message);
    }
    assert!(read(|| Ok(&b"<rss><channel/></rss>"[..]), None, false, &mut |_| {}).is_ok());
}

/// An item of RSS with a generator, a body and elements of Media RSS.
fn rss_with_media(generator: &str, body: &str, media: &str) -> ParsedEntry {
    one(&format!(
        "<rss version='2.0' xmlns:media='http://search.yahoo.com/mrss/'><channel><generator>{generator}</generator>\
         <language>en</language><item><title>a</title><description><![CDATA[{body}]]></description>{media}</item>\
         </channel></rss>"
    ))
}

fn picture(url: &str) -> Image {
    Image { url: Some(url.into()), ..Image::default() }
}

#[test]
fn credits_of_other_systems_lose_separators_at_their_ends() {
    for (generator, credit) in [("tidings", "Bo /"), ("other", "Bo")] {
        let media = "<media:content url='https://a.example/i.jpg' medium='image'><media:credit>Bo / </media:credit></media:content>";
        let image = rss_with_media(generator, BODY, media).image.unwrap();
        assert_eq!(image.credit.as_deref(), Some(credit), "{generator}");
    }
}

const PICTURES: &str = "<media:content url='https://a.example/a.jpg' medium='image' width='8'>\
     <media:title>A &amp; &lt;b&gt;</media:title></media:content>\
     <media:content url='https://a.example/b.jpg' medium='image'>\
     <media:description>B</media:description><media:credit>C</media:credit></media:content>\
     <media:content url='https://a.example/c.jpg' medium='image'/>";
const BODY: &str = "<div lang=\"en\" dir=\"ltr\"><p>b</p></div>";
/// The figures of the last two pictures.
const FIGURES: &str = "<figure><img src=\"https://a.example/b.jpg\" alt=\"B\"><figcaption>C</figcaption></figure>\
     <figure><img src=\"https://a.example/c.jpg\" alt=\"\"></figure></div>";
const DIV: &str = "<div lang=\"en\" dir=\"ltr\">";

#[test]
fn further_pictures_are_a_gallery_in_feeds_of_tidings_alone() {
    let own = rss_with_media("tidings", BODY, PICTURES);
    let main = Image { caption: Some("A & <b>".into()), width: Some(8), ..picture("https://a.example/a.jpg") };
    let second = Image { alt: Some("B".into()), credit: Some("C".into()), ..picture("https://a.example/b.jpg") };
    assert_eq!((own.image, own.enclosures.len()), (Some(main.clone()), 0));
    assert_eq!(own.images, [second, picture("https://a.example/c.jpg")]);
    let figures = format!("{BODY}{DIV}{FIGURES}");
    let foreign = rss_with_media("WordPress", &figures, PICTURES);
    assert_eq!(
        (foreign.image, foreign.images, foreign.enclosures.len()),
        (Some(Image { caption: None, ..main }), vec![], 0)
    );
    assert_eq!(foreign.body, Some(Body::Html(figures)));
}

#[test]
fn the_figures_of_a_gallery_are_cut_off_the_body_where_they_are_exactly_those() {
    let body_of = |html: &str| rss_with_media("tidings", html, PICTURES).body;
    assert_eq!(body_of(&format!("{BODY}{DIV}{FIGURES}\n")), Some(Body::Html(BODY.into())));
    assert_eq!(body_of(&format!("{DIV}{FIGURES}")), None);
    for other in [
        BODY.to_owned(),
        format!("{BODY}{DIV}<p>c</p>{FIGURES}"),
        format!("{BODY}{DIV}{FIGURES}").replace(" alt=\"B\"", " alt=\"D\""),
        format!("{BODY}<div lang=\"fr\" dir=\"ltr\">{FIGURES}"),
        format!("{BODY}{DIV}{FIGURES}<p>c</p>"),
    ] {
        assert_eq!(body_of(&other), Some(Body::Html(other)));
    }
    // Without a main picture the first of the feed belongs to the gallery.
    let first = "<figure><img src=\"https://a.example/a.jpg\" alt=\"\" width=\"8\">\
         <figcaption>A &amp; &lt;b&gt;</figcaption></figure>";
    let entry = rss_with_media("tidings", &format!("{BODY}{DIV}{first}{FIGURES}"), PICTURES);
    assert_eq!((entry.image, entry.images.len(), entry.body), (None, 3, Some(Body::Html(BODY.into()))));
}

#[test]
fn pictures_of_a_gallery_are_no_attachments() {
    let json = |own: &str| {
        one(&format!(
            r#"{{"items": [{{"id": "1", "language": "en", "content_html": {:?}, "attachments": [
            {{"url": "https://a.example/t.mp4", "mime_type": "video/mp4", "duration_in_seconds": 3730.4}},
            {{"url": "https://a.example/b.jpg", "mime_type": "image/jpeg"}},
            {{"url": "https://a.example/c.jpg", "mime_type": "image/jpeg"}}]{own}}}]}}"#,
            format!("{BODY}{DIV}{FIGURES}")
        ))
    };
    let own = json(
        r#", "_tidings": {"images": [{"url": "https://a.example/b.jpg", "alt": "B", "credit": "C"},
        {"url": "https://a.example/c.jpg"}], "attachments": [{"url": "https://a.example/t.mp4",
        "captions": "https://a.example/t.vtt", "poster": "https://a.example/t.jpg"}]}"#,
    );
    let file = Enclosure {
        url: "https://a.example/t.mp4".into(),
        media_type: Some("video/mp4".into()),
        duration: Some("1:02:10".into()),
        ..Enclosure::default()
    };
    let (captions, poster) = (Some("https://a.example/t.vtt".into()), Some("https://a.example/t.jpg".into()));
    assert_eq!(own.enclosures, [Enclosure { captions, poster, ..file.clone() }]);
    assert_eq!((own.image, own.images.len(), own.body), (None, 2, Some(Body::Html(BODY.into()))));
    let foreign = json("");
    assert_eq!((&foreign.enclosures[0], foreign.enclosures.len(), foreign.images.len()), (&file, 3, 0));
    assert_eq!(foreign.body, Some(Body::Html(format!("{BODY}{DIV}{FIGURES}"))));
}

#[test]
fn media_rss_says_more_of_a_file() {
    let media = "<enclosure url='https://a.example/t.mp4' type='video/mp4' length='9'/>\
        <media:group><media:content url='https://a.example/t.mp4' type='video/mp4' duration='5'>\
        <media:subTitle type='application/ttml+xml' href='https://a.example/t.ttml'/>\
        <media:subTitle type='text/vtt' href='https://a.example/t.vtt'/>\
        <media:thumbnail url='https://a.example/t.jpg'/></media:content></media:group>";
    let own = rss_with_media("tidings", "b", media);
    let file = Enclosure {
        url: "https://a.example/t.mp4".into(),
        media_type: Some("video/mp4".into()),
        length: Some(9),
        duration: Some("0:05".into()),
        captions: Some("https://a.example/t.vtt".into()),
        poster: Some("https://a.example/t.jpg".into()),
        ..Enclosure::default()
    };
    assert_eq!((own.image, own.enclosures), (None, vec![file.clone()]));
    let foreign = rss_with_media("another", "b", media);
    assert_eq!(foreign.image, Some(picture("https://a.example/t.jpg")));
    assert_eq!(foreign.enclosures, [Enclosure { poster: None, ..file }]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]
    #[test]
    fn no_corruption_panics(at in 0..RSS.len(), length in 0..60_usize, put in prop::collection::vec(any::<u8>(), 0..12)) {
        let mut bytes = RSS.as_bytes().to_vec();
        let end = (at + length).min(bytes.len());
        bytes.splice(at..end, put);
        let _ = read(|| Ok(&bytes[..]), None, false, &mut |_| {});
    }

    #[test]
    fn any_markup_parses(pieces in prop::collection::vec(prop::sample::select(vec!["<item>", "</item>", "<entry", ">", "<![CDATA[", "]]>", "&", "&#x41;", "<a b='", "'", "\"", "<!--", "-->", "x", "<!DOCTYPE", "[", "{", "\"items\":", ",", "\\"]), 0..40)) {
        let text = pieces.concat();
        let _ = read(|| Ok(text.as_bytes()), None, false, &mut |_| {});
    }
}
