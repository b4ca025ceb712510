# SPDX-License-Identifier: MIT
# The C module for the ports that are built with cmake: rp2 and esp32.

include_guard(GLOBAL) # a manifest and USER_C_MODULES may both include this file

add_library(usermod_autoip INTERFACE)

target_sources(usermod_autoip INTERFACE
    ${CMAKE_CURRENT_LIST_DIR}/modautoip.c
    ${CMAKE_CURRENT_LIST_DIR}/link.c
    ${CMAKE_CURRENT_LIST_DIR}/alias.c
    ${CMAKE_CURRENT_LIST_DIR}/owner.c
    ${CMAKE_CURRENT_LIST_DIR}/netifs.c
    ${CMAKE_CURRENT_LIST_DIR}/alias_route.c
    ${CMAKE_CURRENT_LIST_DIR}/alias_udp.c
)

if(ESP_PLATFORM)
    set(AUTOIP_PORT_DIR ${CMAKE_CURRENT_LIST_DIR}/port_esp32)
    target_sources(usermod_autoip INTERFACE ${AUTOIP_PORT_DIR}/autoip_port.c)
    set(AUTOIP_PORT_WRAPS ip4_route_src_hook)
    # MicroPython 1.25 defines this only for boards with native USB.
    target_compile_definitions(usermod_autoip INTERFACE "MICROPY_SCHEDULER_STATIC_NODES=(1)")
    # Versions before 1.28 compile C modules without IDF's options, such as the optimisation level.
    idf_build_get_property(autoip_options COMPILE_OPTIONS)
    target_compile_options(usermod_autoip INTERFACE ${autoip_options})
else()
    set(AUTOIP_PORT_DIR ${CMAKE_CURRENT_LIST_DIR}/port_softtimer)
    target_sources(usermod_autoip INTERFACE
        ${AUTOIP_PORT_DIR}/autoip_port.c
        ${AUTOIP_PORT_DIR}/netif_upstream.c
        ${AUTOIP_PORT_DIR}/wiznet5k.c
    )
    set(AUTOIP_PORT_WRAPS wizchip_sendto)
    # All of lwIP must be built with the hook.
    target_compile_definitions(usermod_autoip INTERFACE
        AUTOIP_UPSTREAM=1
        LWIP_HOOK_FILENAME="alias_route.h"
        LWIP_HOOK_IP4_ROUTE_SRC=autoip_alias_route
    )
endif()

# The functions of lwIP and of a driver that link.c, alias*.c and port_* wrap.
foreach(function
    ${AUTOIP_PORT_WRAPS} etharp_input etharp_output ip4_input ip6_route igmp_joingroup igmp_leavegroup
    udp_send udp_sendto acd_netif_ip_addr_changed raw_netif_ip_addr_changed tcp_netif_ip_addr_changed
    udp_netif_ip_addr_changed)
    target_link_options(usermod_autoip INTERFACE -Wl,--wrap=${function})
endforeach()

target_include_directories(usermod_autoip INTERFACE ${CMAKE_CURRENT_LIST_DIR} ${AUTOIP_PORT_DIR})

target_link_libraries(usermod INTERFACE usermod_autoip)
