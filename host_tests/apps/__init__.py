# SPDX-License-Identifier: MIT
"""Real programs on boards, with real clients on a Linux host."""
