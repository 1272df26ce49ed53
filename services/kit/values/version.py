"""Which version this is: the package and the command read it here, for sources that run uninstalled have no other place
to say it."""

VERSION = "2026.11.0"
