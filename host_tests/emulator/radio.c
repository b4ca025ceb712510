// SPDX-License-Identifier: MIT
// Replaces the lowest layer of the CYW43 driver, for the emulator's radio. The layers above it, such as power,
// joining, interrupts and lwIP, are unchanged. The linker replaces the driver's functions with these functions
// (see micropython.cmake).

#include <string.h>

#include "py/mphal.h"

#include "lib/cyw43-driver/src/cyw43.h"
#include "lwip/pbuf.h"

#define FRAME_MAX (1536)

// The kind of an entry in the radio's queue. These two kinds are events. An entry of any other kind is a frame, and
// the kind is the number of the frame's interface.
#define KIND_JOINED (2)
#define KIND_LEFT (3)

typedef struct _radio_t {
    uint32_t mac[2];
    uint32_t waiting; // number of frames and events in the queue; the wake pin is high while it is not 0
    uint32_t next; // reading removes the oldest entry, and returns its length | its kind << 16
    uint32_t word; // reading returns the next 4 bytes of the removed frame
    uint32_t send_word; // writing adds 4 bytes to the frame that will be sent
    uint32_t send; // writing length | interface << 16 sends this frame
    uint32_t join; // writing 1 joins the access point, 0 leaves it
} radio_t;

#define RADIO ((volatile radio_t *)0x60000000)

#define INSTEAD_OF(name) __wrap_cyw43_ll_##name

static void report(int itf, uint32_t type, uint32_t status, uint16_t flags) {
    cyw43_async_event_t event = { .event_type = type, .status = status, .flags = flags, .interface = itf };
    cyw43_cb_process_async_event(&cyw43_state, &event);
}

int INSTEAD_OF(bus_init)(cyw43_ll_t * self, const uint8_t *mac);
int INSTEAD_OF(bus_init)(cyw43_ll_t * self, const uint8_t *mac) {
    gpio_set_input_enabled(CYW43_PIN_WL_HOST_WAKE, true);
    return 0;
}

void INSTEAD_OF(bus_sleep)(cyw43_ll_t * self, bool can_sleep);
void INSTEAD_OF(bus_sleep)(cyw43_ll_t * self, bool can_sleep) {
}

void INSTEAD_OF(deinit)(cyw43_ll_t * self);
void INSTEAD_OF(deinit)(cyw43_ll_t * self) {
    RADIO->join = 0;
}

int INSTEAD_OF(wifi_get_mac)(cyw43_ll_t * self, uint8_t *mac);
int INSTEAD_OF(wifi_get_mac)(cyw43_ll_t * self, uint8_t *mac) {
    uint32_t words[2] = { RADIO->mac[0], RADIO->mac[1] };
    memcpy(mac, words, 6);
    return 0;
}

int INSTEAD_OF(wifi_on)(cyw43_ll_t * self, uint32_t country);
int INSTEAD_OF(wifi_on)(cyw43_ll_t * self, uint32_t country) {
    return 0;
}

int INSTEAD_OF(wifi_pm)(cyw43_ll_t * self, uint32_t pm, uint32_t ret, uint32_t bcn, uint32_t dtim, uint32_t assoc);
int INSTEAD_OF(wifi_pm)(cyw43_ll_t * self, uint32_t pm, uint32_t ret, uint32_t bcn, uint32_t dtim, uint32_t assoc) {
    return 0;
}

int INSTEAD_OF(wifi_update_multicast_filter)(cyw43_ll_t * self, uint8_t *address, bool add);
int INSTEAD_OF(wifi_update_multicast_filter)(cyw43_ll_t * self, uint8_t *address, bool add) {
    return 0;
}

int INSTEAD_OF(wifi_ap_init)(cyw43_ll_t * self, size_t ssid_len, const uint8_t *ssid, uint32_t auth,
    size_t key_len, const uint8_t *key, uint32_t channel);
int INSTEAD_OF(wifi_ap_init)(cyw43_ll_t * self, size_t ssid_len, const uint8_t *ssid, uint32_t auth,
    size_t key_len, const uint8_t *key, uint32_t channel) {
    return 0;
}

int INSTEAD_OF(wifi_ap_set_up)(cyw43_ll_t * self, bool up);
int INSTEAD_OF(wifi_ap_set_up)(cyw43_ll_t * self, bool up) {
    report(CYW43_ITF_AP, CYW43_EV_LINK, 0, up);
    return 0;
}

int INSTEAD_OF(wifi_join)(cyw43_ll_t * self, size_t ssid_len, const uint8_t *ssid, size_t key_len,
    const uint8_t *key, uint32_t auth, const uint8_t *bssid, uint32_t channel);
int INSTEAD_OF(wifi_join)(cyw43_ll_t * self, size_t ssid_len, const uint8_t *ssid, size_t key_len,
    const uint8_t *key, uint32_t auth, const uint8_t *bssid, uint32_t channel) {
    RADIO->join = 1;
    return 0;
}

int INSTEAD_OF(ioctl)(cyw43_ll_t * self, uint32_t cmd, size_t len, uint8_t *buf, uint32_t itf);
int INSTEAD_OF(ioctl)(cyw43_ll_t * self, uint32_t cmd, size_t len, uint8_t *buf, uint32_t itf) {
    if (cmd == CYW43_IOCTL_SET_DISASSOC) {
        RADIO->join = 0;
    }
    return 0;
}

/******************************************************************************/
// Frames

int INSTEAD_OF(send_ethernet)(cyw43_ll_t * self, int itf, size_t len, const void *buf, bool is_pbuf);
int INSTEAD_OF(send_ethernet)(cyw43_ll_t * self, int itf, size_t len, const void *buf, bool is_pbuf) {
    static uint32_t frame[FRAME_MAX / 4];
    if (len > FRAME_MAX) {
        return -CYW43_EINVAL;
    }
    if (is_pbuf) {
        pbuf_copy_partial(buf, frame, len, 0);
    } else {
        memcpy(frame, buf, len);
    }
    for (size_t i = 0; i < (len + 3) / 4; ++i) {
        RADIO->send_word = frame[i];
    }
    RADIO->send = len | itf << 16;
    return 0;
}

static void take_frame(uint32_t itf, size_t len) {
    static uint32_t frame[FRAME_MAX / 4];
    for (size_t i = 0; i < (len + 3) / 4; ++i) {
        frame[i] = RADIO->word;
    }
    cyw43_cb_process_ethernet(&cyw43_state, itf, len, (const uint8_t *)frame);
}

bool INSTEAD_OF(has_work)(cyw43_ll_t * self);
bool INSTEAD_OF(has_work)(cyw43_ll_t * self) {
    return RADIO->waiting != 0;
}

void INSTEAD_OF(process_packets)(cyw43_ll_t * self);
void INSTEAD_OF(process_packets)(cyw43_ll_t * self) {
    while (RADIO->waiting) {
        uint32_t next = RADIO->next;
        switch (next >> 16) {
            case KIND_JOINED:
                cyw43_state.wifi_join_state |= 1;
                report(CYW43_ITF_STA, CYW43_EV_AUTH, 0, 0);
                report(CYW43_ITF_STA, CYW43_EV_LINK, 0, 1);
                report(CYW43_ITF_STA, CYW43_EV_PSK_SUP, 6, 0);
                break;
            case KIND_LEFT:
                report(CYW43_ITF_STA, CYW43_EV_LINK, 0, 0);
                break;
            default:
                take_frame(next >> 16, MIN(next & 0xffff, FRAME_MAX));
        }
    }
}

bool INSTEAD_OF(bt_has_work)(cyw43_ll_t * self);
bool INSTEAD_OF(bt_has_work)(cyw43_ll_t * self) {
    return false;
}
