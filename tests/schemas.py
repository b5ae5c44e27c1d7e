"""The JSON Schemas of `tidings schema` against every story and configuration here, good and bad, by a validator.

usage: schemas.py TIDINGS
"""
import json, subprocess, sys, tomllib
from pathlib import Path

import jsonschema

HERE = Path(__file__).parent
# What is wrong in these is no single file's form: it lies between files, in the bytes, in the configuration, or in a command.
NOT_OF_ONE_FILE = set("""
    bad-toml config-bad-json config-bad-toml duplicate-guid
    duplicate-language duplicate-records duplicate-story format-json format-json-related
    ids-that-differ-in-case misused-base-url misused-now no-store not-utf-8 output-is-store output-within-store
    strict template-syntax template-that-names-nothing templates-that-are-not-there topics-that-disagree
    unknown-topic warns-of-forbidden-characters
""".split())

# Folders of other things.
OTHERS = {"golden", "public", "templates"}


def plain(value):
    """Dates of TOML as editors hand them to a validator: as text."""
    if isinstance(value, dict):
        return {key: plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [plain(inner) for inner in value]
    return value if isinstance(value, (str, int, float, bool, type(None))) else value.isoformat()


def documents(path):
    """What stands in a file; nothing where it cannot be read as what it is."""
    try:
        text = path.read_text("utf-8")
        if path.suffix == ".toml":
            return [plain(tomllib.loads(text))]
        if path.suffix == ".json":
            return [json.loads(text)]
        return [json.loads(line) for line in text.splitlines() if line.strip()]
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, json.JSONDecodeError):
        return []


def main():
    tidings = sys.argv[1]
    validators = {}
    for kind in ("story", "config"):
        schema = json.loads(subprocess.run([tidings, "schema", kind], check=True, capture_output=True, text=True).stdout)
        jsonschema.Draft7Validator.check_schema(schema)
        validators[kind] = jsonschema.Draft7Validator(schema)

    def faults(folder):
        found = []
        for path in sorted(folder.rglob("*")):
            if path.suffix in (".toml", ".json", ".jsonl") and path.name[0] not in "._" and not OTHERS.intersection(path.parts):
                kind = "config" if path.stem == "tidings" else "story"
                for document in documents(path):
                    error = jsonschema.exceptions.best_match(validators[kind].iter_errors(document))
                    if error:
                        found.append(f"{path}: {'/'.join(map(str, error.absolute_path))}: {error.message[:200]}")
        return found

    good = [HERE.parent / "config", HERE / "sites/good"]
    bad = sorted((HERE / "sites/failing").iterdir())
    unknown = NOT_OF_ONE_FILE - {site.name for site in bad}
    failed = [f"there is no site {name}" for name in unknown]
    for site in good:
        found = faults(site)
        failed += found
        print("ok" if not found else "FAILED", "the schemas accept", site.name)
    for site in bad:
        found = faults(site)
        is_right = not found if site.name in NOT_OF_ONE_FILE else bool(found)
        print("ok" if is_right else "FAILED", "the schemas on", site.name)
        if not is_right:
            failed.append(f"{site.name}: {found or 'nothing is wrong'}")
    print(*failed, sep="\n")
    return bool(failed)


sys.exit(main())
