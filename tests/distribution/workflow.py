"""The workflow that `tidings init --github` writes, run step by step: each job in a clean clone, with an empty home folder."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import yaml

sys.path.append(str(Path(__file__).parents[1] / "server"))

from common import TIDINGS, CheckFailed, check, expect, finish, run, temporary_folder, write_files

FOLDER = Path(__file__).parent
STORY = "stories/2026/welcome.toml"
# What GitHub puts in place of the expressions that steps use.
EXPRESSIONS = {
    "github.token": "a-token",
    "github.repository": "example/news",
    "github.event.pull_request.number": "7",
}


class Desk:
    """A repository with a site, and the branches that editors push to it."""

    def __init__(self, folder):
        self.folder, self.origin, self.clones = folder, folder / "origin.git", 0
        self.home = folder / "home"
        self.tools = folder / "bin"
        self.tools.mkdir()
        shutil.copy(TIDINGS, self.tools / "tidings")
        # GitHub itself cannot be had: this writes down what it is asked for.
        write_files(self.tools, {"gh": f'#!/bin/sh\necho "$@" >>{folder}/gh-calls\ncat "$7" >>{folder}/gh-calls\n'})
        (self.tools / "gh").chmod(0o755)
        run("git", "init", "--quiet", "--bare", "--initial-branch=main", self.origin)
        self.desk = folder / "desk"
        run(TIDINGS, "init", self.desk)
        run(TIDINGS, "init", "--github", self.desk)
        self.git("init", "--quiet", "--initial-branch=main")
        self.git("remote", "add", "origin", self.origin)
        self.commit("main")
        self.workflow = yaml.safe_load((self.desk / ".github/workflows/tidings.yml").read_text("utf-8"))

    def git(self, *arguments, cwd=None):
        identity = ["-c", "user.name=Editor", "-c", "user.email=editor@news.example.org"]
        return run("git", *identity, *arguments, cwd=cwd or self.desk).stdout

    def commit(self, branch):
        """Commits what an editor changed, and pushes it."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", "Edit")
        self.git("push", "--quiet", "origin", f"HEAD:{branch}")

    def edit(self, before, after):
        path = self.desk / STORY
        text = path.read_text("utf-8")
        if before not in text:
            raise CheckFailed(f"there is no {before!r} in {STORY}")
        path.write_text(text.replace(before, after), "utf-8")

    def pull_request(self, name):
        """The commit that GitHub tests: the branch merged into main."""
        self.commit(name)
        self.git("checkout", "--quiet", "-B", f"merge-{name}", "origin/main")
        self.git("merge", "--quiet", "--no-ff", "--message", "Merge", f"origin/{name}")
        self.git("push", "--quiet", "origin", f"HEAD:merge-{name}")

    def start_branch(self, name):
        self.git("fetch", "--quiet", "origin")
        self.git("checkout", "--quiet", "-B", name, "origin/main")

    def run_job(self, name, branch):
        """Runs the steps of a job in a clean clone. Returns its status, output, summary and folder."""
        self.clones += 1
        place = self.folder / f"job-{self.clones}"
        workspace, temp = place / "workspace", place / "temp"
        for folder in (temp, self.home):
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir(parents=True)
        summary = place / "summary"
        summary.touch()
        output = ""
        for step in self.workflow["jobs"][name]["steps"]:
            uses = step.get("uses", "")
            if uses.startswith("actions/checkout@"):
                depth = step.get("with", {}).get("fetch-depth", 1)
                run("git", "clone", "--quiet", "--depth", depth, "--branch", branch, f"file://{self.origin}", workspace)
            if "run" not in step:
                continue
            environment = {
                "HOME": self.home,
                "PATH": f"{self.tools}:/usr/local/bin:/usr/bin:/bin",
                "GITHUB_WORKSPACE": workspace,
                "GITHUB_STEP_SUMMARY": summary,
                "GITHUB_SHA": run("git", "rev-parse", "HEAD", cwd=workspace).stdout.strip(),
                "RUNNER_TEMP": temp,
                **{key: expand(value) for key, value in step.get("env", {}).items()},
            }
            # As GitHub runs a step without `shell`.
            done = subprocess.run(["bash", "-e", "-c", step["run"]], cwd=workspace, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300)
            output += done.stdout + done.stderr
            if done.returncode:
                return done.returncode, output, summary.read_text("utf-8"), temp
        return 0, output, summary.read_text("utf-8"), temp

    def published(self):
        return self.git("ls-tree", "-r", "--name-only", "publication", cwd=self.origin).split()

    def publications(self):
        return int(self.git("rev-list", "--count", "publication", cwd=self.origin))


def expand(text):
    return re.sub(r"\$\{\{ *(.*?) *\}\}", lambda match: EXPRESSIONS[match[1]], str(text))


with temporary_folder() as folder:
    desk = Desk(folder)

    with check("actionlint finds nothing in the workflows, and something in a wrong one"):
        ours = [desk.desk / ".github/workflows/tidings.yml", FOLDER.parents[1] / ".github/workflows/release.yml"]
        lint = FOLDER / "actionlint.mjs"
        run("node", lint, *ours)
        wrong = folder / "wrong.yml"
        wrong.write_text(ours[0].read_text("utf-8").replace("runs-on: ubuntu-latest", "runs-on: ${{ github.nothing }}", 1), "utf-8")
        expect(run("node", lint, wrong, succeeds=False).returncode == 1, "a wrong workflow passes")

    with check("it never runs the code of a pull request with rights, and each job has only the rights that it needs"):
        # YAML 1.1 reads the key `on` as true.
        triggers = desk.workflow[True]
        expect(set(triggers) == {"push", "pull_request", "schedule", "workflow_dispatch"}, f"it runs on {triggers}")
        expect(desk.workflow["permissions"] == {"contents": "read"}, "the default rights are more than to read")
        comment = next(step for step in desk.workflow["jobs"]["check"]["steps"] if step.get("name") == "Comment")
        expect("head.repo.full_name == github.repository" in comment["if"], "pull requests of forks are commented")

    with check("the first publication, and none where nothing changed"):
        status, output, _, temp = desk.run_job("publish", "main")
        expect(status == 0, output)
        for path in (".tidings", "en/all.atom.xml", "fr/index.html"):
            expect(path in desk.published(), f"{path} is not among {desk.published()}")
        expect("tidings.toml" not in desk.published(), "the stories are published")
        expect(desk.publications() == 1, "the publication has the history of the stories")
        status, output, _, _ = desk.run_job("publish", "main")
        expect(status == 0 and desk.publications() == 1, output)

    with check("a branch that edits a story is checked, and its changes are summarized by language"):
        desk.start_branch("edit")
        desk.edit("The first story of this site.", "The very first story of this site.")
        desk.pull_request("edit")
        status, output, summary, _ = desk.run_job("check", "merge-edit")
        expect(status == 0, output)
        expect(summary == "| language | new | changed | gone |\n| --- | ---: | ---: | ---: |\n| en | 0 | 1 | 0 |\n\nchanged:\n\n- `2026/welcome` (en)\n", summary)
        calls = (folder / "gh-calls").read_text("utf-8")
        expect(calls.startswith("pr comment 7 --edit-last --create-if-none --body-file") and calls.endswith(summary), calls)

    with check("a branch with a mistake fails, with the mistake at its line"):
        desk.start_branch("mistake")
        desk.edit('topics    = ["people"]', 'topics    = ["poeple"]')
        desk.pull_request("mistake")
        status, output, summary, _ = desk.run_job("check", "merge-mistake")
        expect(status != 0 and f"::error file={STORY},line=5,col=14" in output and summary == "", output)

    with check("a change that is merged is published, with the manifest of the publication before"):
        desk.start_branch("main")
        desk.edit("The first story of this site.", "The very first story of this site.")
        desk.commit("main")
        status, output, _, _ = desk.run_job("publish", "main")
        expect(status == 0 and desk.publications() == 2, output)
        expect("entries: 0 new, 1 changed, 0 gone" in output, output)

    with check("a story that is withdrawn from a main with errors is summarized"):
        desk.start_branch("main")
        desk.edit('topics    = ["people"]', 'topics    = ["poeple"]')
        desk.commit("main")
        status, output, _, _ = desk.run_job("publish", "main")
        expect(status == 1 and desk.publications() == 2, output)
        desk.start_branch("mend")
        desk.edit('topics    = ["poeple"]', 'topics    = ["people"]')
        desk.pull_request("mend")
        status, output, summary, _ = desk.run_job("check", "merge-mend")
        expect(status == 0 and summary.startswith("The base has errors, so everything is new.\n\n| language"), output + summary)

finish()
