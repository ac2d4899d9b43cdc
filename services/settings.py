"""The settings of the programs, and the only reader of the environment. Command-line options win over all of them."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

DEFAULT_PORT: Final = 50051
"""Where `coi serve` listens and the reading commands ask, unless told otherwise."""

SEVERITIES: Final = ("debug", "info", "warning")
"""What `COI_LOG` may be; `debug` has a line for each call."""
MOST_STANDBYS: Final = 8
"""More standbys than anybody waits for."""

LONGEST_NOTICE: Final = 60
"""Seconds that anybody gives a balancer."""

_HIGHEST_PORT: Final = 65535


class SettingsError(Exception):
    """A setting cannot be used; the message names the variable, the value and what would do."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the environment says, with defaults that suit one machine.

    Attributes:
        host: Address to listen on (`COI_HOST`).
        port: Port to listen on, 0 for any free one (`COI_PORT`).
        http: Host and port to answer HTTP on, port 0 for any free one; nowhere when left out (`COI_HTTP`).
        metrics: Host and port to answer an operator's instruments on; nowhere when left out (`COI_METRICS`).
        standbys: How many must confirm each commit; 0 for as the server is set (`COI_STANDBYS`).
        log: Least severity that is logged: `debug`, `info` or `warning` (`COI_LOG`).
        notice: Seconds between telling health that the server stops and taking no more calls (`COI_NOTICE`).
        target: Server that reading commands ask (`COI_TARGET`).
        dsn: Postgres to use instead of an embedded one (`COI_DSN`).
        data: Folder of the embedded Postgres (`COI_DATA`).
        origin: Name of a log that is made here; one that exists must bear it (`COI_ORIGIN`).
    """

    host: str = "127.0.0.1"
    port: int = DEFAULT_PORT
    http: str | None = None
    metrics: str | None = None
    standbys: int = 0
    log: str = "info"
    notice: int = 0
    target: str = f"localhost:{DEFAULT_PORT}"
    dsn: str | None = None
    data: Path = Path("coi-data")
    origin: str | None = None


def read(environment: Mapping[str, str] | None = None) -> Settings:
    """Reads the settings; an empty variable counts as absent.

    Args:
        environment: Where to read; the process's own environment when left out.

    Raises:
        SettingsError: One of them cannot be used.
    """
    found = os.environ if environment is None else environment
    standard = Settings()
    port = _port(found.get("COI_PORT") or str(standard.port))
    return Settings(
        host=found.get("COI_HOST") or standard.host,
        port=port,
        http=http_address(found["COI_HTTP"], "COI_HTTP") if found.get("COI_HTTP") else None,
        metrics=http_address(found["COI_METRICS"], "COI_METRICS") if found.get("COI_METRICS") else None,
        standbys=_number(found, "COI_STANDBYS", "how many must confirm each commit", MOST_STANDBYS),
        notice=_number(found, "COI_NOTICE", "seconds", LONGEST_NOTICE),
        log=_severity(found.get("COI_LOG") or standard.log),
        target=found.get("COI_TARGET") or f"localhost:{port or DEFAULT_PORT}",
        dsn=found.get("COI_DSN") or None,
        data=Path(found.get("COI_DATA") or standard.data),
        origin=found.get("COI_ORIGIN") or None,
    )


def http_address(text: str, name: str) -> str:
    """Checks where to answer HTTP, be it for callers or for instruments.

    Args:
        text: What was given.
        name: The option or variable by which it was given.

    Raises:
        SettingsError: It is not a host and a port.
    """
    host, _, port = text.rpartition(":")
    if not host or (":" in host and not (host.startswith("[") and host.endswith("]"))) or not _is_port(port):
        raise SettingsError(f"{name} is {text!r}: give HOST:PORT, such as 127.0.0.1:8401 or [::1]:8401")
    return text


def quieten_grpc() -> None:
    """Keeps gRPC's own log off the terminal: what it has to say we say in words. Call it before grpc is imported."""
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")


def _port(text: str) -> int:
    if not _is_port(text):
        raise SettingsError(f"COI_PORT is {text!r}: give a number from 0 (any free port) to {_HIGHEST_PORT}")
    return int(text)


def _number(found: Mapping[str, str], name: str, what: str, most: int) -> int:
    text = found.get(name) or "0"
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(most)) and int(text) <= most):
        raise SettingsError(f"{name} is {text!r}: give {what}, 0 to {most}")
    return int(text)


def _severity(text: str) -> str:
    if text not in SEVERITIES:
        raise SettingsError(f"COI_LOG is {text!r}: give one of {', '.join(SEVERITIES)}")
    return text


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= len(str(_HIGHEST_PORT)) and int(text) <= _HIGHEST_PORT
