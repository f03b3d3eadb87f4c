"""The provider's own books: what each payment holds, took and gave back, and which key asked for what.

Independent of the shop's rules on purpose, for it is what the shop's books are compared with. A command under a key has
its effect once: the same key and content give the same answer again, other content is refused. What is refused changes
nothing and is not remembered under its key. Not thread-safe; the file's owner serializes (journal.py).
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from socialshop.kernel.ids import new_id, to_public

Answer = dict[str, Any]


class Refusal(Exception):
    """An answer other than success: HTTP status and code."""

    def __init__(self, status: int, code: str) -> None:
        super().__init__(code)
        self.status = status
        self.code = code


@dataclass(frozen=True, slots=True)
class Refund:
    """Money given back; `reference` is the shop's name for it."""

    reference: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class Dispute:
    """Money that the buyer's bank took back; `status` is open, won or lost. Instants are RFC 3339."""

    id: str
    amount_minor: int
    reason: str
    status: str
    opened_at: str
    due_at: str


@dataclass(frozen=True, slots=True)
class Movement:
    """Money that moved; `item` is the refund's reference or the dispute's id."""

    id: str
    kind: str
    payment: str
    item: str | None
    amount_minor: int
    currency: str
    at: str


@dataclass(frozen=True, slots=True)
class Payment:
    """One payment; `attempt` is the key under which a buyer last tried to pay it.

    `mandate` names the right to charge the buyer again, where paying this gave it and it has not ended.
    `capture_before` is the instant (RFC 3339) until which held money can be taken. `instrument` is the same for the
    same card, whoever pays with it; None where the buyer named none.
    """

    id: str
    reference: str
    amount_minor: int
    currency: str
    status: str = "created"
    captured_minor: int = 0
    refunds: tuple[Refund, ...] = ()
    attempt: str | None = None
    mandate: str | None = None
    capture_before: str | None = None
    instrument: str | None = None
    disputes: tuple[Dispute, ...] = ()

    @property
    def refunded_minor(self) -> int:
        """What went back so far."""
        return sum(refund.amount_minor for refund in self.refunds)

    @property
    def disputed_minor(self) -> int:
        """What banks took back and did not give again."""
        return sum(dispute.amount_minor for dispute in self.disputes if dispute.status != "won")

    def shown(self) -> Answer:
        """The object as the API shows it."""
        shown = asdict(self)
        return {**shown, "refunds": list(shown["refunds"]), "disputes": list(shown["disputes"])}

    @classmethod
    def read(cls, shown: Answer) -> Payment:
        """The payment behind a shown object."""
        refunds = tuple(Refund(**refund) for refund in shown["refunds"])
        disputes = tuple(Dispute(**dispute) for dispute in shown.get("disputes", ()))
        return cls(**{**shown, "refunds": refunds, "disputes": disputes})


@dataclass(frozen=True, slots=True)
class Notice:
    """A webhook to send, `copies` times."""

    id: str
    type: str
    payment: str
    copies: int = 1


@dataclass(frozen=True, slots=True)
class Command:
    """What is asked under a key. `target` is the payment's id, or empty where one is made.

    `declined`: the buyer's bank says no to a charge. `holds_until`: until when money that is held now can be taken.
    `at`, `due_at`: now, and until when a dispute that is opened now may be answered. None is a part of what is asked.
    """

    kind: str
    target: str
    body: Answer
    declined: bool = False
    holds_until: str | None = None
    at: str = ""
    due_at: str = ""

    @property
    def hash(self) -> str:
        """Of the whole content; two commands under one key must agree in it."""
        content = "\n".join([self.kind, self.target, *(f"{k}={self.body[k]!r}" for k in sorted(self.body))])
        return hashlib.sha256(content.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the books: a command that had its effect, its answer for ever, and the notice that follows."""

    key: str
    hash: str
    answer: Answer
    notice: Notice | None
    at: str = ""


@dataclass(slots=True)
class Books:
    """All payments, all keys, the notices not yet delivered, and every movement of money in its order."""

    payments: dict[str, Payment] = field(default_factory=dict)
    keys: dict[str, Line] = field(default_factory=dict)
    undelivered: dict[str, Notice] = field(default_factory=dict)
    movements: list[Movement] = field(default_factory=list)
    _mandates: set[str] = field(default_factory=set)
    _references: dict[str, str] = field(default_factory=dict)

    def decide(self, key: str, command: Command) -> Line | None:
        """The line that this command adds; None if it stands there already. Changes nothing. Raises Refusal."""
        known = self.keys.get(key)
        if known is not None:
            if known.hash != command.hash:
                raise Refusal(422, "key_reused")
            return None
        if command.kind == "create":
            return Line(key, command.hash, self._create(command.body).shown(), None, command.at)
        before = self.payment(command.target)
        if command.kind == "charge":
            after = self._charge(before, key, command)
        elif command.kind == "dispute":
            after = _dispute(before, command)
        else:
            after = _COMMANDS[command.kind](before, key, command.body)
        if before.status != after.status == "authorized":
            after = replace(after, capture_before=command.holds_until)
        return Line(key, command.hash, after.shown(), _notice(key, command, before, after), command.at)

    def take(self, line: Line) -> None:
        """Let a line take effect: a new one, or one read from the file."""
        payment = Payment.read(line.answer)
        before = self.payments.get(payment.id)
        if before is not None and before.mandate is not None and payment.mandate is None:
            self._mandates.discard(before.mandate)
        if before is not None:
            self.movements += _movements(line, before, payment)
        self.payments[payment.id] = payment
        self._references[payment.reference] = payment.id
        self.keys[line.key] = line
        if payment.mandate is not None:
            self._mandates.add(payment.mandate)
        if line.notice is not None:
            self.undelivered[line.notice.id] = line.notice

    def delivered(self, notice_id: str) -> None:
        """The shop took every copy of this notice."""
        self.undelivered.pop(notice_id, None)

    def payment(self, payment_id: str) -> Payment:
        """The payment. Raises Refusal if there is none."""
        if payment_id not in self.payments:
            raise Refusal(404, "no_such_payment")
        return self.payments[payment_id]

    def _create(self, body: Answer) -> Payment:
        if body["reference"] in self._references:
            raise Refusal(409, "reference_used")
        return Payment(to_public("sp", new_id()), body["reference"], body["amount_minor"], body["currency"])

    def _charge(self, payment: Payment, key: str, command: Command) -> Payment:
        """Pay by a mandate that another payment gave."""
        if command.body["mandate"] not in self._mandates:
            raise Refusal(404, "no_such_mandate")
        return _pay(payment, key, {"outcome": "failed" if command.declined else "succeeded"})


def _pay(payment: Payment, key: str, body: Answer) -> Payment:
    if payment.status == "released":
        raise Refusal(409, "already_released")
    if payment.status not in ("created", "failed"):
        return payment
    if body["outcome"] == "failed":
        return replace(payment, status="failed", attempt=key)
    mandate = to_public("sm", new_id()) if body.get("keep") else None
    card = body.get("card")
    instrument = f"fp_{hashlib.sha256(card.encode()).hexdigest()[:24]}" if card else None
    return replace(payment, status="authorized", attempt=key, mandate=mandate, instrument=instrument)


def _capture(payment: Payment, _key: str, body: Answer) -> Payment:
    if payment.status == "released":
        raise Refusal(409, "already_released")
    if payment.status in ("created", "failed"):
        raise Refusal(409, "not_authorized")
    captured = payment.captured_minor + body["amount_minor"]
    if captured > payment.amount_minor:
        raise Refusal(409, "over_capture")
    return replace(payment, status="captured", captured_minor=captured)


def _release(payment: Payment, _key: str, _body: Answer) -> Payment:
    if payment.status == "released":
        raise Refusal(409, "already_released")
    if payment.status != "authorized":
        raise Refusal(409, "already_captured" if payment.captured_minor else "not_authorized")
    return replace(payment, status="released")


def _refund(payment: Payment, _key: str, body: Answer) -> Payment:
    if any(refund.reference == body["reference"] for refund in payment.refunds):
        raise Refusal(409, "reference_used")
    if any(dispute.status == "open" for dispute in payment.disputes):
        raise Refusal(409, "disputed")
    refund = Refund(body["reference"], body["amount_minor"])
    refunded = payment.refunded_minor + refund.amount_minor
    if refunded + payment.disputed_minor > payment.captured_minor:
        raise Refusal(409, "over_refund")
    status = "refunded" if refunded == payment.captured_minor else payment.status
    return replace(payment, status=status, refunds=(*payment.refunds, refund))


def _dispute(payment: Payment, command: Command) -> Payment:
    """The buyer's bank takes money back until it is decided who is right."""
    amount = command.body["amount_minor"]
    if payment.refunded_minor + payment.disputed_minor + amount > payment.captured_minor:
        raise Refusal(409, "over_dispute")
    new = Dispute(to_public("sd", new_id()), amount, command.body["reason"], "open", command.at, command.due_at)
    return replace(payment, disputes=(*payment.disputes, new))


def _close_dispute(payment: Payment, _key: str, body: Answer) -> Payment:
    found = [dispute for dispute in payment.disputes if dispute.id == body["dispute"]]
    if not found:
        raise Refusal(404, "no_such_dispute")
    if found[0].status != "open":
        raise Refusal(409, "already_decided")
    decided = (replace(one, status=body["verdict"]) if one == found[0] else one for one in payment.disputes)
    return replace(payment, disputes=tuple(decided))


def _end_mandate(payment: Payment, _key: str, _body: Answer) -> Payment:
    if payment.mandate is None:
        raise Refusal(404, "no_such_mandate")
    return replace(payment, mandate=None)


_COMMANDS = {
    "pay": _pay,
    "capture": _capture,
    "release": _release,
    "refund": _refund,
    "end_mandate": _end_mandate,
    "close_dispute": _close_dispute,
}
_TYPES = {"capture": "captured", "release": "released", "refund": "refunded"}


def _notice(key: str, command: Command, before: Payment, after: Payment) -> Notice | None:
    """None where nothing happened to the money, and where the buyer asked for silence."""
    outcome = command.body.get("outcome")
    if after == before or outcome == "timeout" or command.kind == "end_mandate":
        return None
    kind = f"payment.{_TYPES.get(command.kind, after.status)}"
    if after.disputes != before.disputes:
        kind = f"dispute.{command.body.get('verdict', 'opened')}"
    name = hashlib.sha256(key.encode()).hexdigest()[:26]
    return Notice(f"evt_{name}", kind, after.id, copies=3 if outcome == "duplicate" else 1)


def _movements(line: Line, before: Payment, after: Payment) -> list[Movement]:
    """What money a line moved; books of an earlier version say no time, and are not listed."""
    moved: list[tuple[str, str | None, int]] = []
    if after.captured_minor > before.captured_minor:
        moved.append(("captured", None, after.captured_minor - before.captured_minor))
    moved += [("refunded", each.reference, each.amount_minor) for each in after.refunds[len(before.refunds) :]]
    known = {dispute.id: dispute.status for dispute in before.disputes}
    for each in after.disputes:
        if each.id not in known:
            moved.append(("disputed", each.id, each.amount_minor))
        elif (known[each.id], each.status) == ("open", "won"):
            moved.append(("dispute_won", each.id, each.amount_minor))
    name = hashlib.sha256(line.key.encode()).hexdigest()[:26]
    return [
        Movement(f"mv_{name}", kind, after.id, item, amount, after.currency, line.at)
        for kind, item, amount in moved
        if line.at
    ]
