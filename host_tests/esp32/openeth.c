// SPDX-License-Identifier: MIT
// QEMU's Ethernet for network.LAN: MicroPython's class, which knows no such controller, asks ESP-IDF for a W5500 on
// SPI and has this one. Above it all is as on a board: esp_eth, esp_netif, lwIP.

#include "py/mphal.h"
#include "py/runtime.h"

#include "esp_eth.h"

static esp_err_t (*set_link)(esp_eth_mac_t *mac, eth_link_t link);

// The controller stays on while the cable is out. Switched on again QEMU's would begin with its first buffer, while IDF's
// driver goes on where it was: frames would come up to three frames late.
static esp_err_t set_link_up(esp_eth_mac_t *mac, eth_link_t link) {
    return link == ETH_LINK_UP ? set_link(mac, link) : ESP_OK;
}

// The linker has network_lan.c call these in the place of IDF's and MicroPython's.
esp_eth_mac_t *__wrap_esp_eth_mac_new_w5500(const eth_w5500_config_t *w5500, const eth_mac_config_t *config);
esp_eth_mac_t *__wrap_esp_eth_mac_new_w5500(const eth_w5500_config_t *w5500, const eth_mac_config_t *config) {
    (void)w5500;
    esp_eth_mac_t *mac = esp_eth_mac_new_openeth(config);
    set_link = mac->set_link;
    mac->set_link = set_link_up;
    return mac;
}

esp_eth_phy_t *__wrap_esp_eth_phy_new_w5500(const eth_phy_config_t *config);
esp_eth_phy_t *__wrap_esp_eth_phy_new_w5500(const eth_phy_config_t *config) {
    return esp_eth_phy_new_dp83848(config);
}

spi_host_device_t __wrap_machine_hw_spi_get_host(mp_obj_t spi);
spi_host_device_t __wrap_machine_hw_spi_get_host(mp_obj_t spi) {
    (void)spi; // there is none
    return 0;
}
