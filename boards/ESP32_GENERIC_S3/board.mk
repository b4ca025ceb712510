# ESP32-S3 modules: upstream's board ESP32_GENERIC_S3, with autoip.
FLASH_OFFSET := 0x0
include boards/common/upstream.mk
include boards/common/esp32.mk
