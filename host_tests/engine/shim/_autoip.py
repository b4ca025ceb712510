# SPDX-License-Identifier: MIT
"""Stands in for the firmware's module under CPython, which has no lwIP: there is no interface."""

import errno


def name(nic):
    raise OSError(errno.ENODEV)


def Link(nic):
    raise OSError(errno.ENODEV)


def refuse_callback():
    pass
