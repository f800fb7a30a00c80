"""The rules of a Prometheus rule file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from mainstay.domain.errors import MainstayError
from mainstay.monitoring.alerting import template
from mainstay.monitoring.alerting.document import Content, read
from mainstay.monitoring.alerting.expression import Node
from mainstay.monitoring.alerting.parser import parse, seconds_of

_FIELDS = {"record": {"record", "expr", "labels"}}
_FIELDS["alert"] = {
    *("alert", "expr", "labels"),
    *("annotations", "for", "keep_firing_for"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A series made of others.

    Args:
        name: of the new metric.
        expression: what it is.
        labels: that its series get.
    """

    name: str
    expression: Node
    labels: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRule:
    """What to alert on: every series that an expression has.

    Args:
        name: of the alert.
        expression: has no series while all is well.
        labels: that its alerts get; texts with places to fill in.
        annotations: what people are told, the same.
        for_s: seconds that a series must have been there before it fires.
        keep_firing_s: seconds that it fires on after the series has gone.
    """

    name: str
    expression: Node
    labels: Mapping[str, str] = field(default_factory=dict[str, str])
    annotations: Mapping[str, str] = field(default_factory=dict[str, str])
    for_s: float = 0.0
    keep_firing_s: float = 0.0

    @property
    def severity(self) -> str:
        """How urgent it is, "" if that is not said."""
        return self.labels.get("severity", "")


Rule = Recording | AlertRule


def load(path: Path) -> list[Rule]:
    """Return the rules of a file, in their order.

    Raises:
        MainstayError: it cannot be read; the text names file and rule.
    """
    try:
        return rules_of(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise MainstayError(f"rules in {path} cannot be read: {error}") from error
    except MainstayError as error:
        raise MainstayError(f"rules in {path}: {error}") from error


def rules_of(text: str) -> list[Rule]:
    """Return the rules of a file's text, in their order.

    Raises:
        MainstayError: one cannot be read, or two alerts have one name.
    """
    found = [
        _rule(_mapping(rule, "a rule"))
        for group in _list(_mapping(read(text), "the file"), "groups")
        for rule in _list(_mapping(group, "a group"), "rules")
    ]
    names = [rule.name for rule in found if isinstance(rule, AlertRule)]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise MainstayError(f"{', '.join(twice)} is there twice; give each a name")
    return found


def _rule(told: Mapping[str, Content]) -> Rule:
    kind = "alert" if "alert" in told else "record"
    name = _text(told, kind)
    if not name:
        raise MainstayError("a rule without alert or record")
    try:
        return _read(kind, name, told)
    except MainstayError as error:
        raise MainstayError(f"{name}: {error}") from error


def _read(kind: str, name: str, told: Mapping[str, Content]) -> Rule:
    if unknown := told.keys() - _FIELDS[kind]:
        raise MainstayError(f"{', '.join(sorted(unknown))} is not known here")
    expression, labels = parse(_text(told, "expr")), _texts(told, "labels")
    if kind == "record":
        return Recording(name=name, expression=expression, labels=labels)
    annotations = _texts(told, "annotations")
    for text in [*labels.values(), *annotations.values()]:
        template.check(text)
    return AlertRule(
        name=name,
        expression=expression,
        labels=labels,
        annotations=annotations,
        for_s=seconds_of(_text(told, "for") or "0s"),
        keep_firing_s=seconds_of(_text(told, "keep_firing_for") or "0s"),
    )


def _mapping(content: Content, what: str) -> Mapping[str, Content]:
    if isinstance(content, Mapping):
        return cast("Mapping[str, Content]", content)
    raise MainstayError(f"{what} should have names and values")


def _list(told: Mapping[str, Content], name: str) -> Sequence[Content]:
    found = told.get(name, "")
    if isinstance(found, list):
        return found
    raise MainstayError(f"{name} should be a list")


def _text(told: Mapping[str, Content], name: str) -> str:
    found = told.get(name, "")
    if isinstance(found, str):
        return found.strip()
    raise MainstayError(f"{name} should be a text")


def _texts(told: Mapping[str, Content], name: str) -> dict[str, str]:
    found = told.get(name, "")
    if not found:
        return {}
    return {key: _text(_mapping(found, name), key) for key in _mapping(found, name)}
