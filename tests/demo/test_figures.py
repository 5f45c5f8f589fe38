"""What the demo shows, from a handful of customers written out."""

from __future__ import annotations

from typing import Any

from streams.demo import figures


def standing(customer_id: str, tier: str, revenue: int, **rest: Any) -> dict[str, Any]:
    return {
        "customer_id": customer_id,
        "tier": tier,
        "revenue": revenue,
        "rfm": "311",
        "stage": None,
        **rest,
    }


def tier_change(customer_id: str, origin: str | None, target: str, at: str) -> dict[str, Any]:
    return {
        "customer_id": customer_id,
        "from": origin,
        "to": target,
        "at": at,
        "direction": "entered" if origin is None else "up",
        "cause": "order",
        "revenue": 500,
        "share": 0.25,
    }


def silent(customer_id: str, stage: str, at: str, revenue: int) -> dict[str, Any]:
    return {
        "customer_id": customer_id,
        "stage": stage,
        "at": at,
        "silent_days": 40,
        "usual_gap_days": 9.5,
        "tier": "large",
        "revenue": revenue,
    }


def test_shares_and_borders_are_those_of_the_active_customers() -> None:
    pyramid = figures.pyramid(
        [
            standing("a", "super", 6_000),
            standing("b", "small", 1_000),
            standing("c", "small", 2_500),
            standing("d", "small", 500),
            standing("e", "inactive", 0),
        ]
    )
    assert (pyramid.heads, pyramid.revenue) == (4, 10_000)
    assert pyramid.outside == {"inactive": 1}
    assert pyramid.tiers == (
        figures.TierFigures("super", 1, 6_000, 0.25, 0.6, 6_000),
        figures.TierFigures("large", 0, 0, 0.0, 0.0, None),
        figures.TierFigures("medium", 0, 0, 0.0, 0.0, None),
        figures.TierFigures("small", 3, 4_000, 0.75, 0.4, 500),
    )


def test_a_pyramid_of_nobody_has_shares_of_zero() -> None:
    pyramid = figures.pyramid([])
    assert [tier.share_of_revenue for tier in pyramid.tiers] == [0.0, 0.0, 0.0, 0.0]


def test_the_grid_counts_active_customers_by_recency_and_frequency() -> None:
    grid = figures.rfm_grid(
        [
            standing("a", "super", 400, rfm="545"),
            standing("b", "medium", 200, rfm="541"),
            standing("c", "inactive", 0, rfm="111"),
            standing("d", "prospect", 0, rfm=None),
        ]
    )
    assert len(grid) == 25
    assert grid[5, 4] == figures.Cell(heads=2, mean_revenue=300)
    assert grid[1, 1] == figures.Cell(heads=0, mean_revenue=0)


def test_the_last_changes_are_the_newest_within_the_pyramid_whatever_their_partition() -> None:
    changes = [
        tier_change("a", "medium", "small", "1998-01-03T00:00:00Z"),
        tier_change("b", "large", "medium", "1998-01-01T00:00:00Z"),
        tier_change("c", "small", "large", "1998-01-02T00:00:00Z"),
        tier_change("d", None, "small", "1998-01-04T00:00:00Z"),
        tier_change("e", "small", "inactive", "1998-01-04T00:00:00Z"),
    ]
    shown = figures.last_changes(changes, count=2)
    assert [(change.customer_id, change.from_tier) for change in shown] == [
        ("c", "small"),
        ("a", "medium"),
    ]


def test_movement_counts_changes_from_a_day_on_by_where_from_and_where_to() -> None:
    movement = figures.movement(
        [
            tier_change("c", None, "small", "1997-12-31T23:59:59Z"),
            tier_change("a", None, "small", "1998-01-01T00:00:00Z"),
            tier_change("b", None, "small", "1998-01-01T00:00:00Z"),
            tier_change("a", "small", "large", "1998-01-02T00:00:00Z"),
        ],
        since="1998-01-01",
    )
    assert movement == {(None, "small"): 2, ("small", "large"): 1}


def test_newly_silent_are_those_who_hold_the_stage_that_was_said_last() -> None:
    standings = [
        standing("a", "large", 900, stage="slipping"),
        standing("b", "large", 700, stage="dormant"),
        standing("c", "large", 800, stage=None),
        standing("d", "small", 100, stage="slipping"),
        standing("e", "inactive", 0, stage="inactive"),
    ]
    said = [
        silent("a", "slipping", "1998-06-05T00:00:00Z", 900),
        silent("b", "slipping", "1998-06-01T00:00:00Z", 750),
        silent("b", "dormant", "1998-06-20T00:00:00Z", 700),
        silent("c", "slipping", "1998-06-20T00:00:00Z", 800),
        silent("c", "reactivated", "1998-06-25T00:00:00Z", 800),
        silent("d", "slipping", "1998-05-30T00:00:00Z", 100),
        silent("e", "inactive", "1998-06-20T00:00:00Z", 0),
    ]
    silence = figures.silence(standings, said, since="1998-06-01")
    assert [(each.customer_id, each.stage) for each in silence.newest] == [
        ("a", "slipping"),
        ("b", "dormant"),
    ]
    assert silence.heads == {"slipping": 2, "dormant": 1, "inactive": 1}
    assert silence.revenue == {"slipping": 1_000, "dormant": 700, "inactive": 0}


def test_only_the_most_valuable_of_the_newly_silent_are_shown() -> None:
    standings = [standing(name, "small", 1, stage="dormant") for name in "abc"]
    said = [
        silent("a", "dormant", "1998-06-20T00:00:00Z", 100),
        silent("b", "dormant", "1998-06-20T00:00:00Z", 300),
        silent("c", "dormant", "1998-06-20T00:00:00Z", 300),
    ]
    silence = figures.silence(standings, said, since="1998-06-01", count=2)
    assert [each.customer_id for each in silence.newest] == ["b", "c"]
