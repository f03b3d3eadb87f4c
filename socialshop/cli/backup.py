"""`socialshop backup` and `socialshop restore`: the whole shop in a folder, and back, proved."""

from __future__ import annotations

import hashlib
import secrets
import shutil
from pathlib import Path

import click

from socialshop.cli.books import in_words, proofs, read_heads
from socialshop.cli.shop import (
    configure_logging,
    data_dir_option,
    open_servers_of,
    open_shop,
    read_settings,
    shop_on,
    wired_shop,
)
from socialshop.infra import backup as database
from socialshop.infra import wired
from socialshop.infra.chain import KEY_FILE
from socialshop.infra.servers import StartupError
from socialshop.infra.settings import Settings
from socialshop.infra.uow import unit_of_work
from socialshop.ledger import service as ledger

_DUMP, _HEAD = "shop.dump", "head.json"
# As `sha256sum` writes and checks it.
_SUMS = "SHA256SUMS"


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@data_dir_option
def backup(folder: Path) -> None:
    """Write the database and the signed head of the seals into the new FOLDER, with their sums, while the shop goes on.

    The shop's keys are not in it: keep `signing.key` of the data folder, or the settings that name the keys, elsewhere.
    """
    if folder.exists():
        raise StartupError(f"{folder} is there already: a backup goes into a new folder")
    # Whoever finds the folder finds it whole.
    draft = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.part")
    draft.mkdir(mode=0o700, parents=True)
    try:
        with open_shop(existing=True):
            # The head first: the dump holds at least what it speaks of.
            (draft / _HEAD).write_text(_signed_heads() + "\n")
            database.dump(_url(wired.settings()), draft / _DUMP)
            own = wired.settings()
            key = None if own.signing_key is not None else own.data_dir / KEY_FILE
        (draft / _SUMS).write_text(_sums(draft))
        draft.rename(folder)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    size = (folder / _DUMP).stat().st_size
    click.echo(f"{folder}: the shop in {size / 1_000_000:.1f} MB, with the head of its seals")
    if key is not None:
        click.echo(f"Keep a copy of {key} elsewhere too: without it no restore can be proved.")


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@data_dir_option
def restore(folder: Path) -> None:
    """Bring the backup in FOLDER, if it is whole, into an empty database, all of it or nothing, and prove its books.

    The data folder needs the `signing.key` of the shop that was backed up, or SOCIALSHOP_SIGNING_KEY.
    """
    _refuse_what_is_not_whole(folder)
    settings = read_settings()
    configure_logging(settings, quiet=True)
    with open_servers_of(settings) as reached:
        with wired_shop(reached):
            heads = read_heads(folder / _HEAD)
        database.restore(_url(reached), folder / _DUMP)
        with shop_on(reached, owned=settings.database_url is None):
            found = proofs(heads)
    click.echo(in_words(found))
    if not found.holds:
        raise click.exceptions.Exit(1)


def _sums(folder: Path) -> str:
    """The SHA-256 of each file of a backup, a line a file."""
    return "".join(f"{_sum(folder / name)}  {name}\n" for name in (_DUMP, _HEAD))


def _sum(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _refuse_what_is_not_whole(folder: Path) -> None:
    """Raises StartupError naming the file that is missing, or is not as it was written."""
    for name in (_DUMP, _HEAD, _SUMS):
        if not (folder / name).is_file():
            raise StartupError(f"{folder} is no backup: it holds no {name}")
    written = (folder / _SUMS).read_text().splitlines()
    for name in (_DUMP, _HEAD):
        if f"{_sum(folder / name)}  {name}" not in written:
            raise StartupError(f"{folder / name} is not what was backed up: its SHA-256 is not the one in {_SUMS}")


def _signed_heads() -> str:
    with unit_of_work(isolation="REPEATABLE READ") as uow:
        return ledger.export_heads(uow, wired.settings().data_dir)


def _url(settings: Settings) -> str:
    assert settings.database_url is not None
    return settings.database_url.get_secret_value()
