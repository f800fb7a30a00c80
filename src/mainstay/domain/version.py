"""The release, said once."""

VERSION = "0.1.0"
