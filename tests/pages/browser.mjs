// Chromium, and a visit to a page: what it said, what it asked for, and where it stands in the site.

import { existsSync } from "node:fs";
import { chromium } from "playwright-core";

export const PHONE = { width: 360, height: 740 };
export const DESKTOP = { width: 1280, height: 800 };

const PROGRAMS = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];

/** Starts Chromium with an empty profile. It asks nobody but the pages' own hosts. */
export async function startBrowser(more = []) {
    const executablePath = process.env.CHROMIUM ?? PROGRAMS.find((path) => existsSync(path));
    if (!executablePath) throw new Error("Chromium is not here (Debian's package chromium)");
    return chromium.launch({
        executablePath,
        headless: true,
        args: [
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
            ...more,
        ],
    });
}

/** A picture larger than any column, in place of one from another host. */
const PICTURE = `<svg xmlns="http://www.w3.org/2000/svg" width="1800" height="1200" viewBox="0 0 3 2">
<linearGradient id="g" x2="1" y2="1"><stop stop-color="#31587a"/><stop offset="1" stop-color="#d9a441"/></linearGradient>
<rect width="3" height="2" fill="url(#g)"/></svg>`;

/** A tab that keeps a record of what its page says and asks for. Requests to other hosts do not leave the machine. */
export async function openTab(context, own) {
    const page = await context.newPage();
    const tab = { page, said: [], asked: [], elsewhere: [] };
    page.on("console", (message) => {
        if (["error", "warning"].includes(message.type())) {
            const { url } = message.location();
            tab.said.push(`${message.text()}${url ? ` [${shown(url)}]` : ""}`);
        }
    });
    page.on("pageerror", (error) => tab.said.push(`uncaught: ${error}`));
    page.on("dialog", (dialog) => {
        tab.said.push(`a dialog: ${dialog.message()}`);
        dialog.dismiss();
    });
    page.on("request", (request) => tab.asked.push(request.url()));
    await page.route(
        (url) => /^https?:$/.test(url.protocol) && !own.includes(url.origin),
        (route) => {
            const request = route.request();
            tab.elsewhere.push({ url: request.url(), kind: request.resourceType() });
            if (request.resourceType() === "image") return route.fulfill({ contentType: "image/svg+xml", body: PICTURE });
            return route.abort();
        },
    );
    tab.go = async (url) => {
        tab.said.length = tab.asked.length = tab.elsewhere.length = 0;
        const response = await page.goto(url, { waitUntil: "load", timeout: 30_000 });
        return response;
    };
    return tab;
}

/** An address without the host of the test. */
export function shown(url) {
    return url.replace(/^http:\/\/127\.0\.0\.1:\d+/, "");
}

/**
 * Text that a person sees, read in the browser: [text, ...] in the document's order, one for each text node.
 * Buttons and what they announce are left out, because only a script can make them useful.
 */
export function visibleText() {
    const out = [];
    const root = document.body ?? document.documentElement;
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        const text = node.nodeValue.replace(/\s+/g, " ").trim();
        const parent = node.parentElement;
        if (!text || parent.closest("script, style, noscript, template, button, output, [role=status], [aria-live]")) continue;
        if (!parent.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true })) continue;
        out.push(text);
    }
    return out;
}
