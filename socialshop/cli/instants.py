"""An instant as an option's value."""

from __future__ import annotations

from datetime import datetime

import click

from socialshop.kernel.errors import InvalidValue
from socialshop.kernel.time import parse_instant


class Instant(click.ParamType[datetime]):
    """RFC 3339 with a zone, such as 2026-01-31T12:00:00Z."""

    name = "instant"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            return parse_instant(str(value))
        except InvalidValue as error:
            self.fail(error.detail, param, ctx)


INSTANT = Instant()
