//! Bodies before and after: a table of what becomes of each element and attribute (`snapshots/`), and laws.

#![allow(clippy::unwrap_used)]

use proptest::prelude::*;
use scraper::{ElementRef, Html, Node};
use url::Url;

use super::*;

fn sanitized(html: &str) -> Sanitized {
    let base = Url::parse("https://x.example/en/a.html").unwrap();
    sanitize(Content::Html(html), &base, "e1-")
}

fn html(html: &str) -> String {
    sanitized(html).html
}

fn losses(html: &str) -> Vec<&'static str> {
    sanitized(html).losses.iter().map(Loss::kind).collect()
}

const ELEMENTS: &str = "a abbr acronym address applet area article aside audio b base bdi bdo big blink blockquote body br \
    button canvas caption center cite code col colgroup data datalist dd del details dfn dialog dir div dl dt em embed \
    fencedframe fieldset figcaption figure font footer form frame frameset h1 h2 h3 h4 h5 h6 head header hgroup hr html i \
    iframe image img input ins kbd keygen label legend li link listing main map mark marquee math menu menuitem meta meter \
    multicol nav nextid nobr noembed noframes noscript object ol optgroup option output p param picture plaintext portal pre \
    progress q rb rp rt rtc ruby s samp script search section select slot small source spacer span strike strong style sub \
    summary sup svg table tbody td template textarea tfoot th thead time title tr track tt u ul unknown var video wbr xmp";

const ATTRIBUTES: &str = "a.href a.name a.target a.rel a.download a.hreflang a.type a.ping a.title area.href area.shape \
    abbr.title audio.autoplay audio.controls audio.loop audio.muted audio.preload audio.src audio.data-src blockquote.cite \
    body.background code.class col.span data.value del.datetime details.open div.align div.aria-label div.class div.data-x \
    div.dir div.draggable div.hidden div.id div.inert div.itemprop div.lang div.onclick div.role div.spellcheck div.style \
    div.tabindex div.title div.translate div.xml:lang font.color h2.align hr.size iframe.height iframe.name iframe.sandbox \
    iframe.src iframe.srcdoc iframe.title img.align img.alt img.border img.crossorigin img.data-original img.data-src \
    img.data-srcset img.decoding img.height img.hspace img.ismap img.loading img.longdesc img.onerror img.referrerpolicy \
    img.sizes img.src img.srcset img.usemap img.width ins.cite li.value math.display object.data ol.compact ol.reversed \
    ol.start ol.type p.align q.cite source.media source.sizes source.src source.srcset source.type table.align \
    table.bgcolor table.border table.cellpadding table.summary table.width td.abbr td.align td.axis td.bgcolor td.colspan \
    td.headers td.height td.nowrap td.rowspan td.scope td.style td.valign td.width time.datetime track.default track.kind \
    track.label track.src track.srclang tr.align ul.type video.autoplay video.controls video.height video.loop video.muted \
    video.playsinline video.poster video.preload video.src video.width";

#[test]
fn each_element_is_kept_replaced_or_dropped() {
    let table: Vec<String> = ELEMENTS
        .split_whitespace()
        .map(|name| {
            let Sanitized { html, losses } = sanitized(&format!("<p>before<{name}>inside</{name}>after</p>"));
            let losses: Vec<String> = losses.iter().map(|loss| format!("  ({loss})")).collect();
            format!("{name:11} {}{}", html.trim_end(), losses.concat())
        })
        .collect();
    assert!(table.len() >= 119, "{}", table.len());
    insta::assert_snapshot!(table.join("\n"));
}

#[test]
fn each_attribute_is_kept_replaced_or_dropped() {
    let value = |name: &str| match name {
        "align" | "style" if name == "align" => "right",
        "style" => "text-align: center; color: red",
        "dir" => "rtl",
        "lang" | "xml:lang" | "srclang" | "hreflang" => "ar",
        "width" | "height" | "colspan" | "rowspan" | "span" | "start" | "value" | "size" | "border" => "20",
        "datetime" => "2020-01-02",
        "srcset" | "data-srcset" => "s.jpg 1x, l.jpg 2x",
        "type" => "a",
        "id" | "headers" | "name" => "one",
        _ => "value",
    };
    let table: Vec<String> = ATTRIBUTES
        .split_whitespace()
        .map(|pair| {
            let (element, attribute) = pair.split_once('.').unwrap();
            let own = format!("<{element} {attribute}=\"{}\">inside</{element}>", value(attribute));
            let body = match element {
                "td" | "tr" | "col" => {
                    format!("<table><tr><th id=one>h</th></tr>{own}</table>").replace("inside", "<td>inside")
                }
                "source" | "track" if attribute == "srcset" || attribute == "sizes" => {
                    format!("<picture>{}<img src=i.jpg></picture>", own.replace("<source ", "<source srcset=x.jpg "))
                }
                "source" | "track" => format!("<video>{}</video>", own.replacen(' ', " src=f.mp4 ", 1)),
                "img" if attribute != "src" => own.replacen(' ', " src=i.gif ", 1),
                "video" | "audio" if attribute != "src" && attribute != "data-src" => {
                    own.replacen(' ', " src=v.mp4 ", 1)
                }
                "iframe" if attribute != "src" => own.replacen(' ', " src=f.html ", 1),
                "area" => own.replacen(' ', " href=/f alt=F ", 1),
                _ => own,
            };
            format!("{pair:20} {}", html(&body).replace('\n', " "))
        })
        .collect();
    assert!(table.len() >= 82, "{}", table.len());
    insta::assert_snapshot!(table.join("\n"));
}

#[test]
fn frames_become_links_in_every_spelling() {
    let link = "<p><a href=\"https://v.example/1\">v.example</a></p>";
    for frame in [
        "<iframe src=https://v.example/1 allowfullscreen></iframe>",
        "<iframe\tsrc=\"https://v.example/1\"></iframe>",
        "<IFRAME SRC = 'https://v.example/1'></IFRAME>",
        "<iframe data-src=https://v.example/1></iframe>",
        "<iframe src='about:blank' data-src=https://v.example/1></iframe>",
        "<iframe src=https://v.example/1><p>No frames here.</p></iframe>",
        "<embed src=https://v.example/1>",
        "<object data=https://v.example/1><p>No objects here.</p></object>",
        "<iframe src=https://v.example/1>",
    ] {
        assert_eq!(html(frame), link, "{frame}");
        assert_eq!(losses(frame), [""; 0], "{frame}");
    }
    assert_eq!(
        html("<p>a <iframe src=//v.example/1 title=' A  talk '></iframe> b</p>"),
        "<p>a <a href=\"https://v.example/1\">A talk</a> b</p>"
    );
    assert_eq!(
        html("<a href=/x><iframe src=//v.example/1></iframe></a>"),
        "<a href=\"https://x.example/x\">v.example</a>"
    );
    for hidden in [
        "<iframe src=//t.example/1 width=1 height=1></iframe>",
        "<iframe src=//t.example/1 style='display: none'></iframe>",
        "<iframe src=//t.example/1 hidden></iframe>",
        "<iframe src=about:blank></iframe>",
        "<iframe src=//t.example/1 style='width:0px;height:0'></iframe>",
        "<img src=//t.example/1.gif width=1 height=1>",
    ] {
        assert_eq!((html(hidden), losses(hidden)), (String::new(), vec![]), "{hidden}");
    }
    assert_eq!(losses("<iframe src='javascript:alert(1)'></iframe>"), ["frame"]);
    assert_eq!(html("<object><p>Text of it</p></object>"), "<p>Text of it</p>");
    for player in [
        "<object width=4><param name=movie value=https://v.example/1></param><embed src=https://v.example/1></object>",
        "<object><param name=wmode value=x><PARAM NAME=SRC VALUE=https://v.example/1><p>No player.</p></object>",
        "<object><embed src=https://v.example/1></object>",
    ] {
        assert_eq!(html(player), "<p><a href=\"https://v.example/1\">v.example</a></p>", "{player}");
    }
}

#[test]
fn images_that_scripts_load_get_their_address() {
    let image = "<img src=\"https://x.example/en/r.jpg\">";
    for lazy in [
        "<img data-src=r.jpg>",
        "<img src='' data-src=r.jpg>",
        "<img src='data:image/gif;base64,AA==' data-lazy-src=r.jpg>",
        "<img src=/blank.gif data-original=r.jpg>",
        "<noscript><img src=r.jpg></noscript>",
        "<img src='data:,' data-src=r.jpg><noscript><img src=r.jpg></noscript>",
    ] {
        assert_eq!(html(lazy).replace(" data-src=\"r.jpg\"", ""), image, "{lazy}");
    }
    assert_eq!(
        html("<img src=data:, srcset='r.jpg 2x'>"),
        "<img src=\"https://x.example/en/r.jpg\" srcset=\"https://x.example/en/r.jpg 2x\">"
    );
    assert_eq!(html("a <img src='data:,' alt='A bridge'> b"), "a A bridge b");
    assert_eq!(losses("<img src='file:///c.png'>"), ["image"]);
}

#[test]
fn formulas_and_drawings_become_text() {
    for (formula, text) in [
        ("<mfrac><mn>1</mn><mn>3</mn></mfrac>", "1/3"),
        ("<mfrac><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow><mi>c</mi></mfrac>", "(a+b)/c"),
        ("<msqrt><mn>2</mn></msqrt>", "√2"),
        ("<mroot><mi>x</mi><mn>3</mn></mroot>", "³√x"),
        ("<msup><mi>x</mi><mn>2</mn></msup><mo>=</mo><mn>4</mn>", "x^2=4"),
        ("<msubsup><mi>x</mi><mi>i</mi><mn>2</mn></msubsup>", "x_i^2"),
        (
            "<semantics><mi>y</mi><annotation encoding='application/x-tex'>\\frac{1}{2}</annotation></semantics>",
            "\\frac{1}{2}",
        ),
        (
            "<mtable><mtr><mtd><mn>1</mn></mtd><mtd><mn>0</mn></mtd></mtr><mtr><mtd><mn>0</mn></mtd><mtd><mn>1</mn></mtd></mtr></mtable>",
            "[1, 0; 0, 1]",
        ),
    ] {
        assert_eq!(html(&format!("<math>{formula}</math>")), text);
    }
    assert_eq!(html("<math alttext='x^2'><mi>y</mi></math>"), "x^2");
    assert_eq!(
        html("<svg><title>Prices</title><desc>By year</desc><g><text>12 %</text></g></svg>"),
        "Prices By year 12 %"
    );
    assert_eq!(
        (losses("<svg><path d='M0 0'/></svg>"), losses("<svg aria-hidden=true></svg>")),
        (vec!["drawing"], vec![])
    );
}

#[test]
fn references_within_a_body_stay() {
    for (written, expected) in [
        ("<a href=#n>1</a><p id=n>N</p>", "<a id=\"e1-ref1\" href=\"#e1-n\">1</a><p id=\"e1-n\">N</p>"),
        ("<a href=#n>1</a><a name=n>N</a>", "<a id=\"e1-ref1\" href=\"#e1-n\">1</a><a id=\"e1-n\">N</a>"),
        ("<a href=#%C3%A9>1</a><p id=é>N</p>", "<a id=\"e1-ref1\" href=\"#e1-é\">1</a><p id=\"e1-é\">N</p>"),
        ("<a href=#gone>text</a> <a href=#>top</a>", "text top"),
        ("<p id=n>1</p><p id=n>2</p>", "<p id=\"e1-n\">1</p><p>2</p>"),
        ("<a href=#e1-n>1</a><p id=e1-n>N</p>", "<a id=\"e1-ref1\" href=\"#e1-n\">1</a><p id=\"e1-n\">N</p>"),
        ("<a href=#n id=m>1</a><p id=n>N</p>", "<a id=\"e1-m\" href=\"#e1-n\">1</a><p id=\"e1-n\">N</p>"),
        ("<h2 id=x>T<a aria-hidden=true href=#x>#</a></h2>", "<h2 id=\"e1-x\">T</h2>"),
    ] {
        assert_eq!(html(written), expected, "{written}");
    }
    let base = Url::parse("https://x.example/").unwrap();
    let notes = sanitize(Content::Markdown("A[^b] B[^a] C[^b]\n\n[^a]: One.\n[^b]: Two.\n"), &base, "e1-").html;
    for part in [
        "A<sup><a id=\"e1-fnref1\" href=\"#e1-fn1\">1</a></sup> B<sup><a id=\"e1-fnref2\" href=\"#e1-fn2\">2</a></sup>",
        "C<sup><a id=\"e1-fnref1-2\" href=\"#e1-fn1\">1</a></sup>",
        "<div id=\"e1-fn1\"><sup>1</sup>",
        "href=\"#e1-fnref2\">↩</a></div>",
    ] {
        assert!(notes.contains(part), "{part} in {notes}");
    }
}

#[test]
fn hidden_content_goes_and_fallbacks_stay() {
    for (written, expected) in [
        ("a<p hidden>b</p><p style='display : none'>c</p><template>d</template><dialog>e</dialog>f", "af"),
        ("<dialog open>e</dialog>", "<div>e</div>"),
        ("<noscript><p>text</p></noscript>", "<p>text</p>"),
        ("<noembed><p>text</p></noembed>", "<p>text</p>"),
        ("<noframes>a<noframes>b</noframes>", "ab"),
        (
            "<p>one</p><form>two<input value=x></form><address>three</address>",
            "<p>one</p><div>two</div><div>three</div>",
        ),
        ("<bdo dir=rtl>x</bdo>", "<bdi dir=\"rtl\">x</bdi>"),
        ("<p xml:lang=ar>x</p>", "<p lang=\"ar\">x</p>"),
        ("<ruby>a<rtc><rt>b</rt></rtc></ruby>", "<ruby>a<rt>b</rt></ruby>"),
    ] {
        assert_eq!(html(written), expected, "{written}");
    }
}

/// Pieces of bodies, whole and broken.
fn any_body() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "<p>",
        "</p>",
        "one",
        " two ",
        "three",
        "&amp;",
        "&#8212;",
        "<br>",
        "<div dir=rtl>",
        "</div>",
        "<a href=x>",
        "<a href=#n>",
        "<a href='javascript:x'>",
        "</a>",
        "<p id=n>",
        "<img src=i.jpg alt=four>",
        "<img alt='five' src=''>",
        "<img data-src=l.jpg>",
        "<iframe src=//v.example>",
        "</iframe>",
        "<noscript>",
        "</noscript>",
        "<table>",
        "<tr>",
        "<td>",
        "six",
        "</table>",
        "<ul>",
        "<li>",
        "</ul>",
        "<form>",
        "<input>",
        "<select><option>",
        "seven",
        "</select>",
        "</form>",
        "<svg>",
        "<text>",
        "</text>",
        "</svg>",
        "<math>",
        "<mi>",
        "x",
        "</mi>",
        "</math>",
        "<script>",
        "alert(1)",
        "</script>",
        "<style>",
        "</style>",
        "<b>",
        "</b>",
        "<i>",
        "</i>",
        "<h2>",
        "</h2>",
        "<blockquote>",
        "</blockquote>",
        "<pre>",
        "</pre>",
        "<section>",
        "</section>",
        "<noembed>",
        "</noembed>",
        "<ruby>",
        "<rt>",
        "</rt>",
        "</ruby>",
        "<video src=v.mp4>",
        "</video>",
        "<object>",
        "</object>",
        "<textarea>",
        "</textarea>",
        "<!-- x -->",
        "<p hidden>",
        "<details open>",
        "<summary>",
        "</summary>",
        "</details>",
        "<!doctype html>",
        "</template>",
        "<template>",
        "<picture><source srcset=a.avif>",
        "</picture>",
        "<map><area href=/a alt=eight>",
        "</map>",
        "<plaintext>",
        "<xmp>",
        "</xmp>",
        "<button>",
        "</button>",
        "<label>",
        "</label>",
        "<canvas>",
        "</canvas>",
        "<body>",
        "<html lang=ar>",
        "<frameset>",
        "<center>",
        "</center>",
        "<font>",
    ]);
    prop::collection::vec(piece, 0..14).prop_map(|pieces| pieces.concat())
}

/// The words that a reader sees, by a walk that shares nothing with the passes.
fn visible_words(html: &str) -> Vec<String> {
    const UNSEEN: [&str; 16] = [
        "script", "style", "template", "title", "iframe", "object", "noembed", "noframes", "math", "svg", "datalist",
        "textarea", "dialog", "video", "select", "noscript",
    ];
    let document = Html::parse_fragment(html);
    let mut words = Vec::new();
    for node in document.tree.root().descendants() {
        let Node::Text(text) = node.value() else { continue };
        let is_unseen = node
            .ancestors()
            .filter_map(ElementRef::wrap)
            .any(|element| UNSEEN.contains(&element.value().name()) || element.value().attr("hidden").is_some());
        if !is_unseen {
            words.extend(text.split_whitespace().map(str::to_owned));
        }
    }
    words
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn sanitizing_twice_is_sanitizing_once(body in any_body()) {
        let once = html(&body);
        prop_assert_eq!(html(&once), once, "{}", body);
    }

    #[test]
    fn every_visible_word_stays(body in any_body()) {
        let text = Html::parse_fragment(&html(&body)).root_element().text().collect::<String>();
        for word in visible_words(&body) {
            prop_assert!(text.contains(&word), "{} of {} is not in {}", word, body, text);
        }
    }

    #[test]
    fn nothing_active_stays(body in any_body()) {
        let document = Html::parse_fragment(&html(&body));
        for element in document.root_element().descendants().filter_map(ElementRef::wrap) {
            let active = ["script", "style", "iframe", "object", "embed", "form", "input", "svg", "math", "template", "noscript"];
            prop_assert!(!active.contains(&element.value().name()));
            prop_assert!(element.value().attrs().all(|(name, value)| !name.starts_with("on") && !value.contains("javascript:")));
        }
    }
}

#[test]
fn visible_text_is_what_a_reader_sees() {
    for (html, expected) in [
        ("a <b>b</b>&amp;c", "a b&c"),
        ("<p>One\n two</p><p>Three<br>four</p>", "One two\n\nThree\nfour"),
        ("1 < 2 & 3 > 2", "1 < 2 & 3 > 2"),
        ("<script>x</script>a<style>y</style> b<!-- c -->", "a b"),
        ("<a title=\"a > b\" href=x>link</a>", "link"),
        ("<ul><li>a</li><li>b</li></ul>", "a\nb"),
        ("a<noscript>b</noscript><p hidden>c</p><textarea>d</textarea>", "abd"),
        ("a<noembed><p>b</p></noembed>", "a\n\nb"),
        ("&#146;&#128; &#xA0;", "’€ \u{a0}"),
        ("<", "<"),
        ("", ""),
    ] {
        assert_eq!(visible_text(html), expected, "{html}");
    }
    // The tokenizer compares each attribute with all before it.
    let many: String = (0..50_000).map(|number| format!(" a{number}=b")).collect();
    let start = std::time::Instant::now();
    assert!(has_tags(&format!("<p{many}>a</p>")) && tags(&format!("<p{many}>a</p>")).is_none());
    assert!(start.elapsed().as_secs() < 20, "{:?}", start.elapsed());
    assert!(has_tags("a<br>b") && has_tags("</p>") && !has_tags("1 < 2 & 3 > 2 &amp; <3"));
}
