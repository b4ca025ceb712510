# SPDX-License-Identifier: MIT
include("$(MPY_DIR)/extmod/asyncio")
include("../../firmware/manifest.py")
