// The editor that `tidings init --editor` writes, in Chromium with the real Decap CMS: what it changes in a story, and
// what it makes of a new one. Its pull requests are branches of a repository on this machine.
//
//     node tests/editor/decap.mjs TIDINGS

import { execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { appendFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { openTab, startBrowser } from "../pages/browser.mjs";
import { check, finish, part } from "../pages/report.mjs";
import { freePort, host, tidings } from "../pages/site.mjs";

const require = createRequire(import.meta.url);
const DECAP = dirname(require.resolve("decap-cms/package.json"));
const SERVER = join(dirname(require.resolve("decap-server/package.json")), "dist/index.js");
const CDN = "https://unpkg.com";

// More than eight keys, of which the editor forgets the order, and some that its form does not have.
const STORY = {
    id: "2026/river-atlas",
    published: "2026-01-15",
    updated: "2026-01-16T09:30:00Z",
    topics: ["people"],
    link: "https://news.example.org/{language}/river-atlas.html",
    authors: [{ name: "A. Author", url: "https://news.example.org/author" }],
    image: {
        url: "https://news.example.org/river.jpg",
        alt: "A river: \"wide\"",
        credit: "Photo: Press office",
        width: 1200,
        height: 800,
    },
    enclosures: [{ url: "https://news.example.org/talk.mp3", type: "audio/mpeg", length: 812345 }],
    draft: false,
    expires: "2199-01-01",
    translations: {
        en: {
            title: "The atlas of rivers",
            summary: "Every river of the country is in one book.",
            content_markdown: "Every **river** is in it:\n\n- long\n- short\n\n<p>Even <em>this</em> one.</p>\n",
            guid: "https://old.example.org/?p=17",
        },
        fr: {
            title: "L’atlas des rivières",
            published: "2026-01-20",
            summary: "Toutes les rivières du pays sont dans un livre.",
            content_markdown: "Toutes les **rivières** y sont.\n",
            image: { alt: "Une rivière" },
        },
    },
};
const PATH = "stories/2026/river-atlas.json";
const text = (story) => `${JSON.stringify(story, null, 2)}\n`;
// A grey dot.
const PNG = Buffer.from(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==",
    "base64",
);
const SUMMARY = "All rivers of the country, long and short, are in one book.";

const binary = resolve(process.argv[2]);
const folder = mkdtempSync(join(tmpdir(), "tidings-editor-"));
const site = join(folder, "site");
const config = join(site, "tidings.toml");
const git = (...words) => execFileSync("git", ["-C", site, ...words], { encoding: "utf8", env: identity });
// Of the commits, and without the settings of whoever runs this.
const identity = {
    ...process.env,
    HOME: folder,
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_AUTHOR_NAME: "Editor",
    GIT_AUTHOR_EMAIL: "editor@example.org",
    GIT_COMMITTER_NAME: "Editor",
    GIT_COMMITTER_EMAIL: "editor@example.org",
};
const onMain = (path) => git("show", `main:${path}`);
const wait = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
const processes = [];
// The folder of a new story.
const year = new Date().getUTCFullYear();

/** The first line in which two texts differ. */
function difference(wanted, found) {
    const [ours, theirs] = [wanted.split("\n"), found.split("\n")];
    const at = ours.findIndex((line, index) => line !== theirs[index]);
    if (wanted === found) return [];
    return [`line ${at + 1} is \`${theirs.at(at)}\`, not \`${ours.at(at)}\``];
}

/** Starts a program that answers at an address, and waits until it does. */
async function start(origin, command, words, options = {}) {
    const started = spawn(command, words, { stdio: ["ignore", "pipe", "pipe"], ...options });
    let log = "";
    const keep = (text) => (log = (log + text).slice(-3000));
    for (const stream of [started.stdout, started.stderr]) stream.on("data", keep);
    processes.push(started);
    for (let tries = 0; !(await fetch(origin).catch(() => null)); tries++) {
        if (tries > 400 || started.exitCode !== null) throw new Error(`${command} does not answer: ${log}`);
        await wait(50);
    }
}

/** What `tidings check --strict` has against the store. */
async function problems() {
    const copy = mkdtempSync(join(folder, "copy-"));
    execFileSync("tar", ["-x", "-C", copy], { input: execFileSync("git", ["-C", site, "archive", "main"]) });
    const { status, stderr } = await tidings(binary, "check", "--strict", "--config", join(copy, "tidings.toml"));
    return status === 0 && stderr === "" ? [] : [`check ends with ${status}: ${stderr}`];
}

/** The editor in a tab. */
class Editor {
    constructor(page, address) {
        Object.assign(this, { page, address });
    }

    /** Opens a story, or the form of a new one. */
    async open(path) {
        // What the editor said of the last story is gone with its page.
        await this.page.goto("about:blank");
        await this.page.goto(`${this.address}#/collections/stories/${path}`);
        await this.field("translations").waitFor();
    }

    /** A field of the form, by its key and those of the objects that it is in. */
    field(...keys) {
        return this.page.locator(keys.map((key) => `[id^="${key}-field-"]`).join(" ")).first();
    }

    /** Shows the fields of a language or of the picture. */
    async unfold(...keys) {
        const field = this.field(...keys);
        const inner = field.locator('[id*="-field-"]').first();
        if (!(await inner.isVisible())) await field.locator("button").first().click();
        await inner.waitFor();
    }

    /** Proposes what was changed, which is a branch. */
    async save() {
        await this.page.getByRole("button", { name: "Save", exact: true }).click();
        await this.page.getByText("Entry saved").waitFor();
    }

    /** Reviews what was proposed, and takes it over. */
    async publish() {
        await this.choose("Status: Draft", "Ready");
        await this.page.getByText("Status: Ready").waitFor();
        await this.choose("Publish", "Publish now");
        await this.page.getByText("Entry published").waitFor();
    }

    /** Uploads a picture into a field. */
    async upload(key, file) {
        await this.field(key).getByRole("button", { name: "Choose an image" }).click();
        await this.page.locator('input[type="file"]').setInputFiles(file);
        await this.page.getByRole("button", { name: "Choose selected" }).click();
    }

    async choose(menu, item) {
        await this.page.getByRole("button", { name: menu, exact: true }).first().click();
        await this.page.getByRole("menuitem", { name: item, exact: true }).click();
    }
}

let browser;
await part("editor", async () => {
    await tidings(binary, "init", site);
    mkdirSync(join(site, "stories/2026"), { recursive: true });
    writeFileSync(join(site, PATH), text(STORY));
    // A file that is not one story, which the form cannot show.
    const others = ["one", "two"].map((id) => ({ id, published: "2026-01-02", translations: { en: { title: id } } }));
    writeFileSync(join(site, "stories/2026/several.json"), text(others));
    appendFileSync(config, "\n[languages.ar]\ntitle = \"الأخبار\"\n");
    const { status, stderr } = await tidings(binary, "init", "--editor", site);
    if (status !== 0) throw new Error(stderr);
    git("init", "--quiet", "--initial-branch=main");
    git("add", "--all");
    git("commit", "--quiet", "--message", "The site");
    git("tag", "start");
    const index = readFileSync(join(site, "admin/index.html"), "utf8");
    const configuration = readFileSync(join(site, "admin/config.yml"), "utf8");
    const [, address, hash] = /src="([^"]+)"\s+integrity="([^"]+)"/.exec(index);
    const program = readFileSync(join(DECAP, "dist/decap-cms.js"));
    await check("the page loads the tested version of Decap CMS, with its hash", () => {
        const { version } = require("decap-cms/package.json");
        const wanted = {
            address: `${CDN}/decap-cms@${version}/dist/decap-cms.js`,
            hash: `sha384-${createHash("sha384").update(program).digest("base64")}`,
        };
        if (address === wanted.address && hash === wanted.hash) return [];
        return [`it loads ${address} with ${hash}, not ${wanted.address} with ${wanted.hash}`];
    });

    const [proxy, preview] = [await freePort(), await freePort()];
    const local = `http://127.0.0.1:${proxy}/api/v1`;
    const form = configuration.replace("local_backend: true", `local_backend: {url: "${local}"}`);
    const admin = await host((path) => {
        if (path === "admin/index.html") return index.replaceAll(CDN, "");
        if (path === "admin/config.yml") return form;
        const below = /^decap-cms@[^/]+\/(dist\/.+)$/.exec(path);
        return readFileSync(join(DECAP, below[1]));
    });
    processes.push({ kill: admin.stop });
    await start(local, process.execPath, [SERVER], {
        cwd: site,
        env: { ...identity, GIT_REPO_DIRECTORY: site, PORT: `${proxy}`, BIND_HOST: "127.0.0.1", MODE: "git" },
    });
    const listen = `127.0.0.1:${preview}`;
    await start(`http://${listen}/`, binary, ["serve", "--preview", "--config", config, "--listen", listen]);

    browser = await startBrowser();
    const viewport = { width: 1280, height: 1600 };
    const context = await browser.newContext({ viewport, locale: "en-GB", timezoneId: "Asia/Tokyo" });
    const tab = await openTab(context, [admin.origin, `http://127.0.0.1:${proxy}`]);
    const { page } = tab;
    page.setDefaultTimeout(20_000);
    // A dialog asks whether to publish, and whether to leave a form.
    await page.addInitScript(() => {
        window.confirm = () => true;
        window.addEventListener("beforeunload", (event) => event.stopImmediatePropagation(), true);
    });
    await tab.go(`${admin.origin}/admin/`);
    const editor = new Editor(page, `${admin.origin}/admin/`);
    const login = page.getByRole("button", { name: "Login" });
    const list = page.getByRole("link", { name: "The atlas of rivers / L’atlas des rivières" });
    await login.or(list).first().waitFor();
    if (await login.isVisible()) await login.click();

    await check("the list shows a story with its titles in all languages", async () => {
        await list.waitFor();
        return [];
    });
    await check("a story in which one text is changed differs in that text alone", async () => {
        await editor.open("entries/2026/river-atlas");
        await editor.field("en", "summary").fill(SUMMARY);
        await editor.save();
        const branches = git("for-each-ref", "--format=%(refname:short)", "refs/heads/cms").trim();
        if (branches !== "cms/stories/2026/river-atlas") return [`the branches are “${branches}”`];
        if (onMain(PATH) !== text(STORY)) return ["it is published before the review"];
        await editor.publish();
        const wanted = structuredClone(STORY);
        wanted.translations.en.summary = SUMMARY;
        const changed = git("diff", "--name-only", "start", "main").trim();
        const others = changed === PATH ? [] : [`the files that differ: ${changed}`];
        return [...others, ...difference(text(wanted), onMain(PATH)), ...(await problems())];
    });
    await check("the preview shows the new text", async () => {
        for (let tries = 0; tries < 100; tries++) {
            const listing = await (await fetch(`http://${listen}/en/`)).text();
            if (listing.includes(SUMMARY)) return [];
            await wait(50);
        }
        return ["it does not"];
    });
    await check("a new story in one language has no trace of what was left empty or emptied again", async () => {
        await editor.open("new");
        await editor.field("link").fill("https://news.example.org/");
        await editor.field("link").fill("");
        await editor.field("draft").click();
        await editor.field("draft").click();
        await editor.field("topics").click();
        await page.getByText("People", { exact: true }).click();
        await editor.field("en", "title").fill("A title that is removed");
        await editor.field("en", "title").fill("");
        await editor.unfold("fr");
        await editor.field("fr", "title").fill("Élections à Genève");
        await editor.field("fr").locator("[contenteditable]").click();
        await page.keyboard.type("On a voté.");
        await editor.save();
        await editor.publish();
        const { published, ...story } = JSON.parse(onMain(`stories/${year}/elections-a-geneve.json`));
        const wanted = {
            draft: false,
            topics: ["people"],
            translations: { fr: { title: "Élections à Genève", content_markdown: "On a voté." } },
        };
        const isLocal = /^20\d\d-\d\d-\d\dT\d\d:\d\d:00\+09:00$/.test(published);
        const dates = isLocal ? [] : [`it is published ${published}`];
        return [...dates, ...difference(text(wanted), text(story)), ...(await problems())];
    });
    await check("a story in Arabic alone is named after its day, and has a picture that was uploaded", async () => {
        await editor.open("new");
        await editor.field("published").fill("2026-03-04T09:30");
        await editor.unfold("ar");
        await editor.field("ar", "title").fill("أطلس الأنهار");
        await editor.unfold("image");
        await editor.upload("image", { name: "river.png", mimeType: "image/png", buffer: PNG });
        await editor.field("image", "alt").fill("نهر");
        await editor.save();
        await editor.publish();
        const wanted = {
            published: "2026-03-04T09:30:00+09:00",
            translations: { ar: { title: "أطلس الأنهار" } },
            image: { url: "/feeds/media/river.png", alt: "نهر" },
        };
        const media = git("ls-tree", "--name-only", "main", "media/").trim();
        const misplaced = media === "media/river.png" ? [] : [`the media are ${media}`];
        const found = onMain(`stories/${year}/2026-03-04.json`);
        return [...difference(text(wanted), found), ...misplaced, ...(await problems())];
    });
    await check("the duplicate of a story has no id of the first", async () => {
        await editor.open("entries/2026/river-atlas");
        const first = await editor.field("link").elementHandle();
        await editor.choose("Published", "Duplicate");
        // The form of the first story stays until that of the new one is filled in.
        await first.waitForElementState("hidden");
        await page.waitForFunction(() => document.querySelector('[id^="link-field-"]')?.value);
        await editor.field("en", "title").fill("The atlas of lakes");
        await editor.field("en", "summary").fill("Every lake is in it.");
        await editor.field("en").locator("[contenteditable]").fill("Every lake.");
        await editor.save();
        await editor.publish();
        const { id, translations } = JSON.parse(onMain(`stories/${year}/the-atlas-of-lakes.json`));
        return [...(id || translations.en.guid ? ["it has"] : []), ...(await problems())];
    });
    await check("it asks no host but the one of the program, its own and those of pictures", () => {
        return tab.elsewhere.filter(({ kind }) => kind !== "image").map(({ url }) => url);
    });
});
await browser?.close();
for (const started of processes) await started.kill();
rmSync(folder, { recursive: true, force: true });
finish();
