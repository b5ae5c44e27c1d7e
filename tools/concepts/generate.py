"""Makes src/pairing/concepts.bin: for each concept, the words for it in several languages, from the Unicode CLDR.

usage: npm ci --ignore-scripts; python3 generate.py

The concepts are the English keywords of the CLDR's annotations of symbols, such as `hospital`, and the territories. A word of
another language belongs to the keyword whose symbols are most nearly those of the word. Needs `zstd`. Its result is text:
for each language a line with its tag, then a line for each concept with its words, cut to the letters that are compared.
"""

import collections
import hashlib
import json
import subprocess
import unicodedata
from pathlib import Path

HERE = Path(__file__).parent
MODULES = HERE / "node_modules"
OUTPUT = HERE.parents[1] / "src" / "pairing"
LANGUAGES = ["ar", "de", "en", "es", "fr", "it", "ja", "ko", "pl", "pt", "ru", "zh"]
LEAST_SIMILARITY = 0.5  # of the symbols of two words, by Dice's coefficient
LEAST_LANGUAGES = 80  # of the CLDR, which have a word for a concept; rarer ones are not worth their room
LETTERS = 7


def is_word(text):
    return len(text) > 1 and all(letter.isalpha() or unicodedata.category(letter)[0] == "M" for letter in text)


def symbols_by_word(language):
    path = MODULES / "cldr-annotations-full" / "annotations" / language / "annotations.json"
    symbols = collections.defaultdict(set)
    for symbol, names in json.loads(path.read_text())["annotations"].get("annotations", {}).items():
        for word in names.get("default", []) + names.get("tts", []):
            if is_word(word.strip()):
                symbols[word.strip().lower()].add(symbol)
    return symbols


def keywords(language, english, english_by_symbol):
    """The words of a language with their English keyword."""
    for word, symbols in symbols_by_word(language).items():
        shared = collections.Counter(keyword for symbol in symbols for keyword in english_by_symbol[symbol])
        ranked = [(2 * count / (len(symbols) + len(english[keyword])), keyword) for keyword, count in shared.items()]
        similarity, keyword = min(((-similarity, keyword) for similarity, keyword in ranked), default=(0, ""))
        if language == "en":
            yield word, "keyword " + word
        elif -similarity >= LEAST_SIMILARITY:
            yield word, "keyword " + keyword


def territories(language):
    path = MODULES / "cldr-localenames-full" / "main" / language / "territories.json"
    if not path.exists():
        return
    names = json.loads(path.read_text())["main"][language]["localeDisplayNames"]["territories"]
    for code, name in names.items():
        if len(code) == 2 and name != code and is_word(name):
            yield name.lower(), "territory " + code


def main():
    english = symbols_by_word("en")
    english_by_symbol = collections.defaultdict(set)
    for word, symbols in english.items():
        for symbol in symbols:
            english_by_symbol[symbol].add(word)
    words, languages = collections.defaultdict(list), collections.defaultdict(set)
    for folder in sorted((MODULES / "cldr-annotations-full" / "annotations").iterdir()):
        language = folder.name
        if "-" in language:
            continue
        for word, concept in [*keywords(language, english, english_by_symbol), *territories(language)]:
            languages[concept].add(language)
            if word[:LETTERS] not in words[language, concept]:
                words[language, concept].append(word[:LETTERS])
    concepts = sorted(concept for concept, known in languages.items() if len(known) >= LEAST_LANGUAGES)
    lines = []
    for language in LANGUAGES:
        lines.append("= " + language)
        lines += [" ".join(words[language, concept]) for concept in concepts]
    text = "\n".join(lines).encode()
    packed = subprocess.run(["zstd", "--ultra", "-22", "-c"], input=text, stdout=subprocess.PIPE, check=True).stdout
    (OUTPUT / "concepts.bin").write_bytes(packed)
    checksum = hashlib.sha256(packed).hexdigest()
    (OUTPUT / "concepts.txt").write_text(
        f"concepts.bin: {len(concepts)} concepts in {len(LANGUAGES)} languages, made by tools/concepts from the Unicode CLDR 48.2\n"
        f"(Unicode License v3, see NOTICE). sha256: {checksum}\n"
    )
    print(len(concepts), "concepts,", len(packed), "bytes")


main()
