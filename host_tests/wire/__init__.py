# SPDX-License-Identifier: MIT
"""The test wire: network namespaces, a bridge, boards, real peers and an adversary."""
