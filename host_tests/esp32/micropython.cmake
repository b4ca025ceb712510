# SPDX-License-Identifier: MIT
# The project's C module, QEMU's Ethernet in place of a W5500, and functions with which the tests inspect FreeRTOS's
# tasks.

include(${CMAKE_CURRENT_LIST_DIR}/../../firmware/micropython.cmake)

add_library(usermod_openeth INTERFACE)
target_sources(usermod_openeth INTERFACE ${CMAKE_CURRENT_LIST_DIR}/openeth.c ${CMAKE_CURRENT_LIST_DIR}/tasks.c)
foreach(function esp_eth_mac_new_w5500 esp_eth_phy_new_w5500 machine_hw_spi_get_host mp_sched_keyboard_interrupt)
    target_link_options(usermod_openeth INTERFACE -Wl,--wrap=${function})
endforeach()
# The tests' program prints long lines in callbacks. Without this setting, MicroPython would release the GIL while it
# prints, and a Python thread that computes would never release it again, see docs/upstream.md.
target_compile_definitions(usermod_openeth INTERFACE "MICROPY_PY_STRING_TX_GIL_THRESHOLD=(1024)")
target_link_libraries(usermod INTERFACE usermod_openeth)
