"""The `socialshop` console. Commands live beside this file, one subject a module, loaded when called."""

from __future__ import annotations

import click


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="socialshop")
def main() -> None:
    """socialshop: group buying with rewards that prove themselves."""
