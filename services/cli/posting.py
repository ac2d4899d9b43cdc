"""Posting JSON to one local address over HTTP. No proxy is asked, no redirection followed."""

import ipaddress
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import Final
from urllib.parse import SplitResult, urlsplit

from services.cli.failing import Failure

TIMEOUT: Final = 30.0
"""Seconds that the receiver may take for one fact."""

_DRAINED: Final = 64 * 1024


class NotTakenError(Exception):
    """The receiver did not take it; says how."""


class Post:
    """One address, over one connection that is opened again when it breaks."""

    def __init__(self, url: str, *, anywhere: bool, timeout: float = TIMEOUT) -> None:
        """Connects when something is sent.

        Args:
            url: Where to.
            anywhere: It may be another machine.
            timeout: Seconds that each attempt may take.

        Raises:
            Failure: It is no address of HTTP, or that of another machine.
        """
        self.url = url
        self._at = _checked(url, anywhere=anywhere)
        self._timeout = timeout
        self._line: HTTPConnection | None = None

    def send(self, body: bytes, headers: dict[str, str]) -> None:
        """Sends one body; returns when the receiver has taken it, which any status 2xx says.

        Raises:
            NotTakenError: It has not, or nobody knows.
        """
        try:
            line = self._line or self._opened()
            target = self._at.path or "/"
            line.request("POST", f"{target}?{self._at.query}" if self._at.query else target, body, headers)
            answer = line.getresponse()
            answer.read(_DRAINED)
        except (OSError, HTTPException) as error:
            self.close()
            raise NotTakenError(f"{type(error).__name__}: {error}".rstrip(": ")) from error
        if answer.will_close or not answer.isclosed():
            self.close()
        if answer.status // 100 != 2:  # noqa: PLR2004 - the hundred of success
            raise NotTakenError(f"it answered {answer.status} {answer.reason}".rstrip())

    def close(self) -> None:
        """Closes the connection, if there is one."""
        if self._line is not None:
            self._line.close()
            self._line = None

    def _opened(self) -> HTTPConnection:
        make = HTTPSConnection if self._at.scheme == "https" else HTTPConnection
        self._line = make(self._at.hostname or "", self._at.port, timeout=self._timeout)
        return self._line


def _checked(url: str, *, anywhere: bool) -> SplitResult:
    try:
        at = urlsplit(url)
        _ = at.port
    except ValueError:
        at = SplitResult("", "", "", "", "")
    if at.scheme not in {"http", "https"} or not at.hostname or at.username is not None:
        raise Failure(f"--post {url!r} is no address to post to: write http://127.0.0.1:PORT/path")
    if not anywhere and not _is_local(at.hostname):
        raise Failure(
            f"--post {url!r} is on another machine: what a chain says would leave this one. "
            "Post to 127.0.0.1, [::1] or localhost, or give --anywhere if that is meant and the way there is protected"
        )
    return at


def _is_local(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
