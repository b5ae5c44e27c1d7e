// Pictures of the pages, to be looked at.

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { DESKTOP, PHONE, openTab } from "./browser.mjs";

/** Writes the pictures into a folder. `paths` are the pages that were chosen to be looked at. */
export async function takeShots(browser, site, paths, folder) {
    mkdirSync(folder, { recursive: true });
    const topic = paths.find((path) => /^\/[^/]+\/(?!\d{4})[^/]+\/$/.test(path));
    const older = paths.find((path) => /\/\d{4}(-\d\d)?\/$/.test(path));
    const shots = [
        ["home-desktop-light", "/", DESKTOP, "light"],
        ["home-desktop-dark", "/", DESKTOP, "dark"],
        ["home-phone-light", "/", PHONE, "light"],
        ["home-phone-dark", "/", PHONE, "dark"],
        ["en-desktop-light", "/en/", DESKTOP, "light"],
        ["en-desktop-dark", "/en/", DESKTOP, "dark"],
        ["en-phone-light", "/en/", PHONE, "light"],
        ["ar-desktop-light", "/ar/", DESKTOP, "light"],
        ["ar-phone-light", "/ar/", PHONE, "light"],
        ["ar-phone-dark", "/ar/", PHONE, "dark"],
        ["zh-Hans-phone-light", "/zh-Hans/", PHONE, "light"],
        ["topic-desktop-light", topic, DESKTOP, "light"],
        ["older-desktop-light", older, DESKTOP, "light"],
        ["older-phone-dark", older, PHONE, "dark"],
        ["feed-en-atom-desktop-light", "/en/all.atom.xml", DESKTOP, "light"],
        ["feed-en-atom-phone-dark", "/en/all.atom.xml", PHONE, "dark"],
        ["feed-en-rss-desktop-light", "/en/all.rss.xml", DESKTOP, "light"],
        ["feed-ar-atom-desktop-light", "/ar/all.atom.xml", DESKTOP, "light"],
        ["feed-ar-atom-phone-light", "/ar/all.atom.xml", PHONE, "light"],
    ];
    for (const [name, path, size, scheme] of shots) {
        if (!path) continue;
        const context = await browser.newContext({ viewport: size, colorScheme: scheme, deviceScaleFactor: size === PHONE ? 2 : 1 });
        const tab = await openTab(context, [site.origin]);
        await tab.go(site.origin + path);
        await tab.page.screenshot({ path: join(folder, `${name}.png`) });
        // The whole page too, as far as a picture can be long; of a feed Chromium takes none.
        if (path.endsWith(".xml")) {
            await context.close();
            continue;
        }
        const height = await tab.page.evaluate(() => document.documentElement.scrollHeight);
        await tab.page.screenshot({ path: join(folder, `${name}-whole.png`), clip: { x: 0, y: 0, width: size.width, height: Math.min(height, 4000) }, fullPage: true });
        await context.close();
    }
    const context = await browser.newContext({ viewport: DESKTOP });
    const tab = await openTab(context, [site.origin]);
    await tab.go(`${site.origin}/en/`);
    await tab.page.pdf({ path: join(folder, "en-printed.pdf"), format: "A4" });
    await context.close();
}
