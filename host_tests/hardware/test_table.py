# SPDX-License-Identifier: MIT
"""make boards-table writes the table of the real boards that have been tested."""

import copy
import json

import pytest
from wire.board import ROOT

from hardware.table import PAGE, BadReport, insert, table

REPORT = {
    "board": "RPI_PICO_W",
    "date": "2027-01-02",
    "ended": "complete",
    "link": "Wi-Fi",
    "boards": [
        {"platform": "rp2", "autoip": "0.2.0", "firmware": "v1.28.0", "interface": "WLAN", "serial": "USB"}
    ],
    "figures": {"seconds from the reset to the address": 7.5},
    "results": {"a": {"outcome": "passed"}, "b": {"outcome": "passed"}, "c": {"outcome": "skipped"}},
}


def changed(**changes):
    return copy.deepcopy(REPORT) | changes


def test_the_page_has_the_table_of_the_reports():
    assert insert(PAGE.read_text(), table(ROOT / "docs" / "hardware")) == PAGE.read_text()


def test_a_report_becomes_a_row(tmp_path):
    (tmp_path / "RPI_PICO_W-2027-01-02.json").write_text(json.dumps(REPORT))
    row = table(tmp_path).splitlines()[-1]
    cells = [cell.strip() for cell in row.strip("|").split("|")]
    report = "[2027-01-02](hardware/RPI_PICO_W-2027-01-02.json)"
    assert cells == ["RPI_PICO_W", "0.2.0, v1.28.0", "WLAN, Wi-Fi", "2", "0", "1", "7.5", report]


def test_the_table_replaces_the_previous_table():
    page = insert(PAGE.read_text(), "| row |")
    assert insert(page, "| other |") == page.replace("| row |", "| other |")


@pytest.mark.parametrize(
    ("report", "reason"),
    [
        ("not JSON", "is not a report"),
        ("[]", "is not a report"),
        (json.dumps(changed(boards=[])), "is not a report"),
        (json.dumps(changed(ended="interrupted")), "not complete: interrupted"),
        (json.dumps(changed(boards=[REPORT["boards"][0] | {"serial": "pseudo-terminal"}])), "emulated board"),
    ],
)
def test_an_invalid_incomplete_or_emulated_report_is_refused(tmp_path, report, reason):
    (tmp_path / "report.json").write_text(report)
    with pytest.raises(BadReport, match=reason):
        table(tmp_path)
