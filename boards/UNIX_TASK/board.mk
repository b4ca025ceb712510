# SPDX-License-Identifier: MIT
# UNIX_TASK: UNIX_TAP with lwIP in a task of its own, to run the C module's port for esp32. Its interfaces,
# main() and sanitizers are UNIX_TAP's.

include boards/UNIX_TAP/board.mk
