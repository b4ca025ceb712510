# SPDX-License-Identifier: MIT
# Builds the project's C module, and radio.c instead of the lowest layer of the CYW43 driver.

include(${CMAKE_CURRENT_LIST_DIR}/../../firmware/micropython.cmake)

add_library(usermod_radio INTERFACE)
target_sources(usermod_radio INTERFACE ${CMAKE_CURRENT_LIST_DIR}/radio.c)
foreach(function
    bt_has_work bus_init bus_sleep deinit has_work ioctl process_packets send_ethernet wifi_ap_init
    wifi_ap_set_up wifi_get_mac wifi_join wifi_on wifi_pm wifi_update_multicast_filter)
    target_link_options(usermod_radio INTERFACE -Wl,--wrap=cyw43_ll_${function})
endforeach()
target_link_libraries(usermod INTERFACE usermod_radio)
