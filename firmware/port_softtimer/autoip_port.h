#ifndef AUTOIP_FIRMWARE_PORT_SOFTTIMER_H
#define AUTOIP_FIRMWARE_PORT_SOFTTIMER_H

#include "shared/runtime/softtimer.h"

typedef soft_timer_entry_t autoip_port_timer_t;

#endif
