"""Makes the Grafana dashboards of this folder from ``source/``: ``make dashboards``.

A source names rows of panels. Each has a ``title`` and its ``queries``, from legend to
PromQL, or ``quantiles``, a histogram. It may have:

- ``kind: stat``, a figure instead of lines; ``stacked: true``, lines that add up
- ``say``, a sentence for its reader; ``runbook``, the alert whose runbook it links to
- ``unit``, as Grafana names it; ``decimals``; ``text``, what a figure shows
- ``steps``, values from which on it is yellow, orange, red
- ``floors``, values below which it is red, yellow
- ``width``, of 24
"""

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
SOURCES = sorted((HERE / "source").glob("*.yaml"))

DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
QUANTILES = {"half": 0.5, "95 of 100": 0.95, "99 of 100": 0.99}
WIDTHS, HEIGHTS = {"stat": 6, "timeseries": 12}, {"stat": 4, "timeseries": 8}
WHOLE = 24
LINE = 100
RISING = {1: "red", 2: "yellow red", 3: "yellow orange red"}
FALLING = {1: "red", 2: "red yellow"}

Json = dict[str, Any]


def dashboard(source: Path) -> Json:
    """Return a dashboard in Grafana's classic JSON model."""
    said = yaml.safe_load(source.read_text("utf-8"))
    return {
        "uid": f"mainstay-{source.stem}",
        "title": said["title"],
        "description": said["about"],
        "tags": ["mainstay"],
        "schemaVersion": 39,
        "editable": True,
        "graphTooltip": 1,
        "refresh": "30s",
        "time": {"from": said.get("range", "now-3h"), "to": "now"},
        "timezone": "browser",
        "links": [_siblings()],
        "templating": {"list": [_datasource(), _runbooks()]},
        "panels": list(_laid_out(said["rows"])),
    }


def text_of(source: Path) -> str:
    """Return the file that Grafana reads."""
    return _pretty(dashboard(source), "") + "\n"


def target_of(source: Path) -> Path:
    """Return where it belongs."""
    return HERE / f"{source.stem}.json"


def _laid_out(rows: Mapping[str, list[Json]]) -> Iterator[Json]:
    """Yield each row's head, then its panels from left to right, line by line."""
    number, y = 0, 0
    for title, panels in rows.items():
        number += 1
        head = {"id": number, "type": "row", "title": title, "collapsed": False}
        yield head | {"panels": [], "gridPos": {"x": 0, "y": y, "w": WHOLE, "h": 1}}
        x, y, height = 0, y + 1, 0
        for said in panels:
            number += 1
            panel = _panel(number, said)
            width = said.get("width", WIDTHS[panel["type"]])
            if x + width > WHOLE:
                x, y, height = 0, y + height, 0
            place = {"x": x, "y": y, "w": width, "h": HEIGHTS[panel["type"]]}
            yield panel | {"gridPos": place}
            x, height = x + width, max(height, place["h"])
        y += height


def _panel(number: int, said: Json) -> Json:
    kind = said.get("kind", "timeseries")
    more: Json = {"description": said["say"]} if "say" in said else {}
    if "runbook" in said:
        more["links"] = [_runbook(said["runbook"])]
    return {
        "id": number,
        "type": kind,
        "title": said["title"],
        **more,
        "datasource": DATASOURCE,
        "targets": _targets(said, instant=kind == "stat"),
        "fieldConfig": {"defaults": _field(said, kind), "overrides": []},
        "options": _figure(said) if kind == "stat" else _lines(),
    }


def _targets(said: Json, *, instant: bool) -> list[Json]:
    queries = said.get("queries") or {
        name: f"histogram_quantile({q}, sum by (le) "
        f"(rate({said['quantiles']}_bucket[$__rate_interval])))"
        for name, q in QUANTILES.items()
    }
    return [
        {
            "refId": chr(ord("A") + n),
            "expr": query,
            "legendFormat": legend or "__auto",
            "instant": instant,
            "range": not instant,
        }
        for n, (legend, query) in enumerate(queries.items())
    ]


def _field(said: Json, kind: str) -> Json:
    field: Json = {
        "unit": said.get("unit", "short"),
        "color": {"mode": "thresholds" if kind == "stat" else "palette-classic"},
        "thresholds": {"mode": "absolute", "steps": _thresholds(said)},
    }
    if "decimals" in said:
        field["decimals"] = said["decimals"]
    if kind == "timeseries":
        bounded = "steps" in said or "floors" in said
        field["custom"] = {
            "fillOpacity": 20 if said.get("stacked") else 0,
            "showPoints": "never",
            "stacking": {"mode": "normal" if said.get("stacked") else "none"},
            "thresholdsStyle": {"mode": "dashed" if bounded else "off"},
        }
    return field


def _thresholds(said: Json) -> list[Json]:
    """Return colours by value: the first holds from below."""
    if "floors" in said:
        floors = said["floors"]
        colours = [*FALLING[len(floors)].split(), "green"]
        values = [None, *floors]
    else:
        steps = said.get("steps", [])
        colours = ["green", *RISING.get(len(steps), "").split()]
        values = [None, *steps]
    pairs = zip(colours, values, strict=True)
    return [{"color": colour, "value": value} for colour, value in pairs]


def _figure(said: Json) -> Json:
    return {
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "colorMode": "value",
        "graphMode": "none",
        "textMode": said.get("text", "auto"),
    }


def _lines() -> Json:
    return {
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
        "tooltip": {"mode": "multi", "sort": "desc"},
    }


def _runbook(alert: str) -> Json:
    url = f"${{runbooks}}/{alert}.md"
    return {"title": f"Runbook {alert}", "url": url, "targetBlank": True}


def _siblings() -> Json:
    return {
        "type": "dashboards",
        "title": "Mainstay",
        "tags": ["mainstay"],
        "asDropdown": True,
        "keepTime": True,
        "includeVars": True,
    }


def _datasource() -> Json:
    return {
        "name": "datasource",
        "label": "Prometheus",
        "type": "datasource",
        "query": "prometheus",
        "refresh": 1,
        "current": {},
        "options": [],
    }


def _runbooks() -> Json:
    """Return the variable that says where the runbooks are read."""
    place = "docs/runbooks"
    chosen = {"text": place, "value": place}
    return {
        "name": "runbooks",
        "label": "Runbooks at",
        "type": "textbox",
        "query": place,
        "current": chosen,
        "options": [chosen | {"selected": True}],
    }


def _pretty(value: Any, indent: str) -> str:
    """Return JSON in which whatever fits on a line has one."""
    flat = json.dumps(value, ensure_ascii=False)
    if len(indent) + len(flat) < LINE or not isinstance(value, dict | list):
        return flat
    deeper = indent + " "
    if isinstance(value, list):
        begin, parts, end = "[", [_pretty(one, deeper) for one in value], "]"
    else:
        named = ((json.dumps(name), one) for name, one in value.items())
        parts = [f"{name}: {_pretty(one, deeper)}" for name, one in named]
        begin, end = "{", "}"
    inner = ",\n".join(f"{deeper}{part}" for part in parts)
    return f"{begin}\n{inner}\n{indent}{end}"


def main() -> int:
    """Write every dashboard, and drop those without a source."""
    targets = {target_of(source): text_of(source) for source in SOURCES}
    for old in set(HERE.glob("*.json")) - set(targets):
        old.unlink()
    for target, text in targets.items():
        target.write_text(text, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
