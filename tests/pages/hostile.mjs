// Fault 13: text that would like to be more than text, in every field. It is shown as it was written, and does nothing.

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DESKTOP, PHONE, openTab, visibleText } from "./browser.mjs";
import { sideways } from "./listing.mjs";

/** What a template engine would make of the sums below. */
const PRODUCT = String(1337 * 1001);

export const TEXTS = {
    script: "<script>window.hacked=1</script>",
    picture: '"><img src=x onerror="window.hacked=1">',
    apostrophe: "' onmouseover='window.hacked=1' autofocus onfocus='window.hacked=1",
    "ended-title": "</title><script>window.hacked=1</script>",
    "ended-style": "</style></textarea></noscript><script>window.hacked=1</script>",
    "ended-comment": "--><script>window.hacked=1</script><!--",
    svg: "<svg onload=window.hacked=1><a xlink:href=javascript:window.hacked=1>x</a></svg>",
    base: "<base href=https://elsewhere.example/><meta http-equiv=refresh content=0;url=https://elsewhere.example/>",
    template: "{{ 1337*1001 }} {{ 7*7 }} ${1337*1001} <%= 1337*1001 %> #{1337*1001}",
    raw: "{% raw %}{{ 1337*1001 }}{% include 'page.html' %}{# gone #}",
    ended: "]]><script>window.hacked=1</script><![CDATA[",
    entities: "&lt;b&gt; &amp;amp; &#60; &nosuch; &",
    "script-address": "javascript:window.hacked=1",
    "markdown-address": "[a](javascript:window.hacked=1) <javascript:window.hacked=1>",
    override: "before \u202Eoverridden\u202C after",
    "open-override": "left open \u202Eoverridden",
    "open-isolate": "left open \u2067isolated",
    "closed-twice": "closed \u202C\u2069\u2069\u202C too often",
    marks: "\u200Fmarks\u200E and \u061C more",
    combining: `Z${"\u0300\u0316\u0489".repeat(25)}algo`,
    emoji: "👩‍👩‍👧‍👦 a family, 🏳️‍🌈 a flag, \u{1F1E6}\u{1F1F9}",
    separators: "line\u2028separator\u2029paragraph\u0085next",
    "long-word": `long-word-${"w".repeat(300)}`,
    "long-address": `https://news.example.org/${"path/".repeat(60)}`,
    "long-arabic": "ﺏ".repeat(10) + "ب".repeat(300),
    invisible: "zero\u200Bwidth\uFEFF and soft\u00ADhyphen",
    control: "a\u0001b\u000Bc",
    title: "A story after all the others",
};

/** Writes the site into a folder, and gives the path of its configuration. */
export function hostileSite(folder) {
    mkdirSync(join(folder, "stories"), { recursive: true });
    const names = Object.keys(TEXTS);
    const stories = names.map((name, index) => ({
        id: `hostile/${name}`,
        published: `2024-${String(1 + (index % 9)).padStart(2, "0")}-${String(10 + (index % 18)).padStart(2, "0")}`,
        topics: [`t-${name}`, "t-script"].slice(0, name === "script" ? 1 : 2),
        link: `https://news.example.org/?q="><script>window.hacked=1</script>&x='y&story=${name}#"><b>`,
        authors: [{ name: TEXTS[name] }],
        image: { url: `https://news.example.org/"onerror="window.hacked=1.png?${name}`, alt: TEXTS[name], credit: `Photo: ${TEXTS[name]}`, width: 1200, height: 800 },
        enclosures: [{ url: `https://news.example.org/${name}.pdf`, type: "application/pdf", length: 1000, title: TEXTS[name] }],
        translations: {
            en: { title: TEXTS[name], summary: `Summary: ${TEXTS[name]}`, content_markdown: TEXTS[name] },
            ...(index % 3 === 0 ? { ar: { title: `عنوان ${TEXTS[name]}`, summary: TEXTS[name] } } : {}),
        },
    }));
    writeFileSync(join(folder, "stories", "hostile.json"), JSON.stringify(stories));
    writeFileSync(
        join(folder, "tidings.json"),
        JSON.stringify({
            site: { base_url: "https://news.example.org/", authority: "news.example.org,2014", title: TEXTS["ended-title"], rights: TEXTS.picture, authors: [{ name: TEXTS.script }] },
            languages: {
                en: { title: `News ${TEXTS.picture}`, description: TEXTS.template, name: `English ${TEXTS.script}` },
                ar: { title: `أخبار ${TEXTS.script}`, description: TEXTS.override, name: `العربية ${TEXTS.picture}`, fallback: ["en"] },
                fr: { title: TEXTS["long-word"], name: TEXTS["long-address"], description: TEXTS["long-word"] },
            },
            topics: Object.fromEntries(names.map((name) => [`t-${name}`, { title: { en: TEXTS[name], ar: `موضوع ${TEXTS[name]}` }, description: { en: TEXTS[name] } }])),
            feeds: { limit: 16, archives: "month" },
        }),
    );
    return join(folder, "tidings.json");
}

/** Text as far as its meaning goes: white space is one, marks of direction may be added or balanced. */
export function plain(text) {
    return text
        .replace(/[\u200E\u200F\u061C\u202A-\u202E\u2066-\u2069\uFEFF\u00AD\u200B]/g, "")
        .replace(/[\u0001\u000B]/g, "")
        .replace(/[\s\u0085]+/g, " ")
        .normalize("NFC")
        .trim();
}

/** Runs in the browser: what has come to life. */
function alive() {
    const found = [];
    if (globalThis.hacked !== undefined) found.push("window.hacked is set");
    for (const element of document.querySelectorAll("*")) {
        for (const { name, value } of element.attributes) if (/^on/i.test(name) || (/hacked/.test(value) && /^(src|srcset|style|action|formaction|data)$/.test(name) && !/^https:/.test(value))) found.push(`<${element.localName}> has ${name}="${value.slice(0, 60)}"`);
        if (element.localName === "script" && /hacked/.test(element.textContent)) found.push("a <script> of a stranger");
        const href = element.getAttribute("href") ?? element.getAttribute("xlink:href") ?? "";
        if (/^\s*(javascript|data|vbscript):/i.test(href)) found.push(`<${element.localName}> leads to ${href.slice(0, 60)}`);
        if (element.localName === "base" || (element.localName === "meta" && /refresh/i.test(element.httpEquiv ?? ""))) found.push(`a <${element.localName}> of a stranger`);
    }
    if (document.contentType === "text/html" && document.body.querySelector("title:not(svg title), style:not(svg style), base, meta")) found.push("an element of the head stands in the body");
    return found;
}

/** Runs in the browser: Latin text that runs from right to left because a mark of direction was left open before it. */
function turned() {
    const found = [];
    const walker = document.createTreeWalker(document.body ?? document.documentElement, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        const text = node.nodeValue;
        const parent = node.parentElement;
        const word = /[A-Za-z]{2,}/.exec(text);
        if (!word || /[^\x20-\x7e\n]/.test(text) || !parent.checkVisibility({ checkVisibilityCSS: true }) || parent.closest("script, style, svg")) continue;
        const at = (offset) => {
            const range = document.createRange();
            range.setStart(node, offset);
            range.setEnd(node, offset + 1);
            return range.getBoundingClientRect();
        };
        const [first, second] = [at(word.index), at(word.index + 1)];
        if (first.width > 0.5 && second.width > 0.5 && Math.abs(first.top - second.top) < 2 && second.left < first.left) found.push(`“${text.trim().slice(0, 40)}” runs from right to left`);
    }
    return found;
}

/**
 * Opens every page and feed. `pages` and `feeds` are paths; `shows` gives for a path the texts that must be seen there.
 * Gives the findings by the name of the check.
 */
export async function hostileFaults(browser, { origin, pages, feeds, shows }) {
    const findings = { "hostile text does nothing": [], "hostile text is shown as it was written": [], "hostile text makes no page wider": [], "hostile text turns no other text around": [] };
    const context = await browser.newContext({ viewport: PHONE });
    const tab = await openTab(context, [origin]);
    const { page } = tab;
    try {
        for (const path of [...pages, ...feeds]) {
            const add = (name, list) => findings[name].push(...list.map((what) => ({ what, where: path })));
            await page.setViewportSize(PHONE);
            const response = await tab.go(origin + path);
            if (response.status() !== 200) {
                add("hostile text does nothing", [`answers ${response.status()}`]);
                continue;
            }
            // A picture that fails does so a moment later.
            await page.waitForTimeout(20);
            add("hostile text does nothing", await page.evaluate(alive));
            add("hostile text does nothing", tab.said.filter((message) => !/Content Security Policy/i.test(message)).map((message) => `the console says: ${message}`));
            add("hostile text does nothing", tab.elsewhere.filter(({ url, kind }) => !(kind === "image" && url.startsWith("https://news.example.org/"))).map(({ url }) => `asks another host for ${url}`));
            if (new URL(page.url()).pathname !== path) add("hostile text does nothing", [`it went on to ${page.url()}`]);
            const broken = await page.evaluate(() => document.querySelector("parsererror")?.textContent.slice(0, 150));
            if (broken) add("hostile text does nothing", [`no XML: ${broken}`]);
            const seen = plain((await page.evaluate(visibleText)).join("\n"));
            if (seen.includes(PRODUCT)) add("hostile text is shown as it was written", [`a sum in a text was worked out: ${PRODUCT}`]);
            for (const text of shows(path)) if (!seen.includes(plain(text))) add("hostile text is shown as it was written", [`“${plain(text).slice(0, 60)}” is not to be seen`]);
            for (const size of [PHONE, DESKTOP]) {
                await page.setViewportSize(size);
                const wrong = await page.evaluate(sideways);
                if (wrong) add("hostile text makes no page wider", [wrong.slice(0, 300)]);
            }
            if (pages.includes(path)) add("hostile text turns no other text around", await page.evaluate(turned));
        }
    } finally {
        await context.close();
    }
    return findings;
}
