include("$(MPY_DIR)/extmod/asyncio")
package("autoip", base_path="../../lib", opt=3)
