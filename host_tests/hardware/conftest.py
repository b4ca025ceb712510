# SPDX-License-Identifier: MIT
"""The fixture `bench` of the wire tests."""

from wire.conftest import bench, pytest_generate_tests  # noqa: F401
