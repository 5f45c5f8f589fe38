"""What a sweep goes through when borders move while others are being applied."""

from __future__ import annotations

from streams.engine.span import Span


def at(*lines: int) -> Span:
    return Span(lines, lines, lines, lines)


def test_borders_that_come_back_are_swept_up_to_where_they_have_been() -> None:
    span = at(100, 50)
    span.widen((120, 40))
    span.widen((100, 50))
    assert span.begin((100, 50)) == [(100, 120), (40, 50)]


def test_after_a_sweep_only_what_came_since_its_beginning_is_swept() -> None:
    span = at(100)
    span.widen((120,))
    assert span.begin((120,)) == [(100, 120)]
    span.widen((90,))
    span.end()
    assert span.begin((110,)) == [(90, 120)]


def test_a_sweep_that_never_ends_is_begun_again_whole() -> None:
    span = at(100)
    span.widen((120,))
    span.begin((120,))
    span.widen((110,))
    assert span.begin((110,)) == [(100, 120)]


def test_a_sweep_begun_and_ended_leaves_nothing_to_do() -> None:
    span = at(100)
    span.begin((130,))
    span.end()
    assert span.begin((130,)) == [(130, 130)]
