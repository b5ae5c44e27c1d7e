// The site that is looked at: built into a folder, and served by tidings and by a plain host of files.

import { execFile, spawn } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createSocket } from "node:net";
import { extname, join, posix } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** The scripts whose text runs from right to left. */
const RIGHT_TO_LEFT = new Set(["Adlm", "Arab", "Hebr", "Mand", "Nkoo", "Rohg", "Samr", "Syrc", "Thaa"]);

/** The script of a language as Unicode names it for `\p{Script=…}`. */
export function scriptOf(language) {
    const script = new Intl.Locale(language).maximize().script;
    return { Hans: "Hani", Hant: "Hani", Jpan: "Hani", Kore: "Hang" }[script] ?? script;
}

export function directionOf(language) {
    return RIGHT_TO_LEFT.has(new Intl.Locale(language).maximize().script) ? "rtl" : "ltr";
}

export function freePort() {
    return new Promise((resolve, reject) => {
        const probe = createSocket();
        probe.on("error", reject);
        probe.listen(0, "127.0.0.1", () => {
            const { port } = probe.address();
            probe.close(() => resolve(port));
        });
    });
}

/** Runs tidings to its end. */
export async function tidings(binary, ...words) {
    try {
        const { stdout, stderr } = await run(binary, words, { maxBuffer: 1 << 26 });
        return { status: 0, stdout, stderr };
    } catch (why) {
        if (typeof why.code !== "number") throw why;
        return { status: why.code, stdout: why.stdout, stderr: why.stderr };
    }
}

export async function build(binary, config, output, baseUrl) {
    const done = await tidings(binary, "build", "--config", config, "--output", output, "--base-url", baseUrl);
    if (done.status !== 0) throw new Error(`build ended with ${done.status}: ${done.stderr.slice(0, 3000)}`);
    return new Built(output);
}

/** The folder that a build wrote. */
export class Built {
    constructor(folder) {
        this.folder = folder;
        this.files = readdirSync(folder, { recursive: true, withFileTypes: true })
            .filter((entry) => entry.isFile() && entry.name !== ".tidings")
            .map((entry) => posix.relative(folder, posix.join(entry.parentPath ?? entry.path, entry.name)))
            .sort();
        this.languages = this.files.flatMap((path) => /^([^/]+)\/index\.html$/.exec(path)?.[1] ?? []).filter((tag) => this.files.some((path) => path.startsWith(`${tag}/all.`)));
    }

    read(path) {
        return readFileSync(join(this.folder, path));
    }

    /** The pages, but for those that only lead elsewhere. */
    get pages() {
        return this.files.filter((path) => path.endsWith(".html") && !/http-equiv="?refresh/i.test(this.read(path)));
    }

    /** Whether search engines are to leave a page out: that of a withdrawn story, and those for what does not exist. */
    isHidden(path) {
        return this.read(path).includes('<meta name="robots" content="noindex">');
    }

    /** The path under which a file is asked for. */
    static asked(path) {
        return `/${path.replace(/(^|\/)index\.html$/, "$1")}`;
    }

    /** The pictures of the stories, as the JSON feeds name them. */
    get pictures() {
        const found = new Set();
        for (const path of this.files.filter((path) => path.endsWith(".json"))) {
            for (const item of JSON.parse(this.read(path)).items ?? []) {
                for (const url of [item.image, item.banner_image]) if (url) found.add(new URL(url).href);
            }
        }
        return found;
    }
}

/** Starts `tidings serve` on a port, and waits until it answers. */
export async function serve(binary, config, port) {
    const origin = `http://127.0.0.1:${port}`;
    const server = spawn(binary, ["serve", "--config", config, "--listen", `127.0.0.1:${port}`, "--base-url", `${origin}/`], {
        stdio: ["ignore", "ignore", "pipe"],
    });
    let log = "";
    let ended = false;
    server.stderr.on("data", (text) => (log = (log + text).slice(-5000)));
    server.on("exit", () => (ended = true));
    server.on("error", (why) => {
        log += why;
        ended = true;
    });
    const stop = async () => {
        if (ended) return;
        const gone = new Promise((resolve) => server.once("exit", resolve));
        server.kill("SIGTERM");
        const late = setTimeout(() => server.kill("SIGKILL"), 12_000);
        await gone;
        clearTimeout(late);
    };
    for (let tries = 0; tries < 600; tries++) {
        if (ended) throw new Error(`the server ended: ${log}`);
        const answer = await fetch(`${origin}/`).catch(() => null);
        if (answer) {
            await answer.arrayBuffer();
            return { origin, stop };
        }
        await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await stop();
    throw new Error(`the server does not answer: ${log}`);
}

const TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".xml": "application/xml",
    ".json": "application/json",
    ".opml": "text/x-opml",
};

/** A plain host of files, as simple as they come. `read` gives the bytes of a path, or throws. */
export async function host(read, { below = "/", types = TYPES } = {}) {
    const server = createServer((request, response) => {
        const path = decodeURIComponent(new URL(request.url, "http://host").pathname);
        try {
            if (!path.startsWith(below)) throw new Error("elsewhere");
            const name = path.slice(below.length).replace(/(^|\/)$/, "$1index.html");
            const body = read(name);
            response.writeHead(200, { "Content-Type": types[extname(name)] ?? "application/octet-stream" });
            response.end(body);
        } catch {
            response.writeHead(404, { "Content-Type": "text/plain" });
            response.end("not here");
        }
    });
    await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
    return {
        origin: `http://127.0.0.1:${server.address().port}`,
        stop: () => {
            server.closeAllConnections();
            return new Promise((resolve) => server.close(resolve));
        },
    };
}
