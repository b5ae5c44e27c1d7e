// Feeds as a browser shows them: styled by CSS, not as source, with a word on what they are for.

import { DESKTOP, PHONE, openTab, shown } from "./browser.mjs";
import { sideways } from "./listing.mjs";
import { directionOf, scriptOf } from "./site.mjs";

/** Runs in the browser. */
function asShown() {
    const root = document.documentElement;
    const seen = (element) => {
        const box = element?.getBoundingClientRect();
        return Boolean(element && element.checkVisibility({ checkVisibilityCSS: true, checkOpacity: true }) && box.width > 2 && box.height > 2);
    };
    const own = (parent, name) => [...(parent?.children ?? [])].find((element) => element.localName === name);
    const feed = root.localName === "rss" ? own(root, "channel") : root;
    const title = own(feed, "title");
    const entries = [...document.getElementsByTagName(root.localName === "rss" ? "item" : "entry")];
    const line = (element) => {
        const range = document.createRange();
        range.selectNodeContents(element);
        return [...range.getClientRects()].find((box) => box.width > 1);
    };
    const languageOf = (element) => {
        for (let outer = element; outer; outer = outer.parentElement) {
            const tag = outer.getAttributeNS("http://www.w3.org/XML/1998/namespace", "lang");
            if (tag) return tag;
        }
        return null;
    };

    // What CSS says in its own words.
    const words = [];
    for (const element of document.querySelectorAll("*")) {
        if (!seen(element)) continue;
        for (const part of ["::before", "::after"]) {
            const style = getComputedStyle(element, part);
            if (style.display !== "none" && style.visibility !== "hidden" && /"/.test(style.content)) words.push(style.content.replace(/\\a /g, " "));
        }
    }

    // Colours as they meet.
    const canvas = document.createElementNS("http://www.w3.org/1999/xhtml", "canvas").getContext("2d", { willReadFrequently: true });
    const rgb = (colour) => {
        canvas.clearRect(0, 0, 1, 1);
        canvas.fillStyle = colour;
        canvas.fillRect(0, 0, 1, 1);
        return canvas.getImageData(0, 0, 1, 1).data;
    };
    const light = ([red, green, blue]) => {
        const part = (value) => ((value /= 255) <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
        return 0.2126 * part(red) + 0.7152 * part(green) + 0.0722 * part(blue);
    };
    const behind = (element) => {
        for (let outer = element; outer; outer = outer.parentElement) {
            const colour = rgb(getComputedStyle(outer).backgroundColor);
            if (colour[3] > 250) return colour;
        }
        return getComputedStyle(root).colorScheme.includes("dark") && matchMedia("(prefers-color-scheme: dark)").matches ? [18, 18, 18] : [255, 255, 255];
    };
    const pale = [];
    const raw = [];
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(), count = 0; node && count < 400; node = walker.nextNode()) {
        const text = node.nodeValue.trim();
        if (!text || !seen(node.parentElement)) continue;
        count++;
        const style = getComputedStyle(node.parentElement);
        const [one, other] = [light(rgb(style.color)), light(behind(node.parentElement))].sort((a, b) => b - a);
        const ratio = (one + 0.05) / (other + 0.05);
        if (ratio < 4.5) pale.push(`<${node.parentElement.nodeName}> has a contrast of ${ratio.toFixed(1)}`);
        if (node.parentElement.namespaceURI !== "http://www.w3.org/1999/xhtml" && (/<\/?[a-z][^>]*>/i.test(text) || /^tag:/.test(text))) raw.push(`<${node.parentElement.nodeName}> shows “${text.slice(0, 40)}”`);
    }

    return {
        source: Boolean(document.querySelector("#webkit-xml-viewer-source-xml")) || root.localName === "html",
        broken: document.querySelector("parsererror")?.textContent.slice(0, 200) ?? null,
        sheets: document.styleSheets.length,
        title: title?.textContent ?? null,
        titleSeen: seen(title),
        titleSize: title ? parseFloat(getComputedStyle(title).fontSize) : 0,
        direction: title ? getComputedStyle(title).direction : null,
        titleAt: title && seen(title) ? (({ left, right }) => [left, root.clientWidth - right])(line(title) ?? title.getBoundingClientRect()) : null,
        entries: entries.map((entry) => {
            const ownTitle = own(entry, "title");
            return {
                display: getComputedStyle(entry).display,
                title: ownTitle?.textContent.trim().slice(0, 60) ?? "",
                titleSeen: seen(ownTitle),
                direction: ownTitle ? getComputedStyle(ownTitle).direction : null,
                // Then the text itself says which way it runs.
                byItself: ownTitle ? getComputedStyle(ownTitle).unicodeBidi === "plaintext" : false,
                language: ownTitle ? languageOf(ownTitle) : null,
            };
        }),
        words,
        pale: [...new Set(pale)],
        raw: [...new Set(raw)],
    };
}

/** What is wrong with a feed as a browser shows it. `language` is the feed's. */
export async function feedFaults(browser, { origin, path, language, title, own = [] }) {
    const found = [];
    const context = await browser.newContext({ viewport: DESKTOP });
    const tab = await openTab(context, [origin, ...own]);
    const { page } = tab;
    try {
        for (const [size, scheme] of [[DESKTOP, "light"], [PHONE, "dark"]]) {
            await page.setViewportSize(size);
            await page.emulateMedia({ colorScheme: scheme });
            const response = await tab.go(origin + path);
            if (response.status() !== 200) return [`it answers ${response.status()}`];
            const state = await page.evaluate(asShown);
            const where = `${size.width} px, ${scheme}`;
            const add = (what) => found.push({ what, where: `${shown(origin + path)} ${where}` });
            if (state.source) {
                add(`it is shown as source (served as ${response.headers()["content-type"]})`);
                continue;
            }
            if (state.broken) add(`it is no XML: ${state.broken}`);
            if (!state.sheets) add("no stylesheet");
            if (!state.titleSeen || (title && state.title !== title)) add(`its title “${state.title}” cannot be seen`);
            else if (state.titleSize < 18) add(`its title is only ${state.titleSize} px high`);
            if (!state.entries.length) add("no entries");
            for (const entry of state.entries) {
                if (!/^(block|list-item|flex|grid|flow-root)$/.test(entry.display)) add(`an entry is displayed ${entry.display}`);
                if (!entry.titleSeen) add(`the title “${entry.title}” cannot be seen`);
                if (entry.language && !entry.byItself && entry.direction !== directionOf(entry.language)) add(`the title “${entry.title}” (${entry.language}) runs ${entry.direction}`);
            }
            if (state.direction !== directionOf(language)) add(`it runs ${state.direction}`);
            if (state.titleAt) {
                const [start, end] = directionOf(language) === "rtl" ? [...state.titleAt].reverse() : state.titleAt;
                if (start > end + 2) add("its title stands at the wrong side");
            }
            const letters = new RegExp(`[\\p{Script=${scriptOf(language)}}]`, "gu");
            if (!state.words.some((words) => (words.match(letters) ?? []).length >= (scriptOf(language) === "Hani" ? 8 : 20))) add(`no hint on how to subscribe, in ${language} (CSS says: ${state.words.join(" ").slice(0, 100) || "nothing"})`);
            for (const what of [...state.pale, ...state.raw]) add(what);
            for (const what of tab.said) add(`the console says: ${what}`);
            for (const { url } of tab.elsewhere) add(`asks another host for ${url}`);
            const wrong = await page.evaluate(sideways);
            if (wrong) add(`scrolls sideways: ${wrong}`);
        }
    } finally {
        await context.close();
    }
    found.push(...(await phoneFaults(browser, origin + path, [origin, ...own])));
    return found;
}

/** XML has no viewport: a phone lays it out for a desk, and shows letters that are as much smaller. */
async function phoneFaults(browser, url, own) {
    const context = await browser.newContext({ viewport: PHONE, screen: PHONE, isMobile: true, hasTouch: true, deviceScaleFactor: 2 });
    try {
        const { page } = await openTab(context, own);
        await page.goto(url);
        const sizes = await page.evaluate(() => {
            const scale = screen.width / document.documentElement.clientWidth;
            const titles = [...document.querySelectorAll("entry > title, item > title")].slice(0, 1);
            return titles.map((title) => ({ size: parseFloat(getComputedStyle(title).fontSize) * scale, line: title.getBoundingClientRect().width * scale, screen: screen.width }));
        });
        return sizes.filter(({ size, line, screen }) => size < 14 || line > screen).map(({ size, line }) => ({ what: `on a phone titles are ${Math.round(size)} px high and ${Math.round(line)} px wide`, where: shown(url) }));
    } finally {
        await context.close();
    }
}
