"""Earlier answers: who is given what again, and what administrators do about it."""

from collections.abc import Sequence

import pytest

from mainstay.domain.errors import NotFound
from mainstay.domain.question import Reusable
from mainstay.ports.answers import KeptAnswer
from mainstay.ports.journal import Ending
from mainstay.ports.knowledge import Article
from mainstay.testing.store_conformance.ports import StorePorts, reply

DAY_S = 24 * 60 * 60
SHOES = "how do i return shoes"
ASKED = "How do I return shoes?"


async def give(
    ports: StorePorts,
    customer: str,
    text: str,
    question: str = SHOES,
    edition: str = "shop/en/1/aa",
) -> None:
    """Let a model give a customer an answer that others may be given too."""
    id_ = await ports.open(customer)
    await ports.say(id_, question)
    reusable = Reusable(question, edition, DAY_S * 1000)
    ending = Ending(reply(text), "answered", question=reusable)
    await ports.journal.finish(await ports.claim(id_), ending)


async def share(ports: StorePorts, text: str, question: str = SHOES) -> None:
    """Let a model give three customers an answer."""
    for customer in ("ada", "ben", "cem"):
        await give(ports, customer, text, question)


async def given(
    ports: StorePorts, asked: str = ASKED, edition: str | None = "shop/en/1/aa"
) -> str | None:
    """Return the text that a customer is given on level 3."""
    found = await ports.knowledge.answer(asked, edition)
    return None if found is None else found.text


async def texts(ports: StorePorts) -> Sequence[str]:
    """Return what administrators see, in order."""
    return [answer.text for answer in await ports.answers.list()]


async def only(ports: StorePorts) -> KeptAnswer:
    """Return the one answer that is kept."""
    (kept,) = await ports.answers.list()
    return kept


class EarlierAnswersConformance:
    """The contract of ``ports.Knowledge.answer``, sentence by sentence."""

    pytestmark = pytest.mark.asyncio

    async def test_three_customers_make_an_answer_everybodys(
        self, ports: StorePorts
    ) -> None:
        """One who asks three times is one customer."""
        for customer in ("ada", "ada", "ada", "ben"):
            await give(ports, customer, "By post.")
            assert await given(ports) is None
        await give(ports, "cem", "By post.")
        assert await given(ports) == "By post."

    async def test_the_words_must_be_the_same(self, ports: StorePorts) -> None:
        """Another text begins to count anew; the newest is the one that is kept."""
        await give(ports, "ada", "By post.")
        await give(ports, "ben", "By post.")
        await give(ports, "cem", "By train.")
        assert await given(ports) is None
        assert await texts(ports) == ["By train."]
        assert (await only(ports)).customers == 1

    async def test_what_is_shared_stays(self, ports: StorePorts) -> None:
        """Another answer does not take the place of a shared one before its time."""
        await share(ports, "By post.")
        await give(ports, "dan", "By train.")
        assert await given(ports) == "By post."

    async def test_only_the_same_edition_gives_it_again(
        self, ports: StorePorts
    ) -> None:
        """Changed instructions, another agent, locale or policy: it is not there."""
        await share(ports, "By post.")
        for other in ("shop/en/1/bb", "shop/en/2/aa", "shop/de/1/aa", "x/en/1/aa", ""):
            assert await given(ports, edition=other) is None
        assert await given(ports, edition=None) is None

    async def test_the_asker_must_have_said_every_word(self, ports: StorePorts) -> None:
        """A telling word that is not the asker's own may be a stranger's name."""
        await share(
            ports, "Hi Zora, by post.", "i am zora how do i return wet red shoes"
        )
        assert await given(ports, "I am sad, how do I return wet red shoes?") is None
        asked = "I am Zora, how do I return my wet red shoes?"
        assert await given(ports, asked) == "Hi Zora, by post."

    async def test_a_longer_question_is_another(self, ports: StorePorts) -> None:
        """What was answered must be nearly all that is asked."""
        await share(ports, "By post.")
        assert await given(ports, "How do I return shoes that my dog ate?") is None

    async def test_it_ends(self, ports: StorePorts) -> None:
        """Its time runs from when it was given last; after it, it counts anew."""
        await share(ports, "By post.")
        ports.clock.advance(DAY_S - 1)
        assert await given(ports) == "By post."
        await give(ports, "ada", "By post.")
        ports.clock.advance(DAY_S - 1)
        assert await given(ports) == "By post."
        ports.clock.advance(1)
        assert await given(ports) is None
        await give(ports, "dan", "By post.")
        assert (await only(ports)).customers == 1

    async def test_what_has_ended_is_dropped(self, ports: StorePorts) -> None:
        """Upkeep drops it, and says when nothing is left to drop."""
        await share(ports, "By post.")
        assert await ports.watch.forget_answers() == 0
        ports.clock.advance(DAY_S)
        await give(ports, "ada", "By card.", "how do i pay bills")
        assert await ports.watch.forget_answers() == 1
        assert await ports.watch.forget_answers() == 0
        assert await texts(ports) == ["By card."]
        await share(ports, "By post.")
        assert await given(ports) == "By post."

    async def test_an_article_answers_where_no_answer_does(
        self, ports: StorePorts
    ) -> None:
        """An earlier answer comes first; without an edition there is none."""
        article = Article("r.md", "Return shoes", "Put them in a box.")
        await ports.knowledge.load_articles([article])
        assert await given(ports) == "Put them in a box."
        await share(ports, "By post.")
        assert await given(ports) == "By post."
        assert await given(ports, edition=None) == "Put them in a box."


class AnswersConformance:
    """The contract of ``ports.Answers``; each docstring is one of its sentences."""

    pytestmark = pytest.mark.asyncio

    async def test_an_approved_answer_is_shared(self, ports: StorePorts) -> None:
        """One customer is enough then, and another text does not take its place."""
        await give(ports, "ada", "By post.")
        kept = await only(ports)
        assert (kept.question, kept.text, kept.customers) == (SHOES, "By post.", 1)
        assert (kept.reviewed, kept.shared) == (False, False)
        approved = await ports.answers.approve(kept.id, "key_1")
        assert approved.reviewed
        assert approved.shared
        for customer in ("ben", "cem", "dan"):
            await give(ports, customer, "By train.")
        assert await given(ports) == "By post."

    async def test_an_approval_begins_its_time_anew(self, ports: StorePorts) -> None:
        """And a second one does not make it longer."""
        await give(ports, "ada", "By post.")
        ports.clock.advance(DAY_S / 2)
        id_ = (await only(ports)).id
        for _ in range(2):
            kept = await ports.answers.approve(id_, "key_1")
            assert kept.expires_at_ms == ports.clock.now_ms() + DAY_S * 1000
        ports.clock.advance(DAY_S)
        assert await given(ports) is None
        with pytest.raises(NotFound):
            await ports.answers.approve(id_, "key_1")

    async def test_an_id_is_one_texts(self, ports: StorePorts) -> None:
        """Nobody approves a text that took the place of the one that was read."""
        await give(ports, "ada", "By post.")
        read = await only(ports)
        await give(ports, "ben", "By train.")
        with pytest.raises(NotFound, match=read.id):
            await ports.answers.approve(read.id, "key_1")
        assert await given(ports) is None
        same = await only(ports)
        await give(ports, "cem", "By train.")
        assert (await only(ports)).id == same.id

    async def test_a_removed_answer_stays_away(self, ports: StorePorts) -> None:
        """For its whole time nothing else is kept for its question."""
        await share(ports, "By post.")
        kept = await only(ports)
        assert (await ports.answers.remove(kept.id, "key_1")).text == "By post."
        await share(ports, "By post.")
        assert await given(ports) is None
        assert await texts(ports) == []
        with pytest.raises(NotFound):
            await ports.answers.remove(kept.id, "key_1")
        with pytest.raises(NotFound):
            await ports.answers.approve(kept.id, "key_1")
        ports.clock.advance(DAY_S)
        await share(ports, "By post.")
        assert await given(ports) == "By post."

    async def test_shared_ones_come_first(self, ports: StorePorts) -> None:
        """Then what most customers were given, then the newest."""
        await give(ports, "ada", "One.", "what is number one")
        await give(ports, "ada", "Two.", "what is number two")
        await give(ports, "ben", "Two.", "what is number two")
        ports.clock.advance(1)
        await give(ports, "ada", "Three.", "what is number three")
        await ports.answers.approve((await ports.answers.list())[-1].id, "key_1")
        assert await texts(ports) == ["One.", "Two.", "Three."]

    async def test_decisions_are_in_the_audit(self, ports: StorePorts) -> None:
        """Each adds an entry; one that is refused does not."""
        await give(ports, "ada", "By post.")
        before = await ports.audit.verify()
        kept = await only(ports)
        await ports.answers.approve(kept.id, "key_1")
        await ports.answers.remove(kept.id, "key_1")
        with pytest.raises(NotFound):
            await ports.answers.approve(kept.id, "key_1")
        after = await ports.audit.verify()
        assert after.intact
        assert after.entries == before.entries + 2
