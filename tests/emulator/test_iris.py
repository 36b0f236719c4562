"""The sample model: nearest centroid over the 150 irises, with csv and JSON in and out."""

from __future__ import annotations

import csv
import json
import math
from collections import Counter
from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from runtime.emulator.iris import IrisModel, ModelFailure, Prediction, load_iris

CSV = "text/csv"
JSON = "application/json"
SOURCE = Path(__file__).parents[2] / "fixtures" / "iris.csv"
MODEL = IrisModel(load_iris())


def table() -> list[tuple[list[str], str]]:
    """Return the rows of the data as they are written."""
    _, *rows = csv.reader(SOURCE.read_text().splitlines())
    return [(row[:4], row[4]) for row in rows]


def nearest(flower: list[str]) -> str:
    """Return the species of the nearest centroid, in exact arithmetic and without the model's help."""
    by_species: dict[str, list[list[Fraction]]] = {}
    for measured, species in table():
        by_species.setdefault(species, []).append([Fraction(number) for number in measured])

    def distance(species: str) -> Fraction:
        flowers = by_species[species]
        means = [sum(column, Fraction()) / len(flowers) for column in zip(*flowers, strict=True)]
        return sum(((Fraction(number) - mean) ** 2 for number, mean in zip(flower, means, strict=True)), Fraction())

    return min(by_species, key=distance)


def failure_of(body: bytes, content_type: str | None = CSV, accept: str | None = None) -> ModelFailure:
    """Return the way in which the model fails."""
    with pytest.raises(ModelFailure) as caught:
        MODEL.invoke(body, content_type, accept)
    return caught.value


def test_all_150_flowers_are_loaded() -> None:
    """Fifty of each of three species, four measurements each, in the order of the table."""
    flowers = load_iris()

    assert Counter(species for _, species in flowers) == {"setosa": 50, "versicolor": 50, "virginica": 50}
    assert [(tuple(map(float, measured)), species) for measured, species in table()] == flowers


def test_the_centroids_are_the_means_that_are_published() -> None:
    """Fisher's means, as every textbook has them: a flower at one of them is of its species."""
    means = {
        "setosa": (5.006, 3.428, 1.462, 0.246),
        "versicolor": (5.936, 2.770, 4.260, 1.326),
        "virginica": (6.588, 2.974, 5.552, 2.026),
    }
    by_species = {
        species: [[float(number) for number in measured] for measured, found in table() if found == species]
        for species in means
    }

    for species, mean in means.items():
        computed = [math.fsum(column) / 50 for column in zip(*by_species[species], strict=True)]
        assert mean == pytest.approx(computed)
        assert species == MODEL.classify(mean)


def test_every_flower_gets_the_species_of_the_nearest_centroid() -> None:
    """The model agrees with exact arithmetic on all 150 rows."""
    assert [nearest(measured) for measured, _ in table()] == [
        MODEL.classify(tuple(map(float, measured))) for measured, _ in table()
    ]


def test_139_of_150_flowers_are_classified_rightly() -> None:
    """All of setosa, and 89 of the 100 others: what a nearest-centroid classifier makes of its own data."""
    right = Counter(species for measured, species in table() if MODEL.classify(tuple(map(float, measured))) == species)

    assert right == {"setosa": 50, "versicolor": 46, "virginica": 43}
    assert sum(right.values()) == 139


def test_csv_is_answered_line_by_line() -> None:
    """One species for each line, in order; the last line needs no end, and lines may end as on Windows."""
    for body in (
        b"5.1,3.5,1.4,0.2\n6.3,3.3,6.0,2.5\n",
        b"5.1,3.5,1.4,0.2\r\n6.3,3.3,6.0,2.5",
        b'"5.1", 3.5,1.4,0.2\n\n6.3,3.3,6,2.5\n',
    ):
        assert Prediction(b"setosa\nvirginica\n", CSV) == MODEL.invoke(body, CSV, None)


def test_json_is_answered_as_json() -> None:
    """The predictions stand in a list, in order."""
    body = json.dumps({"instances": [[5.1, 3.5, 1.4, 0.2], [6, 3, 5, 2]]}).encode()

    prediction = MODEL.invoke(body, JSON, None)

    assert prediction.content_type == JSON
    assert json.loads(prediction.body) == {"predictions": ["setosa", "virginica"]}


@pytest.mark.parametrize(("content_type", "body"), [(CSV, b""), (JSON, b'{"instances": []}')])
def test_no_flowers_are_no_predictions(content_type: str, body: bytes) -> None:
    """An empty input is answered with an empty output."""
    assert MODEL.invoke(body, content_type, None).body in (b"", b'{"predictions": []}')


@pytest.mark.parametrize(
    "content_type", [None, "", CSV, "TEXT/CSV", "text/csv; charset=utf-8", " text/csv ; header=absent"]
)
def test_csv_goes_by_several_names(content_type: str | None) -> None:
    """Without a media type the input is taken for csv; parameters and letter case do not count."""
    assert Prediction(b"setosa\n", CSV) == MODEL.invoke(b"5.1,3.5,1.4,0.2", content_type, None)


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, CSV),
        ("", CSV),
        ("*/*", CSV),
        ("text/*", CSV),
        ("application/*", CSV),
        (CSV, CSV),
        (JSON, JSON),
        ("Application/JSON", JSON),
        ("application/json; indent=2", JSON),
        ("application/json, text/csv", JSON),
        ("text/csv;q=0.9, application/json", CSV),
    ],
)
def test_the_answer_has_the_form_that_accept_asks_for(accept: str | None, expected: str) -> None:
    """The first media type of Accept; where anything will do, the form of the input."""
    assert expected == MODEL.invoke(b"5.1,3.5,1.4,0.2", CSV, accept).content_type


@pytest.mark.parametrize("content_type", ["image/png", "text/plain", "application/jsonlines", "csv"])
def test_another_media_type_is_not_supported(content_type: str) -> None:
    """415, and the words name what is taken."""
    failure = failure_of(b"5.1,3.5,1.4,0.2", content_type)

    assert failure.status == 415
    assert all(word in failure.message for word in (CSV, JSON, content_type))


@pytest.mark.parametrize("accept", ["image/png", "text/html", "application/xml, text/csv"])
def test_another_form_of_answer_is_not_acceptable(accept: str) -> None:
    """406, and the words name what is offered."""
    failure = failure_of(b"5.1,3.5,1.4,0.2", CSV, accept)

    assert failure.status == 406
    assert all(word in failure.message for word in (CSV, JSON))


@pytest.mark.parametrize(
    "body",
    [
        b"sepal_length,sepal_width,petal_length,petal_width\n5.1,3.5,1.4,0.2\n",
        b"5.1,3.5,1.4\n",
        b"5.1,3.5,1.4,0.2,setosa\n",
        b"5.1;3.5;1.4;0.2\n",
        b"5.1,3.5,1.4,\n",
        b"5.1,3.5,1.4,nan\n",
        b"5.1,3.5,1.4,inf\n",
        b"5.1,3.5,1.4,-Infinity\n",
        b"5.1,3.5,1.4,1e999\n",
        b"5.1,3.5,1.4,0x1\n",
        b"\xff\xfe5\x00",
        b"5.1,3.5,1.4,\xe9\n",
        b"\0",
        b'"5.1,3.5,1.4,0.2\n',
        b"1" * 200_000,
    ],
    ids=lambda body: repr(body[:30]),
)
def test_csv_that_holds_no_flowers_is_a_bad_request(body: bytes) -> None:
    """400: each line holds four finite numbers."""
    assert failure_of(body).status == 400


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b"[[5.1, 3.5, 1.4, 0.2]]",
        b'"instances"',
        b"{}",
        b'{"instances": null}',
        b'{"instances": {}}',
        b'{"instances": [5.1, 3.5, 1.4, 0.2]}',
        b'{"instances": ["5.1,3.5,1.4,0.2"]}',
        b'{"instances": [[5.1, 3.5, 1.4]]}',
        b'{"instances": [[5.1, 3.5, 1.4, 0.2, 1]]}',
        b'{"instances": [["5.1", 3.5, 1.4, 0.2]]}',
        b'{"instances": [[true, 3.5, 1.4, 0.2]]}',
        b'{"instances": [[null, 3.5, 1.4, 0.2]]}',
        b'{"instances": [[NaN, 3.5, 1.4, 0.2]]}',
        b'{"instances": [[Infinity, 3.5, 1.4, 0.2]]}',
        b'{"instances": [[1e999, 3.5, 1.4, 0.2]]}',
        b'{"instances": [[1' + b"0" * 400 + b", 3.5, 1.4, 0.2]]}",
        b'{"instances": [[1' + b"0" * 5000 + b", 3.5, 1.4, 0.2]]}",
        b"[" * 100_000,
        b'{"instances": [' * 50_000,
        b"\xff",
        b"\xff\xfe{\x00",
    ],
    ids=lambda body: repr(body[:30]),
)
def test_json_that_holds_no_flowers_is_a_bad_request(body: bytes) -> None:
    """400: ``instances`` is a list of lists of four finite numbers."""
    assert failure_of(body, JSON).status == 400


@given(st.binary(max_size=60) | st.text(st.sampled_from('0123456789.,-e"\n\r[]{}: '), max_size=60).map(str.encode))
@example(b"1" * 131_073)
@settings(max_examples=500, deadline=None)
def test_any_body_is_answered_or_refused(body: bytes) -> None:
    """Nothing but ModelFailure is raised, and each answer is one species for each flower."""
    for content_type in (CSV, JSON):
        assert answered_or_refused(body, content_type)


def answered_or_refused(body: bytes, content_type: str) -> bool:
    """Say whether a body is answered with species, or refused with 400."""
    try:
        prediction = MODEL.invoke(body, content_type, CSV)
    except ModelFailure as failure:
        return failure.status == 400
    return {"setosa", "versicolor", "virginica"}.issuperset(prediction.body.decode().split())
