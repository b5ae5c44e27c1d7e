// The pages and feeds of a site in a real browser.
//
//     node tests/pages/pages.mjs TIDINGS CONFIG [--shots FOLDER]
//
// Builds the site and serves it, opens its pages in Chromium, and prints a line for each check: `ok NAME`,
// `FAILED NAME: WHY`, or `skipped NAME: WHY` where the machine lacks something. The site is the sample's: it must hold
// a language that runs from right to left. With --shots, pictures of the pages are written into a folder.

import { cpSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { startBrowser } from "./browser.mjs";
import { feedFaults } from "./feeds.mjs";
import { TEXTS, hostileFaults, hostileSite } from "./hostile.mjs";
import { choosePages, look, placeOf } from "./listing.mjs";
import { markupFaults } from "./markup.mjs";
import { check, finish, part, said } from "./report.mjs";
import { takeShots } from "./shots.mjs";
import { Built, build, freePort, host, serve, tidings } from "./site.mjs";

/** A listing of so many entries stays below so many bytes. */
const MANY = 50;
const MOST_BYTES = 60_000;

const words = process.argv.slice(2);
const at = words.indexOf("--shots");
const shots = at < 0 ? null : resolve(words.splice(at, 2)[1]);
if (words.length !== 2) {
    console.error("usage: node pages.mjs TIDINGS CONFIG [--shots FOLDER]");
    process.exit(2);
}
const [binary, config] = words.map((word) => resolve(word));

/** The same pages under `serve`, under a plain host of files, and under one that has them below a path. */
async function pagesOf(browser, folder) {
    const port = await freePort();
    const origin = `http://127.0.0.1:${port}`;
    const built = await build(binary, config, join(folder, "out"), `${origin}/`);
    const server = await serve(binary, config, port);
    try {
        const site = {
            origin,
            languages: built.languages,
            defaultLanguage: /<html[^>]*\slang="?([\w-]+)/.exec(built.read("index.html"))?.[1] ?? built.languages[0],
            pictures: built.pictures,
        };
        const { paths, periods } = await choosePages(site, async (path) => (await fetch(origin + path)).text());
        await check("there are pages for every language, every topic and what is older", () => {
            const found = [];
            if (!built.languages.length) found.push("no language has a page");
            for (const path of built.files) {
                const [, language, topic] = /^([^/]+)\/([a-z0-9-]+)\.atom\.xml$/.exec(path) ?? [];
                if (language && language !== "mul" && topic !== "all" && !built.files.includes(`${language}/${topic}/index.html`)) found.push(`no page for ${language}/${topic}`);
            }
            if (!periods) found.push("no listing leads to an older period");
            return found;
        });

        await check("every story can be reached from its listing", () => unreachable(built));
        await check("the HTML is valid", () => markupFaults(built.folder, built.files.filter((path) => /\.(html|css|svg)$/.test(path))));
        await check("what is served is what is built, byte for byte", async () => {
            const found = [];
            for (const path of [...built.pages, ...built.files.filter((path) => path.endsWith(".css")), "sitemap.xml"]) {
                const answer = await fetch(origin + Built.asked(path), { redirect: "manual" });
                const body = Buffer.from(await answer.arrayBuffer());
                const wanted = path.includes("/stories/") && built.isHidden(path) ? 410 : 200;
                if (answer.status !== wanted) found.push({ what: `answers ${answer.status}`, where: Built.asked(path) });
                else if (!body.equals(built.read(path))) found.push({ what: "other bytes", where: Built.asked(path) });
            }
            return found;
        });
        await check("the sitemap names every page, with its other languages", () => sitemapFaults(built, origin));

        const findings = await look(browser, site, paths, {
            // Every kind of page once from left to right, and once from right to left.
            keyboardOn: (path) => path === "/" || /^\/(en|ar)\//.test(path),
        });
        for (const [name, found] of findings) said(name, found);

        await feeds(browser, "from serve", origin);
        await check("a JSON feed answers", async () => {
            const answer = await fetch(`${origin}/${site.languages[0]}/all.json`);
            const feed = await answer.json();
            return answer.status === 200 && feed.items.length ? [] : [`${answer.status}, ${feed.items?.length} items`];
        });

        const below = "/some/where/";
        const plain = await host((path) => built.read(path), { below });
        try {
            await feeds(browser, "from a plain host", plain.origin, below.slice(0, -1));
            const moved = { ...site, origin: plain.origin, published: origin, below, answers: new Map() };
            const found = await look(browser, moved, paths.slice(0, 6).map((path) => below + path.slice(1)), {
                views: [],
                keyboardOn: () => false,
                only: ["pages answer 200", "no console message", "every link on the pages answers", "no request to another host but for pictures of stories", "the language switch leads to the same topic, in its own words"],
            });
            for (const [name, list] of found) said(`below another path of a plain host: ${name}`, list);
        } finally {
            await plain.stop();
        }
        if (shots) await takeShots(browser, site, paths, shots);
    } finally {
        await server.stop();
    }
}

async function feeds(browser, name, origin, below = "") {
    for (const [path, language] of [["/en/all.atom.xml", "en"], ["/en/all.rss.xml", "en"], ["/ar/all.atom.xml", "ar"]]) {
        await check(`a feed in the browser ${name}: ${path}`, () => feedFaults(browser, { origin, path: below + path, language }));
    }
}

/** Entries that stand neither on a listing nor on a page that it leads to, by language and by topic. */
function unreachable(built) {
    const found = [];
    const decoded = (text) => text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(amp|lt|gt|quot|apos));/gi, (_, hex, number, name) => (name ? { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" }[name] : String.fromCodePoint(hex ? parseInt(hex, 16) : Number(number))));
    const linksOf = new Map();
    const links = (path) => {
        if (!linksOf.has(path)) {
            const text = built.read(path).toString();
            linksOf.set(
                path,
                [...text.matchAll(/<a\s(?:[^>"']|"[^"]*"|'[^']*')*?\bhref=(?:"([^"]*)"|'([^']*)'|([^\s>]*))/g)].flatMap(([, ...forms]) => {
                    const href = decoded(forms.find((form) => form !== undefined));
                    const base = `https://here.invalid/${path}`;
                    return URL.canParse(href, base) ? [new URL(href, base)] : [];
                }),
            );
        }
        return linksOf.get(path);
    };
    for (const path of built.files) {
        const [, language, scope] = /^([^/]+)\/([a-z0-9-]+)\.json$/.exec(path) ?? [];
        if (!language || language === "mul") continue;
        const documents = built.files.filter((file) => file === path || (file.startsWith(`${language}/${scope}/`) && file.endsWith(".json")));
        // The page of a story here is linked by its path.
        const base = (document, { feed_url }) => feed_url.slice(0, feed_url.length - document.length);
        const items = documents.flatMap((document) => {
            const feed = JSON.parse(built.read(document));
            const root = base(document, feed);
            const isOwn = (url) => url?.startsWith(root) && /^[^/]+\/stories\/./.test(url.slice(root.length));
            return feed.items.map((item) => ({ ...item, url: isOwn(item.url) ? `https://here.invalid/${item.url.slice(root.length)}` : item.url }));
        });
        const start = scope === "all" ? `${language}/` : `${language}/${scope}/`;
        const seen = new Set();
        const left = [`${start}index.html`];
        const there = new Set();
        while (left.length) {
            const next = left.pop();
            if (seen.has(next) || !built.files.includes(next)) continue;
            seen.add(next);
            for (const url of links(next)) {
                there.add(url.href);
                if (url.host !== "here.invalid") continue;
                const file = url.pathname.slice(1).replace(/(^|\/)$/, "$1index.html");
                // The pages of the same scope: periods, and their parts.
                if (file.startsWith(start) && file.endsWith(".html") && /^\d{4}/.test(file.slice(start.length))) left.push(file);
            }
        }
        const lost = items.filter(({ url }) => url && !there.has(new URL(url).href));
        if (lost.length) found.push(`${lost.length} of ${items.length} entries of ${language}/${scope}, “${lost[0].title.slice(0, 40)}” (${lost[0].date_published}) for one, from its ${seen.size} pages`);
    }
    return found;
}

/** A month of hundreds of stories: every page stays small, every story can be reached, and one more story touches few pages. */
async function longMonth(folder) {
    const stories = join(folder, "long", "stories");
    mkdirSync(stories, { recursive: true });
    const written = join(folder, "long", "tidings.json");
    writeFileSync(
        written,
        JSON.stringify({
            site: { base_url: "https://news.example.org/", authority: "news.example.org,2014", stories: "stories" },
            languages: { en: { title: "News" } },
            topics: { research: { title: { en: "Research" } } },
            feeds: { limit: 20, archives: "month" },
        }),
    );
    const story = (number, published) => ({
        id: `long/${String(number).padStart(4, "0")}`,
        published,
        topics: ["research"],
        link: `https://news.example.org/long/${number}.html`,
        image: { url: `https://news.example.org/long/${number}.jpg`, alt: "A laboratory at night, with one lamp burning over a bench", credit: "Photo: Example News", width: 1200, height: 800 },
        translations: { en: { title: `What was found in laboratory number ${number}, and why it matters`, summary: "Two hundred readings were taken, and all but one agree with what had been expected for many years." } },
    });
    const day = (number) => `2024-05-${String(1 + (number % 28)).padStart(2, "0")}T12:${String(number % 60).padStart(2, "0")}:00Z`;
    const all = [...Array(400).keys()].map((number) => story(number, day(number)));
    all.push(...[...Array(25).keys()].map((number) => story(1000 + number, `2024-08-${String(1 + number).padStart(2, "0")}`)));
    writeFileSync(join(stories, "long.json"), JSON.stringify(all));
    const buildTo = (name) => build(binary, written, join(folder, "long", name), "https://news.example.org/");
    const before = await buildTo("before");
    await check("a month of 400 stories: all can be reached", () => unreachable(before));
    await check("a month of 400 stories: every page is small", () =>
        before.pages.map((path) => ({ path, bytes: before.read(path).length })).filter(({ bytes }) => bytes >= MOST_BYTES).map(({ path, bytes }) => `${path}: ${bytes} bytes`));
    all.push(story(2000, "2024-09-01"));
    writeFileSync(join(stories, "long.json"), JSON.stringify(all));
    const after = await buildTo("after");
    await check("a new story touches few pages", () => {
        const touched = after.pages.filter((path) => !before.files.includes(path) || !before.read(path).equals(after.read(path)));
        const allowed = /^(en\/(research\/)?)?(2024(-0[89])?\/)?index\.html$/;
        return touched.filter((path) => !allowed.test(path)).map((path) => `${path} has changed`);
    });
}

function sitemapFaults(built, origin) {
    if (!built.files.includes("sitemap.xml")) return ["there is none"];
    const text = built.read("sitemap.xml").toString();
    const found = [];
    if (!text.includes("http://www.sitemaps.org/schemas/sitemap/0.9")) found.push("not in the namespace of sitemaps");
    const entries = new Map();
    for (const [, entry] of text.matchAll(/<url>([\s\S]*?)<\/url>/g)) {
        const loc = /<loc>(.*?)<\/loc>/.exec(entry)?.[1] ?? "";
        if (entries.has(loc)) found.push(`${loc} stands twice`);
        entries.set(
            loc,
            [...entry.matchAll(/<xhtml:link\s([^>]*)\/?>/g)].map(([, attributes]) => ({ hreflang: /hreflang="([^"]*)"/.exec(attributes)?.[1], href: /href="([^"]*)"/.exec(attributes)?.[1] })),
        );
    }
    const pages = new Set(built.pages.filter((path) => !built.isHidden(path)).map((path) => origin + Built.asked(path)));
    for (const page of pages) if (!entries.has(page)) found.push(`${page.slice(origin.length)} is not in it`);
    for (const [loc, alternates] of entries) {
        if (!pages.has(loc)) found.push(`${loc} is no page`);
        const { home, language } = placeOf(loc.slice(origin.length), built.languages, null);
        if (home) continue;
        if (!alternates.some(({ hreflang, href }) => hreflang === language && href === loc)) found.push(`${loc.slice(origin.length)} does not name itself among its languages`);
        for (const { hreflang, href } of alternates) {
            if (!entries.has(href)) found.push(`${loc.slice(origin.length)} names ${href}, which is no page`);
            else if (hreflang !== "x-default" && !(entries.get(href) ?? []).some((back) => back.href === loc)) found.push(`${href} does not name ${loc} in return`);
        }
    }
    return found;
}

/** The sample's stories twice, in listings of fifty. */
async function manyEntries(folder) {
    const text = readFileSync(config, "utf8");
    const from = join(dirname(config), /^stories\s*=\s*"(.*)"/m.exec(text)?.[1] ?? "stories");
    const stories = join(folder, "many", "stories");
    for (const copy of ["a", "b"]) {
        cpSync(from, join(stories, copy), { recursive: true });
        for (const entry of readdirSync(join(stories, copy), { recursive: true, withFileTypes: true })) {
            if (!entry.isFile()) continue;
            const path = join(entry.parentPath ?? entry.path, entry.name);
            writeFileSync(path, readFileSync(path, "utf8").replace(/(^|[\s{,])("?(?:id|guid)"?\s*[=:]\s*)"?([\w./:?=-]+)"?/gm, `$1$2"${copy}-$3"`));
        }
    }
    const changed = join(folder, "many", "tidings.toml");
    writeFileSync(changed, text.replace(/^stories\s*=.*$/m, `stories = ${JSON.stringify(stories)}`).replace(/^limit\s*=.*$/m, `limit = ${MANY}`));
    await check(`a listing of ${MANY} entries has less than ${MOST_BYTES} bytes`, async () => {
        const built = await build(binary, changed, join(folder, "many", "out"), "https://news.example.org/");
        const counts = built.languages.map((language) => [language, JSON.parse(built.read(`${language}/all.json`)).items.length]);
        if (!counts.some(([, count]) => count === MANY)) throw new Error(`no listing has ${MANY} entries: ${counts.join(" ")}`);
        return built.pages
            .map((path) => ({ path, bytes: built.read(path).length }))
            .filter(({ bytes }) => bytes >= MOST_BYTES)
            .map(({ path, bytes }) => `${path}: ${bytes} bytes`);
    });
}

async function hostilePages(browser, folder) {
    const written = hostileSite(join(folder, "hostile"));
    const checked = await tidings(binary, "check", "--config", written);
    if (checked.status !== 0) {
        said("hostile text is accepted", [`check ended with ${checked.status}: ${checked.stderr.slice(0, 1500)}`]);
        return;
    }
    const port = await freePort();
    const origin = `http://127.0.0.1:${port}`;
    const built = await build(binary, written, join(folder, "hostile", "out"), `${origin}/`);
    const server = await serve(binary, written, port);
    try {
        await check("hostile text hides no story", () => unreachable(built));
        await check("hostile text leaves the HTML valid", () => markupFaults(built.folder, built.files.filter((path) => path.endsWith(".html"))));
        const feedOf = new Map(
            built.files
                .map((path) => /^((?!mul\/)[^/]+)\/([a-z0-9-]+)\.json$/.exec(path))
                .filter(Boolean)
                .map(([path, language, scope]) => [scope === "all" ? `/${language}/` : `/${language}/${scope}/`, JSON.parse(built.read(path))]),
        );
        const findings = await hostileFaults(browser, {
            origin,
            pages: built.pages.map(Built.asked),
            feeds: ["/en/all.atom.xml", "/en/all.rss.xml", "/ar/all.atom.xml", "/mul/all.atom.xml", "/fr/all.rss.xml"],
            shows: (path) => {
                const feed = feedOf.get(path);
                if (feed) return [feed.title.split(" – ").at(-1), ...feed.items.flatMap(({ title, summary, tags = [], _tidings: { image } = {} }) => [title, summary, image?.credit, ...tags].filter(Boolean))];
                if (path === "/") return [`English ${TEXTS.script}`, `العربية ${TEXTS.picture}`, TEXTS["ended-title"], TEXTS.template];
                return [];
            },
        });
        for (const [name, found] of Object.entries(findings)) said(name, found);
    } finally {
        await server.stop();
    }
}

const folder = mkdtempSync(join(tmpdir(), "tidings-pages-"));
const browser = await startBrowser();
try {
    await part("pages in the browser", () => pagesOf(browser, folder));
    await part("many entries", () => manyEntries(folder));
    await part("a long month", () => longMonth(folder));
    await part("hostile pages", () => hostilePages(browser, folder));
} finally {
    await browser.close();
    rmSync(folder, { recursive: true, force: true });
}
finish();
