#ifndef AUTOIP_FIRMWARE_PORT_ESP32_H
#define AUTOIP_FIRMWARE_PORT_ESP32_H

#include <stdbool.h>

#include "esp_timer.h"
#include "lwip/ip4_addr.h"
#include "lwip/tcpip.h"

#ifndef ip4_addr_eq // lwIP 2.1, in IDF 5.3 and older
#define ip4_addr_eq ip4_addr_cmp
#define ip4_addr_net_eq ip4_addr_netcmp
#endif

typedef struct _autoip_port_timer_t {
    esp_timer_handle_t handle; // NULL until it is first started
    struct tcpip_callback_msg *message; // made once, so that none has to be had when the timer is due
    bool running;
} autoip_port_timer_t;

#endif
