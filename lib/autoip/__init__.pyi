# SPDX-License-Identifier: MIT
# The public interface of the package, with types. The .py file has the docstrings.

from collections.abc import Callable
from typing import Any

from .service import Service

__version__: str

def start(
    nic: Any = None,
    *,
    ip: str | None = None,
    remember: str | None = None,
    delay: int = 2000,
    abandon: bool = False,
    debug: bool = False,
    old: bool = False,
    force: bool = False,
    on_event: Callable[[str, Service], object] | None = None,
) -> Service: ...
def stop(nic: Any = None) -> None: ...
def get(nic: Any = None) -> Service | None: ...
def mount(options: str = "") -> Service: ...
