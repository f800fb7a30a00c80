"""E-mail, by SMTP with TLS."""

import smtplib
import ssl
from collections.abc import Sequence
from contextlib import closing, suppress
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

from mainstay.monitoring.alerting.notice import Notice, NotSent
from mainstay.monitoring.alerting.senders.mail_line import MailLine
from mainstay.monitoring.exchange.deadline import Deadline
from mainstay.ports.clock import Clock

TIMEOUT_S = 8.0
MAX_SUBJECT_CHARACTERS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class MailServer:
    """Where mail is handed in.

    Args:
        host: its name; its certificate must be for it.
        port: 587 or 25 begin in the clear, 465 in TLS.
        user: who hands in, None for anybody.
        password: theirs.
        tls: ``starttls``, ``implicit``, or ``none`` for a server on this machine.
    """

    host: str
    port: int
    user: str | None = None
    password: str = ""
    tls: str = "starttls"


class Email:
    """Sends every notice to some addresses; implements ``Sender``.

    Args:
        server: where it is handed in.
        sender: the address it is from.
        to: the addresses it goes to.
        repeat_s: after how many seconds it tells again.
        clock: monotonic.
        trust: whom to believe that the server is who it says; None: the system's own.
    """

    name = "email"

    def __init__(
        self,
        server: MailServer,
        sender: str,
        to: Sequence[str],
        repeat_s: float,
        clock: Clock,
        trust: ssl.SSLContext | None = None,
    ) -> None:
        self._server = server
        self._sender = sender
        self._to = to
        self._trust = trust
        self._clock = clock
        self.repeat_s = repeat_s

    def send(self, notice: Notice) -> None:
        """Hand one message in.

        Raises:
            NotSent: it was not taken within 8 s in all, or for nobody.
        """
        message = message_of(notice, self._sender, self._to)
        deadline = Deadline(self._clock, TIMEOUT_S)
        try:
            with closing(self._connected(deadline)) as server:
                server.send_message(message)
                # It is taken: how they part changes nothing.
                with suppress(smtplib.SMTPException, OSError):
                    server.quit()
        except smtplib.SMTPResponseException as error:
            told = error.smtp_error
            text = told.decode("utf-8", "replace") if isinstance(told, bytes) else told
            raise NotSent(f"answered {error.smtp_code} {text}"[:300]) from None
        except (smtplib.SMTPException, OSError, ValueError) as error:
            raise NotSent(f"cannot be used: {type(error).__name__}: {error}") from None

    def _connected(self, deadline: Deadline) -> MailLine:
        to = self._server
        trust = self._trust or ssl.create_default_context()
        first = trust if to.tls == "implicit" else None
        server = MailLine(to.host, to.port, deadline, first)
        try:
            if to.tls == "starttls":
                server.starttls(context=trust)
            if to.user is not None:
                server.login(to.user, to.password)
        except BaseException:
            server.close()
            raise
        return server


def message_of(notice: Notice, sender: str, to: Sequence[str]) -> EmailMessage:
    """Return a notice as a message; all messages of a rule are one thread."""
    message = EmailMessage()
    message["From"], message["To"] = sender, ", ".join(to)
    message["Subject"] = notice.title[:MAX_SUBJECT_CHARACTERS]
    message["Date"] = formatdate(usegmt=True)
    host = sender.rpartition("@")[2]
    message["Message-ID"] = make_msgid(domain=host)
    thread = "".join(c if c.isalnum() else "-" for c in notice.key)
    message["References"] = f"<{thread}@{host}>"
    message["Auto-Submitted"] = "auto-generated"
    runbook = [f"What to do: {notice.runbook}"] if notice.runbook else []
    message.set_content("\n\n".join([notice.title, *notice.lines, *runbook]) + "\n")
    return message
