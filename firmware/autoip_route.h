// lwIP's hook for routing by the source address: micropython.mk and micropython.cmake have all of lwIP
// built with it. Without it only UDP suffers: sockets that are bound to one of an interface's two addresses,
// and with two services those that are bound to none. esp32 has a hook of its own there.
#ifndef AUTOIP_FIRMWARE_AUTOIP_ROUTE_H
#define AUTOIP_FIRMWARE_AUTOIP_ROUTE_H

struct netif;
struct ip4_addr;

struct netif *autoip_route(const struct ip4_addr *source, const struct ip4_addr *destination);

#endif
