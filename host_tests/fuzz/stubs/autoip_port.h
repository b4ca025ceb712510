// SPDX-License-Identifier: MIT
#define autoip_port_keep_uplink(alias)
#define autoip_port_forget(alias)
#define autoip_port_filter(netif)

// A timer on the fuzzer's clock.
typedef struct _autoip_port_timer_t {
    uint32_t (*due)(struct _autoip_port_timer_t *timer);
    uint32_t at; // ms
    bool runs;
} autoip_port_timer_t;
