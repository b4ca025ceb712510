include("$(BOARD_DIR)/manifest.py")
include("../../firmware/manifest.py")
