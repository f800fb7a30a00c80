"""Which rule each broken build breaks, as the judges of a world name it."""

from collections.abc import Callable, Mapping

import pytest
from tests.simulation.mutants import fleet, store, turn

Mutant = Callable[[pytest.MonkeyPatch], None]
"""Breaks the product until the patch is undone; its docstring names the promise."""

BREAKS: Mapping[Mutant, str] = {
    store.writes_without_a_fence: "stale step",
    store.works_on_after_a_takeover: "effect begun after takeover",
    store.takes_over_without_a_fence: "AI reply after takeover",
    store.accepts_before_the_commit: "lost message",
    store.accepts_the_same_twice: "doubled message",
    store.rests_without_looking: "unanswered",
    store.claims_what_is_leased: "lease robbed",
    store.holds_twice: "too many replies",
    store.answers_a_held_turn_by_level_4: "stopgap after a stopgap",
    store.hands_back_without_looking: "unanswered",
    store.keeps_a_doubt_to_itself: "doubt not escalated",
    turn.writes_the_intent_after_the_call: "effect made twice",
    turn.retries_under_another_key: "effect made twice",
    turn.sends_an_unsafe_call_again: "effect made twice",
    turn.takes_a_doubt_for_a_failure: "effect said to have failed",
    turn.forgets_what_is_unique: "effect made twice",
    turn.forgets_its_retries: "too many retries",
    turn.starts_its_time_anew: "call after the deadline",
    turn.is_silent_about_what_it_did: "untold effect",
    turn.gives_personal_answers_to_others: "personal cached answer",
    fleet.holds_nothing: "late",
    fleet.buries_nobody: "late burial",
    fleet.renews_what_stands_still: "lease renewed by a blocked process",
    fleet.lets_a_herd_try: "herd of trials",
    fleet.lets_each_process_try: "herd in the fleet",
    fleet.calls_past_an_open_breaker: "call past an open breaker",
    fleet.trusts_an_old_context: "overlooked message",
}
