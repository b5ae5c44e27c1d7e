// The HTML is valid: the Nu Html Checker reads every file that a build wrote, its stylesheets and pictures among them.
//
// It was chosen over html-validate after both read thirty pages with one mistake each: only the Nu Html Checker saw attributes
// that do not exist, dates that are none, language tags that are none, broken addresses, mistakes in SVG and in ARIA.
// Its errors and its warnings count. What is passed over:
// - `info` that is no warning: it says nothing against a document;
// - that a text is not in Unicode's normal form C, or holds characters that only some programs show: that is for the
//   author of a story to choose, and it is published as it was written;
// - that a stylesheet is against the page's policy: in a file there is no 'self'; in the browser it counts;
// - what its language detection believes: a page may hold more of another language than of its own, where texts fall back.
// Its knowledge of CSS is behind the browsers, which are what the stylesheets are tried in: of CSS only what it cannot parse counts.

import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import { relative } from "node:path";
import { Skipped } from "./report.mjs";

const CHECKER = createRequire(import.meta.url).resolve("vnu-jar/build/dist/vnu.jar");

const PASSED_OVER = [
    /Unicode Normalization Form C/,
    /^Text run starts with a composing character/,
    /private use|unassigned/i,
    /^Resource violates Content Security Policy/,
];
const CSS = /^CSS: /;
const CSS_THAT_COUNTS = /Parse Error|Lexical error|Unrecognized/;

/** What is wrong in the files of a folder, as `{ what, where }`. */
export async function markupFaults(folder, files) {
    if (!files.length) return ["there are no pages"];
    const said = await new Promise((resolve, reject) => {
        execFile(
            "java",
            ["-XX:TieredStopAtLevel=1", "-Xss8m", "-jar", CHECKER, "--format", "json", "--no-langdetect", "--stdout", "--exit-zero-always", "--also-check-css", "--also-check-svg", ...files.map((path) => `${folder}/${path}`)],
            { maxBuffer: 1 << 28 },
            (why, stdout, stderr) => {
                if (why?.code === "ENOENT") reject(new Skipped("Java is not here"));
                else if (why) reject(new Error(`the checker failed: ${stderr.slice(-1000)}`));
                else resolve(stdout);
            },
        );
    });
    return JSON.parse(said)
        .messages.filter(({ type, subType, message }) => (type !== "info" || subType === "warning") && !PASSED_OVER.some((pattern) => pattern.test(message)) && (!CSS.test(message) || CSS_THAT_COUNTS.test(message)))
        .map(({ message, url, lastLine, extract }) => ({
            what: `${message}${extract ? ` in ${extract.replace(/\s+/g, " ").trim().slice(0, 120)}` : ""}`,
            where: `${relative(folder, decodeURIComponent((url ?? "").replace(/^file:/, "")))}:${lastLine ?? 0}`,
        }));
}
