# SPDX-License-Identifier: MIT
include("plain/manifest.py")
include("../../manifest.py")
