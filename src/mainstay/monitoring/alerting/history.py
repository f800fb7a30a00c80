"""The samples that windows look back on, as bytes: so that a restart loses none.

Without them a window of three days would begin anew with each release.
"""

import zlib
from array import array
from dataclasses import dataclass

import msgspec

from mainstay.monitoring.alerting.samples import Samples
from mainstay.monitoring.alerting.series import Series

MAX_BYTES = 8_000_000
"""Compressed; more is not kept."""

QUICKLY = 1
"""How hard to compress: this is done every five minutes."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """One series.

    Args:
        labels: all of them.
        tracks: times, values and weights of each, by its name.
        resets: times, and what was counted until then.
    """

    labels: list[tuple[str, str]]
    tracks: dict[str, tuple[bytes, bytes, bytes]]
    resets: list[tuple[float, float]]


def dumped(samples: Samples) -> bytes:
    """Return all series as bytes.

    Raises:
        ValueError: they are too many.
    """
    kept = [
        _Kept(
            list(series.labels),
            {
                name: (t.times.tobytes(), t.values.tobytes(), t.weights.tobytes())
                for name, t in series.tracks().items()
            },
            list(series.resets),
        )
        for series in samples
    ]
    content = zlib.compress(msgspec.msgpack.encode(kept), QUICKLY)
    if len(content) > MAX_BYTES:
        raise ValueError(f"{len(content)} bytes are more than are kept")
    return content


def load(samples: Samples, content: bytes) -> None:
    """Fill series with what was kept of them; what rules no longer look at is left out.

    Raises:
        ValueError: it is no history.
    """
    if not content:
        return
    try:
        kept = msgspec.msgpack.decode(zlib.decompress(content), type=list[_Kept])
    except zlib.error as error:
        raise ValueError(str(error)) from error
    for one in kept:
        series = samples.series(dict(one.labels))
        if series is not None and not series.newest_s:
            _fill(series, one)


def _fill(series: Series, kept: _Kept) -> None:
    for name, track in series.tracks().items():
        # A window that the rules did not have then begins now.
        empty = (b"", b"", b"")
        times, values, weights = map(_floats, kept.tracks.get(name, empty))
        track.times, track.values, track.weights = times, values, weights
    series.resets.extend(kept.resets)


def _floats(raw: bytes) -> "array[float]":
    floats = array("d")
    floats.frombytes(raw)
    return floats
