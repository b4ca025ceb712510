# SPDX-License-Identifier: MIT
include("plain/manifest.py")
include("../../firmware/manifest.py")
