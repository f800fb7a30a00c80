"""The checks of what is beside the processes: models, secrets, log, alerts, pages."""

from datetime import UTC, date, datetime

from mainstay.assembly.alerting import rules_path
from mainstay.assembly.checklist.log_probe import LogProbe
from mainstay.assembly.checklist.notifier import Notifier
from mainstay.assembly.checklist.site import Site
from mainstay.assembly.providers import open_models
from mainstay.assembly.rotation import rotation_of
from mainstay.checklist.alerting import AlertingSet, Pager
from mainstay.checklist.alertmanager import Alertmanager
from mainstay.checklist.models import FallbackAvailable, ModelFacts
from mainstay.checklist.redaction import LoggingConfigured
from mainstay.checklist.rules_file import RulesFile
from mainstay.checklist.runbooks import RunbooksWritten
from mainstay.checklist.secrets import SecretsManaged
from mainstay.checklist.web import ask
from mainstay.domain.errors import MainstayError
from mainstay.models.directory import called, listed
from mainstay.models.retirements import RETIREMENTS
from mainstay.settings import ManagedSecret, Settings, of_file
from mainstay.settings.model import variables
from mainstay.system.clock import SystemClock
from mainstay.system.ids import SystemIds


def models_of(site: Site) -> FallbackAvailable:
    """Return the check of both models, at the first provider."""
    settings = site.settings
    named = {
        "CLAUDE_MODEL": settings.claude_model,
        "FALLBACK_MODEL": settings.fallback_model,
    }

    async def find(model: str) -> ModelFacts | None:
        if settings.providers[0] == "anthropic":
            key = settings.anthropic_api_key
            if key is None:
                raise MainstayError("ANTHROPIC_API_KEY not set; set it")
            where = (key.get_secret_value(), settings.anthropic_base_url)
            found = await listed(model, *where, SystemClock())
        else:
            secret = rotation_of(settings, site.telemetry).secret("ANTHROPIC_API_KEY")
            models = open_models(site.stack, settings, None, secret)
            found = await called(model, models[settings.providers[0]])
        return None if found is None else ModelFacts(found.lifecycle, found.retires_on)

    return FallbackAvailable(
        named, settings.fallback_enabled, find, RETIREMENTS, today()
    )


def secrets_of(site: Site) -> SecretsManaged:
    """Return the check of where secrets come from."""
    settings = site.settings
    names = {
        var.name
        for field, (var, _) in variables().items()
        if var.secret and getattr(settings, field) is not None
    }
    files = names & settings.files.keys()
    managed = names & settings.managed

    def read_again() -> None:
        for name in sorted(files):
            of_file(name, settings.files[name])
        if settings.secrets is not None:
            ManagedSecret(settings.secrets, site.env).read()

    return SecretsManaged(
        names - files - managed, files, managed, read_again, site.is_production
    )


def log_of(site: Site) -> LoggingConfigured:
    """Return the check of the log."""
    probe = LogProbe(site.settings.env)
    return LoggingConfigured([probe], site.is_production, SystemIds())


def alerts_of(site: Site) -> AlertingSet:
    """Return the check of rules and of who brings alerts."""
    settings, pagers = site.settings, list[Pager]()
    if settings.alerts_somebody:
        pagers.append(Notifier(settings))
    if (url := settings.alertmanager_url) is not None:
        pagers.append(Alertmanager(url, ask, SystemIds(), SystemClock()))
    return AlertingSet(rules_of(settings), pagers)


def runbooks_of(site: Site) -> RunbooksWritten:
    """Return the check of the pages."""
    settings = site.settings
    return RunbooksWritten(rules_of(settings), settings.runbooks, today())


def rules_of(settings: Settings) -> RulesFile:
    """Return the alert rules of the deployment."""
    return RulesFile(rules_path(settings))


def today() -> date:
    """Return the date in UTC."""
    return datetime.fromtimestamp(SystemClock().now_ms() / 1000, UTC).date()
