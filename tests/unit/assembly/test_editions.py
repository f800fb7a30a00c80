"""The edition of an agent: what its earlier answers are bound to."""

from pathlib import Path

from mainstay import Agent
from mainstay.assembly.brain import persona_of
from mainstay.settings import Settings


def edition(
    folder: Path, body: str = "30 days.", days: int = 30, **changes: str
) -> str | None:
    """Return the edition of an agent that is a little different."""
    (folder / "returns.md").write_text(f"# Returns\n\n{body}\n")
    told = {"name": "Shop", "instructions": "Help.", "contact": "c", **changes}
    agent = Agent(**told, help_articles=folder)
    return persona_of(agent, Settings(cached_answers_days=days)).edition


def test_a_changed_text_is_another_edition(tmp_path: Path) -> None:
    """Name, locale, policy, instructions, contact, articles: each of them counts."""
    editions = [
        edition(tmp_path),
        edition(tmp_path, name="Other"),
        edition(tmp_path, locale="de"),
        edition(tmp_path, policy_version="2"),
        edition(tmp_path, instructions="Help!"),
        edition(tmp_path, contact="d"),
        edition(tmp_path, body="14 days."),
    ]
    assert len(set(editions)) == len(editions)
    assert edition(tmp_path) == editions[0]


def test_days_of_zero_are_no_edition(tmp_path: Path) -> None:
    """Then no earlier answer is kept or given."""
    assert edition(tmp_path, days=0) is None


def test_articles_bear_out_facts(tmp_path: Path) -> None:
    """So do instructions and contact; nothing else does."""
    (tmp_path / "returns.md").write_text("# Returns 7\n\n30 days.\n")
    agent = Agent(
        name="4", instructions="Call 12.", contact="c@d.example", help_articles=tmp_path
    )
    persona = persona_of(agent, Settings(cached_answers_days=5))
    for fact in ("7", "30", "12", "c@d.example"):
        assert persona.own.bear_out(f"This is {fact}.", "what is it")
    assert not persona.own.bear_out("This is 4.", "what is it")
    assert persona.reuse_ms == 5 * 24 * 60 * 60 * 1000
