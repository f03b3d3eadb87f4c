"""How a member proves who asks: by the password, on forms that change how the account is reached, or by a passkey."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from socialshop.identity.service import WrongPassword
from socialshop.kernel.ids import to_public
from socialshop.pages.visit import Visit
from socialshop.pages.wording import sentence_of
from socialshop.web import limits


@contextmanager
def own_password(visit: Visit, field: str) -> Iterator[None]:
    """Count wrong ones as at signing in, and say so beside `field`: a page may ask for the password several times."""
    whose = to_public("mbr", visit.caller.member_id)
    try:
        with limits.counted(whose, WrongPassword):
            yield
    except WrongPassword as wrong:
        visit.form.errors[field] = sentence_of(wrong)
        visit.form.refuse()
