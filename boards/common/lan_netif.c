// SPDX-License-Identifier: MIT
#include <string.h>

#include "lwip/etharp.h"
#include "lwip/ethip6.h"

#include "lan_netif.h"

void lan_netif_init(struct netif *netif, const uint8_t mac[6], int number) {
    netif->output = etharp_output;
    netif->output_ip6 = ethip6_output;
    netif->mtu = 1500;
    netif->flags = NETIF_FLAG_BROADCAST | NETIF_FLAG_ETHARP | NETIF_FLAG_ETHERNET | NETIF_FLAG_IGMP | NETIF_FLAG_MLD6;
    netif->hwaddr_len = ETH_HWADDR_LEN;
    memcpy(netif->hwaddr, mac, ETH_HWADDR_LEN);
    netif->name[0] = 'e';
    netif->name[1] = '0' + number;
}
