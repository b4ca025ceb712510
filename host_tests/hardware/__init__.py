# SPDX-License-Identifier: MIT
"""Tests of a real board (make test-hardware), the report of a run, and the table of all reports."""
