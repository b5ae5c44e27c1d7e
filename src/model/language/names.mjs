// Writes names.tsv: what each language is called in itself, as an item of a menu.
//
//     npm install --no-save --prefix DIR cldr-localenames-full@48.2.0
//     node names.mjs DIR/node_modules/cldr-localenames-full/main >names.tsv
//
// A name of a tag with a script or a region is that of the CLDR (`简体中文`), else composed by its pattern (`srpski (latinica)`). Tags
// with a region are those that have a name in English, where the CLDR names the varieties of languages.
//
// Every name begins with a capital where its script has them. The CLDR asks for that in menus of some languages (contextTransforms)
// and says nothing of most others; in a list of languages beside each other, those would be the only small ones.
import fs from "node:fs";

const [folder] = process.argv.slice(2);

const read = (locale, file) => {
    const path = `${folder}/${locale}/${file}.json`;
    return fs.existsSync(path) ? JSON.parse(fs.readFileSync(path)).main[locale].localeDisplayNames : undefined;
};
const locales = fs.readdirSync(folder).filter((locale) => read(locale, "languages"));
// The locale that a tag inherits from.
const nearest = (tag) => (tag === "" || locales.includes(tag) ? tag : nearest(tag.slice(0, Math.max(tag.lastIndexOf("-"), 0))));

const nameOf = (tag) => {
    const locale = nearest(tag);
    if (!locale) return undefined;
    const [language, part] = tag.split("-");
    const { languages } = read(locale, "languages");
    if (languages[tag] || !part || !languages[language]) return languages[tag];
    const of = part.length === 4 ? read(locale, "scripts")?.scripts : read(locale, "territories")?.territories;
    const pattern = read(locale, "localeDisplayNames").localeDisplayPattern.localePattern;
    return of?.[part] && pattern.replace("{0}", languages[language]).replace("{1}", of[part]);
};

const capitalized = (tag, name) => {
    const [first, ...rest] = name;
    // `isiZulu` has its capital already. The capitals of Georgian are for words in capitals alone.
    const hasCapital = /^\p{Ll}[^ ]*\p{Lu}/u.test(name) || /\p{Script=Georgian}/u.test(first);
    return hasCapital ? name : first.toLocaleUpperCase(tag) + rest.join("");
};

console.log("# Unicode CLDR 48.2, copyright Unicode, Inc., Unicode License v3 (https://www.unicode.org/license.txt), written by names.mjs");
const varieties = Object.keys(read("en", "languages").languages).filter((tag) => /^[a-z]+-([A-Z]{2}|[0-9]{3})$/.test(tag));
const ownOnes = locales.filter((locale) => /^[a-z]+(-[A-Z][a-z]{3})?$/.test(locale));
for (const tag of [...new Set([...ownOnes, ...varieties])].sort()) {
    const name = nameOf(tag);
    if (name) console.log(`${tag}\t${capitalized(tag, name)}`);
}
