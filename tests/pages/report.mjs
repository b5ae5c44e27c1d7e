// The lines that say how the checks went: `ok NAME`, `FAILED NAME: WHY`, `skipped NAME: WHY`.

let failed = false;

/** What a check found out about the machine: it lacks something. */
export class Skipped extends Error {}

/**
 * Runs one check. It returns what is wrong, as a list of texts or of `{ what, where }`; an empty list is good.
 * What is the same in several places is said once.
 */
export async function check(name, find) {
    let found;
    try {
        found = (await find()) ?? [];
    } catch (why) {
        if (why instanceof Skipped) {
            console.log(`skipped ${name}: ${why.message}`);
            return;
        }
        found = [why.stack ?? String(why)];
    }
    said(name, found);
}

/** Says how a check went that has run already. */
export function said(name, found) {
    if (found.length === 0) {
        console.log(`ok ${name}`);
        return;
    }
    failed = true;
    const places = new Map();
    for (const finding of found) {
        const { what, where } = typeof finding === "string" ? { what: finding } : finding;
        if (!places.has(what)) places.set(what, new Set());
        if (where) places.get(what).add(where);
    }
    const lines = [...places].map(([what, where]) => (where.size ? `${what} (${shortened([...where], 6).join("; ")})` : what));
    console.log(`FAILED ${name}: ${shortened(lines, 25).join("\n    ")}`);
}

function shortened(list, most) {
    return list.length <= most ? list : [...list.slice(0, most), `and ${list.length - most} more`];
}

export function finish() {
    process.exitCode = failed ? 1 : 0;
}

/** Goes through a part of the checks; that it came to an end is no check of its own. */
export async function part(name, body) {
    try {
        await body();
    } catch (why) {
        said(name, [why.stack ?? String(why)]);
    }
}
