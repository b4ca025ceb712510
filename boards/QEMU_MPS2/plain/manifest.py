# SPDX-License-Identifier: MIT
include("$(MPY_DIR)/extmod/asyncio")
freeze("../modules")
