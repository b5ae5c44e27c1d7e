// Writes names.tsv, the names of months and weekdays by language, and samples.tsv, dates as languages write them, for the tests.
//
//     npm install --no-save --prefix DIR cldr-dates-full@48.2.0 cldr-core@48.2.0
//     node names.mjs DIR/node_modules names.tsv samples.tsv
//
// The languages are those that the CLDR covers well. A name is in lower case without dots, and Latin ones stand without diacritics
// too. A line has a name, then what it means: a number from 1 is a month, `w` a weekday. Where languages differ about the month,
// each has its languages: `listopada 10:hr 11:pl`.
import fs from "node:fs";

const [modules, namesFile, samplesFile] = process.argv.slice(2);
const read = (path) => JSON.parse(fs.readFileSync(`${modules}/${path}`));
const { effectiveCoverageLevels } = read("cldr-core/coverageLevels.json");
const main = `${modules}/cldr-dates-full/main`;
const isLanguage = (locale) => /^[a-z]{2,3}(-[A-Z][a-z]{3})?$/.test(locale) && locale !== "und";
const isCovered = (locale) => effectiveCoverageLevels[locale] === "modern";
const locales = fs.readdirSync(main).filter((locale) => isLanguage(locale) && isCovered(locale)).sort();
const calendar = (locale) => read(`cldr-dates-full/main/${locale}/ca-gregorian.json`).main[locale].dates.calendars.gregorian;

const lower = (name) => name.toLowerCase().replace(/[.\u0307׳॰]/gu, "").replace(/^(dhen|da|oṣù) /u, "").trim();
const plain = (name) =>
    name.normalize("NFD").replace(/(\p{Script=Latin})\p{Mn}+/gu, "$1").replaceAll("ı", "i").replaceAll("ł", "l").replaceAll("ø", "o").normalize("NFC");
// One word, and more than a letter.
const isWord = (name) => /^\p{L}[\p{L}\p{M}'’\u200c]+$/u.test(name);

const meanings = new Map();
const add = (name, meaning, locale) => {
    for (const spelling of new Set([lower(name), plain(lower(name))])) {
        if (!isWord(spelling)) continue;
        const known = meanings.get(spelling) ?? new Map();
        meanings.set(spelling, known.set(meaning, (known.get(meaning) ?? new Set()).add(locale.split("-")[0])));
    }
};
for (const locale of locales) {
    const { months, days } = calendar(locale);
    for (const context of ["format", "stand-alone"]) {
        for (const width of ["wide", "abbreviated"]) {
            Object.entries(months[context][width]).forEach(([month, name]) => add(name, month, locale));
            Object.values(days[context][width]).forEach((name) => add(name, "w", locale));
        }
    }
}
// What people write and the CLDR has not.
const levantine = { شباط: 2, آذار: 3, اذار: 3, نيسان: 4, أيار: 5, ايار: 5, حزيران: 6, تموز: 7, آب: 8, أيلول: 9, ايلول: 9 };
const others = { sept: 9, maerz: 3, setiembre: 9, dekabr: 12, avgust: 8, ...levantine, tues: "w", thur: "w", thurs: "w", الإثنين: "w" };
for (const [name, meaning] of Object.entries(others)) add(name, `${meaning}`, "und");

const lines = [...meanings].map(([name, known]) => {
    const months = [...known].filter(([meaning]) => meaning !== "w").sort(([one], [other]) => one - other);
    const readings = months.map(([month, languages]) => (months.length > 1 ? `${month}:${[...languages].sort().join(",")}` : month));
    return [name, ...readings, ...(known.has("w") ? ["w"] : [])].join(" ");
});
lines.sort((one, other) => Buffer.compare(Buffer.from(one.split(" ")[0]), Buffer.from(other.split(" ")[0])));
const source = "# Unicode CLDR 48.2, copyright Unicode, Inc., Unicode License v3 (https://www.unicode.org/license.txt), written by names.mjs";
fs.writeFileSync(namesFile, [source, ...lines, ""].join("\n"));

// Dates by the patterns of a language, in its own words and with western digits.
const written = (locale, pattern, year, month, day) => {
    const { months, days } = calendar(locale);
    const weekday = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"][new Date(Date.UTC(year, month - 1, day)).getUTCDay()];
    const name = (context, width) => months[context][width === 3 ? "abbreviated" : "wide"][month];
    return pattern.replace(/ ?G+/u, "").replace(/'([^']*)'|y+|M+|L+|d+|[Ec]+/gu, (field, quoted) => {
        if (quoted !== undefined) return quoted || "'";
        const width = field.length;
        switch (field[0]) {
            case "y": return width === 2 ? `${year % 100}` : `${year}`;
            case "d": return `${day}`.padStart(width, "0");
            case "M": return width > 2 ? name("format", width) : `${month}`.padStart(width, "0");
            case "L": return width > 2 ? name("stand-alone", width) : `${month}`.padStart(width, "0");
            default: return days[field[0] === "c" ? "stand-alone" : "format"][width === 4 ? "wide" : "abbreviated"][weekday];
        }
    });
};
const samples = [];
for (const locale of locales) {
    const { dateFormats } = calendar(locale);
    for (let month = 1; month <= 12; month++) {
        for (const style of month === 4 ? ["full", "long", "medium"] : ["long", "medium"]) {
            const pattern = dateFormats[style]._value ?? dateFormats[style];
            const date = `2015-${`${month}`.padStart(2, "0")}-16`;
            samples.push([locale, date, written(locale, pattern, 2015, month, 16)].join("\t"));
        }
    }
}
fs.writeFileSync(samplesFile, [source, ...new Set(samples), ""].join("\n"));
