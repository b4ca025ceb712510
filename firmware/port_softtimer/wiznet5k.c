// SPDX-License-Identifier: MIT
// What autoip changes in WIZNET5K: how it sends, and what the filter of the chip drops.
//
// __wrap_wizchip_sendto() sends a frame with a WIZnet chip. The linker replaces ioLibrary's wizchip_sendto() with it,
// see micropython.mk and micropython.cmake. ioLibrary's function runs pending Python code while it waits for the
// chip, with lwIP locked. If the Python code sends a frame, this send consumes the SENDOK that the first send waits
// for. If the Python code raises an exception, lwIP stays locked. Without a cable there is no SENDOK, and ioLibrary's
// function waits forever. The replacement runs no Python code, and always returns.

#include "py/mphal.h"

#include "drivers.h"

#if MICROPY_PY_NETWORK_WIZNET5K && MICROPY_PY_LWIP

#include "lib/wiznet5k/Ethernet/wizchip_conf.h"

#define SEND_TIMEOUT (10000) // us; the longest frame takes 1,230 us at 10 Mbit/s

static void execute(uint8_t socket, uint8_t command) {
    setSn_CR(socket, command);
    while (getSn_CR(socket)) {
    }
}

static bool is_sent(uint8_t socket) {
    mp_uint_t start = mp_hal_ticks_us();
    while (!(getSn_IR(socket) & Sn_IR_SENDOK)) {
        if (mp_hal_ticks_us() - start > SEND_TIMEOUT) {
            return false;
        }
    }
    setSn_IR(socket, Sn_IR_SENDOK);
    return true;
}

// Makes the chip drop a frame that it could not send. Otherwise the chip would send it before the next frame.
static void forget(uint8_t socket) {
    execute(socket, Sn_CR_CLOSE);
    setSn_IR(socket, 0xff);
    execute(socket, Sn_CR_OPEN);
}

int32_t __wrap_wizchip_sendto(uint8_t socket, uint8_t *frame, uint16_t len, uint8_t *address, uint16_t port);
int32_t __wrap_wizchip_sendto(uint8_t socket, uint8_t *frame, uint16_t len, uint8_t *address, uint16_t port) {
    (void)address; // address and port are for UDP; this is a frame, in MACRAW mode
    (void)port;
    MICROPY_PY_LWIP_ENTER // send_ethernet() takes no lock itself
    if (getSn_TX_FSR(socket) >= len) {
        wiz_send_data(socket, frame, len);
        execute(socket, Sn_CR_SEND);
        if (!is_sent(socket)) {
            forget(socket);
        }
    }
    MICROPY_PY_LWIP_EXIT
    return len; // also for a lost frame: the driver takes the interface down if it gets another value
}

// The driver sets the filter MFEN, so that it has to handle fewer frames. According to the chip's data sheet,
// only broadcasts and frames for the chip's MAC pass this filter, so the chip drops mDNS queries.
void autoip_wiznet5k_filter(bool filter) {
    uint8_t mode = getSn_MR(0);
    uint8_t wanted = filter ? mode | Sn_MR_MFEN : mode & ~Sn_MR_MFEN;
    if (mode != wanted) {
        setSn_MR(0, wanted);
    }
}

#endif
