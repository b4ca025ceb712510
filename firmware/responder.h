// SPDX-License-Identifier: MIT
// The name of an interface in lwIP's mDNS responder. On some ports of MicroPython no driver adds the interface to the
// responder, so autoip adds the interface while it has a service. autoip does not change an interface that its driver
// has added. Call all functions in lwIP's context.
#ifndef AUTOIP_FIRMWARE_RESPONDER_H
#define AUTOIP_FIRMWARE_RESPONDER_H

#include <stdbool.h>
#include <stdint.h>

#include "lwip/apps/mdns_opts.h"
#include "lwip/netif.h"

// 1: build responder.c. micropython.mk sets this for the ports whose drivers don't add their interfaces.
#if !LWIP_MDNS_RESPONDER
#undef AUTOIP_RESPONDER
#endif
#ifndef AUTOIP_RESPONDER
#define AUTOIP_RESPONDER (0)
#endif

#if AUTOIP_RESPONDER

#include "py/obj.h"
#include "extmod/modnetwork.h"

#include "lwip/apps/mdns.h"

// A host name, and "-99".
#define AUTOIP_RESPONDER_NAME (MICROPY_PY_NETWORK_HOSTNAME_MAX_LEN + 4)

// All zero: the interface is not in the responder, or its driver has added it.
typedef struct _autoip_responder_t {
    bool added; // by autoip
    bool renamed; // since autoip_responder_is_renamed() was last called
    uint8_t number; // the number in the host name. 0: "name"; 2: "name-2"
} autoip_responder_t;

// Call this about once per second while the interface is up. It adds the interface to lwIP's responder, unless the driver has
// done so, and follows a change of network.hostname(). lwIP calls on_result() when it has probed for the name.
void autoip_responder_follow(autoip_responder_t *responder, struct netif *netif, mdns_name_result_cb_t on_result);

// Another host has the name: use the next one, "name-2" (RFC 6762 section 9).
void autoip_responder_rename(autoip_responder_t *responder, struct netif *netif);

// Returns true once after each rename.
bool autoip_responder_is_renamed(autoip_responder_t *responder);

// Writes the name to `name`, without ".local".
void autoip_responder_name(const autoip_responder_t *responder, char name[AUTOIP_RESPONDER_NAME]);

// Call this before the interface is removed, and when its service ends.
void autoip_responder_remove(autoip_responder_t *responder, struct netif *netif);

#endif
#endif
