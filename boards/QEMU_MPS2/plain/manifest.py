include("$(MPY_DIR)/extmod/asyncio")
freeze("../modules")
