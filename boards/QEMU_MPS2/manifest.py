include("plain/manifest.py")
include("../../manifest.py")
