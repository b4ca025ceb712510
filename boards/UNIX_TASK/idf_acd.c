// SPDX-License-Identifier: MIT
// Replaces lwIP's acd.c. When DHCP is offered an address, this checks as ESP-IDF does whether the address is
// in use: it sends two ARP Requests for the offered address. Their sender is the present address of the
// interface. After a second without a Reply, it reports that the offered address is free.
//
// IDF 5.4 and 5.5 end the check whenever an address of the interface changes, and DHCP then waits forever for
// the result. IDF 5.3, which has lwIP 2.1, doesn't end the check. IDF=5.3 in the environment selects this
// behaviour.

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "lwip/acd.h"
#include "lwip/dhcp.h"
#include "lwip/etharp.h"
#include "lwip/prot/dhcp.h"
#include "lwip/timeouts.h"

#define REPLY_MS (500) // time in which a host that has the address replies
#define REQUESTS (2)

static bool is_idf_5_3(void) {
    const char *version = getenv("IDF");
    return version != NULL && strcmp(version, "5.3") == 0;
}

static void on_timeout(void *arg);

// Only DHCP uses this code here.
static struct acd *acd_of(const struct netif *netif) {
    struct dhcp *dhcp = netif_dhcp_data(netif);
    return dhcp == NULL ? NULL : &dhcp->acd;
}

static void end(struct netif *netif) {
    struct acd *acd = acd_of(netif);
    if (acd != NULL) {
        acd->state = ACD_STATE_OFF;
        sys_untimeout(on_timeout, netif);
    }
}

static void ask(struct netif *netif, struct acd *acd) {
    ++acd->sent_num;
    etharp_query(netif, &acd->ipaddr, NULL);
    sys_timeout(REPLY_MS, on_timeout, netif);
}

static void on_timeout(void *arg) {
    struct netif *netif = arg;
    struct acd *acd = acd_of(netif);
    if (acd->state != ACD_STATE_PROBING || netif_dhcp_data(netif)->state != DHCP_STATE_CHECKING) {
        return;
    }
    if (acd->sent_num < REQUESTS) {
        ask(netif, acd);
        return;
    }
    if (is_idf_5_3()) {
        end(netif); // later versions stay in this state until DHCP sets the address
    }
    acd->acd_conflict_callback(netif, ACD_IP_OK);
}

err_t acd_add(struct netif *netif, struct acd *acd, acd_conflict_callback_t callback) {
    (void)netif;
    acd->acd_conflict_callback = callback;
    return ERR_OK;
}

void acd_remove(struct netif *netif, struct acd *acd) {
    (void)acd;
    end(netif);
}

err_t acd_start(struct netif *netif, struct acd *acd, ip4_addr_t address) {
    end(netif);
    acd->ipaddr = address;
    acd->state = ACD_STATE_PROBING;
    acd->sent_num = 0;
    ask(netif, acd);
    return ERR_OK;
}

void acd_network_changed_link_down(struct netif *netif) {
    end(netif);
}

void acd_netif_ip_addr_changed(struct netif *netif, const ip_addr_t *old_address, const ip_addr_t *new_address) {
    (void)old_address;
    (void)new_address;
    if (!is_idf_5_3()) {
        end(netif);
    }
}

void acd_arp_reply(struct netif *netif, struct etharp_hdr *packet) {
    struct acd *acd = acd_of(netif);
    if (acd != NULL && acd->state == ACD_STATE_PROBING && packet->opcode == PP_HTONS(ARP_REPLY)
        && memcmp(&packet->sipaddr, &acd->ipaddr, sizeof(acd->ipaddr)) == 0
        && memcmp(&packet->shwaddr, netif->hwaddr, sizeof(packet->shwaddr)) != 0) {
        end(netif);
        acd->acd_conflict_callback(netif, ACD_DECLINE);
        acd->acd_conflict_callback(netif, ACD_RESTART_CLIENT);
    }
}

// lwIP calls this ten times per second. IDF has its own timers.
void acd_tmr(void) {
}
