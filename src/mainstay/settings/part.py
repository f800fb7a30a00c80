"""What every part of the settings is."""

from pydantic import BaseModel


class Part(BaseModel, defer_build=True):
    """Some of the settings.

    Only the whole is ever validated, so only the whole has a validator: it is built
    when the first settings are loaded.
    """
