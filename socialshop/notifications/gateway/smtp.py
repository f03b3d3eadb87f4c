"""Handing mails over, by SMTP (RFC 5321): the standard library's client, connections that last as long as a round.

The library is used as it is: an extension of Flask would bring settings of its own and a connection that outlives the
claim of a mail. What the server says is never kept, its code alone: it may repeat the address.
"""

from __future__ import annotations

import smtplib
import ssl
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from email.message import EmailMessage
from typing import Protocol
from urllib.parse import unquote, urlsplit

from socialshop.infra.outside import OutcomeUnknown, Refused

_SECONDS = 10
_PORTS = {"smtp": 587, "smtps": 465}
_FINAL = 500
# Servers bound how many mails they take on one connection.
_MAILS_A_CONNECTION = 50


HandOver = Callable[[EmailMessage], None]
"""Gives a mail away. Raises Refused (for good), OutcomeUnknown (try again: its Message-ID is its key)."""


class Postman(Protocol):
    """Somebody who takes mails."""

    def round(self) -> AbstractContextManager[HandOver]:
        """Takes mails, from any thread, for as long as the block runs."""


class SmtpPostman:
    """A server of the address `smtp://[user:password@]host[:port]`, or `smtps://…`."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or not parts.hostname:
            # Not the URL itself: a password stands in it.
            raise ValueError("SOCIALSHOP_SMTP_URL: an address such as smtp://user:password@host:587 is wanted")
        self._wrapped = parts.scheme == "smtps"
        self._host, self._port = parts.hostname, parts.port or _PORTS[parts.scheme]
        self._user, self._password = unquote(parts.username or ""), unquote(parts.password or "")

    def __repr__(self) -> str:
        return f"SmtpPostman({self._host}:{self._port})"

    @contextmanager
    def round(self) -> Iterator[HandOver]:
        """See Postman. A connection that took a mail takes the next; those open at the end are closed."""
        lines = _Lines(self._connected)
        try:
            yield lines.hand_over
        finally:
            lines.close()

    def _connected(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        server: smtplib.SMTP
        if self._wrapped:
            server = smtplib.SMTP_SSL(self._host, self._port, timeout=_SECONDS, context=context)
        else:
            server = smtplib.SMTP(self._host, self._port, timeout=_SECONDS)
            server.ehlo()
            if server.has_extn("starttls"):
                server.starttls(context=context)
                server.ehlo()
            elif self._user:
                server.close()
                raise OutcomeUnknown("no TLS offered: the password is not sent in the clear")
        if self._user:
            server.login(self._user, self._password)
        return server


class _Lines:
    """Connections that are free. What a thread does not find here it opens; a broken one does not come back."""

    def __init__(self, connect: Callable[[], smtplib.SMTP]) -> None:
        self._connect = connect
        self._free: deque[tuple[smtplib.SMTP, int]] = deque()

    def hand_over(self, message: EmailMessage) -> None:
        """Give one mail away on a free connection."""
        try:
            server, used = self._free.pop() if self._free else (self._connect(), 0)
        except IndexError:
            # Another thread was quicker.
            return self.hand_over(message)
        except smtplib.SMTPResponseException as error:
            raise _failure(error.smtp_code) from None
        except (smtplib.SMTPException, OSError) as error:
            raise OutcomeUnknown(type(error).__name__) from None
        try:
            _send(server, message)
        finally:
            if server.sock is not None and used + 1 < _MAILS_A_CONNECTION:
                self._free.append((server, used + 1))
            else:
                _hang_up(server)
        return None

    def close(self) -> None:
        """Hang up politely."""
        while self._free:
            _hang_up(self._free.pop()[0])


def _send(server: smtplib.SMTP, message: EmailMessage) -> None:
    try:
        server.send_message(message)
    except smtplib.SMTPRecipientsRefused as error:
        code = max(code for code, _ in error.recipients.values())
        raise _failure(code) from None
    except smtplib.SMTPResponseException as error:
        raise _failure(error.smtp_code) from None
    except (smtplib.SMTPException, OSError) as error:
        server.close()
        raise OutcomeUnknown(type(error).__name__) from None


def _hang_up(server: smtplib.SMTP) -> None:
    with suppress(smtplib.SMTPException, OSError):
        server.quit()
    server.close()


def _failure(code: int) -> Refused | OutcomeUnknown:
    """A code of 500 and above is final (RFC 5321, 4.2.1), but for those about how we signed in: those are mended."""
    about_us = {530, 534, 535, 538}
    return Refused(f"smtp {code}") if code >= _FINAL and code not in about_us else OutcomeUnknown(f"smtp {code}")
