"""A real SMTP server in a thread of its own, with the mails that it took, and moods in which it takes none."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, LoginPassword

from tests.payment_shop import free_port


@dataclass
class MailServer:
    """`answers` are given, one a mail, before it takes any more: `451 later`, `550 no`, or `lost` for one that was
    taken and never acknowledged."""

    port: int = 0
    took: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    signed_in: list[tuple[str, str]] = field(default_factory=list)

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name
        answer = self.answers.pop(0) if self.answers else "250 OK"
        if answer in ("250 OK", "lost"):
            self.took.append(message_from_bytes(envelope.content, policy=policy.default))  # type: ignore[arg-type]
            self.recipients += envelope.rcpt_tos
        return "421 closing" if answer == "lost" else answer

    def check(self, _server: Any, _session: Any, _envelope: Any, _mechanism: str, given: Any) -> AuthResult:
        assert isinstance(given, LoginPassword)
        self.signed_in.append((given.login.decode(), given.password.decode()))
        return AuthResult(success=True)

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}"


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """A server on a free port."""
    server = MailServer(free_port())
    controller = Controller(
        server, hostname="127.0.0.1", port=server.port, authenticator=server.check, auth_require_tls=False
    )
    controller.start()
    try:
        yield server
    finally:
        controller.stop()
