"""The embedded smarthost: a scripted SMTP and LMTP submission server for tests (see README)."""

from .script import Script
from .server import Smarthost

__all__ = ["Script", "Smarthost"]
