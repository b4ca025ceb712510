# SPDX-License-Identifier: MIT
"""The tests in this directory use the fixture `bench` of the wire tests."""

from wire.conftest import bench, pytest_generate_tests  # noqa: F401
