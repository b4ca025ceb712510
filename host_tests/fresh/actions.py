# SPDX-License-Identifier: MIT
"""Stand-ins for the actions that the workflows use. Their arguments are the job and the step's `with`."""

import glob
import shutil
import subprocess

from machine import CHECKOUT, clone, give_to_user


class Absent(Exception):
    """The step needs something that this machine can't have."""


def checkout(job, repository=None, path=".", ref=None, **options):
    if options != {"persist-credentials": False}:
        raise ValueError(f"checkout: {options}")
    if repository is None:
        clone(job.root)
        if job.tag:
            tag(job.root / CHECKOUT, job.tag)
    elif job.micropython is None:
        raise Absent(f"the step needs a checkout of {repository} at {ref}: pass MICROPY_DIR=")
    else:
        shutil.copytree(job.micropython, job.root / CHECKOUT / path, symlinks=True)
    give_to_user(job.root)


def tag(folder, name):
    """Create and tag the commit of a release. Its changelog has the date of the release."""
    changes = folder / "CHANGELOG.md"
    changes.write_text(changes.read_text().replace("not yet released", "2001-09-09"))
    git = [
        "git",
        "-c",
        "safe.directory=*",
        "-C",
        folder,
        "-c",
        "user.name=A",
        "-c",
        "user.email=a@example.org",
    ]
    subprocess.run([*git, "commit", "--quiet", "--all", "--message=Release."], check=True)
    subprocess.run([*git, "tag", "--force", name], check=True, stdout=subprocess.DEVNULL)


def upload_artifact(job, name, path, **options):
    if options not in ({}, {"if-no-files-found": "error"}):
        raise ValueError(f"upload-artifact: {options}")
    checkout = job.root / CHECKOUT
    found = [file for pattern in path.split() for file in checkout.glob(pattern)]
    files = [each for file in found for each in (file.iterdir() if file.is_dir() else [file])]
    if options and not files:
        raise OSError(f"upload-artifact: no files in {path}")
    (job.artifacts / name).mkdir(exist_ok=True)
    for file in files:
        shutil.copy(file, job.artifacts / name)


def download_artifact(job, path, pattern, **options):
    if options != {"merge-multiple": True}:
        raise ValueError(f"download-artifact: {options}")
    for artifact in sorted(job.artifacts.glob(pattern)):
        shutil.copytree(artifact, job.root / CHECKOUT / path, dirs_exist_ok=True)
    give_to_user(job.root)


def attest_build_provenance(job, **options):
    if not glob.glob(options["subject-path"], root_dir=job.root / CHECKOUT):
        raise OSError(f"attest-build-provenance: no file matches {options['subject-path']}")


ACTIONS = {
    "actions/checkout": checkout,
    "actions/upload-artifact": upload_artifact,
    "actions/download-artifact": download_artifact,
    "actions/attest-build-provenance": attest_build_provenance,
}
