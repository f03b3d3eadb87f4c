"""The door of the books. `post` and `reverse` are the only writers of entries, `seal` of blocks."""

from __future__ import annotations

from socialshop.ledger.journal import Entry, Posting
from socialshop.ledger.service.posting import Posted, post, reverse

__all__ = [
    "Entry",
    "Posted",
    "Posting",
    "post",
    "reverse",
]
