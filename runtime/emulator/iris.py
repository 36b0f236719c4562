"""The sample model: which iris is it? Nearest centroid over the 150 flowers that Fisher published in 1936.

The model is fitted when the endpoint starts: the mean of each species' four measurements. A flower belongs to the
species whose mean is nearest. It takes ``text/csv`` (one flower a line) and ``application/json`` (``{"instances":
[[…], …]}``), and answers in the form that Accept asks for, else in the form of the input.
"""

from __future__ import annotations

import csv
import json
import math
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path
from statistics import fmean

from attrs import frozen

CSV = "text/csv"
JSON = "application/json"
_MEASUREMENTS = 4

Flower = tuple[float, ...]


class ModelFailure(Exception):  # noqa: N818 - a model's own way to fail, answered with its status
    """The model answers with an error.

    Attributes:
        status: the HTTP status that the model's container answers with.
        message: its words.
    """

    def __init__(self, status: int, message: str) -> None:
        super().__init__(status, message)
        self.status = status
        self.message = message


@frozen
class Prediction:
    """A model's answer and its media type."""

    body: bytes
    content_type: str


class IrisModel:
    """Classifies irises by nearest centroid.

    Args:
        rows: flowers with their species, as :func:`load_iris` gives them.
    """

    def __init__(self, rows: Iterable[tuple[Flower, str]]) -> None:
        by_species: dict[str, list[Flower]] = {}
        for flower, species in rows:
            by_species.setdefault(species, []).append(flower)
        self._centroids = {
            species: tuple(fmean(column) for column in zip(*flowers, strict=True))
            for species, flowers in by_species.items()
        }

    def classify(self, flower: Flower) -> str:
        """Return the species whose centroid is nearest."""
        return min(self._centroids, key=lambda species: math.dist(self._centroids[species], flower))

    def invoke(self, body: bytes, content_type: str | None, accept: str | None) -> Prediction:
        """Answer a request.

        Raises:
            ModelFailure: 415 for another media type, 406 for another one wanted, 400 for a body that cannot be read.
        """
        given = _media_type(content_type) or CSV
        wanted = _wanted(accept) or given
        if given not in (CSV, JSON):
            raise ModelFailure(415, f"this model takes {CSV} and {JSON}, not {given}")
        if wanted not in (CSV, JSON):
            raise ModelFailure(406, f"this model answers in {CSV} and {JSON}, not {wanted}")
        try:
            flowers = _read_csv(body) if given == CSV else _read_json(body)
        except (ValueError, OverflowError, RecursionError, csv.Error) as error:
            raise ModelFailure(
                400, f"the body is not {given} with four measurements for each flower: {error}"
            ) from None
        predictions = [self.classify(flower) for flower in flowers]
        if wanted == CSV:
            return Prediction("".join(f"{species}\n" for species in predictions).encode(), CSV)
        return Prediction(json.dumps({"predictions": predictions}).encode(), JSON)


def load_iris() -> list[tuple[Flower, str]]:
    """Return the 150 flowers with their species."""
    packaged = files("runtime.emulator").joinpath("iris.csv")
    text = packaged.read_text("utf-8") if packaged.is_file() else _in_source_tree().read_text("utf-8")
    header, *rows = csv.reader(text.splitlines())
    return [(_flower(row[:_MEASUREMENTS]), row[_MEASUREMENTS]) for row in rows if len(row) == len(header)]


def _in_source_tree() -> Path:
    return Path(__file__).parents[2] / "fixtures" / "iris.csv"


def _media_type(value: str | None) -> str:
    return (value or "").partition(";")[0].strip().lower()


def _wanted(accept: str | None) -> str:
    """Return the first media type of an Accept header; none where anything will do."""
    first = _media_type((accept or "").partition(",")[0])
    return "" if first in ("*/*", "text/*", "application/*") else first


def _flower(values: Iterable[str | float]) -> Flower:
    flower = tuple(float(value) for value in values)
    if len(flower) != _MEASUREMENTS or not all(map(math.isfinite, flower)):
        raise ValueError(f"a flower has {_MEASUREMENTS} finite numbers")
    return flower


def _read_csv(body: bytes) -> list[Flower]:
    return [_flower(row) for row in csv.reader(body.decode("utf-8").splitlines()) if row]


def _read_json(body: bytes) -> list[Flower]:
    value = json.loads(body)
    instances = value.get("instances") if isinstance(value, dict) else None
    if not isinstance(instances, list):
        raise ValueError("there is no list named 'instances'")  # noqa: TRY004 - answered as a bad body
    return [_flower_of_json(instance) for instance in instances]


def _flower_of_json(instance: object) -> Flower:
    if not isinstance(instance, list) or not all(type(number) in (int, float) for number in instance):
        raise ValueError("an instance is a list of numbers")
    return _flower(instance)
