# SPDX-License-Identifier: MIT
"""make lint compares the committed figures with new figures. docs/cost.md starts with a summary."""

import json
import sys

import pytest
from wire.board import ROOT

sys.path.append(str(ROOT / "bench"))
import figures

KEPT = {
    "size": {
        "tools": {"gcc": "12.2.1"},
        "figures": {"flash": {"none": 1, "autoip": 3}, "stack": {"autoip": 5}},
    }
}


@pytest.fixture
def measure(tmp_path, monkeypatch):
    """Compares a figure for flash, from a version of gcc, with the committed figure, which is 3."""
    monkeypatch.setattr(figures, "_JSON", tmp_path / "cost.json")
    figures._JSON.write_text(json.dumps(KEPT))

    def check(flash, gcc):
        measured = figures.Figures("size", {"gcc": gcc})
        measured.add("flash", none=1, autoip=flash)
        measured.check("gcc")

    return check


def test_an_unchanged_figure_passes(measure, capsys):
    measure(3, "12.2.1")
    assert capsys.readouterr().out == ""


def test_a_changed_figure_is_reported(measure):
    with pytest.raises(SystemExit, match=r"docs/cost\.md is stale: `make size KEEP=1` updates flash"):
        measure(4, "12.2.1")


def test_figures_of_another_compiler_are_not_compared(measure, capsys):
    measure(4, "14.2.1")
    assert "not checked: it is for gcc 12.2.1, not 14.2.1" in capsys.readouterr().out


def test_the_page_starts_with_a_summary(tmp_path, monkeypatch):
    monkeypatch.setattr(figures, "_JSON", tmp_path / "cost.json")
    monkeypatch.setattr(figures, "_PAGE", tmp_path / "cost.md")
    figures._PAGE.write_text("".join(f"<!-- {part} -->\n<!-- end -->\n" for part in ("summary", "make size")))
    measured = figures.Figures("size", {"gcc": "12.2.1"})
    measured.add("flash added", lwip=1276, autoip=15304)
    measured.keep()
    summary, size, _ = figures._PAGE.read_text().split("<!-- end -->\n")
    assert "| flash added | 15,304 bytes | 1,276 bytes |\n" in summary
    assert "| heap: import autoip, once | - | - |\n" in summary  # not measured
    assert "| flash added |  | 1,276 | 15,304 |" in size
