// SPDX-License-Identifier: MIT
// A boot ROM for the emulator, which has none. It has the ROM functions of an RP2040 that the firmware calls, and
// their tables (datasheet, section 2.8.3). Flash commands take no time. The floating-point functions are those of
// libgcc. The ROM uses no RAM except the stack. A call of a function that is not implemented stops at a
// breakpoint.

#include <stddef.h>
#include <stdint.h>

#define CODE(a, b) ((a) | (b) << 8)
#define FLASH (0x10000000)

extern uint32_t stack_top;

static void missing(void) {
    __asm volatile ("bkpt 0");
}

static void nothing(void) {
}

/******************************************************************************/
// Memory and bits

static void *memory_set(uint8_t *to, int value, size_t count) {
    for (size_t i = 0; i < count; ++i) {
        ((volatile uint8_t *)to)[i] = value;
    }
    return to;
}

static void *memory_copy(uint8_t *to, const uint8_t *from, size_t count) {
    size_t i = 0;
    if ((((uintptr_t)to | (uintptr_t)from) & 3) == 0) {
        for (; i + 4 <= count; i += 4) {
            *(volatile uint32_t *)(to + i) = *(const uint32_t *)(from + i);
        }
    }
    for (; i < count; ++i) {
        ((volatile uint8_t *)to)[i] = from[i];
    }
    return to;
}

static uint32_t count_ones(uint32_t value) {
    uint32_t ones = 0;
    for (; value; value &= value - 1) {
        ++ones;
    }
    return ones;
}

static uint32_t leading_zeros(uint32_t value) {
    uint32_t zeros = 32;
    for (; value; value >>= 1) {
        --zeros;
    }
    return zeros;
}

static uint32_t trailing_zeros(uint32_t value) {
    return value ? 31 - leading_zeros(value & -value) : 32;
}

static uint32_t reverse(uint32_t value) {
    uint32_t reversed = 0;
    for (int i = 0; i < 32; ++i) {
        reversed = reversed << 1 | (value >> i & 1);
    }
    return reversed;
}

/******************************************************************************/
// Flash

static void flash_erase(uint32_t offset, size_t count) {
    for (size_t i = 0; i < count; i += 4) {
        *(volatile uint32_t *)(FLASH + offset + i) = 0xffffffff;
    }
}

static void flash_program(uint32_t offset, const uint8_t *data, size_t count) {
    for (size_t i = 0; i < count; i += 4) {
        uint32_t word;
        memory_copy((uint8_t *)&word, data + i, 4);
        *(volatile uint32_t *)(FLASH + offset + i) = word;
    }
}

/******************************************************************************/
// Floats

float __aeabi_fadd(float, float);
float __aeabi_fsub(float, float);
float __aeabi_fmul(float, float);
float __aeabi_fdiv(float, float);
int __aeabi_f2iz(float);
unsigned __aeabi_f2uiz(float);
float __aeabi_i2f(int);
float __aeabi_ui2f(unsigned);
long long __aeabi_f2lz(float);
unsigned long long __aeabi_f2ulz(float);
float __aeabi_l2f(long long);
float __aeabi_ul2f(unsigned long long);

__attribute__((used)) int compare(float a, float b) {
    return (a > b) - (a < b);
}

__attribute__((naked)) static void compare_to_flags(void) {
    // Sets the flags as a CMP of two integers does: lower, equal or greater, like the two floats.
    __asm volatile (
        ".syntax unified\n"
        "push {r0-r3, lr}\n"
        "bl compare\n"
        "adds r0, #1\n"
        "cmp r0, #1\n"
        "pop {r0-r3, pc}\n");
}

static float square_root(float value) {
    if (!(value > 0)) {
        return 0;
    }
    float root = value > 1 ? value : 1;
    for (float next = (root + value / root) / 2; next < root; next = (root + value / root) / 2) {
        root = next;
    }
    return root;
}

#define HERE(function) ((const void *)(function))

// In the order of table 182 of the datasheet.
static const void *const floats[] = {
    HERE(__aeabi_fadd), HERE(__aeabi_fsub), HERE(__aeabi_fmul), HERE(__aeabi_fdiv),
    HERE(compare), HERE(compare_to_flags), HERE(square_root), HERE(__aeabi_f2iz),
    HERE(missing), HERE(__aeabi_f2uiz), HERE(missing), HERE(__aeabi_i2f),
    HERE(missing), HERE(__aeabi_ui2f), HERE(missing), HERE(missing),
    HERE(missing), HERE(missing), HERE(missing), HERE(missing),
    HERE(missing), HERE(compare), HERE(missing), HERE(__aeabi_l2f),
    HERE(missing), HERE(__aeabi_ul2f), HERE(missing), HERE(__aeabi_f2lz),
    HERE(missing), HERE(__aeabi_f2ulz), HERE(missing), HERE(missing),
};

static const void *const doubles[] = {
    [0 ... 31] = HERE(missing),
};

/******************************************************************************/
// Tables

typedef struct _entry_t {
    uint32_t code;
    const void *value;
} entry_t;

const entry_t functions[] = {
    { CODE('P', '3'), HERE(count_ones) },
    { CODE('R', '3'), HERE(reverse) },
    { CODE('L', '3'), HERE(leading_zeros) },
    { CODE('T', '3'), HERE(trailing_zeros) },
    { CODE('M', 'S'), HERE(memory_set) },
    { CODE('S', '4'), HERE(memory_set) },
    { CODE('M', 'C'), HERE(memory_copy) },
    { CODE('C', '4'), HERE(memory_copy) },
    { CODE('I', 'F'), HERE(nothing) },
    { CODE('E', 'X'), HERE(nothing) },
    { CODE('F', 'C'), HERE(nothing) },
    { CODE('C', 'X'), HERE(nothing) },
    { CODE('R', 'E'), HERE(flash_erase) },
    { CODE('R', 'P'), HERE(flash_program) },
    { CODE('U', 'B'), HERE(missing) },
    { 0, NULL },
};

const entry_t data[] = {
    { CODE('S', 'F'), floats },
    { CODE('S', 'D'), doubles },
    { 0, NULL },
};

const void *look_up(const entry_t *entry, uint32_t code) {
    while (entry->code && entry->code != code) {
        ++entry;
    }
    return entry->value;
}

// The start of the ROM. The linker script puts the 16-bit pointers after it, at 0x14.
__attribute__((section(".vectors"), used)) static const void *const vectors[] = {
    &stack_top, HERE(missing), HERE(missing), HERE(missing),
};

// The magic number "Mu" 1, and version 3 of the ROM.
__attribute__((section(".magic"), used)) static const uint8_t magic[] = { 'M', 'u', 1, 3 };

__attribute__((section(".keep"), used)) static const void *const kept[] = {
    functions, data, HERE(look_up),
};
