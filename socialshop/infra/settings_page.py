"""docs/settings.md, made from the settings: `python -m socialshop.infra.settings_page > docs/settings.md`."""

from __future__ import annotations

import sys
from typing import Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from socialshop.infra.settings import Settings

_HEAD = """# Settings

All settings come from the environment. This page is made from `socialshop/infra/settings.py`; a test compares the two.

| variable | default | meaning |
|---|---|---|
"""


def render() -> str:
    """The page."""
    return _HEAD + "".join(_row(name, field) for name, field in Settings.model_fields.items())


def _row(name: str, field: FieldInfo) -> str:
    variable = field.validation_alias or f"SOCIALSHOP_{name.upper()}"
    default = f"`{field.default}`" if field.default not in (None, "") else "none"
    return f"| `{variable}` | {default} | {field.description}{_choices(field)}{_bounds(field)} |\n"


def _choices(field: FieldInfo) -> str:
    if get_origin(field.annotation) is not Literal:
        return ""
    return f"; one of {', '.join(f'`{choice}`' for choice in get_args(field.annotation))}"


def _bounds(field: FieldInfo) -> str:
    least = next((m.ge for m in field.metadata if hasattr(m, "ge")), None)
    most = next((m.le for m in field.metadata if hasattr(m, "le")), None)
    if least is None:
        return ""
    return f"; {least} to {most}" if most is not None else f"; at least {least}"


if __name__ == "__main__":
    sys.stdout.write(render())
