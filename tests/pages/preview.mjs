// The preview for editors: an open page follows the store, and says what is wrong in it.
//
//     node tests/pages/preview.mjs TIDINGS

import { mkdtempSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { spawn } from "node:child_process";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { DESKTOP, openTab, startBrowser } from "./browser.mjs";
import { check, finish, part } from "./report.mjs";
import { freePort, tidings } from "./site.mjs";

/** More tabs than a browser opens connections to one host. */
const TABS = 9;

const binary = resolve(process.argv[2]);
const folder = mkdtempSync(join(tmpdir(), "tidings-preview-"));
const story = (name, text) => writeFileSync(join(folder, "site", "stories", name), text);
let server, browser;
await part("preview", async () => {
    await tidings(binary, "init", join(folder, "site"));
    story("draft.toml", 'published = 2026-01-02\ndraft = true\n[translations.en]\ntitle = "The first title"\n');
    story("later.toml", 'published = 2199-01-02\n[translations.en]\ntitle = "Not before its time"\n');
    const port = await freePort();
    const origin = `http://127.0.0.1:${port}`;
    server = spawn(binary, ["serve", "--preview", "--config", join(folder, "site", "tidings.toml"), "--listen", `127.0.0.1:${port}`], { stdio: "ignore" });
    for (let tries = 0; !(await fetch(origin).catch(() => null)); tries++) {
        if (tries > 200) throw new Error("the server does not answer");
        await new Promise((resolve) => setTimeout(resolve, 50));
    }
    browser = await startBrowser();
    const context = await browser.newContext({ viewport: DESKTOP });
    const tabs = [];
    for (let index = 0; index < TABS; index++) tabs.push(await openTab(context, [origin]));
    await check(`${TABS} open pages follow a change`, async () => {
        for (const tab of tabs) await tab.go(`${origin}/en/`);
        await tabs[0].page.waitForTimeout(1500);
        story("draft.toml", 'published = 2026-01-02\ndraft = true\n[translations.en]\ntitle = "The second title"\n');
        const found = [];
        for (const tab of tabs) {
            // A page that nobody looks at follows when somebody does.
            await tab.page.bringToFront();
            const follows = await tab.page.getByText("The second title").waitFor({ timeout: 10_000 }).then(() => true, () => false);
            if (!follows) found.push("a page shows the title of before");
            found.push(...tab.said);
        }
        return found;
    });
    const [{ page, said }] = tabs;
    await page.bringToFront();
    await check("badges say what readers do not see yet", async () => {
        const badges = await page.locator(".badge").allTextContents();
        return badges.some((text) => text.includes("Draft")) && badges.some((text) => text.includes("2199")) ? [] : [`there are ${JSON.stringify(badges)}`];
    });
    await check("a mistake in the store is shown with its place, and goes when it is mended", async () => {
        story("wrong.toml", 'published = 2026-01-02\n[translations.en]\ntitel = "x"\n');
        const problems = page.locator("#preview pre");
        const shown = await problems.filter({ hasText: "wrong.toml:3:1" }).waitFor({ timeout: 10_000 }).then(() => true, () => false);
        if (!shown) return [`it shows “${await problems.textContent()}”`];
        unlinkSync(join(folder, "site", "stories", "wrong.toml"));
        const gone = await problems.waitFor({ state: "hidden", timeout: 10_000 }).then(() => true, () => false);
        return gone ? said : ["the mistake is shown though it is mended"];
    });
    await check("axe has nothing against a preview", async () => {
        const { createRequire } = await import("node:module");
        const source = createRequire(import.meta.url)("axe-core").source;
        const { violations } = await page.evaluate(`${source}; axe.run()`);
        return violations.map(({ id, nodes }) => `${id}: ${nodes[0].html.slice(0, 150)}`);
    });
    await check("a forwarded request, and one by another name, see nothing", async () => {
        const status = async (headers) => {
            const { get } = await import("node:http");
            return new Promise((resolve, reject) => get(`${origin}/en/`, { headers }, (response) => resolve((response.resume(), response.statusCode))).on("error", reject));
        };
        const seen = [await status({}), await status({ "X-Forwarded-For": "192.0.2.1" }), await status({ Forwarded: "for=192.0.2.1" }), await status({ Host: "evil.example" })];
        return `${seen}` === "200,403,403,421" ? [] : [`they are answered ${seen}`];
    });
});
await browser?.close();
server?.kill();
rmSync(folder, { recursive: true, force: true });
finish();
