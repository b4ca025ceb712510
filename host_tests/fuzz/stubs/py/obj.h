// SPDX-License-Identifier: MIT
// The fuzzer is built without MicroPython. port.h needs this type, but link.c and alias.c use no objects.
typedef void *mp_obj_t;
