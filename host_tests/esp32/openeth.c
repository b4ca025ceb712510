// SPDX-License-Identifier: MIT
// QEMU's Ethernet controller for network.LAN, which does not know this controller. network.LAN asks ESP-IDF for a W5500
// on SPI, and gets QEMU's controller instead. The layers above it are those of a board: esp_eth, esp_netif, lwIP.

#include "py/mphal.h"
#include "py/runtime.h"

#include "esp_eth.h"

static esp_err_t (*set_link)(esp_eth_mac_t *mac, eth_link_t link);

// The controller stays on while the cable is unplugged. If QEMU's controller is switched on again, it starts
// with its first buffer, but IDF's driver continues with the next buffer, so frames would be up to three
// frames late.
static esp_err_t set_link_up(esp_eth_mac_t *mac, eth_link_t link) {
    return link == ETH_LINK_UP ? set_link(mac, link) : ESP_OK;
}

// The linker makes network_lan.c call these functions instead of those of IDF and MicroPython.
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
    (void)spi; // the chip has no such setting
    return 0;
}
