// SPDX-License-Identifier: MIT
// The fuzzer has no Python. port.h names an object, but link.c and alias.c use none.
typedef void *mp_obj_t;
