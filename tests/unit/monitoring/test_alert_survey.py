"""Processes that do not answer keep nobody from being seen."""

import threading
from concurrent.futures import ThreadPoolExecutor

from mainstay.monitoring.alerting.parser import parse
from mainstay.monitoring.alerting.samples import Samples
from mainstay.monitoring.alerting.survey import MAX_PAGES, Survey
from mainstay.ports.alerts import Page

LIVE = "z:1"
PAGE = "hits 1\n"


def pages_at(*addresses: str) -> list[Page]:
    """Return pages that every machine reaches."""
    return [Page(address) for address in addresses]


async def test_who_hangs_is_asked_last() -> None:
    """Once known, however many: the others are read in every round."""
    troubles: list[str] = []
    over = threading.Event()

    def fetch(address: str) -> str:
        if address != LIVE:
            over.wait(30)
            raise ConnectionError("too late")
        return PAGE

    samples = Samples([parse("sum(hits)")])
    with ThreadPoolExecutor(4) as threads:
        survey = Survey(samples, fetch, threads, troubles.append, within_s=0.3)
        survey.meet(pages_at(*(f"a{n}:1" for n in range(20)), LIVE))
        first = await survey.pages()
        assert set(first.values()) <= {None, PAGE}
        assert len([one for one in troubles if "not answered in 0.3 s" in one]) >= 20
        over.set()
    over.clear()
    with ThreadPoolExecutor(4) as threads:
        survey = Survey(samples, fetch, threads, troubles.append, within_s=0.3)
        survey.meet(pages_at(LIVE, "a:1"))
        assert await survey.pages() == {LIVE: PAGE, "a:1": None}
        survey.meet(pages_at(*(f"a{n}:1" for n in range(3)), "a:1", LIVE))
        assert (await survey.pages())[LIVE] == PAGE
        assert survey.up[LIVE]
        over.set()


async def test_a_page_that_is_none_is_a_fault() -> None:
    """It is told, and the process counts as one that does not answer."""
    samples = Samples([parse("sum(hits)"), parse("max(up)")])
    with ThreadPoolExecutor(1) as threads:
        survey = Survey(samples, lambda _: "hits many\n", threads, lambda _: None)
        survey.meet(pages_at(LIVE))
        pages = await survey.pages()
        (fault,) = survey.take(pages, 1_700_000_000.0)
    assert "metrics at z:1" in fault
    up = [series for series in samples if ("__name__", "up") in series.labels]
    assert up[0].newest(1_700_000_000.0) == 0


async def test_processes_are_bounded() -> None:
    """Those beyond are left out: a fault, and they count as not seen."""
    troubles: list[str] = []
    samples = Samples([parse("sum(hits)")])
    many = pages_at(*(f"a{n}:1" for n in range(MAX_PAGES + 5)))
    with ThreadPoolExecutor(8) as threads:
        survey = Survey(samples, lambda _: PAGE, threads, troubles.append)
        for _ in range(2):
            survey.meet(many)
            pages = await survey.pages()
            assert len(pages) == MAX_PAGES
            assert (len(survey.up), sum(survey.up.values())) == (205, 200)
            (fault,) = survey.take(pages, 1_700_000_000.0)
            assert fault == "more than 200 processes; the others' metrics are not read"
        survey.meet(many[5:])
        pages = await survey.pages()
        assert (len(survey.up), sum(survey.up.values())) == (200, 200)
        assert survey.take(pages, 1_700_000_015.0) == []
    assert troubles == []


async def test_loopback_of_another_machine_is_not_ours() -> None:
    """It would lead to a process here: that one counts as not seen, told once."""
    troubles: list[str] = []
    samples = Samples([parse("sum(hits)")])
    at = "127.0.0.1:1"
    with ThreadPoolExecutor(1) as threads:
        survey = Survey(samples, lambda _: PAGE, threads, troubles.append, machine="a")
        for _ in range(2):
            survey.meet([Page(at, "a"), Page(at, "b"), Page(LIVE)])
            assert await survey.pages() == {at: PAGE, LIVE: PAGE}
        assert survey.up == {at: True, f"{at} of b": False, LIVE: True}
        survey.meet([Page(at, "a")])
        assert survey.up == {at: True}
        survey.meet([Page(at, "b")])
        assert await survey.pages() == {}
    assert [one.partition(":1 of b: ")[0] for one in troubles] == [
        *("no metrics at 127.0.0.1", "no metrics at 127.0.0.1"),
    ]
