"""The bench's own arithmetic: from pairs to rows, and from points to drawings."""

from collections import Counter
from itertools import islice
from xml.etree import ElementTree as ET

import pytest

from tests.bench.__main__ import Report, drawings, said
from tests.bench.calibration import Calibration
from tests.bench.costs import REST, Share, part_of, shares
from tests.bench.growth import names_in
from tests.bench.plots import Axes, Line, bars, chart, nice, spread
from tests.bench.row import GROWN, NONE, Point, Row, holds_at, median_ratio, percentile, rounded
from tests.bench.stage import Store

SVG = "{http://www.w3.org/2000/svg}"


def parsed(drawing: str) -> ET.Element:
    return ET.fromstring(drawing)  # noqa: S314 - drawn a moment ago


def test_a_ratio_is_the_median_of_ratios_and_not_the_ratio_of_medians() -> None:
    pairs = [(10.0, 100.0), (90.0, 30.0), (40.0, 40.0)]
    assert median_ratio(pairs) == 1.0
    assert median_ratio(pairs[:2]) == pytest.approx((0.1 + 3.0) / 2)


def test_no_pairs_give_no_ratio() -> None:
    with pytest.raises(ValueError, match="at least one pair"):
        median_ratio([])


@pytest.mark.parametrize(("share", "value"), [(0.01, 1.0), (0.5, 50.0), (0.99, 99.0), (0.991, 100.0), (1.0, 100.0)])
def test_a_percentile_is_a_value_that_was_measured(share: float, value: float) -> None:
    assert percentile([float(number) for number in range(100, 0, -1)], share) == value


def test_the_99th_percentile_of_few_values_is_the_largest() -> None:
    assert percentile([3.0, 1.0, 2.0], 0.99) == 3.0


@pytest.mark.parametrize(("values", "share"), [([], 0.5), ([1.0], 0.0), ([1.0], 1.1)])
def test_there_is_no_percentile_of_nothing(values: list[float], share: float) -> None:
    with pytest.raises(ValueError, match="no percentile"):
        percentile(values, share)


def test_a_promise_about_a_grown_store_holds_only_where_the_store_was_as_large() -> None:
    told = [holds_at(facts, kept=kept) for facts in (10_000, GROWN) for kept in (True, False)]
    assert told == [None, False, True, False]


@pytest.mark.parametrize(("value", "shown"), [(0.34567, 0.346), (12345.6, 12300.0), (7.0, 7.0)])
def test_three_digits_count(value: float, shown: float) -> None:
    assert rounded(value) == shown


@pytest.mark.parametrize(("holds", "word"), [(True, "yes"), (False, "MISSED"), (None, "so far")])
def test_a_missed_promise_says_so(holds: bool | None, word: str) -> None:
    assert said(Row("growth", 1.4, "<= 1.3", holds, "")) == word
    assert said(Row("lists_per_minute", 1.4, NONE, None, "")) == "told"


def test_a_sample_belongs_to_the_innermost_part_that_is_named() -> None:
    judging = [("sequencer.py", "_run"), ("batch.py", "decide"), ("decision.py", "decide"), ("custody.py", "_sent")]
    assert part_of(judging) == "judging"
    assert part_of([*judging, ("subjects_cache.py", "fetch"), ("cursor.py", "execute")]) == "reading what is missing"
    assert part_of([("sequencer.py", "_run")]) == REST


def test_shares_add_up_to_the_whole() -> None:
    found = shares(Counter({"judging": 3, REST: 1}), 400.0)
    assert found == [Share("judging", 300.0), Share(REST, 100.0)]


@pytest.mark.parametrize(
    ("value", "top"), [(0.3, 0.4), (1.0, 1.0), (1.01, 2.0), (2.2, 2.5), (840.0, 1000.0), (0.0, 1.0)]
)
def test_a_scale_ends_at_a_round_number(value: float, top: float) -> None:
    assert nice(value) == pytest.approx(top)


def test_labels_that_would_touch_move_apart() -> None:
    assert spread([100.0, 104.0, 50.0], 16.0) == [100.0, 116.0, 50.0]


def test_a_chart_says_its_numbers_to_who_cannot_see_it() -> None:
    drawn = parsed(chart(Axes("T", "callers", "ms"), [Line("a & b", [Point(1, 2.0), Point(256, 8.0)])]))
    assert drawn.findtext(f"{SVG}title") == "T"
    assert drawn.findtext(f"{SVG}desc") == "ms by callers. a & b: 2 at 1, 8 at 256."
    assert len(drawn.findall(f"{SVG}circle")) == 2


def test_bars_are_as_long_as_what_they_stand_for() -> None:
    drawn = parsed(bars("T", [Share("judging", 300.0), Share(REST, 100.0)]))
    widths = [float(bar.get("width", "")) for bar in drawn.findall(f"{SVG}rect")][1:]
    assert widths[0] == pytest.approx(3 * widths[1], rel=1e-3)


def test_only_what_was_measured_is_drawn() -> None:
    report = Report(before=Calibration(2, 50.0, 60.0, 0), rounds=7)
    assert drawings(report) == {}
    report.curves = {"append_us": [Point(10_000, 300.0), Point(1_000_000, 310.0)]}
    assert list(drawings(report)) == ["append_growth"]


def test_a_large_store_is_asked_about_as_many_lots_as_a_small_one() -> None:
    asked = [Counter(islice(names_in(Store("", "", "", facts, 0), 2), 600)) for facts in (10_000, 10_000_000)]
    small, large = ({name for name in names if name.startswith("lot:")} for names in asked)
    assert len(small) == len(large)
    assert sorted(asked[0].values()) == sorted(asked[1].values())
