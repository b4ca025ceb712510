# SPDX-License-Identifier: MIT
# Bugs of MicroPython 1.25 with lwIP 2.2.1, fixed without a change of their sources.

# socket.close() of a listening socket sets callbacks that only connections have.
SRC_C += boards/common/listen_close.c
LDFLAGS += -Wl,--wrap=tcp_err,--wrap=tcp_recv

# The timers of an mDNS responder run after the responder has been removed.
SRC_C += boards/common/mdns_remove.c
LDFLAGS += -Wl,--wrap=mdns_resp_remove_netif

# ifconfig() and ipconfig() of an interface do not lock lwIP.
SRC_C += boards/common/ipconfig_lock.c
LDFLAGS += -Wl,--wrap=mod_network_nic_ifconfig,--wrap=mod_network_nic_ipconfig
