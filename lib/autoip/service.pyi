# SPDX-License-Identifier: MIT
# A service, with types. start() makes it; its constructor joins it to a link, and is not for programs.

from collections.abc import Callable
from typing import Any

running: list[Service]

class Service:
    nic: Any
    name: str
    def __init__(
        self,
        link: Any,
        nic: Any = None,
        first: int = -1,
        store: Any = None,
        delay: int = 2000,
        abandon: bool = False,
        debug: bool = False,
        old: bool = False,
        force: bool = False,
        on_event: Callable[[str, Service], object] | None = None,
    ) -> None: ...
    @property
    def address(self) -> str | None: ...
    @property
    def previous(self) -> str | None: ...
    @property
    def contested(self) -> str | None: ...
    @property
    def offender(self) -> bytes: ...
    @property
    def state(self) -> str: ...
    @property
    def routable(self) -> str | None: ...
    def wait(self, timeout_ms: int | None = None) -> str: ...
    async def ready(self) -> str: ...
    def stats(self) -> dict[str, int]: ...
    def log(self) -> list[tuple[int, str, str | None]]: ...
    def stop(self) -> None: ...
