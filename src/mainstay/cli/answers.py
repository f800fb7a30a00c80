"""``mainstay answers``: see, approve and remove what level 3 keeps."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from mainstay.cli.options import AsJson, Data

if TYPE_CHECKING:
    from mainstay.ports.answers import KeptAnswer

app = typer.Typer(
    help="See, approve and remove earlier answers of level 3.", rich_markup_mode=None
)

ACTOR = "cli"
"""Who did it, in the audit."""

AnswerId = Annotated[str, typer.Argument(help="Its id, as answers list shows it.")]


@app.command("list")
def list_answers(data: Data = None, as_json: AsJson = False) -> None:
    """List answers, 200 at most: shared ones, then the most and the last given."""
    from mainstay.cli.output import print_json, print_rows
    from mainstay.cli.store import with_store

    rows = [_row(answer) for answer in with_store(data, lambda s: s.answers.list())]
    if as_json:
        print_json(rows)
    else:
        print_rows(rows, "no earlier answers")


@app.command()
def approve(answer_id: AnswerId, data: Data = None, as_json: AsJson = False) -> None:
    """Let customers be given an answer from now on."""
    from mainstay.cli.store import with_store

    answer = with_store(data, lambda s: s.answers.approve(answer_id, ACTOR))
    _tell(answer, "is shared", as_json=as_json)


@app.command()
def remove(answer_id: AnswerId, data: Data = None, as_json: AsJson = False) -> None:
    """Erase an answer; no other takes its place while its time lasts."""
    from mainstay.cli.store import with_store

    answer = with_store(data, lambda s: s.answers.remove(answer_id, ACTOR))
    _tell(answer, "is removed", as_json=as_json)


def _tell(answer: "KeptAnswer", done: str, *, as_json: bool) -> None:
    from mainstay.cli.output import print_json

    if as_json:
        print_json(_row(answer))
    else:
        print(f"answer {answer.id} {done}")


def _row(answer: "KeptAnswer") -> dict[str, Any]:
    from mainstay.domain.moment import moment

    return {
        "id": answer.id,
        "shared": answer.shared,
        "reviewed": answer.reviewed,
        "customers": answer.customers,
        "kept_at": moment(answer.kept_at_ms),
        "expires_at": moment(answer.expires_at_ms),
        "edition": answer.edition,
        "question": answer.question,
        "text": answer.text,
    }
