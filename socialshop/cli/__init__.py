"""The `socialshop` console. Commands live beside this file, one subject a module, loaded when called."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from typing import Any, NamedTuple

import click
from click.exceptions import NoArgsIsHelpError

# As a shell counts a program that SIGPIPE ended.
_CUT_OFF = 141


class Place(NamedTuple):
    """Where a command lives and what it does, so that `--help` need not load it (numpy alone takes a while)."""

    module: str
    attribute: str
    summary: str


COMMANDS = {
    "run": Place("run", "run", "Everything for one machine: servers, web, workers."),
    "serve": Place("run", "serve", "The web server alone."),
    "work": Place("run", "work", "Job workers, relay and schedule alone."),
    "watch": Place("run", "watch", "The process that holds who watches rooms live, alone."),
    "migrate": Place("run", "migrate", "Bring the database's schema to this program's version."),
    "demo": Place("demo", "demo", "Fill an empty shop with generated members and orders."),
    "member": Place("members", "member", "Create members from the console."),
    "import": Place("imports", "import_", "Bring in members and orders from CSV files."),
    "plan": Place("plans", "plan", "Publish commission plans."),
    "settle": Place("commissions", "settle", "Settle what has matured into the wallets."),
    "replay": Place("commissions", "replay", "Recompute every accrual from its snapshot."),
    "jobs": Place("jobs", "jobs", "Look at what was given up or set aside, and put it back."),
    "export": Place("export", "export", "Write accruals, the ledger or the signed head."),
    "prove": Place("books", "prove", "Recompute the books and name the first difference."),
    "verify-head": Place("books", "verify_head", "Check an exported head against the shop's public key, offline."),
    "reconcile": Place("payments", "reconcile", "Hold a day of the payment providers' records against the books."),
    "backup": Place("backup", "backup", "Write the whole shop into a new folder."),
    "restore": Place("backup", "restore", "Bring a backup into an empty shop and prove it."),
    "referrals": Place("referrals", "referrals", "Look at and correct the sponsor tree."),
    "merges": Place("merges", "merges", "Make two accounts of one person one."),
    "bench": Place("bench", "bench", "Run the benchmarks; JSON with ratios."),
}


class Stopped(click.ClickException):
    """The command could not do its work: one line on stderr, exit 1."""

    def show(self, file: Any = None) -> None:
        click.echo(f"socialshop: {self.message}", err=True)


class Unread(Stopped):
    """The command line itself cannot be read: no such command or option, an argument missing. Exit 2."""

    exit_code = 2


def _misused(error: click.UsageError) -> Stopped:
    """One line instead of click's page of usage; a value that cannot be taken is exit 1 like all that stops us."""
    text = " ".join(error.format_message().split())
    if isinstance(error, click.BadParameter) and not isinstance(error, click.MissingParameter):
        return Stopped(text)
    called = error.ctx.command_path if error.ctx is not None else "socialshop"
    return Unread(f"{text.rstrip('.')} (see {called} --help)")


class Console(click.Group):
    """Loads a command when it is called, and turns what stops it into one clear line."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        place = COMMANDS.get(cmd_name)
        if place is None:
            return None
        command: click.Command = getattr(import_module(f"socialshop.cli.{place.module}"), place.attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, place.summary) for name, place in COMMANDS.items()])

    def make_context(self, *arguments: Any, **more: Any) -> click.Context:
        try:
            return super().make_context(*arguments, **more)
        except NoArgsIsHelpError:
            raise
        except click.UsageError as error:
            raise _misused(error) from None

    def invoke(self, ctx: click.Context) -> Any:
        try:
            result = super().invoke(ctx)
            # Here rather than at the interpreter's end, where nobody can catch what it raises.
            sys.stdout.flush()
            return result
        except BrokenPipeError:
            # The reader of our output has seen enough. What is still buffered goes nowhere, without a word at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise click.exceptions.Exit(_CUT_OFF) from None
        except NoArgsIsHelpError:
            # Of a group called by its name alone, the help is the answer.
            raise
        except click.UsageError as error:
            raise _misused(error) from None
        except (click.ClickException, click.exceptions.Exit, click.Abort):
            # Click's own words.
            raise
        except Exception as error:
            if os.environ.get("SOCIALSHOP_LOG_LEVEL") == "DEBUG":
                raise
            from socialshop.cli.refusals import one_line

            raise Stopped(one_line(error)) from error


@click.group(cls=Console, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110})
@click.version_option(package_name="socialshop")
def main() -> None:
    """socialshop: group buying with rewards that prove themselves."""
