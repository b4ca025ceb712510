# SPDX-License-Identifier: MIT
"""docs/programs.md is up to date."""

from wire.board import ROOT

from .packages import pinned
from .programs import PROGRAMS


def test_the_page_shows_each_program_and_the_pinned_versions():
    page = (ROOT / "docs" / "programs.md").read_text()
    assert [name for name, version in pinned().items() if f"{name} {version}" not in page] == []
    assert [program.SOURCE for program in PROGRAMS if program.SOURCE not in page] == []
