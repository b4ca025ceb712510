# SPDX-License-Identifier: MIT
"""Replaces the firmware's module in CPython, which has no lwIP. There is no interface."""

import errno


def name(nic):
    raise OSError(errno.ENODEV)


def Link(nic):
    raise OSError(errno.ENODEV)


def refuse_callback():
    pass
