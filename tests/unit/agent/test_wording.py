"""What Mainstay itself says is true."""

from dataclasses import replace
from typing import Any

import pytest

from mainstay.agent.wording import (
    generic,
    handing_off,
    holding,
    not_by_a_model,
    statements,
    with_facts,
)
from mainstay.domain.effect import Effect
from mainstay.domain.human_request import asks_for_human
from mainstay.domain.question import coverage
from mainstay.ports.knowledge import Passage


def effect(state: Any) -> Effect:
    """Return an effect of a refund."""
    said = "A refund of 59.90 EUR for order 1042 has been made."
    return Effect("k", "refund_order", {}, state, None, said, "turn_1")


@pytest.mark.parametrize("words", [generic, holding, handing_off])
def test_what_was_done_is_named(words: Any) -> None:
    """Every reply of level 4 states committed effects, and doubts as doubts."""
    told = words("help@x.example", [effect("committed")])
    assert "59.90 EUR for order 1042 has been made" in told.response
    assert "help@x.example" in told.response
    assert (told.fallback_level, told.model, told.tools_enabled) == (4, "none", False)
    unsure = words("help@x.example", [effect("unknown")])
    assert "has been made" not in unsure.response
    assert "could not be confirmed" in unsure.response


def test_a_fact_is_added_unless_it_stands_there_word_for_word() -> None:
    """Other words may say the same, or the contrary: the fact itself comes after."""
    facts = statements([effect("committed")])
    said = "A refund of 59.90 EUR for order 1042 has been made."
    assert facts == [said]
    assert with_facts("Sorry for the trouble.", facts).endswith(f"\n\n{said}")
    assert with_facts(f"Good news: {said}", facts) == f"Good news: {said}"
    denied = "I could not refund 59.90 EUR for order 1042."
    assert with_facts(denied, facts) == f"{denied}\n\n{said}"


def test_an_effect_without_words_of_its_own_is_told_by_its_name() -> None:
    """A committed effect is never left out, whatever its tool says of it."""
    silent = replace(effect("committed"), statement="")
    assert statements([silent]) == ["This was carried out: refund order."]


def test_each_state_has_its_sentence() -> None:
    """Done, not done and in doubt are three things; each tool is named once."""
    other = replace(effect("failed"), tool="send_mail")
    told = statements([effect("unknown"), effect("intended"), other])
    assert told == [
        "This was not carried out: send mail.",
        "This could not be confirmed yet, and a colleague checks it: refund order.",
    ]


def test_another_success_does_not_hide_what_failed() -> None:
    """The same thing done at last does; by a tool without such keys, any later one."""
    failed = replace(effect("failed"), unique_key="refund_order:1041")
    done = replace(effect("committed"), unique_key="refund_order:1042")
    not_done = "This was not carried out: refund order."
    assert statements([failed, done]) == [done.statement, not_done]
    assert statements([replace(failed, unique_key=done.unique_key), done]) == [
        done.statement
    ]
    assert statements([effect("failed"), done]) == [done.statement]


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("let me talk to a person", True),
        ("Can I please speak with a human?", True),
        ("I want a real person now", True),
        ("connect me to an agent", True),
        ("I don't want to talk to a human", False),
        ("my travel agent booked it", False),
        ("where is order 1042?", False),
    ],
)
def test_asking_for_a_person_is_understood(text: str, *, asks: bool) -> None:
    """Plain requests are found without a model; mere mentions are not."""
    assert asks_for_human(text) is asks


@pytest.mark.parametrize(
    ("title", "told"),
    [("Returns", "This help article may help"), ("", "answer to a similar question")],
)
def test_level_3_says_what_it_is(title: str, told: str) -> None:
    """Nobody takes an article, or what others were told, for an answer of their own."""
    reply = not_by_a_model("help@x.example", Passage(title, "By post.", 1, "s"))
    assert (reply.fallback_level, reply.model) == (3, "cache")
    for part in ("right now", told, title, "By post.", "help@x.example"):
        assert part in reply.response


def test_an_article_covers_a_question_by_stems() -> None:
    """Stop words do not count; other words do, whatever their ending."""
    assert coverage("refunds for shoes", "A refund, shoes included") == 1
