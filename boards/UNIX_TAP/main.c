// Power-up and soft reset. lwIP, the interfaces and DHCP live as long as the process; the Python heap
// is made anew at each soft reset, as on the boards.

#include <stdbool.h>
#include <sys/random.h>

#include "py/gc.h"
#include "py/mphal.h"
#include "py/runtime.h"
#include "extmod/modnetwork.h"
#include "shared/runtime/softtimer.h"

#include "lwip/apps/mdns.h"
#include "lwip/init.h"
#include "lwip/timeouts.h"

#include "pendsv.h"

#define LWIP_TICK_MS 64 // as on rp2

static bool reset_wanted;
static soft_timer_entry_t lwip_timer;

// The port's main(), renamed by mpconfigvariant.mk.
int unix_main(int argc, char **argv);

int main(int argc, char **argv) {
    int result;
    do {
        reset_wanted = false;
        result = unix_main(argc, argv);
    } while (reset_wanted);
    return result;
}

static mp_obj_t board_soft_reset(void) {
    reset_wanted = true;
    mp_raise_type(&mp_type_SystemExit);
}
MP_DEFINE_CONST_FUN_OBJ_0(board_soft_reset_obj, board_soft_reset);

static void check_timeouts(soft_timer_entry_t *timer) {
    (void)timer;
    sys_check_timeouts();
}

static void power_up(void) {
    pendsv_init();
    lwip_init();
    mdns_resp_init();
    soft_timer_static_init(&lwip_timer, SOFT_TIMER_MODE_PERIODIC, LWIP_TICK_MS, check_timeouts);
    soft_timer_insert(&lwip_timer, LWIP_TICK_MS);
}

void board_init(void) {
    static bool powered;
    if (!powered) {
        powered = true;
        power_up();
    }
    mod_network_init();
}

void board_deinit(void) {
    mod_network_deinit();
    gc_sweep_all(); // runs the finalisers, as every board's soft reset does
}

uint32_t sys_now(void) {
    return mp_hal_ticks_ms();
}

// Random numbers of lwIP's protocols; called in the interrupt, where getrandom() is safe.
uint32_t board_random(void) {
    uint32_t number = 0;
    if (getrandom(&number, sizeof(number), GRND_NONBLOCK) != sizeof(number)) {
        number = mp_hal_ticks_us();
    }
    return number;
}
