include("plain/manifest.py")
package("autoip", base_path="../../lib", opt=3)
