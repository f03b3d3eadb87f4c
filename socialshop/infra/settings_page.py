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
# Read where they are needed, for they matter before there are settings, or to one command alone.
_OTHERS = {
    "SOCIALSHOP_PG_BINDIR": "folder of PostgreSQL's programs for the embedded server; without it those of the package",
    "SOCIALSHOP_VALKEY_BIN": "the embedded server's program; without it that of the package",
    "SOCIALSHOP_MEMBER_PASSWORD": "password for `member create`, kept out of the arguments that others can read",
    "SOCIALSHOP_LIFELINE": "a pipe's number that ties a process to its parent; the shop sets it by itself",
    "PROMETHEUS_MULTIPROC_DIR": "where web processes add up their counts; the web server sets it by itself",
    "SOCIALSHOP_TEST_DATA": "tests only: another folder under `var/` for their servers",
    "SOCIALSHOP_TEST_EXAMPLES": "tests only: how many examples of an operation the tests of the API try",
    "SOCIALSHOP_CHAOS": "tests only: `tenth` for a tenth of the kill, chaos and size runs",
}
_OTHERS_HEAD = """
## Others

| variable | meaning |
|---|---|
"""


def render() -> str:
    """The page."""
    rows = "".join(_row(name, field) for name, field in Settings.model_fields.items())
    return _HEAD + rows + _OTHERS_HEAD + "".join(f"| `{name}` | {meaning} |\n" for name, meaning in _OTHERS.items())


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
