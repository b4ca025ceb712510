# SPDX-License-Identifier: MIT
"""make rehearse: run the steps of the workflows on machines with a fresh, minimal Debian.

rehearse.py FOLDER MICROPY_DIR WORKFLOW...

The steps are read from .github/workflows/WORKFLOW.yml. Each job has its own machine. As on GitHub, a job with
a container runs as root in a checkout of another user, and any other job runs as a user with sudo. Stand-ins
replace the actions and `gh`.

MICROPY_DIR is a checkout of MicroPython with submodules. If it is empty, the jobs that need it are reported
as absent, and the release is made without their boards. If any other job fails, the exit code is 1. The
release page is written to FOLDER/rehearsal/page.
"""

import pathlib
import shutil
import subprocess
import sys
import time

from actions import ACTIONS, Absent
from machine import CHECKOUT, ROOT, Machine, make_base, make_root
from workflow import Contexts, load, variants

sys.path.insert(0, str(ROOT / "release"))
from package import version

DIST = "trixie"
OUTPUT = pathlib.Path("tmp/output")
PAGE = pathlib.Path("tmp/page")
LIMIT = 60  # minutes, for a job without timeout-minutes


class Job:
    """A job of a workflow, on its machine."""

    def __init__(self, rehearsal, job, contexts):
        self.root = rehearsal.root
        self.artifacts = rehearsal.artifacts
        self.micropython = rehearsal.micropython
        self.tag = rehearsal.tag
        self._job = job
        self._contexts = contexts
        self._end = time.monotonic() + 60 * job.get("timeout-minutes", LIMIT)
        make_root(rehearsal.base, self.root)
        (self.root / CHECKOUT).mkdir()
        (self.root / OUTPUT).touch()
        (self.root / OUTPUT).chmod(0o666)
        self._machine = Machine(self.root)

    def run(self):
        """Run the steps. Returns the error of the last step that failed, or None."""
        error = None
        try:
            if "container" not in self._job:
                self._become_runner()
            for step in self._job["steps"]:
                if self._contexts.holds(step.get("if")):
                    error = self._run_step(step) or error
                    self._contexts.failed = bool(error)
        finally:
            self._machine.close()
        return error

    def outputs(self):
        """The outputs of the job. They come from the job's only step with an id."""
        lines = (self.root / OUTPUT).read_text().splitlines()
        written = dict(line.split("=", 1) for line in lines)
        ids = {step["id"]: {"outputs": written} for step in self._job["steps"] if "id" in step}
        return Contexts(steps=ids).expand(self._job.get("outputs", {}))

    def _become_runner(self):
        """Add what GitHub's runner has but a minimal Debian does not have."""
        install = "sudo apt-get -q update && sudo apt-get -q install -y --no-install-recommends python3"
        self._shell(install, "bash", {}, "user", stdout=subprocess.DEVNULL)
        shutil.copy(pathlib.Path(__file__).with_name("gh"), self.root / "usr/local/bin/gh")

    def _run_step(self, step):
        title = step.get("name") or step["uses"].partition("@")[0]
        print(f"   - {title}", flush=True)
        try:
            if "uses" in step:
                ACTIONS[step["uses"].partition("@")[0]](self, **self._contexts.expand(step.get("with", {})))
            else:
                container = "container" in self._job
                environment = {**self._job.get("env", {}), **step.get("env", {})}
                self._shell(
                    step["run"],
                    "sh" if container else "bash",
                    self._contexts.expand(environment),
                    "root" if container else "user",
                )
        except (Absent, OSError, subprocess.SubprocessError) as error:
            print(f"   failed: {error}", flush=True)
            return error
        return None

    def _shell(self, script, shell, variables, user, **options):
        github = {
            "CI": "true",
            "GITHUB_ACTIONS": "true",
            "GITHUB_OUTPUT": f"/{OUTPUT}",
            "GITHUB_REF_NAME": self.tag or "main",
            "GITHUB_REPOSITORY": "OWNER/autoip",
        }
        words = self._machine.command(script, user, (shell, "-ec"), **github, **variables)
        limit = max(1, self._end - time.monotonic())
        try:
            code = subprocess.run(words, stdin=subprocess.DEVNULL, timeout=limit, **options).returncode
        except subprocess.TimeoutExpired as error:
            raise OSError("the job has timed out") from error
        if code:
            raise OSError(f"exit code {code}")


class Rehearsal:
    def __init__(self, folder, micropython):
        self.folder = folder / "rehearsal"
        self.base = folder / f"{DIST}.tar"
        self.root = self.folder / "root"
        self.artifacts = self.folder / "artifacts"
        self.page = self.folder / "page"
        self.micropython = micropython
        self.tag = None
        self.wrong = False
        self._times = []
        shutil.rmtree(self.folder, ignore_errors=True)
        self.artifacts.mkdir(parents=True)
        if not self.base.exists():
            make_base(DIST, self.base)

    def run(self, name):
        """Run the jobs of a workflow in the file's order. Each job comes after the jobs that it needs."""
        workflow = load(ROOT / f".github/workflows/{name}.yml")
        self.tag = f"v{version()}" if "tags" in workflow["on"]["push"] else None
        needs = {}
        for key, job in workflow["jobs"].items():
            needed = [job["needs"]] if isinstance(job.get("needs"), str) else job.get("needs", [])
            contexts = Contexts(needs=needs, github={"token": "a token"})
            contexts.failed = any(needs[each]["result"] != "success" for each in needed)
            if not contexts.holds(job.get("if")):
                needs[key] = {"result": "skipped", "outputs": {}}
                print(f"== {name}, {key}: skipped")
                continue
            runs = [self._run_job(name, job, needs, matrix) for matrix in variants(job, contexts)]
            results = {result for result, _ in runs}
            needs[key] = {
                "result": "success" if results == {"success"} else "failure",
                "outputs": runs[-1][1],
            }

    def _run_job(self, name, job, needs, matrix):
        contexts = Contexts(needs=needs, matrix=matrix, github={"token": "a token"})
        title = f"{name}, {contexts.expand(job['name'])}"
        print(f"== {title}", flush=True)
        began = time.monotonic()
        run = Job(self, job, contexts)
        error = run.run()
        outputs = {} if error else run.outputs()
        result = "absent" if isinstance(error, Absent) else "failure" if error else "success"
        self.wrong |= result == "failure"
        self._times.append((time.monotonic() - began, title, result))
        if (self.root / PAGE).exists():
            shutil.copytree(self.root / PAGE, self.page)
        shutil.rmtree(self.root)
        return result, outputs

    def show(self):
        for seconds, title, result in self._times:
            print(f"{seconds:7.0f} s  {title}: {result}")
        if self.page.exists():
            print(f"the release page: {self.page}")


def main(folder, micropython, *workflows):
    rehearsal = Rehearsal(pathlib.Path(folder).resolve(), pathlib.Path(micropython) if micropython else None)
    for name in workflows:
        rehearsal.run(name)
    rehearsal.show()
    return 1 if rehearsal.wrong else 0


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit("interrupted")
