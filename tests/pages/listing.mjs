// What must hold for every listing page, whatever it looks like. Things are found by their role, language and relation, not by class names.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { DESKTOP, PHONE, openTab, shown, visibleText } from "./browser.mjs";
import { directionOf, scriptOf } from "./site.mjs";

const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

const KEYBOARD = "the keyboard reaches everything, in order and in sight";

export const VIEWS = [
    { name: "desktop, light", size: DESKTOP, scheme: "light" },
    { name: "desktop, dark", size: DESKTOP, scheme: "dark" },
    { name: "phone, dark", size: PHONE, scheme: "dark" },
    { name: "phone, light", size: PHONE, scheme: "light" },
];

/** WCAG 2.2, 1.4.10: no scrolling in two directions at 320 pixels. And a wide screen. */
const MORE_WIDTHS = [320, 2560];

/** A4 less its margins, in CSS pixels. */
const PAPER = { width: 700, height: 1000 };

const MOST_HTML = 60_000;
const MOST_TRANSFER = 40_000;

const FEED_TYPES = {
    "application/atom+xml": { ending: ".atom.xml", answers: ["application/xml", "application/atom+xml", "text/xml"], begins: /<feed[\s>]/ },
    "application/rss+xml": { ending: ".rss.xml", answers: ["application/xml", "application/rss+xml", "text/xml"], begins: /<rss[\s>]/ },
    "application/feed+json": { ending: ".json", answers: ["application/feed+json", "application/json"], begins: /^\s*\{/ },
};

/** Where a page stands in the site, by its path. */
export function placeOf(path, languages, defaultLanguage) {
    const parts = path.split("/").filter(Boolean);
    if (!languages.includes(parts[0])) return { home: true, language: defaultLanguage, topic: null, period: null };
    const period = parts.find((part) => /^\d{4}(-\d\d)?$/.test(part)) ?? null;
    const subscribe = parts[1] === "subscribe";
    const topic = parts[1] && !subscribe && parts[1] !== period ? parts[1] : null;
    return { home: false, language: parts[0], topic, period, subscribe };
}

// ── In every view ───────────────────────────────────────────────────────────────────────────────────

/** Runs in the browser: by how much the page is wider than its window, and through what. */
export function sideways() {
    const root = document.documentElement;
    const width = root.clientWidth;
    const cut = [root, document.body].some((element) => element && /hidden|clip/.test(getComputedStyle(element).overflowX));
    const all = [...document.querySelectorAll("*")];
    const beyond = all.filter((element) => {
        const box = element.getBoundingClientRect();
        if (box.width < 2 || box.height < 2 || !element.checkVisibility()) return false;
        if (box.right <= width + 1 && box.left >= -1) return false;
        for (let outer = element.parentElement; outer && outer !== root && outer !== document.body; outer = outer.parentElement) {
            if (getComputedStyle(outer).overflowX !== "visible") return false;
        }
        return true;
    });
    // What is moved out of sight on purpose, a skip link say, makes nothing wider.
    const lost = cut && beyond.some((element) => element.getBoundingClientRect().width > width + 1);
    if (root.scrollWidth <= width && !lost) return null;
    const inner = beyond.filter((element) => !beyond.some((other) => other !== element && element.contains(other)));
    const named = inner.slice(0, 2).map((element) => {
        const box = element.getBoundingClientRect();
        return `<${element.localName}${element.className ? ` class="${element.getAttribute("class")}"` : ""}> from ${Math.round(box.left)} to ${Math.round(box.right)}: “${element.textContent.trim().slice(0, 40)}”`;
    });
    return `${root.scrollWidth} px of content in a window of ${width}${cut ? ", cut off by overflow" : ""}; ${named.join(", ") || "by its margins"}`;
}

async function scrolls({ page }) {
    const wrong = await page.evaluate(sideways);
    return wrong ? [wrong] : [];
}

async function accessible({ page }) {
    const violations = await page.evaluate(async (rules) => {
        const { violations } = await globalThis.axe.run(document, { runOnly: { type: "tag", values: rules }, rules: { "target-size": { enabled: true } }, resultTypes: ["violations"] });
        return violations.map(({ id, help, nodes }) => ({
            id,
            help,
            nodes: nodes.map(({ target, html, any, all, none }) => ({
                target: target.join(" "),
                html: html.replace(/\s+/g, " ").slice(0, 160),
                why: [...any, ...all, ...none].map(({ message }) => message)[0] ?? "",
            })),
        }));
    }, RULES);
    return violations.flatMap(({ id, help, nodes }) =>
        nodes.slice(0, 3).map(({ target, html, why }) => `${id}: ${help}: ${target}: ${html}: ${why}${nodes.length > 3 ? ` (${nodes.length} such)` : ""}`),
    );
}

export const viewChecks = {
    "no horizontal scroll": scrolls,
    "axe finds no violation of WCAG 2.2 A and AA": accessible,
};

// ── Once for each page ──────────────────────────────────────────────────────────────────────────────

async function otherWidths({ page }) {
    const found = [];
    for (const width of MORE_WIDTHS) {
        await page.setViewportSize({ width, height: 800 });
        const wrong = await page.evaluate(sideways);
        if (wrong) found.push(wrong);
    }
    await page.setViewportSize(PHONE);
    // WCAG 2.2, 1.4.12: a reader may set the text wider.
    const wrong = await page.evaluate(`(() => {
        const sheet = new CSSStyleSheet();
        sheet.replaceSync("* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important; } p { margin-block-end: 2em !important; }");
        document.adoptedStyleSheets = [sheet];
        const wrong = (${sideways})();
        document.adoptedStyleSheets = [];
        return wrong;
    })()`);
    if (wrong) found.push(`with wider text: ${wrong}`);
    await page.setViewportSize(DESKTOP);
    return found;
}

async function asksNobodyElse({ tab, page, site, origin }) {
    const found = tab.elsewhere
        .filter(({ url, kind }) => !(kind === "image" && site.pictures.has(url)))
        .map(({ url, kind }) => `asks another host for ${url} (${kind})`);
    // A browser fetches some of these at other times, or not without a window; a page must not name them either.
    const named = await page.evaluate(() =>
        [...document.querySelectorAll("link[href], script[src], iframe[src], object[data], embed[src], use[href], source[src], video[src], audio[src]")]
            .filter((element) => element.localName !== "link" || /\b(stylesheet|icon|apple-touch-icon|mask-icon|preload|prefetch|preconnect|dns-prefetch|modulepreload|manifest)\b/i.test(element.rel))
            .map((element) => ({ kind: element.localName, url: new URL(element.getAttribute("href") ?? element.getAttribute("src") ?? element.getAttribute("data"), document.baseURI).href })),
    );
    for (const { kind, url } of named) {
        if (!url.startsWith("data:") && new URL(url).origin !== origin) found.push(`<${kind}> names another host: ${url}`);
    }
    return found;
}

/** Asks for a page or feed once in the whole run. */
async function answer(site, url) {
    if (!site.answers.has(url)) {
        site.answers.set(
            url,
            fetch(url, { redirect: "follow" }).then(
                async (response) => ({
                    status: response.status,
                    type: (response.headers.get("content-type") ?? "").split(";")[0].trim(),
                    url: response.url,
                    text: await response.text(),
                }),
                (why) => ({ status: 0, type: "", url, text: String(why) }),
            ),
        );
    }
    return site.answers.get(url);
}

async function linksAnswer({ page, site, origin }) {
    const links = await page.evaluate(() =>
        [...document.querySelectorAll("a[href], area[href], link[href], img[src], script[src], form[action]")].map((element) => ({
            element: element.localName,
            url: element.href ?? element.src ?? element.action,
            written: element.getAttribute("href") ?? element.getAttribute("src") ?? element.getAttribute("action"),
        })),
    );
    const found = [];
    for (const { element, url, written } of links) {
        let parsed;
        try {
            parsed = new URL(url);
        } catch {
            found.push(`<${element}> leads to what is no address: ${written}`);
            continue;
        }
        if (!["http:", "https:", "mailto:", "data:", "podcast:", "overcast:", "pktc:"].includes(parsed.protocol)) found.push(`<${element}> leads to ${url.slice(0, 80)}`);
        if (parsed.origin !== origin) continue;
        if (site.below && !parsed.pathname.startsWith(site.below)) {
            found.push(`<${element}> is not relative: ${written}`);
            continue;
        }
        const fragment = decodeURIComponent(parsed.hash.slice(1));
        parsed.hash = "";
        const { status, text, type } = await answer(site, parsed.href);
        if (status === 0 || status >= 400) found.push(`${shown(parsed.href)} answers ${status || text}`);
        else if (fragment && type === "text/html" && !new RegExp(`\\s(?:id|name)=["']?${fragment.replace(/[^\w-]/g, ".")}["'\\s>]`).test(text))
            found.push(`${shown(url)} leads to a place that is not there`);
    }
    return found;
}

async function wellFormed({ page, place, path }) {
    const seen = await page.evaluate(() => {
        const visible = (element) => element.checkVisibility({ checkVisibilityCSS: true });
        const all = (selector) => [...document.querySelectorAll(selector)].filter(visible);
        return {
            lang: document.documentElement.lang,
            dir: document.documentElement.dir,
            direction: getComputedStyle(document.documentElement).direction,
            body: getComputedStyle(document.body).direction,
            h1: all("h1").map((element) => element.textContent.trim()),
            mains: all("main, [role=main]").length,
            title: document.title.trim(),
            viewport: document.querySelector("meta[name=viewport]")?.content ?? "",
            mode: document.compatMode,
            ids: [...document.querySelectorAll("[id]")].map(({ id }) => id),
            headings: all("h1, h2, h3, h4, h5, h6").map((element) => Number(element.localName[1])),
        };
    });
    const expected = directionOf(place.language);
    const found = [];
    if (seen.lang.toLowerCase() !== place.language.toLowerCase()) found.push(`lang is “${seen.lang}”, not “${place.language}”`);
    if (seen.direction !== expected || seen.body !== expected) found.push(`the text runs ${seen.body}, not ${expected}`);
    if (expected === "rtl" && seen.dir !== "rtl") found.push(`dir is “${seen.dir}”: without the stylesheet it would run from left to right`);
    if (seen.h1.length !== 1 || !seen.h1[0]) found.push(`${seen.h1.length} h1 that can be seen: ${seen.h1.join(", ")}`);
    if (seen.mains !== 1) found.push(`${seen.mains} main landmarks`);
    if (!seen.title) found.push("no title");
    if (!/width=device-width/.test(seen.viewport)) found.push("no viewport of the device's width");
    if (seen.mode !== "CSS1Compat") found.push("in quirks mode");
    const twice = seen.ids.filter((id, index) => seen.ids.indexOf(id) !== index);
    if (twice.length) found.push(`the id “${twice[0]}” stands twice`);
    const skips = seen.headings.findIndex((level, index) => index > 0 && level > seen.headings[index - 1] + 1);
    if (skips > 0) found.push(`headings skip a level: h${seen.headings[skips - 1]}, then h${seen.headings[skips]}`);
    return found;
}

/** Text stands at the side where its language begins, and what stands in a row begins there too. */
async function mirrored({ page, place }) {
    return page.evaluate((expected) => {
        const found = [];
        const rtl = expected === "rtl";
        const visible = (element) => element.checkVisibility({ checkVisibilityCSS: true });
        const firstLine = (element) => {
            const range = document.createRange();
            range.selectNodeContents(element);
            // Numbers and words of the other direction are boxes of their own.
            const boxes = [...range.getClientRects()].filter((box) => box.width > 1 && box.height > 1);
            const line = boxes.filter((box) => box.top < boxes[0].bottom - 2);
            return line.length ? { left: Math.min(...line.map((box) => box.left)), right: Math.max(...line.map((box) => box.right)) } : undefined;
        };
        const h1 = document.querySelector("h1");
        const line = h1 && firstLine(h1);
        if (line) {
            const width = document.documentElement.clientWidth;
            const [start, end] = rtl ? [width - line.right, line.left] : [line.left, width - line.right];
            if (start > end + 2) found.push(`the h1 stands ${Math.round(start)} px from the side where the text begins, ${Math.round(end)} from the other`);
        }
        for (const element of document.querySelectorAll("main :is(h1, h2, h3, p, li)")) {
            const style = getComputedStyle(element);
            if (!visible(element) || style.direction !== expected || !/^(block|list-item)$/.test(style.display) || element.querySelector("svg")) continue;
            const text = firstLine(element);
            if (!text) continue;
            const box = element.getBoundingClientRect();
            const left = text.left - box.left - parseFloat(style.paddingLeft) - parseFloat(style.borderLeftWidth);
            const right = box.right - text.right - parseFloat(style.paddingRight) - parseFloat(style.borderRightWidth);
            const [start, end] = rtl ? [right, left] : [left, right];
            if (start > end + 4 && start > 8) found.push(`<${element.localName}> “${element.textContent.trim().slice(0, 40)}” stands at the wrong side`);
        }
        for (const list of document.querySelectorAll("nav, ul, ol")) {
            const links = [...list.querySelectorAll("a[href]")].filter(visible).map((link) => ({ link, box: link.getClientRects()[0] })).filter(({ box }) => box);
            for (let index = 1; index < links.length; index++) {
                const [before, after] = [links[index - 1].box, links[index].box];
                if (Math.abs(before.top - after.top) > 3 || links[index - 1].link.contains(links[index].link)) continue;
                if (rtl ? after.right > before.left + 1 : after.left < before.right - 1) {
                    if (getComputedStyle(links[index].link.parentElement).direction !== expected) continue;
                    found.push(`links stand in the wrong order: “${links[index - 1].link.textContent.trim().slice(0, 30)}”, “${links[index].link.textContent.trim().slice(0, 30)}”`);
                    break;
                }
            }
        }
        return found;
    }, directionOf(place.language));
}

/** The page that a language switch leads to: the same topic, and the same period or the whole listing. */
function counterpart(site, place, language) {
    const topic = place.subscribe ? "subscribe/" : place.topic ? `${place.topic}/` : "";
    const base = site.below ?? "/";
    return [`${base}${language}/${topic}`, ...(place.period ? [`${base}${language}/${topic}${place.period}/`] : [])];
}

async function switchesLanguage({ page, site, place, origin }) {
    const links = await page.evaluate(() =>
        [...document.querySelectorAll("a[hreflang]")].map((link) => {
            return {
                hreflang: link.hreflang,
                url: link.href,
                text: link.textContent.trim(),
                // What names the language of its text: the link itself, or what stands in it and holds all its text.
                lang: ([...link.querySelectorAll("[lang]")].find((inner) => inner.textContent.trim() === link.textContent.trim()) ?? link).closest("[lang]")?.lang ?? "",
                direction: getComputedStyle([...link.querySelectorAll("[lang]")][0] ?? link).direction,
            };
        }),
    );
    const found = [];
    for (const language of site.languages) {
        if (language === place.language && !place.home) continue;
        const wanted = counterpart(site, place, language);
        const own = links.filter(({ hreflang, url }) => hreflang.toLowerCase() === language.toLowerCase() && new URL(url).origin === origin);
        const right = own.find(({ url }) => wanted.includes(new URL(url).pathname));
        if (!right) {
            found.push(`no link with hreflang=${language} to ${wanted.join(" or ")}${own.length ? `; one leads to ${shown(own[0].url)}` : ""}`);
            continue;
        }
        const script = scriptOf(language);
        if (right.lang.toLowerCase() !== language.toLowerCase()) found.push(`the link to ${language} has a text with lang “${right.lang}”`);
        if (right.direction !== directionOf(language)) found.push(`the link to ${language} runs ${right.direction}`);
        if (!new RegExp(`\\p{Script=${script}}`, "u").test(right.text)) found.push(`the link to ${language} says “${right.text}”, not in its own script`);
        const { status, text } = await answer(site, right.url.replace(/#.*/, ""));
        const reached = /<html[^>]*\slang="?([\w-]+)/.exec(text)?.[1];
        if (status !== 200 || reached?.toLowerCase() !== language.toLowerCase()) found.push(`the link to ${language} leads to a page with lang “${reached}”, status ${status}`);
    }
    return found;
}

/** Where the language switch stands, as a share of the width from the left; null where it cannot be seen. */
async function placeOfSwitch({ page, site, place }) {
    const wanted = site.languages.filter((language) => language !== place.language).flatMap((language) => counterpart(site, place, language));
    return page.evaluate((wanted) => {
        const boxes = [...document.querySelectorAll("a[hreflang]")]
            .filter((link) => link.origin === location.origin && wanted.includes(link.pathname) && link.checkVisibility({ checkVisibilityCSS: true }))
            .map((link) => link.getBoundingClientRect());
        if (!boxes.length) return null;
        return (Math.min(...boxes.map(({ left }) => left)) + Math.max(...boxes.map(({ right }) => right))) / 2 / document.documentElement.clientWidth;
    }, wanted);
}

async function discoverable({ page, site, place, origin, path }) {
    const links = await page.evaluate(() =>
        [...document.querySelectorAll("head link[href][type]")].filter((link) => link.relList.contains("alternate")).map((link) => ({ type: link.type, url: link.href, title: link.title, language: link.hreflang })),
    );
    const feeds = links.filter(({ type }) => type in FEED_TYPES);
    if (!feeds.length) return ["no feed can be discovered"];
    const [first] = feeds;
    const scope = place.topic ?? "all";
    const base = site.below ?? "/";
    const wanted = [`${base}${place.language}/${scope}`, ...(place.home ? [`${base}mul/${scope}`] : [])].map((start) => start + FEED_TYPES[first.type].ending);
    const found = [];
    if (!wanted.includes(new URL(first.url).pathname)) found.push(`the first feed is ${shown(first.url)}, not ${wanted.join(" or ")}`);
    for (const feed of feeds) {
        if (!feed.title) found.push(`${shown(feed.url)} has no title to choose it by`);
        if (new URL(feed.url).origin !== origin) {
            if (!site.below) found.push(`${feed.url} is at another host`);
            continue;
        }
        const { status, type, text } = await answer(site, feed.url);
        const { answers, begins } = FEED_TYPES[feed.type];
        if (status !== 200) found.push(`${shown(feed.url)} answers ${status}`);
        else if (!answers.includes(type) || !begins.test(text)) found.push(`${shown(feed.url)} answers as ${type}, and is announced as ${feed.type}`);
    }
    return found;
}

/** The newest entries stand on the page in the order of its feed, each in its own language. */
async function showsEntries({ page, site, place, origin }) {
    if (place.home || place.period || place.subscribe) return [];
    const base = site.below ?? "/";
    const { status, text } = await answer(site, `${origin}${base}${place.language}/${place.topic ?? "all"}.json`);
    if (status !== 200) return [];
    const feed = JSON.parse(text);
    const items = feed.items.map((item) => ({ title: item.title.replace(/\s+/g, " ").trim(), language: item.language ?? feed.language, url: item.url ? new URL(item.url).href : null }));
    const seen = await page.evaluate((items) => {
        const plain = (text) => text.replace(/\s+/g, " ").trim();
        const main = document.querySelector("main, [role=main]") ?? document.body;
        // The smallest elements that hold exactly a title.
        const byTitle = new Map();
        for (const element of main.querySelectorAll("*")) {
            const title = plain(element.textContent);
            if (title.length > 1000 || !element.checkVisibility()) continue;
            if (!byTitle.has(title)) byTitle.set(title, []);
            byTitle.get(title).push(element);
        }
        let last = null;
        return items.map(({ title, url }) => {
            const candidates = byTitle.get(title) ?? [];
            // Two stories may have one title.
            const smallest = candidates.filter((element) => !candidates.some((other) => other !== element && element.contains(other)));
            const element = smallest.find((element) => !last || last.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_FOLLOWING);
            if (!element) return { there: smallest.length > 0 };
            last = element;
            const link = element.closest("a[href]") ?? element.querySelector("a[href]");
            return { there: true, inOrder: true, linked: !url || link?.href === url, lang: element.closest("[lang]").lang, direction: getComputedStyle(element).direction };
        });
    }, items);
    const found = [];
    seen.forEach((state, index) => {
        const { title, language } = items[index];
        const name = `“${title.slice(0, 50)}”`;
        if (!state.there) found.push(`${name} is in the feed and not on the page`);
        else if (!state.inOrder) found.push(`${name} is not in the order of the feed`);
        else {
            if (!state.linked) found.push(`${name} does not lead to its story`);
            if (state.lang.toLowerCase() !== language.toLowerCase()) found.push(`${name} has lang “${state.lang}”, not “${language}”`);
            if (state.direction !== directionOf(language)) found.push(`${name} runs ${state.direction}`);
        }
    });
    return found;
}

/** What the feed says of each entry stands on the page: picture, credit, summary, topics, and the translations of it. */
async function describesEntries({ page, site, place, origin }) {
    if (place.home || place.period || place.subscribe) return [];
    const base = site.below ?? "/";
    const { status, text } = await answer(site, `${origin}${base}${place.language}/${place.topic ?? "all"}.json`);
    if (status !== 200) return [];
    const { items } = JSON.parse(text);
    const seen = await page.evaluate(() => ({
        pictures: [...document.images].map(({ src, alt }) => ({ src, alt })),
        links: [...document.querySelectorAll("a[href]")].map((link) => ({ url: link.href, hreflang: link.hreflang, lang: (link.querySelector("[lang]") ?? link.closest("[lang]")).lang, text: link.textContent.trim() })),
    }));
    const texts = (await page.evaluate(visibleText)).join("\n");
    const plain = (text) => text.replace(/\s+/g, " ").trim();
    const found = [];
    for (const { title, summary, image, _tidings: more = {} } of items) {
        const name = `“${title.slice(0, 40)}”`;
        if (summary && !texts.includes(plain(summary))) found.push(`${name} is without its summary`);
        if (image) {
            const picture = seen.pictures.find(({ src }) => src === new URL(image).href);
            if (!picture) found.push(`${name} is without its picture`);
            else if (more.image?.alt && picture.alt !== more.image.alt) found.push(`the picture of ${name} has the alternative text “${picture.alt}”`);
            if (more.image?.credit && !texts.includes(plain(more.image.credit))) found.push(`the picture of ${name} is without its credit`);
        }
        for (const topic of more.topics ?? []) {
            if (topic !== place.topic && !seen.links.some(({ url }) => new URL(url).pathname === `${base}${place.language}/${topic}/`)) found.push(`${name} does not lead to its topic ${topic}`);
        }
        for (const { language, url } of more.translations ?? []) {
            if (!url) continue;
            const link = seen.links.find((link) => link.url === new URL(url).href && link.hreflang.toLowerCase() === language.toLowerCase());
            if (!link) found.push(`${name} does not lead to its translation into ${language}`);
            else if (link.lang.toLowerCase() !== language.toLowerCase() && new RegExp(`\\p{Script=${scriptOf(language)}}`, "u").test(link.text)) found.push(`the link from ${name} to ${language} has the lang “${link.lang}”`);
        }
    }
    return found;
}

/** A person finds every feed of the page with its whole address, there or on the page that says how to subscribe. */
async function offersFeeds({ page, site, place, origin }) {
    if (place.period) return [];
    const { here, links, leads, opml } = await page.evaluate(() => ({
        here: [document.body.textContent, ...[...document.querySelectorAll("input, textarea")].map((input) => input.value)].join("\n"),
        links: [...document.querySelectorAll("a[href]")].map((link) => link.href),
        leads: [...document.querySelectorAll("a[href]")].find((link) => /\/subscribe\/$/.test(link.pathname) && link.checkVisibility())?.href.replace(/#.*/, ""),
        opml: [...document.querySelectorAll("a[href]")].some((link) => /(^|\/)feeds\.opml$/.test(new URL(link.href).pathname)),
    }));
    const there = leads ? (await answer(site, leads)).text : "";
    if (place.home) return opml || /feeds\.opml"/.test(there) ? [] : ["no link to feeds.opml"];
    const base = `${site.published ?? origin}/${place.language}/${place.topic ?? "all"}`;
    const [first, ...others] = Object.values(FEED_TYPES).map(({ ending }) => base + ending);
    const relative = (url) => url.slice(url.indexOf(`/${place.language}/`) + 1);
    const found = here.includes(first) || there.includes(first) ? [] : [`the address ${shown(first)} is not there to copy`];
    for (const url of others) if (!here.includes(url) && !links.includes(url) && !there.includes(relative(url))) found.push(`no way to ${shown(url)}`);
    return found;
}

/** The home page has the newest story of every language. */
async function newsOfAll({ page, site, place, origin }) {
    if (!place.home) return [];
    const texts = (await page.evaluate(visibleText)).join("\n");
    const found = [];
    for (const language of site.languages) {
        const { text } = await answer(site, `${origin}${site.below ?? "/"}${language}/all.json`);
        const newest = JSON.parse(text).items[0]?.title.replace(/\s+/g, " ").trim();
        if (newest && !texts.includes(newest)) found.push(`“${newest.slice(0, 50)}” is not there, the newest in ${language}`);
    }
    return found;
}

/** Tab from the top: everything that can be used, in the order of the document, each with a focus that can be seen. */
async function keyboard({ tab, page, url, place, note }) {
    await tab.go(url);
    const expected = await page.evaluate(() => {
        const candidates = document.querySelectorAll("a[href], area[href], button, input, select, textarea, summary, audio[controls], video[controls], iframe, [tabindex], [contenteditable]");
        const list = [...candidates].filter((element) => !element.disabled && element.tabIndex >= 0 && element.checkVisibility({ checkVisibilityCSS: true }) && !element.closest("[inert]"));
        globalThis.tabOrder = { list, last: null };
        return list.length;
    });
    const found = [];
    const reached = new Set();
    for (let press = 0; press < expected + 30; press++) {
        await page.keyboard.press("Tab");
        const at = await page.evaluate(() => {
            const element = document.activeElement;
            if (!element || element === document.body || element === document.documentElement) return null;
            const { list, last } = globalThis.tabOrder;
            const style = getComputedStyle(element);
            const clear = (colour) => /^(transparent|rgba\(.*, 0\))$/.test(colour);
            const outlined = (style) => (style.outlineStyle === "auto" || (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1)) && !clear(style.outlineColor);
            // The outline may be drawn around the whole card that the link stands in.
            let marked = false;
            for (let outer = element, steps = 0; outer && outer !== document.body && steps < 4; outer = outer.parentElement, steps++) {
                const own = getComputedStyle(outer);
                marked ||= outlined(own) || (outer === element && (own.boxShadow !== "none" || outlined(getComputedStyle(element, "::after")) || outlined(getComputedStyle(element, "::before"))));
            }
            const boxes = [...element.getClientRects()].filter((box) => box.width > 0 && box.height > 0);
            const inside = boxes.filter((box) => box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth);
            const uncovered = inside.some((box) =>
                [[0.5, 0.5], [0.1, 0.5], [0.9, 0.5], [0.5, 0.15], [0.5, 0.85]].some(([x, y]) => {
                    const hit = document.elementFromPoint(box.left + box.width * x, box.top + box.height * y);
                    return hit && (element.contains(hit) || hit.contains(element));
                }),
            );
            const backwards = last && !(last.compareDocumentPosition(element) & Node.DOCUMENT_POSITION_FOLLOWING);
            globalThis.tabOrder.last = element;
            return {
                index: list.indexOf(element),
                name: `<${element.localName}> “${(element.textContent || element.getAttribute("aria-label") || element.value || "").trim().replace(/\s+/g, " ").slice(0, 40)}”`,
                fragment: element.localName === "a" && element.getAttribute("href").startsWith("#") ? element.getAttribute("href") : null,
                marked,
                seen: inside.length > 0 && uncovered,
                backwards,
                outline: `${style.outlineStyle} ${style.outlineWidth} ${style.outlineColor}`,
            };
        });
        if (!at || (at.index >= 0 && reached.has(at.index))) break;
        if (press === 0) {
            if (at.index !== 0) found.push(`the first Tab reaches ${at.name}, not what stands first`);
            note.skipLink = at.fragment;
        }
        if (at.index >= 0) reached.add(at.index);
        if (at.backwards) found.push(`${at.name} is reached out of order`);
        if (!at.marked) found.push(`the focus of ${at.name} cannot be seen (outline ${at.outline})`);
        if (!at.seen) found.push(`${at.name} is not in sight, or covered, when it has the focus`);
    }
    if (reached.size < expected) {
        const missed = await page.evaluate((reached) => globalThis.tabOrder.list.filter((_, index) => !reached.includes(index)).map((element) => `<${element.localName}> “${element.textContent.trim().slice(0, 40)}”`), [...reached]);
        found.push(`not reached by Tab: ${missed.slice(0, 3).join(", ")}${missed.length > 3 ? ` and ${missed.length - 3} more` : ""}`);
    }
    if (note.skipLink) {
        await tab.go(url);
        await page.keyboard.press("Tab");
        await page.keyboard.press("Enter");
        await page.keyboard.press("Tab");
        const inMain = await page.evaluate(() => Boolean(document.activeElement?.closest("main, [role=main]")));
        if (!inMain) found.push(`after the skip link to ${note.skipLink}, Tab does not go on in the main part`);
    } else if (!place.home) found.push("no skip link stands first");
    return found;
}

/** A policy that lets nothing in but what is the page's own. */
export function policyFaults(policies) {
    if (!policies.length) return ["no Content-Security-Policy"];
    const found = [];
    // Each policy must be met, so the strictest counts; pages here have one.
    const parsed = policies.map((policy) => new Map(policy.split(";").map((part) => part.trim().split(/\s+/)).filter(([name]) => name).map(([name, ...values]) => [name.toLowerCase(), values])));
    const least = (name, fall = true) => parsed.map((policy) => policy.get(name) ?? (fall ? policy.get("default-src") : undefined)).filter(Boolean);
    const strict = (values) => values.every((value) => /^'(none|self|sha(256|384|512)-.*|report-sample)'$/.test(value));
    if (!least("default-src").some((values) => values.length === 1 && /^'(none|self)'$/.test(values[0]))) found.push(`default-src is not 'none' or 'self': ${policies.join(" | ")}`);
    for (const name of ["script-src", "style-src", "object-src", "connect-src", "frame-src"]) {
        if (!least(name).some(strict)) found.push(`${name} is loose: ${least(name).map((values) => values.join(" ")).join(" | ") || "not said"}`);
    }
    for (const name of ["base-uri", "form-action"]) {
        if (!least(name, false).some(strict)) found.push(`${name} is not 'none' or 'self' (default-src does not cover it)`);
    }
    return found;
}

async function policy({ page, headers }) {
    const metas = await page.evaluate(() => {
        const meta = [...document.querySelectorAll("head meta[http-equiv=content-security-policy i]")];
        const late = meta[0] && [...document.querySelectorAll("script, style, link[rel=stylesheet]")].some((element) => element.compareDocumentPosition(meta[0]) & Node.DOCUMENT_POSITION_FOLLOWING);
        return { contents: meta.map(({ content }) => content), late };
    });
    const found = policyFaults([...(headers["content-security-policy"] ? [headers["content-security-policy"]] : []), ...metas.contents]);
    if (metas.late && !headers["content-security-policy"]) found.push("the policy stands after what it should govern");
    const ran = await page.evaluate(() => {
        const script = document.createElement("script");
        script.textContent = "globalThis.strangersCode = true";
        document.body.append(script);
        script.remove();
        return globalThis.strangersCode === true;
    });
    if (ran) found.push("a script in the text of the page is run");
    return found;
}

async function withoutScripts({ page, still, url }) {
    const expected = await page.evaluate(visibleText);
    await still.go(url);
    const seen = await still.page.evaluate(visibleText);
    const found = [];
    for (const text of expected.filter((text) => !seen.includes(text)).slice(0, 3)) found.push(`only with JavaScript: “${text.slice(0, 60)}”`);
    for (const text of seen.filter((text) => !expected.includes(text)).slice(0, 3)) found.push(`only without JavaScript: “${text.slice(0, 60)}”`);
    const dead = await still.page.evaluate(() =>
        [...document.querySelectorAll("button")].filter((button) => !button.closest("form") && button.checkVisibility({ checkVisibilityCSS: true })).map((button) => button.textContent.trim() || button.getAttribute("aria-label")),
    );
    if (dead.length) found.push(`a button that can do nothing without JavaScript can be seen: “${dead[0]}”`);
    return found;
}

async function lessMotion({ page }) {
    await page.emulateMedia({ reducedMotion: "reduce" });
    const found = await page.evaluate(() => {
        const found = [];
        for (const element of document.querySelectorAll("*")) {
            const style = getComputedStyle(element);
            if (style.scrollBehavior === "smooth") found.push(`<${element.localName}> scrolls smoothly`);
            if (style.animationName !== "none" && parseFloat(style.animationDuration) > 0.01) found.push(`<${element.localName}> is animated`);
            const moves = style.transitionProperty.split(", ").some((property, index) => !/color|background|fill|stroke|opacity|shadow|outline|^none$/.test(property) && parseFloat(style.transitionDuration.split(", ").at(index) ?? style.transitionDuration) > 0.01);
            if (moves) found.push(`<${element.localName}> moves in transition (${style.transitionProperty})`);
        }
        return [...new Set(found)];
    });
    await page.emulateMedia({ reducedMotion: null });
    return found;
}

/** On paper the stories are still there, whole. */
async function printed({ page, place }) {
    const links = () => page.evaluate(() => [...document.querySelectorAll("main a[href]")].filter((link) => link.checkVisibility({ checkVisibilityCSS: true }) && link.textContent.trim() && !/^(.*\/)?(\.{0,2}\/)*$/.test(link.getAttribute("href")) && new URL(link.href).origin !== location.origin).map((link) => link.href));
    const onScreen = await links();
    await page.emulateMedia({ media: "print", colorScheme: "light" });
    await page.setViewportSize(PAPER);
    const found = [];
    const onPaper = await links();
    const lost = onScreen.filter((link) => !onPaper.includes(link));
    if (lost.length) found.push(`${lost.length} of ${onScreen.length} links to stories are not printed: ${lost[0]}`);
    const heading = await page.evaluate(() => document.querySelector("h1")?.checkVisibility({ checkVisibilityCSS: true }));
    if (!heading) found.push("the h1 is not printed");
    const wrong = await page.evaluate(sideways);
    if (wrong) found.push(`cut at the side: ${wrong}`);
    const fixed = await page.evaluate(() => [...document.querySelectorAll("body *")].filter((element) => getComputedStyle(element).position === "fixed" && element.checkVisibility({ checkVisibilityCSS: true }) && element.getBoundingClientRect().bottom > 0).map((element) => element.localName));
    if (fixed.length) found.push(`<${fixed[0]}> is fixed, so that it stands on every sheet`);
    const pdf = await page.pdf({ format: "A4" });
    const sheets = (pdf.toString("latin1").match(/\/Type\s*\/Page\b/g) ?? []).length;
    if (!sheets) found.push("no sheet comes out");
    await page.emulateMedia({ media: null, colorScheme: "light" });
    await page.setViewportSize(DESKTOP);
    return found;
}

async function small({ page, html, url, origin, tab }) {
    const found = [];
    if (html.length > MOST_HTML) found.push(`${html.length} bytes of HTML, more than ${MOST_HTML}`);
    const own = [...new Set([url, ...tab.asked])].filter((asked) => asked.startsWith(`${origin}/`));
    let sum = 0;
    for (const asked of own) sum += (await wire(asked)).length;
    if (sum > MOST_TRANSFER) found.push(`${sum} bytes are sent for the page and what it needs (${own.map(shown).join(", ")}), more than ${MOST_TRANSFER}`);
    if (own.length > 4) found.push(`${own.length} requests: ${own.map(shown).join(", ")}`);
    return found;
}

/** The bytes as they are sent to a browser. */
async function wire(url) {
    const { get } = await import("node:http");
    return new Promise((resolve, reject) => {
        get(url, { headers: { "Accept-Encoding": "gzip, deflate, br, zstd" } }, (response) => {
            const parts = [];
            response.on("data", (part) => parts.push(part));
            response.on("end", () => resolve(Buffer.concat(parts)));
        }).on("error", reject);
    });
}

/** Buttons that copy an address, where there are any. */
async function copies({ page, site, url, tab, context, origin }) {
    const buttons = await page.evaluate(() => [...document.querySelectorAll("button:not([popovertarget])")].filter((button) => button.checkVisibility({ checkVisibilityCSS: true })).length);
    if (!buttons) return [];
    await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin });
    const button = page.locator("button:not([popovertarget]):visible").first();
    await button.click();
    await page.waitForTimeout(200);
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    if (!/^https?:/.test(copied)) return [`the button “${(await button.textContent()).trim()}” copies “${copied.slice(0, 60)}”`];
    if (new URL(copied).origin !== (site.published ?? origin)) return [];
    const { status } = await answer(site, copied);
    return status === 200 ? [] : [`the button copies ${shown(copied)}, which answers ${status}`];
}

export const pageChecks = {
    "no horizontal scroll at 320 and 2560 pixels, nor with wider text": otherWidths,
    "no request to another host but for pictures of stories": asksNobodyElse,
    "every link on the pages answers": linksAnswer,
    "language, direction, one h1, one main part": wellFormed,
    "text and lists begin at the side of the language": mirrored,
    "the language switch leads to the same topic, in its own words": switchesLanguage,
    "the page's own feed is discovered first": discoverable,
    "the entries of the feed stand on the page, in order and language": showsEntries,
    "each entry has its picture, credit, summary, topics and translations": describesEntries,
    "every feed's address is there to copy": offersFeeds,
    "the home page has the newest story of every language": newsOfAll,
    "small in bytes and requests": small,
    "nothing moves where less motion is asked for": lessMotion,
    "printed whole": printed,
    "the same text without JavaScript": withoutScripts,
    "the copy button copies an address that answers": copies,
    "a strict Content-Security-Policy": policy,
};

/** What holds between pages. */
export const siteChecks = {
    "every page has a title of its own": (visits) => {
        const titles = new Map();
        for (const { path, note } of visits) titles.set(note.title, [...(titles.get(note.title) ?? []), path]);
        return [...titles].filter(([, paths]) => paths.length > 1).map(([title, paths]) => `“${title}”: ${paths.join(", ")}`);
    },
    "the language switch is mirrored from right to left": (visits) => {
        const found = [];
        const listings = visits.filter(({ place, note }) => !place.home && !place.topic && !place.period && note.switchAt !== null);
        const [one, other] = ["ltr", "rtl"].map((direction) => listings.find(({ place }) => directionOf(place.language) === direction));
        if (!one || !other) return found;
        const [left, right] = [one.note.switchAt, 1 - other.note.switchAt];
        if (Math.abs(left - 0.5) > 0.05 && left < 0.5 !== right < 0.5)
            found.push(`it stands at ${Math.round(left * 100)} % of the width on ${one.path}, and at ${Math.round(other.note.switchAt * 100)} % on ${other.path}`);
        return found;
    },
};

/**
 * Looks at the pages. `site` has `origin`, `languages`, `defaultLanguage`, `pictures`; `published` where its addresses
 * differ from where it stands, `below` where it stands below a path. Gives the findings by the name of the check.
 */
export async function look(browser, site, paths, { views = VIEWS, only = null, keyboardOn = () => true } = {}) {
    const findings = new Map();
    const wanted = (name) => !only || only.includes(name);
    const add = (name, found, where) => {
        if (!findings.has(name)) findings.set(name, []);
        findings.get(name).push(...found.map((what) => ({ what, where })));
    };
    site.answers ??= new Map();
    const { origin } = site;
    const context = await browser.newContext({ viewport: DESKTOP });
    const quiet = await browser.newContext({ viewport: DESKTOP, javaScriptEnabled: false });
    const own = [origin, ...(site.published ? [site.published] : [])];
    const tab = await openTab(context, own);
    const still = await openTab(quiet, own);
    const { page } = tab;
    const visits = [];
    const attempt = async (name, where, body) => {
        if (!wanted(name)) return;
        try {
            add(name, await body(), where);
        } catch (why) {
            add(name, [String(why.stack ?? why).slice(0, 600)], where);
        }
    };
    for (const path of paths) {
        const url = origin + path;
        await page.setViewportSize(DESKTOP);
        await page.emulateMedia({ colorScheme: "light", media: null, reducedMotion: null });
        const response = await tab.go(url);
        const relative = site.below ? `/${path.slice(site.below.length)}` : path;
        const place = placeOf(relative, site.languages, site.defaultLanguage);
        const visit = { tab, still, page, context, site, origin, path, url, place, note: {}, headers: response.headers(), html: await response.body() };
        add("pages answer 200", response.status() === 200 ? [] : [`${response.status()}`], path);
        visit.note.title = await page.title();
        visit.note.switchAt = await placeOfSwitch(visit);
        if (Object.keys(viewChecks).some(wanted)) await page.evaluate(AXE);
        for (const view of Object.keys(viewChecks).some(wanted) ? views : []) {
            await page.setViewportSize(view.size);
            await page.emulateMedia({ colorScheme: view.scheme });
            for (const [name, find] of Object.entries(viewChecks)) await attempt(name, `${path} ${view.name}`, () => find(visit));
        }
        await page.setViewportSize(DESKTOP);
        await page.emulateMedia({ colorScheme: "light" });
        const elsewhere = [...tab.elsewhere];
        const asked = [...tab.asked];
        await attempt("no console message", path, () => tab.said);
        if (keyboardOn(path) && wanted(KEYBOARD)) {
            await attempt(KEYBOARD, `${path} desktop`, () => keyboard(visit));
            if (!place.period && !place.topic) {
                await page.setViewportSize(PHONE);
                await attempt(KEYBOARD, `${path} phone`, () => keyboard(visit));
                await page.setViewportSize(DESKTOP);
            }
            await tab.go(url);
        }
        tab.elsewhere = elsewhere;
        tab.asked = asked;
        for (const [name, find] of Object.entries(pageChecks)) await attempt(name, path, () => find(visit));
        visits.push(visit);
    }
    for (const [name, find] of Object.entries(siteChecks)) await attempt(name, undefined, () => find(visits));
    await context.close();
    await quiet.close();
    return findings;
}

/** Pages to look at: home, every language, of each a topic and an older period, as the links lead there. */
export async function choosePages(site, fetchText) {
    const paths = ["/"];
    const links = async (path) => {
        const text = await fetchText(path);
        return [...text.matchAll(/<a\s[^>]*href="?([^"\s>]+)/g)].map(([, href]) => new URL(href.replaceAll("&amp;", "&"), `${site.origin}${path}`)).filter(({ origin }) => origin === site.origin).map(({ pathname }) => pathname);
    };
    let periods = 0;
    for (const [index, language] of site.languages.entries()) {
        const listing = `/${language}/`;
        paths.push(listing);
        const there = [...new Set(await links(listing))];
        const topics = there.filter((path) => /^\/[^/]+\/(?!\d{4}(-\d\d)?\/)[^/]+\/$/.test(path) && path.startsWith(listing));
        if (topics.length) paths.push(topics[index % topics.length]);
        let older = there.filter((path) => path.startsWith(listing) && /\/\d{4}(-\d\d)?\/$/.test(path));
        if (older.length) {
            // A year may only lead on to its months.
            paths.push(older[index % older.length]);
            periods++;
        }
        if (index === 0 && topics.length) {
            older = (await Promise.all(topics.map(links))).flat().filter((path) => path.startsWith(listing) && /^\/[^/]+\/[^/]+\/\d{4}(-\d\d)?\/$/.test(path));
            if (older.length) paths.push(older[0]);
        }
    }
    return { paths: [...new Set(paths)], periods };
}
