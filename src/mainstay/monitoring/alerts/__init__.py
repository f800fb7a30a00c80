"""What is alerted on: one file of rules, for Prometheus and for the notifier here."""

from importlib.resources import files

FILE = "rules.yml"


def rules() -> str:
    """Return the rules, as Prometheus reads them."""
    return files(__name__).joinpath(FILE).read_text("utf-8")
