"""The JSON Schemas of `tidings schema` against every story and configuration here, good and bad, by a validator.

usage: schemas.py TIDINGS
"""
import json
import sys
import tomllib
from pathlib import Path

import jsonschema

HERE = Path(__file__).parent
sys.path.append(str(HERE / "server"))

from common import TIDINGS, CheckFailed, check, finish, run

# The errors of these are not in the structure of one file, but between files, in bytes, in the configuration or in arguments.
NOT_OF_ONE_FILE = set("""
    bad-toml config-bad-json config-bad-toml duplicate-guid
    duplicate-language duplicate-records duplicate-story format-json format-json-related
    ids-that-differ-in-case import-docusaurus misused-base-url misused-now no-store not-utf-8 output-is-store output-within-store
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
    """The documents of a file; none where it has a syntax error."""
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
    validators = {}
    for kind in ("story", "config"):
        schema = json.loads(run(TIDINGS, "schema", kind).stdout)
        jsonschema.Draft7Validator.check_schema(schema)
        validators[kind] = jsonschema.Draft7Validator(schema)

    def errors(folder):
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
    with check("the sites that are named here exist"):
        if unknown := NOT_OF_ONE_FILE - {site.name for site in bad}:
            raise CheckFailed(", ".join(sorted(unknown)))
    for site in good:
        with check(f"the schemas accept {site.name}"):
            if found := errors(site):
                raise CheckFailed("\n".join(found))
    for site in bad:
        with check(f"the schemas on {site.name}"):
            found = errors(site)
            if bool(found) == (site.name in NOT_OF_ONE_FILE):
                raise CheckFailed("\n".join(found) or "no error")
    finish()


main()
