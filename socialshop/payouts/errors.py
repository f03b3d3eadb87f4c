"""What payouts refuse."""

from __future__ import annotations

from socialshop.kernel.errors import DomainError, Kind


class SelfApproval(DomainError):
    """Nobody decides about an own payout request or says that it failed, nor approves one of an account that they
    made a link into."""

    code = "self_approval"
    kind = Kind.FORBIDDEN


class PayoutNotOpen(DomainError):
    """The payout request has moved on: this can no longer be done to it."""

    code = "payout_not_open"
    kind = Kind.CONFLICT


class MoneyHeld(DomainError):
    """A finding holds the member's money: somebody decides about the finding first."""

    code = "money_held"
    kind = Kind.CONFLICT


class CaseClaimed(DomainError):
    """Another reviewer has claimed the case for a while; the facts say who (`claimed_by`) and until when."""

    code = "case_claimed"
    kind = Kind.CONFLICT


class DestinationCooling(DomainError):
    """The account was named lately in place of another: whoever took the member's account over must not be quicker
    than the member, who was told."""

    code = "destination_cooling"
    kind = Kind.CONFLICT


class PayeeUnverified(DomainError):
    """The member's real name is not verified: before that nothing is asked for, approved or paid."""

    code = "payee_unverified"
    kind = Kind.CONFLICT


class PayeeDecided(DomainError):
    """The name is verified already, or being checked right now: there is nothing for a person to decide."""

    code = "payee_decided"
    kind = Kind.CONFLICT


class PayoutRulesOver(DomainError):
    """These rules are signed, stopped, or others were published since: they do not wait to be signed."""

    code = "payout_rules_over"
    kind = Kind.CONFLICT


class NothingToPay(DomainError):
    """No approved request waits for this channel and currency."""

    code = "nothing_to_pay"
    kind = Kind.CONFLICT


class ReleasedByApprover(DomainError):
    """Who releases a batch must have approved none of its requests."""

    code = "released_by_approver"
    kind = Kind.FORBIDDEN


class ReleasedByRequester(DomainError):
    """Who releases a batch must have asked for none of its requests."""

    code = "released_by_requester"
    kind = Kind.FORBIDDEN


class BatchNotReleased(DomainError):
    """The batch has not been released: no money may leave, so there is no file and no result."""

    code = "batch_not_released"
    kind = Kind.CONFLICT


class BatchChanged(DomainError):
    """The batch no longer hashes to what was frozen: somebody changed what is to be paid, or to whom."""

    code = "batch_changed"
    kind = Kind.CONFLICT


class ResultConflict(DomainError):
    """The item has another result already; a result is told once, and only what was paid may be returned after."""

    code = "result_conflict"
    kind = Kind.CONFLICT


class ResultsRefused(DomainError):
    """A table of results has bad lines, each named in `lines`; nothing of it was taken."""

    code = "results_refused"
    kind = Kind.INVALID


class PayoutFileRefused(DomainError):
    """The batch cannot be such a file: no account to pay from, no IBAN to pay to, or an account erased since."""

    code = "payout_file_refused"
    kind = Kind.INVALID
