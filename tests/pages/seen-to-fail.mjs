// The checks themselves: a small site that is good passes them all, and each change that makes it bad is found by the check
// that is there for it.
//
//     node tests/pages/seen-to-fail.mjs

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startBrowser } from "./browser.mjs";
import { feedFaults } from "./feeds.mjs";
import { TEXTS, hostileFaults } from "./hostile.mjs";
import { look } from "./listing.mjs";
import { markupFaults } from "./markup.mjs";
import { finish, said } from "./report.mjs";
import { directionOf, host } from "./site.mjs";

const NAMES = { en: "English", ar: "العربية" };
const WORDS = {
    en: { skip: "To the stories", title: "Small news", topic: "Research", languages: "Languages", feeds: "Feeds", older: "Older", summary: "A report was written about it.", hint: "This is a feed: copy its address into your reader to follow it." },
    ar: { skip: "إلى الأخبار", title: "أخبار صغيرة", topic: "البحوث", languages: "اللغات", feeds: "الخلاصات", older: "الأقدم", summary: "كُتب تقرير عن ذلك.", hint: "هذه خلاصة: انسخ عنوانها إلى القارئ لمتابعتها." },
};
const POLICY = "default-src 'none'; style-src 'self'; img-src https:; base-uri 'none'; form-action 'none'";
const TYPE = { atom: "application/atom+xml", rss: "application/rss+xml", json: "application/feed+json" };
const FILE = { atom: ".atom.xml", rss: ".rss.xml", json: ".json" };
const PICTURE = "https://elsewhere.example/cover.png";

const STYLE = `:root { color-scheme: light dark; --ink: #1d2329; --paper: #fff; --link: #0b4f9e; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e9ec; --paper: #14181c; --link: #8cc2ff; } }
body { margin: 0 auto; max-inline-size: 60rem; padding: 1rem; color: var(--ink); background: var(--paper); font-family: sans-serif; line-height: 1.6; }
a { color: var(--link); }
a:focus-visible { outline: 3px solid currentcolor; outline-offset: 2px; }
.skip:not(:focus) { position: absolute; inline-size: 1px; block-size: 1px; overflow: hidden; clip-path: inset(50%); }
nav ul { display: flex; flex-wrap: wrap; gap: 1rem; list-style: none; padding: 0; }
img, svg { max-inline-size: 100%; block-size: auto; }
code { overflow-wrap: anywhere; }
p, h1, h2 { overflow-wrap: anywhere; }
`;

const FEED_STYLE = `feed, rss, channel, entry, item, title, summary, description { display: block; }
@media (max-device-width: 40rem) and (min-width: 50rem) { :root { font-size: 260%; } }
feed, rss { color-scheme: light dark; font-family: sans-serif; padding: 1rem; overflow-wrap: anywhere; }
id, updated, link, guid, language, content { display: none; }
:root:lang(ar) { direction: rtl; }
entry:lang(en), item:lang(en) { direction: ltr; }
feed > title, channel > title { font-size: 2rem; }
feed > title::after, channel > title::after { display: block; font-size: 1rem; content: "${WORDS.en.hint}"; }
:lang(ar) > title::after { content: "${WORDS.ar.hint}"; }
entry > title::after, item > title::after { content: none !important; }
entry, item { border-block-start: 1px solid; }
`;

function stories(language) {
    return [1, 2, 3].map((number) => ({
        title: language === "ar" && number === 2 ? "Not yet translated" : { en: `Story number ${number} of many`, ar: `الخبر رقم ${number}` }[language],
        language: language === "ar" && number === 2 ? "en" : language,
        url: `https://elsewhere.example/${language}/${number}`,
        summary: WORDS[language].summary,
        ...(number === 1
            ? {
                  image: PICTURE,
                  _tidings: {
                      image: { alt: "A report", credit: "Photo: nobody" },
                      topics: ["research"],
                      translations: [{ language: language === "en" ? "ar" : "en", url: `https://elsewhere.example/${language === "en" ? "ar" : "en"}/1` }],
                  },
              }
            : {}),
    }));
}

function page(language, topic, period, origin) {
    const words = WORDS[language];
    const up = "../".repeat(1 + Boolean(topic) + Boolean(period));
    const scope = topic ?? "all";
    const name = `${words.title}${topic ? ` – ${words.topic}` : ""}${period ? ` ${period}` : ""}`;
    const links = ["atom", "rss", "json"].map((format) => `<link rel="alternate" type="${TYPE[format]}" title="${name} ${format}" href="${up}${language}/${scope}${FILE[format]}">`);
    const others = Object.keys(NAMES).map((other) =>
        other === language
            ? `<li><span aria-current="true">${NAMES[other]}</span></li>`
            : `<li><a href="${up}${other}/${topic ? `${topic}/` : ""}" hreflang="${other}" lang="${other}" dir="${directionOf(other)}">${NAMES[other]}</a></li>`,
    );
    const entries = stories(language).map(
        ({ title, language: own, url }, index) => `<article><h2 lang="${own}" dir="${directionOf(own)}"><a href="${url}">${title}</a></h2>
${index ? "" : `<img src="${PICTURE}" alt="A report" width="600" height="400" loading="lazy"><p lang="en" dir="ltr">Photo: nobody</p>
<p>${Object.keys(NAMES).filter((other) => other !== language).map((other) => `<a href="https://elsewhere.example/${other}/1" hreflang="${other}" lang="${other}" dir="${directionOf(other)}">${NAMES[other]}</a>`)}</p>`}
<p>${words.summary}</p></article>`,
    );
    return `<!DOCTYPE html>
<html lang="${language}" dir="${directionOf(language)}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${name}</title>
${links.join("\n")}
<link rel="stylesheet" href="${up}assets/style.css">
</head>
<body>
<a class="skip" href="#stories">${words.skip}</a>
<header>
<nav aria-label="${words.languages}"><ul>${others.join("\n")}</ul></nav>
</header>
<main id="stories">
<h1>${name}</h1>
${topic ? "" : `<p><a href="${up}${language}/research/">${words.topic}</a></p>`}
${period ? "" : `<p><a href="${up}${language}/${topic ? `${topic}/` : ""}2024/"><span>${words.older}</span> 2024</a></p>`}
${entries.join("\n")}
<section>
<h2>${words.feeds}</h2>
<ul>${["atom", "rss", "json"].map((format) => `<li><a href="${up}${language}/${scope}${FILE[format]}">${format}</a> <code>${origin}/${language}/${scope}${FILE[format]}</code></li>`).join("\n")}</ul>
</section>
</main>
</body>
</html>
`;
}

function home() {
    return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>All small news</title>
<link rel="alternate" type="application/atom+xml" title="Everything" href="mul/all.atom.xml">
<link rel="stylesheet" href="assets/style.css">
</head>
<body>
<main>
<h1>All small news</h1>
<ul>${Object.entries(NAMES).map(([language, name]) => `<li><a href="${language}/" hreflang="${language}" lang="${language}" dir="${directionOf(language)}">${name}</a></li>`).join("\n")}</ul>
<p>Story number 1 of many</p>
<p lang="ar" dir="rtl">الخبر رقم 1</p>
<p><a href="feeds.opml">All feeds</a></p>
</main>
</body>
</html>
`;
}

function atom(language) {
    return `<?xml version="1.0"?>
<?xml-stylesheet type="text/css" href="../assets/feed.css"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="${language === "mul" ? "en" : language}"><title>${WORDS[language]?.title ?? "Small news"}</title><id>tag:x</id><updated>2024-01-01T00:00:00Z</updated>
${stories(language === "mul" ? "en" : language).map(({ title, language, url }) => `<entry xml:lang="${language}"><title>${title}</title><id>tag:${url}</id><link href="${url}"/><summary>${WORDS[language].summary}</summary><content type="html">&lt;p&gt;${title}&lt;/p&gt;</content></entry>`).join("\n")}
</feed>
`;
}

function rss(language) {
    return `<?xml version="1.0"?>
<?xml-stylesheet type="text/css" href="../assets/feed.css"?>
<rss version="2.0" xml:lang="${language}"><channel><title>${WORDS[language].title}</title><language>${language}</language>
${stories(language).map(({ title, url }) => `<item><title>${title}</title><guid>${url}</guid><description>${WORDS[language].summary}</description></item>`).join("\n")}
</channel></rss>
`;
}

function goodSite(origin) {
    const files = new Map([
        ["index.html", home()],
        ["feeds.opml", "<opml/>"],
        ["assets/style.css", STYLE],
        ["assets/feed.css", FEED_STYLE],
        ["mul/all.atom.xml", atom("mul")],
    ]);
    for (const language of Object.keys(NAMES)) {
        for (const topic of [null, "research"]) {
            const scope = topic ?? "all";
            files.set(`${language}/${topic ? `${topic}/` : ""}index.html`, page(language, topic, null, origin));
            files.set(`${language}/${topic ? `${topic}/` : ""}2024/index.html`, page(language, topic, "2024", origin));
            files.set(`${language}/${scope}.atom.xml`, atom(language));
            files.set(`${language}/${scope}.rss.xml`, rss(language));
            files.set(`${language}/${scope}.json`, JSON.stringify({ title: WORDS[language].title, language, items: stories(language) }));
        }
    }
    return files;
}

const PATHS = ["/", "/en/", "/ar/", "/en/research/", "/en/2024/"];
const END = "</main>";
const SLOT = /<\/main>/g;

/** [check, a word about the change, files, what is replaced, by what] */
const BAD = [
    ["no console message", "a picture that is not there", /^en\/index\.html$/, SLOT, `<img src="gone.png" alt="gone">${END}`],
    ["no console message", "a script that the policy refuses", /^en\/index\.html$/, SLOT, `<script>document.title = "x"</script>${END}`],
    ["no horizontal scroll", "a box wider than a phone", /^en\/index\.html$/, SLOT, `<p style-free class="wide">wide</p>${END}`, [/style\.css$/, /$/, ".wide { inline-size: 500px; }"]],
    ["no horizontal scroll", "a wide box that is cut off", /^ar\/index\.html$/, SLOT, `<p class="wide">wide</p>${END}`, [/style\.css$/, /$/, ".wide { inline-size: 500px; } html { overflow-x: hidden; }"]],
    ["no horizontal scroll at 320 and 2560 pixels, nor with wider text", "a box as wide as the usual phone", /^en\/index\.html$/, SLOT, `<p class="wide">wide</p>${END}`, [/style\.css$/, /$/, ".wide { inline-size: 340px; margin-inline-start: -10px }"]],
    ["no horizontal scroll at 320 and 2560 pixels, nor with wider text", "a line that just fits", /^en\/index\.html$/, SLOT, `<p class="wide">A line of text that fits just into a phone.</p>${END}`, [/style\.css$/, /$/, ".wide { white-space: nowrap; font-size: 15px; }"]],
    ["axe finds no violation of WCAG 2.2 A and AA", "a pale text in the dark", /style\.css$/, "--link: #8cc2ff", "--link: #30475f"],
    ["axe finds no violation of WCAG 2.2 A and AA", "a picture without a text", /^en\/index\.html$/, /alt="A report"/g, ""],
    ["axe finds no violation of WCAG 2.2 A and AA", "links too small and near for a finger", /^en\/index\.html$/, SLOT, `<ul class="tiny"><li><a href="#stories">a</a></li><li><a href="2024/">b</a></li></ul>${END}`, [/style\.css$/, /$/, ".tiny { font-size: 16px; line-height: 10px; padding: 0; margin: 0; list-style: none } .tiny a { display: block; block-size: 10px; inline-size: 10px; overflow: hidden; }"]],
    ["language, direction, one h1, one main part", "no lang", /^en\/index\.html$/, '<html lang="en" dir="ltr">', "<html>"],
    ["language, direction, one h1, one main part", "Arabic without dir", /^ar\/index\.html$/, '<html lang="ar" dir="rtl">', '<html lang="ar">'],
    ["language, direction, one h1, one main part", "two h1", /^en\/index\.html$/, SLOT, `<h1>Another</h1>${END}`],
    ["language, direction, one h1, one main part", "no main part", /^en\/index\.html$/, /(<\/?)main/g, "$1div"],
    ["language, direction, one h1, one main part", "no viewport", /^en\/index\.html$/, /<meta name="viewport".*/, ""],
    ["language, direction, one h1, one main part", "a heading that skips a level", /^en\/index\.html$/, SLOT, `<h4>Deep</h4>${END}`],
    ["text and lists begin at the side of the language", "Arabic at the left", /style\.css$/, /$/, "h1, p { text-align: left; }"],
    ["text and lists begin at the side of the language", "a row from the left", /^ar\/index\.html$/, SLOT, `<ul class="row"><li><a href="#stories">واحد</a></li><li><a href="#stories">اثنان</a></li></ul>${END}`, [/style\.css$/, /$/, ".row { display: flex; flex-direction: row-reverse; list-style: none; }"]],
    ["the language switch is mirrored from right to left", "a switch that stays at the right", /style\.css$/, /$/, "nav { float: right; max-inline-size: 40%; } nav ul { justify-content: flex-end; } :lang(ar) nav ul { justify-content: flex-start }"],
    ["no request to another host but for pictures of stories", "a font from elsewhere", /^en\/index\.html$/, "</head>", '<link rel="stylesheet" href="https://elsewhere.example/font.css"></head>'],
    ["no request to another host but for pictures of stories", "a picture that is no story's", /^en\/index\.html$/, SLOT, `<img src="https://elsewhere.example/counter.png" alt="">${END}`],
    ["no request to another host but for pictures of stories", "an icon from elsewhere", /^en\/index\.html$/, "</head>", '<link rel="icon" href="https://elsewhere.example/icon.png"></head>'],
    ["every link on the pages answers", "a broken link", /^en\/index\.html$/, SLOT, `<p><a href="nowhere/">gone</a></p>${END}`],
    ["every link on the pages answers", "a link to a place that is not there", /^en\/index\.html$/, SLOT, `<p><a href="#nowhere">gone</a></p>${END}`],
    ["every link on the pages answers", "a script as an address", /^en\/index\.html$/, SLOT, `<p><a href="javascript:void(0)">do</a></p>${END}`],
    ["the language switch leads to the same topic, in its own words", "it leads to the listing", /^en\/research\/index\.html$/, 'href="../../ar/research/"', 'href="../../ar/"'],
    ["the language switch leads to the same topic, in its own words", "it does not say its language", /^en\/research\/index\.html$/, ' lang="ar" dir="rtl">ال', ' dir="rtl">ال'],
    ["the language switch leads to the same topic, in its own words", "it says its name in English", /^en\/index\.html$/, "العربية", "Arabic"],
    ["the page's own feed is discovered first", "no feed", /^en\/index\.html$/, /<link rel="alternate".*/g, ""],
    ["the page's own feed is discovered first", "another feed first", /^en\/research\/index\.html$/, 'href="../../en/research.atom.xml">\n', 'href="../../en/all.atom.xml">\n'],
    ["the page's own feed is discovered first", "a feed of another type", /^en\/index\.html$/, 'type="application/atom+xml"', 'type="application/rss+xml"'],
    ["the entries of the feed stand on the page, in order and language", "one is missing", /^en\/index\.html$/, "Story number 3 of many", "Another story"],
    ["the entries of the feed stand on the page, in order and language", "two have changed places", /^en\/index\.html$/, /Story number (\d)/g, (_, number) => `Story number ${4 - number}`],
    ["the entries of the feed stand on the page, in order and language", "a fallback is not marked", /^ar\/index\.html$/, '<h2 lang="en" dir="ltr">', "<h2>"],
    ["each entry has its picture, credit, summary, topics and translations", "no credit", /^en\/index\.html$/, "Photo: nobody", "Photo"],
    ["each entry has its picture, credit, summary, topics and translations", "another alternative text", /^en\/index\.html$/, 'alt="A report"', 'alt=""'],
    ["each entry has its picture, credit, summary, topics and translations", "no picture", /^en\/index\.html$/, /<img.*?>/, ""],
    ["each entry has its picture, credit, summary, topics and translations", "no topic", /^en\/index\.html$/, 'href="../en/research/"', 'href="../en/"'],
    ["each entry has its picture, credit, summary, topics and translations", "no translation", /^en\/index\.html$/, "https://elsewhere.example/ar/1", "https://elsewhere.example/ar/2"],
    ["every feed's address is there to copy", "an address that is not whole", /^en\/index\.html$/, /<code>http:\/\/[^/]+\//g, "<code>/"],
    ["the home page has the newest story of every language", "one is missing", /^index\.html$/, "الخبر رقم 1", "خبر"],
    ["small in bytes and requests", "a page too large", /^en\/index\.html$/, SLOT, `<p>${"many words ".repeat(6000)}</p>${END}`],
    ["the keyboard reaches everything, in order and in sight", "an order of its own", /^en\/index\.html$/, SLOT, `<p><a href="#stories" tabindex="1">first</a></p>${END}`],
    ["the keyboard reaches everything, in order and in sight", "a focus that cannot be seen", /style\.css$/, "a:focus-visible { outline: 3px solid currentcolor;", "a:focus-visible { outline: none;"],
    ["the keyboard reaches everything, in order and in sight", "a focus behind a bar", /^en\/index\.html$/, "<header>", '<header class="bar">', [/style\.css$/, /$/, ".bar { position: fixed; inset: 0 0 auto 0; block-size: 95vh; background: grey; z-index: 2 } "]],
    ["the keyboard reaches everything, in order and in sight", "no skip link", /^en\/index\.html$/, /<a class="skip".*/, ""],
    ["a strict Content-Security-Policy", "none", /^en\/index\.html$/, /<meta http-equiv.*/, ""],
    ["a strict Content-Security-Policy", "scripts in the text", /^en\/index\.html$/, "style-src 'self'", "script-src 'unsafe-inline'; style-src 'self'"],
    ["a strict Content-Security-Policy", "everything from everywhere", /^en\/index\.html$/, "default-src 'none'", "default-src *"],
    ["a strict Content-Security-Policy", "a base from elsewhere", /^en\/index\.html$/, "; base-uri 'none'", ""],
    ["a strict Content-Security-Policy", "too late", /^en\/index\.html$/, /(<meta http-equiv.*\n)([\s\S]*?)<\/head>/, "$2$1</head>"],
    ["the same text without JavaScript", "a text that a script writes", /^en\/index\.html$/, SLOT, `<p id="late"></p><script src="late.js"></script>${END}`, [/index\.html$/, "default-src 'none'", "default-src 'none'; script-src 'self'"]],
    ["the same text without JavaScript", "a button that needs one", /^en\/index\.html$/, SLOT, `<p><button type="button">Copy</button></p>${END}`],
    ["the copy button copies an address that answers", "a button that copies nothing", /^en\/index\.html$/, SLOT, `<p><button type="button">Copy</button></p>${END}`],
    ["nothing moves where less motion is asked for", "smooth scrolling", /style\.css$/, /$/, "html { scroll-behavior: smooth; }"],
    ["nothing moves where less motion is asked for", "a card that jumps", /style\.css$/, /$/, "article { transition: transform 0.3s; }"],
    ["printed whole", "stories that are not printed", /style\.css$/, /$/, "@media print { article { display: none; } }"],
    ["printed whole", "a wide box on paper", /style\.css$/, /$/, "@media print { main { inline-size: 900px; } }"],
    ["every page has a title of its own", "two with one title", /^en\/(research\/)?index\.html$/, /<title>.*<\/title>/, "<title>News</title>"],
];

const BAD_FEEDS = [
    ["shown as source", "en/all.atom.xml", /<\?xml-stylesheet.*/, ""],
    ["an entry in a line", "en/all.atom.xml", null, null, [/feed\.css$/, "channel, entry,", "channel,"]],
    ["no hint", "en/all.atom.xml", null, null, [/feed\.css$/, /content: "This.*?"/, 'content: "Feed"']],
    ["a hint in another language", "ar/all.atom.xml", null, null, [/feed\.css$/, /content: "هذه.*?"/, `content: "${WORDS.en.hint}"`]],
    ["Arabic from the left", "ar/all.atom.xml", null, null, [/feed\.css$/, "direction: rtl", "direction: ltr"]],
    ["markup shown", "en/all.atom.xml", null, null, [/feed\.css$/, "language, content {", "language {"]],
    ["ids shown", "en/all.atom.xml", null, null, [/feed\.css$/, "id, updated", "updated"]],
    ["a title that cannot be seen", "en/all.rss.xml", null, null, [/feed\.css$/, /$/, "channel > title { visibility: hidden; }"]],
    ["a stylesheet that is not there", "en/all.atom.xml", "feed.css", "gone.css"],
    ["wider than its window", "en/all.atom.xml", null, null, [/feed\.css$/, /$/, "entry { width: 2000px; }"]],
    ["pale in the dark", "en/all.atom.xml", null, null, [/feed\.css$/, /$/, "summary { color: #555; }"]],
    ["no XML", "en/all.atom.xml", "</feed>", ""],
];

const files = { now: new Map() };
const types = { ".html": "text/html; charset=utf-8", ".css": "text/css", ".js": "text/javascript", ".xml": "application/xml", ".json": "application/feed+json", ".opml": "text/x-opml" };
const server = await host(
    (path) => {
        if (!files.now.has(path)) throw new Error("not here");
        return files.now.get(path);
    },
    { types },
);
const browser = await startBrowser();
const { origin } = server;

function changed(...changes) {
    const site = goodSite(origin);
    site.set("en/late.js", 'document.getElementById("late").textContent = "Only with a script";');
    for (const [pattern, from, to] of changes.filter(([, from]) => from !== null && from !== undefined)) {
        let some = false;
        for (const [path, text] of site) {
            if (!pattern.test(path)) continue;
            const other = text.replace(from, to);
            some ||= other !== text;
            site.set(path, other);
        }
        if (!some) throw new Error(`the change of ${pattern} changes nothing: ${from}`);
    }
    return site;
}

const lookAt = (only, paths = PATHS) => look(browser, { origin, languages: ["en", "ar"], defaultLanguage: "en", pictures: new Set([PICTURE]), answers: new Map() }, paths, { only });

/** The pages that a change touches. */
function touched(pattern) {
    const some = PATHS.filter((path) => pattern.test(`${path.slice(1)}index.html`));
    return some.length ? some : ["/en/", "/ar/"];
}

try {
    files.now = changed();
    for (const [name, found] of await lookAt(null)) said(`good pages: ${name}`, found);
    for (const [name, why, pattern, from, to, more] of BAD.filter(([name, why]) => `${name}: ${why}`.includes(process.env.ONLY ?? ""))) {
        files.now = changed([pattern, from, to], ...(more ? [more] : []));
        const found = (await lookAt([name], touched(pattern))).get(name) ?? [];
        said(`found: ${name}: ${why}`, found.length ? [] : ["it was not found"]);
        if (process.env.SHOW) for (const { what, where } of found.slice(0, 2)) console.log(`    ${where}: ${what}`);
    }

    files.now = changed();
    for (const [path, language] of [["en/all.atom.xml", "en"], ["en/all.rss.xml", "en"], ["ar/all.atom.xml", "ar"], ["ar/all.rss.xml", "ar"]]) said(`a good feed: ${path}`, await feedFaults(browser, { origin, path: `/${path}`, language }));
    for (const [why, path, from, to, more] of BAD_FEEDS) {
        files.now = changed([new RegExp(`^${path}$`), from, to], ...(more ? [more] : []));
        const found = await feedFaults(browser, { origin, path: `/${path}`, language: path.slice(0, 2) });
        said(`found: a feed: ${why}`, found.length ? [] : ["it was not found"]);
        if (process.env.SHOW) for (const { what, where } of found.slice(0, 2)) console.log(`    ${where}: ${what}`);
    }
    types[".xml"] = "application/atom+xml";
    files.now = changed();
    said("found: a feed: served as what it is", (await feedFaults(browser, { origin, path: "/en/all.atom.xml", language: "en" })).length ? [] : ["it was not found"]);
    types[".xml"] = "application/xml";

    await hostileStandIns();
    await markupStandIns();
} finally {
    await browser.close();
    await server.stop();
}
finish();

async function hostileStandIns() {
    const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;").replaceAll(/[\u0001\u000B]/g, "");
    const made = (escape, before = "<bdi>", after = "</bdi>") =>
        `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>x</title><link rel="stylesheet" href="assets/style.css"></head><body><main>${Object.values(TEXTS).map((text) => `<p>${before}${escape(text)}${after} <span>by somebody</span></p>`).join("\n")}</main></body></html>`;
    const looked = async (html) => {
        files.now = changed();
        files.now.set("index.html", html);
        return hostileFaults(browser, { origin, pages: ["/"], feeds: [], shows: () => Object.values(TEXTS) });
    };
    for (const [name, found] of Object.entries(await looked(made(escaped)))) said(`good hostile page: ${name}`, found);
    const bad = [
        ["hostile text does nothing", "text as markup", made((text) => text)],
        ["hostile text is shown as it was written", "text as markup", made((text) => text)],
        ["hostile text is shown as it was written", "a template within a text", made((text) => escaped(text).replace("{{ 1337*1001 }}", String(1337 * 1001)))],
        ["hostile text is shown as it was written", "escaped twice", made((text) => escaped(escaped(text)))],
        ["hostile text makes no page wider", "long words", made(escaped).replace('<link rel="stylesheet" href="assets/style.css">', "")],
        ["hostile text turns no other text around", "text that is not isolated", made(escaped, "", "")],
    ];
    for (const [name, why, html] of bad) {
        const found = (await looked(html))[name];
        said(`found: ${name}: ${why}`, found.length ? [] : ["it was not found"]);
        if (process.env.SHOW) for (const { what } of found.slice(0, 3)) console.log(`    ${what}`);
    }
}

async function markupStandIns() {
    const folder = mkdtempSync(join(tmpdir(), "tidings-markup-"));
    const judged = async (html) => {
        writeFileSync(join(folder, "page.html"), html);
        return markupFaults(folder, ["page.html"]);
    };
    try {
        const good = page("en", null, null, origin);
        said("good markup", await judged(good));
        for (const [why, from, to] of [
            ["a paragraph that is not closed by its own end", END, `<p>x<div>y</div></p>${END}`],
            ["an attribute that does not exist", '<main id="stories">', '<main id="stories" colour="red">'],
            ["a date that is none", END, `<p><time datetime="2024-13-01">x</time></p>${END}`],
            ["a language that is none", ' hreflang="ar"', ' hreflang="arabic"'],
            ["an id twice", END, `<p id="stories">x</p>${END}`],
        ]) {
            if (!good.includes(from)) throw new Error(`nothing to change: ${from}`);
            said(`found: markup: ${why}`, (await judged(good.replace(from, to))).length ? [] : ["it was not found"]);
        }
    } finally {
        rmSync(folder, { recursive: true, force: true });
    }
}
