"""What stands for tiers and categories of complaints in the texts of alerts."""

from __future__ import annotations

from typing import Final

from streams.domain.pyramid import TIERS

_CATEGORIES = ("product", "delivery", "service", "facility", "price", "other")

TIER_WORDS: Final = {
    "en": TIERS,
    "zh": (
        "顶级客户",
        "大客户",
        "中客户",
        "小客户",
        "非活跃客户",
        "意向客户",
        "潜在客户",
        "其他客户",
    ),
}
CATEGORY_WORDS: Final = {
    "en": {category: category for category in _CATEGORIES},
    "zh": dict(
        zip(_CATEGORIES, ("产品", "配送", "服务", "设施", "价格", "其他"), strict=True),
    ),
}
