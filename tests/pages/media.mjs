// The pages of stories with pictures and recordings that are there: what plays, what machines read, and what Lighthouse says.
//
//     node tests/pages/media.mjs TIDINGS CONFIG [--shots FOLDER]
//
// The sample names a host that does not exist; a copy of it names one on this machine, which has the files of its folder
// `media`. Prints a line for each check, as pages.mjs does.

import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, extname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import lighthouse from "lighthouse";
import openGraph from "open-graph-scraper";
import ts from "typescript";
import { DESKTOP, PHONE, openTab, startBrowser } from "./browser.mjs";
import { check, finish, part } from "./report.mjs";
import { build, freePort, host, serve } from "./site.mjs";

const PUBLISHED = "https://news.lumen-institute.example/";
const TYPES = { ".jpg": "image/jpeg", ".png": "image/png", ".mp3": "audio/mpeg", ".mp4": "video/mp4", ".vtt": "text/vtt", ".pdf": "application/pdf" };

/** What a page may weigh as it travels, without pictures and recordings, and how many requests it may take beside them. */
const MOST_BYTES = 45_000;
const MOST_REQUESTS = 3;

const words = process.argv.slice(2);
const at = words.indexOf("--shots");
const shots = at < 0 ? null : resolve(words.splice(at, 2)[1]);
if (words.length !== 2) {
    console.error("usage: node media.mjs TIDINGS CONFIG");
    process.exit(2);
}
const [binary, config] = words.map((word) => resolve(word));
const media = join(dirname(config), "media");

/** The sample, whose media are on a host of this machine. */
function sampleWith(origin, folder) {
    cpSync(dirname(config), folder, { recursive: true, filter: (path) => !path.startsWith(media) && !path.endsWith("/public") });
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
        if (!entry.isFile() || !/\.(toml|json|jsonl)$/.test(entry.name)) continue;
        const path = join(entry.parentPath ?? entry.path, entry.name);
        const text = readFileSync(path, "utf8");
        const moved = text.replaceAll(/https:\/\/news\.lumen-institute\.example\/([^\s"')]+)/g, (whole, below) => (existsSync(join(media, below)) && statSync(join(media, below)).isFile() ? `${origin}/${below}` : whole));
        if (moved !== text) writeFileSync(path, moved);
    }
    for (const day of [1, 2]) writeFileSync(join(folder, "stories", `notes-${day}.toml`), `published = 2026-11-0${day}\n[translations.en]\ntitle = "Notes ${day}"\ncontent_markdown = "See[^1] and[^b].\\n\\n[^1]: One.\\n[^b]: Two."\n`);
    return join(folder, "tidings.toml");
}

/** The page of a story, by what stands in it. */
function pageWith(built, wanted, language = "en") {
    const found = built.pages.find((path) => path.startsWith(`${language}/stories/`) && wanted.test(built.read(path).toString()));
    if (!found) throw new Error(`no page in ${language} has ${wanted}`);
    return `/${found.replace(/index\.html$/, "")}`;
}

/** A recording is played with the keyboard alone, and the keyboard leaves the player again. */
async function playerFaults(browser, origin, path, element, own) {
    const context = await browser.newContext({ viewport: DESKTOP });
    const tab = await openTab(context, own);
    try {
        await tab.go(origin + path);
        const player = tab.page.locator(element).first();
        await player.waitFor({ state: "visible" });
        const isFocused = () => player.evaluate((node) => document.activeElement === node);
        for (let presses = 0; presses < 60 && !(await isFocused()); presses++) await tab.page.keyboard.press("Tab");
        if (!(await isFocused())) return ["Tab does not reach it"];
        await tab.page.keyboard.press("Space");
        const plays = await player
            .evaluate((node) => new Promise((resolve) => {
                const look = () => (node.readyState >= 2 && node.currentTime > 0.3 && !node.paused ? resolve(null) : tries++ > 100 ? resolve(`readyState ${node.readyState}, at ${node.currentTime} s, ${node.error?.message ?? "no error"}`) : setTimeout(look, 100));
                let tries = 0;
                look();
            }));
        const found = plays ? [`it does not play: ${plays}`] : [];
        for (let presses = 0; presses < 30 && (await isFocused()); presses++) await tab.page.keyboard.press("Tab");
        if (await isFocused()) found.push("Tab does not leave it");
        return [...found, ...tab.said];
    } finally {
        await context.close();
    }
}

/** Pictures that are not shown, or not as large as the page says. */
async function pictureFaults(browser, origin, paths, own) {
    const context = await browser.newContext({ viewport: DESKTOP });
    const tab = await openTab(context, own);
    const found = [];
    for (const path of paths) {
        await tab.go(origin + path);
        const wrong = await tab.page.evaluate(async () => {
            const images = [...document.images];
            for (const image of images) image.loading = "eager";
            await Promise.all(images.map((image) => image.decode().catch(() => null)));
            return images.filter((image) => !image.naturalWidth || Math.abs(image.naturalWidth / image.naturalHeight - (image.getAttribute("width") ?? image.naturalWidth) / (image.getAttribute("height") ?? image.naturalHeight)) > 0.02).map((image) => image.currentSrc);
        });
        found.push(...wrong.map((src) => ({ what: `${src} is not there, or of another shape`, where: path })), ...tab.said);
    }
    await context.close();
    return found;
}

/** What Lighthouse finds on a page, as a phone has it. */
async function lighthouseFaults(port, url) {
    const { lhr } = await lighthouse(url, { port, output: "json", logLevel: "silent", onlyCategories: ["accessibility", "best-practices", "seo", "performance"] }, undefined);
    const found = [];
    const audits = (category) => category.auditRefs.map(({ id }) => lhr.audits[id]).filter(({ score }) => score !== null && score < 1);
    for (const name of ["accessibility", "best-practices", "seo"]) {
        const category = lhr.categories[name];
        // A page of this machine is not encrypted, and it is not for search engines.
        const left = audits(category).filter(({ id }) => !["is-on-https", "redirects-http"].includes(id));
        if (category.score < 1 && left.length) found.push(...left.map(({ id, title, details }) => `${name}: ${id} (${title}) ${JSON.stringify(details?.items ?? []).slice(0, 300)}`));
    }
    const shift = lhr.audits["cumulative-layout-shift"].numericValue;
    if (shift > 0) found.push(`what is there moves by ${shift}`);
    const requests = lhr.audits["network-requests"].details.items.filter(({ resourceType }) => !["Image", "Media"].includes(resourceType));
    const bytes = requests.reduce((sum, { transferSize }) => sum + transferSize, 0);
    if (requests.length > MOST_REQUESTS) found.push(`${requests.length} requests beside pictures`);
    if (bytes > MOST_BYTES) found.push(`${bytes} bytes beside pictures`);
    return found;
}

/** What schema.org does not know in the JSON-LD of pages, by the types that are made from its definitions. */
function schemaFaults(built, paths, folder) {
    const lines = ['import type { Article, CollectionPage, NewsArticle, WithContext } from "schema-dts";'];
    const found = [];
    for (const path of paths) {
        const [, json] = /<script type="application\/ld\+json">([\s\S]*?)<\/script>/.exec(built.read(path).toString()) ?? [];
        if (!json) {
            found.push({ what: "no JSON-LD", where: path });
            continue;
        }
        const value = JSON.parse(json);
        lines.push(`export const page${lines.length}: WithContext<${value["@type"]}> = ${JSON.stringify(value)}; // ${path}`);
    }
    const file = join(folder, "pages.ts");
    writeFileSync(file, lines.join("\n"));
    const here = dirname(fileURLToPath(import.meta.url));
    const program = ts.createProgram([file], { noEmit: true, strict: true, skipLibCheck: true, types: [], module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler, paths: { "schema-dts": [join(here, "node_modules/schema-dts")] } });
    for (const { file: where, start, messageText } of ts.getPreEmitDiagnostics(program)) {
        const line = where ? where.text.slice(0, start).split("\n").length - 1 : 0;
        found.push({ what: ts.flattenDiagnosticMessageText(messageText, " ").slice(0, 600), where: lines[line]?.split("// ").pop() });
    }
    return found;
}

/** What a service that shows a card of a link finds. */
async function cardFaults(built, path, origin) {
    const { result } = await openGraph({ html: built.read(path).toString(), onlyGetOpenGraphInfo: true });
    const found = [];
    const must = (name, ok) => ok || found.push({ what: `${name}: ${JSON.stringify(result[name])}`, where: path });
    const isStory = path.includes("/stories/");
    must("ogTitle", result.ogTitle?.length > 0);
    must("ogType", result.ogType === (isStory ? "article" : "website"));
    must("ogUrl", result.ogUrl === `${origin}/${path.replace(/index\.html$/, "")}`);
    must("ogLocale", /^[a-z]{2,3}(_[A-Z][A-Za-z]+)*$/.test(result.ogLocale));
    must("ogSiteName", result.ogSiteName?.length > 0);
    must("twitterCard", result.twitterCard === (result.ogImage ? "summary_large_image" : "summary"));
    for (const image of result.ogImage ?? []) if (!/^https?:/.test(image.url) || !image.alt || !(Number(image.width) > 0)) found.push({ what: `ogImage: ${JSON.stringify(image)}`, where: path });
    if (result.error) found.push({ what: result.error, where: path });
    return found;
}

/** Pictures for the guides: half as large as a screen, so that they are light. */
async function takeShots(browser, origin, own, stories) {
    mkdirSync(shots, { recursive: true });
    const pictures = [
        ["home", "/", DESKTOP, "light"],
        ["story", "/en/stories/2026/light-forum/", DESKTOP, "dark"],
        ["arabic", "/ar/", PHONE, "light"],
        ["subscribe", "/en/subscribe/", PHONE, "light"],
        ["podcast", stories.sound, PHONE, "dark"],
    ];
    for (const [name, path, viewport, colorScheme] of pictures) {
        const context = await browser.newContext({ viewport: { ...viewport, height: viewport.width === DESKTOP.width ? 900 : 740 }, colorScheme });
        const tab = await openTab(context, own);
        await tab.go(origin + path);
        await tab.page.screenshot({ path: join(shots, `${name}.jpg`), type: "jpeg", quality: 70 });
        await context.close();
    }
}

const folder = mkdtempSync(join(tmpdir(), "tidings-media-"));
let files, server, browser;
await part("media", async () => {
    files = await host((path) => readFileSync(join(media, path)), { types: TYPES });
    const copy = sampleWith(files.origin, join(folder, "sample"));
    const port = await freePort();
    const origin = `http://127.0.0.1:${port}`;
    const built = await build(binary, copy, join(folder, "out"), `${origin}/`);
    server = await serve(binary, copy, port);
    const debugging = await freePort();
    browser = await startBrowser([`--remote-debugging-port=${debugging}`, `--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1`]);
    const own = [origin, files.origin];
    const stories = { sound: pageWith(built, /<audio/), video: pageWith(built, /<video/), gallery: pageWith(built, /<img[\s\S]*<img[\s\S]*<img/), correction: pageWith(built, /class="correction"/) };
    await check("sound plays, by the keyboard alone", () => playerFaults(browser, origin, stories.sound, "audio", own));
    await check("a video plays, by the keyboard alone", () => playerFaults(browser, origin, stories.video, "video", own));
    await check("every picture of the sample is there and has the shape that is said", () => pictureFaults(browser, origin, ["/en/", "/ar/", "/es/", stories.gallery, stories.sound, stories.video], own));
    for (const [name, path] of Object.entries({ home: "/", listing: "/en/", "listing in Arabic": "/ar/", "story with sound": stories.sound, "story with a gallery": stories.gallery })) {
        await check(`Lighthouse: ${name}`, () => lighthouseFaults(debugging, origin + path));
    }
    const pages = built.pages.filter((path) => !built.isHidden(path));
    await check("JSON-LD is what schema.org defines", () => schemaFaults(built, pages.filter((path) => /^(index\.html|(en|ar)\/(index\.html|stories\/.*))$/.test(path)), folder));
    await check("links to pages have a card", async () => (await Promise.all(pages.map((path) => cardFaults(built, path, origin)))).flat());
    if (shots) await takeShots(browser, origin, own, stories);
    await check("bodies with footnotes stand on one page without an id twice", () => idFaults(built));
});
await browser?.close();
await server?.stop();
await files?.stop();
rmSync(folder, { recursive: true, force: true });
finish();

/** Ids that two bodies of one feed have, as a reader puts them on one page. */
function idFaults(built) {
    const found = [];
    let footnotes = 0;
    for (const path of built.files.filter((path) => path.endsWith("all.json"))) {
        const seen = new Set();
        for (const { content_html: html = "" } of JSON.parse(built.read(path)).items) {
            footnotes += /fnref/.test(html);
            for (const [, id] of html.matchAll(/\sid="([^"]*)"/g)) {
                if (seen.has(id)) found.push({ what: `id ${id} stands twice`, where: path });
                seen.add(id);
            }
        }
    }
    if (footnotes < 2) found.push("no two stories have footnotes");
    return found;
}
