"""How the benchmark makes its figures of what it has seen."""

from __future__ import annotations

import os
from pathlib import Path

from tests.bench.drain import Drained, Sample, ends
from tests.bench.machine import cores, folder_bytes, pinned, usage
from tests.bench.paced import Post, percentile
from tests.bench.report import Row, Sizes, table


def test_a_last_count_that_came_late_is_left_out_of_the_rate() -> None:
    samples = [Sample(1, 100, 0), Sample(2, 600, 0), Sample(3, 900, 0), Sample(60, 1000, 0)]
    assert ends(samples, 1000) == (samples[0], samples[2])


def test_where_the_rest_is_too_little_the_last_count_is_taken() -> None:
    samples = [Sample(1, 100, 0), Sample(2, 300, 0), Sample(3, 1000, 0)]
    assert ends(samples, 1000) == (samples[0], samples[2])


def test_who_was_stopped_is_judged_up_to_the_end() -> None:
    samples = [Sample(1, 100, 0), Sample(2, 700, 0), Sample(3, 800, 0)]
    assert ends(samples, 1000) == (samples[0], samples[2])


def test_a_rate_of_nothing_is_told_from_a_slow_one() -> None:
    few = Row("one", "", [Drained(10, True, float("nan"), float("nan"), 2_000_000)])
    assert "too short a backlog" in table([few], [])


def test_percentiles_are_values_that_were_measured() -> None:
    thousand = [float(each) for each in range(1000)]
    assert [percentile(thousand, share) for share in (0.5, 0.99, 0.999)] == [500, 990, 999]
    assert percentile([], 0.5) is None


def test_a_tier_change_is_put_to_its_order_by_id_or_by_place() -> None:
    post = Post()
    post.sent = {"e1": 1.0, "e2": 2.0, "e3": 3.0}
    post.first = {"e1", "e2", "e3"}
    post.places = {(0, 7): "e2"}
    by_id, by_place = b'{"order": "e1"}', b'{"source": {"topic": "o", "partition": 0, "offset": 7}}'
    of_another, by_time = b'{"order": "e9"}', b'{"source": null}'
    post.sort([(1.5, by_id), (2.5, by_place), (2.6, by_id), (2.7, of_another), (2.8, by_time)])
    assert post.came == {"e1": 1.5, "e2": 2.5}
    assert post.missing == 1


def test_a_row_has_the_median_and_from_where_to_where() -> None:
    drained = [Drained(10, True, rate, 50e6 / rate, 2_000_000) for rate in (900.0, 1100.0, 1000.0)]
    row = Row("one", "nothing", drained, [Sizes(10, 1000, 500, 2000)])
    cells = table([row], []).splitlines()[-1].strip("| ").split(" | ")
    assert cells == [
        "one", "1,000 (900–1,100)", "50,000 (45,455–55,556)", "2 (2–2)", "100", "50 (200)",
        "nothing",
    ]  # fmt: skip


def test_a_process_and_a_folder_are_measured(tmp_path: Path) -> None:
    (tmp_path / "inside").mkdir()
    (tmp_path / "inside" / "some").write_bytes(b"x" * 100_000)
    assert 100_000 <= folder_bytes(tmp_path) < 200_000
    used = usage(os.getpid())
    assert used.cpu_seconds > 0
    assert used.memory_bytes > 10_000_000


def test_who_is_confined_to_the_other_cores_leaves_the_contender_its_own() -> None:
    contender, rest = cores()
    with pinned(rest):
        assert cores() == (contender, rest)
    assert not contender & rest or len(os.sched_getaffinity(0)) == 1
