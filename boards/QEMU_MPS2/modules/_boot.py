# SPDX-License-Identifier: MIT
import psram
import vfs

device = psram.Psram()
try:
    vfs.mount(device, "/")
except OSError:
    vfs.VfsLfs2.mkfs(device)
    vfs.mount(device, "/")
del vfs, psram, device
