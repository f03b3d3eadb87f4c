"""The paths of the shop, as Flask keeps them: what writes one out is compiled when one is first written.

Werkzeug compiles two functions for each of six hundred paths when they are named: a fifth of a second of a processor,
for every command and every worker, which write few paths or none.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from werkzeug.routing import Rule


class LateRule(Rule):
    """A path that compiles its writers late. Werkzeug's own way of matching and writing is left as it is."""

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        compile_now, writer = super()._compile_builder, None

        def write(rule: Rule, /, **values: Any) -> tuple[str, str]:
            nonlocal writer
            writer = writer or compile_now(append_unknown)
            return writer(rule, **values)

        return write
