# SPDX-License-Identifier: MIT
import sys

import psram
import vfs

device = psram.Psram()
try:
    vfs.mount(device, "/")
except OSError:
    vfs.VfsLfs2.mkfs(device)
    vfs.mount(device, "/")
sys.path.append("/lib")  # the directory into which mip installs
del sys, vfs, psram, device
