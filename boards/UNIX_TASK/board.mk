# SPDX-License-Identifier: MIT
# UNIX_TASK: UNIX_TAP with lwIP in its own task, to run the C module's port for esp32. It shares interfaces, main()
# and sanitizers with UNIX_TAP.

include boards/UNIX_TAP/board.mk
