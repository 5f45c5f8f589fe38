"""A Hypothesis strategy for rules, as plain dicts shaped like the rules file."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st


@st.composite
def rule_sets(draw: st.DrawFn, *, demotion_margin: float = 0.0) -> dict[str, Any]:
    """Rules as a dict, with everything in it; the grace is 0 days always."""
    window_days = draw(st.sampled_from([30, 90, 365, 400]))
    return {
        "business": {
            "time_zone": draw(st.sampled_from(["UTC", "Asia/Shanghai", "America/New_York"])),
            "base_currency": draw(st.sampled_from(["CNY", "JPY", "KWD"])),
            "window_days": window_days,
            "dedupe_days": draw(st.sampled_from([7, 1, 30])),
        },
        "rates": {"USD": "7.10", "BHD": "18.835", "KRW": "0.00525"},
        "pyramid": {
            "rank_by": draw(st.sampled_from(["revenue", "revenue", "profit", "blend"])),
            **draw(st.sampled_from(_SHARES)),
            "demotion_margin": demotion_margin,
            "demotion_grace_days": 0,
            "blend": draw(st.sampled_from(_BLENDS)),
        },
        "rfm": {"recency_days": draw(st.sampled_from([[7, 30, 60, 120], [1, 2, 5, 20]]))},
        "dormancy": {
            "slipping_factor": draw(st.sampled_from([2.0, 1.1, 3.0])),
            "slipping_min_days": draw(st.sampled_from([7, 1])),
            "dormant_days": draw(
                st.sampled_from([d for d in (10, 29, 60, 120) if d < window_days])
            ),
        },
    }


_SHARES = [
    {"super": 0.01, "large": 0.05, "medium": 0.2},
    {"super": 0.2, "large": 0.4, "medium": 0.6},
]
_BLENDS = [
    {"revenue": 1.0, "profit": 0.0, "frequency": 0.0},
    {"revenue": 0.5, "profit": 0.3, "frequency": 2.5},
]
