"""The dashboards: made from their sources, readable, and linked to what exists."""

import json
import re
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import yaml
from deploy.dashboards.build import SOURCES, target_of, text_of
from tests.unit.house.test_compose import SERVICES

ROOT = Path(__file__).parents[3]
DEPLOY = ROOT / "deploy"
DASHBOARDS: dict[str, dict[str, Any]] = {
    file.stem: json.loads(file.read_text())
    for file in sorted((DEPLOY / "dashboards").glob("*.json"))
}
BANDS = [None, 100, 500, 1000]
OTHERS = re.compile(r'\bprocess_\w+(?!\w|\{job=~"mainstay\.\*\|"\})')
"""A metric that every program has, without the jobs that are ours."""

METRIC = re.compile(r"\b(mainstay_[a-z0-9_]+|mainstay:[a-z0-9_:]+)")
RULES = DEPLOY / "alerts" / "rules.yml"

each_dashboard = pytest.mark.parametrize("name", DASHBOARDS)


def panels(name: str) -> list[dict[str, Any]]:
    """Return a dashboard's panels, heads of rows left out."""
    return [one for one in DASHBOARDS[name]["panels"] if one["type"] != "row"]


def rules(kind: str) -> set[str]:
    """Return the names of alerts (``alert``) or recorded series (``record``)."""
    groups = yaml.safe_load(RULES.read_text())["groups"]
    return {rule[kind] for group in groups for rule in group["rules"] if kind in rule}


def test_there_are_five() -> None:
    """One a question, the same as before."""
    assert set(DASHBOARDS) == {
        "overview",
        "queue-and-workers",
        "model-and-cost",
        "tools-and-effects",
        "slo",
    }


@pytest.mark.parametrize("source", SOURCES, ids=lambda one: one.stem)
def test_a_dashboard_is_what_its_source_gives(source: Path) -> None:
    """Nobody edits the JSON: make dashboards."""
    assert target_of(source).read_text("utf-8") == text_of(source)


def test_each_has_an_identity_of_its_own() -> None:
    """By which links find it, whatever it is called."""
    uids = [one["uid"] for one in DASHBOARDS.values()]
    assert len(set(uids)) == len(uids)
    assert all(re.fullmatch(r"[a-z-]{8,40}", uid) for uid in uids)


@each_dashboard
def test_the_datasource_is_the_readers_choice(name: str) -> None:
    """Every panel asks the variable, none a name that only one Grafana knows."""
    [variable] = [
        one
        for one in DASHBOARDS[name]["templating"]["list"]
        if one["type"] == "datasource"
    ]
    assert (variable["name"], variable["query"]) == ("datasource", "prometheus")
    found = {one["datasource"]["uid"] for one in panels(name)}
    assert found == {"${datasource}"}


@each_dashboard
def test_panels_do_not_cover_each_other(name: str) -> None:
    """Each has its place within 24 columns, and a number of its own."""
    every = DASHBOARDS[name]["panels"]
    places = [one["gridPos"] for one in every]
    assert all(at["x"] >= 0 and at["x"] + at["w"] <= 24 for at in places)
    assert [
        (a, b)
        for a, b in combinations(places, 2)
        if a["x"] < b["x"] + b["w"]
        and b["x"] < a["x"] + a["w"]
        and a["y"] < b["y"] + b["h"]
        and b["y"] < a["y"] + a["h"]
    ] == []
    assert len({one["id"] for one in every}) == len(every)


@each_dashboard
def test_a_panel_says_what_it_shows(name: str) -> None:
    """A title, a unit, queries, and a name for each of several lines."""
    for one in panels(name):
        assert one["title"]
        assert one["fieldConfig"]["defaults"]["unit"], one["title"]
        assert one["targets"], one["title"]
        legends = [target["legendFormat"] for target in one["targets"]]
        assert len(set(legends)) == len(legends), one["title"]
        for target in one["targets"]:
            many = re.search(r" by \((?!le\))", target["expr"]) is not None
            assert many == ("{{" in target["legendFormat"]), one["title"]


def test_the_queue_has_its_bands() -> None:
    """Below 100 healthy, from 100 watch, from 500 scale up, from 1000 page."""
    found = [
        [
            step["value"]
            for step in one["fieldConfig"]["defaults"]["thresholds"]["steps"]
        ]
        for name in DASHBOARDS
        for one in panels(name)
        if any(
            re.fullmatch(
                r"max[^/]*\(mainstay_queue_depth(\{state=\"ready\"\})?\)", t["expr"]
            )
            for t in one["targets"]
        )
    ]
    assert found == [BANDS] * 3


@each_dashboard
def test_a_pace_is_called_one(name: str) -> None:
    """By its unit, or else by its title."""
    for one in panels(name):
        is_pace = any("rate(" in target["expr"] for target in one["targets"])
        if is_pace and one["fieldConfig"]["defaults"]["unit"] == "short":
            assert "a second" in one["title"], one["title"]


@each_dashboard
def test_runbooks_that_it_links_to_exist(name: str) -> None:
    """One an alert, under the alert's name."""
    links = [link["url"] for one in panels(name) for link in one.get("links", ())]
    named = {link.removeprefix("${runbooks}/").removesuffix(".md") for link in links}
    assert named - rules("alert") == set()
    assert {
        one for one in named if not (ROOT / f"docs/runbooks/{one}.md").exists()
    } == (set())


@each_dashboard
def test_metrics_that_it_shows_are_documented(name: str) -> None:
    """In the table of metrics, or recorded by the rules."""
    page = (ROOT / "docs" / "reference" / "telemetry.md").read_text()
    known = set(re.findall(r"`(mainstay_[a-z0-9_]+)`", page)) | rules("record")
    shown = {
        re.sub("_(bucket|count|sum)$", "", metric)
        for one in panels(name)
        for target in one["targets"]
        for metric in METRIC.findall(target["expr"])
    }
    assert shown - known == set()


@each_dashboard
def test_it_shows_no_other_programs(name: str) -> None:
    """What every program tells is asked of the jobs that are ours."""
    asked = [target["expr"] for one in panels(name) for target in one["targets"]]
    assert [query for query in asked if OTHERS.search(query)] == []


def test_grafana_finds_them_where_compose_puts_them() -> None:
    """Its provisioning names folders and a host that are there."""
    mounts = dict(one.split(":")[:2] for one in SERVICES["grafana"]["volumes"])
    assert all((ROOT / folder).is_dir() for folder in mounts)
    told = yaml.safe_load((DEPLOY / "grafana/dashboards/mainstay.yaml").read_text())
    [provider] = told["providers"]
    assert mounts["./deploy/dashboards"] == provider["options"]["path"]
    home = SERVICES["grafana"]["environment"][
        "GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"
    ]
    assert home == f"{provider['options']['path']}/overview.json"
    told = yaml.safe_load((DEPLOY / "grafana/datasources/prometheus.yaml").read_text())
    [source] = told["datasources"]
    assert (source["type"], source["url"]) == ("prometheus", "http://prometheus:9090")
    config = yaml.safe_load((DEPLOY / "prometheus/prometheus.yml").read_text())
    assert source["jsonData"]["timeInterval"] == config["global"]["scrape_interval"]


def test_prometheus_keeps_what_panels_look_back_on() -> None:
    """Beside compose, and elsewhere by what both pages say."""
    looks = re.findall(r"\[(\d+)d\]", str(DASHBOARDS))
    flag = "--storage.tsdb.retention.time="
    [kept] = [one for one in SERVICES["prometheus"]["command"] if flag in one]
    assert int(kept.removeprefix(flag).removesuffix("d")) >= max(map(int, looks))
    for page in ("watch", "alert-with-prometheus"):
        assert kept in (ROOT / "docs" / "howto" / f"{page}.md").read_text()


def test_prometheus_finds_every_role() -> None:
    """By the name of its service, at the port where it tells its metrics."""
    config = yaml.safe_load((DEPLOY / "prometheus/prometheus.yml").read_text())
    found = {
        (name, one["port"])
        for job in config["scrape_configs"]
        for one in job["dns_sd_configs"]
        for name in one["names"]
    }
    ops = int(SERVICES["worker"]["environment"]["OPS_PORT"])
    assert found == {("gateway", 8080), ("worker", ops), ("tools", ops)}
    mounts = [one.split(":")[:2] for one in SERVICES["prometheus"]["volumes"]]
    inside = {to: ROOT / from_ for from_, to in mounts if from_.startswith("./")}
    assert inside["/etc/prometheus/rules"] == RULES.parent
    assert inside["/etc/prometheus/prometheus.yml"].is_file()
    assert config["rule_files"] == ["rules/*.yml"]


def test_alerts_link_to_runbooks_where_compose_says() -> None:
    """By the label that the rules put before the page, with a slash at its end."""
    config = yaml.safe_load((DEPLOY / "prometheus/prometheus.yml").read_text())
    assert "$externalLabels.mainstay_docs }}docs/runbooks/" in RULES.read_text()
    labels = config["global"]["external_labels"]
    assert labels == {"mainstay_docs": "${ALERT_DOCS_URL}/"}
    told = SERVICES["prometheus"]["environment"]
    assert told == {"ALERT_DOCS_URL": "${ALERT_DOCS_URL:-.}"}
