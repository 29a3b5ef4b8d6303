"""What is kept of a training to be shown, and for how long."""

from dataclasses import asdict

import numpy as np

from byhand.web.training.history import MOST_POINTS, Curve, Point, Ring


def test_a_curve_stays_short_and_even_and_keeps_its_ends_and_judgements() -> None:
    curve = Curve()
    for i in range(1, 20_001):
        curve.add(Point(i, float(i), 0.5 if i % 8 == 0 else None))
        assert curve.points[0].images == 1
        assert curve.points[-1].images == i
    kept = [point.images for point in curve.points]
    assert MOST_POINTS / 4 < len(kept) <= MOST_POINTS
    assert kept == sorted(set(kept))
    assert np.diff(kept).max() < 2.5 * 20_000 / len(kept)
    assert all(point.validation_loss is not None for point in curve.points[1:-1])
    assert {len(column) for column in asdict(curve.columns()).values()} == {len(kept)}


def test_a_moment_judged_anew_is_one_point() -> None:
    curve = Curve()
    for point in (Point(1, 2.0), Point(5, 1.0), Point(5, 1.0, 0.5, 0.8)):
        curve.add(point)
    assert curve.points == [Point(1, 2.0), Point(5, 1.0, 0.5, 0.8)]


def test_missed_events_are_sent_again_as_long_as_they_are_known() -> None:
    ring = Ring()
    first = ring.last
    assert ring.after(first) == []
    for i in range(5000):
        ring.add("figures", {"images": i})
    assert ring.after(first) is None
    assert ring.after(ring.last + 1) is None
    assert [event.data["images"] for event in ring.after(ring.last - 3) or []] == [4997, 4998, 4999]
    assert len(ring.after(ring.last - 2000) or []) == 2000
    assert ring.after(ring.last - 2001) is None
