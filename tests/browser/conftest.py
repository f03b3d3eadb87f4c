"""A whole demo shop as `make run` starts it, and Debian's Chromium to look at it with."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from patience import PATIENCE, SHOP_PATIENCE
from playwright.sync_api import Browser, Page, sync_playwright

from tests import running_shop
from tests.payment_shop import free_port

ROOT = Path(__file__).resolve().parents[2]
PASSWORD = "socialshop-demo"
PHONE, DESK = (360, 740), (1280, 800)
FLAGS = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking"
    " --disable-component-update --disable-sync"
).split()


@dataclass
class Shop:
    """The running shop."""

    address: str
    folder: Path
    tokens: dict[str, str] = field(default_factory=dict)
    recovery_codes: dict[str, list[str]] = field(default_factory=dict)

    def call(self, method: str, path: str, email: str | None = None, body: object = None, key: str = "") -> Any:
        """Call the API, as who signs in with `email` if given."""
        headers = {"Content-Type": "application/json"} | ({"Idempotency-Key": key} if key else {})
        if email is not None:
            if email not in self.tokens:
                credentials = {"email": email, "password": PASSWORD}
                self.tokens[email] = self.call("POST", "/sessions", None, credentials)["token"]
            headers["Authorization"] = f"Bearer {self.tokens[email]}"
        data = None if body is None else json.dumps(body).encode()
        asked = urllib.request.Request(f"{self.address}/api/v1{path}", data, headers, method=method)
        with urllib.request.urlopen(asked, timeout=PATIENCE) as answer:
            return json.load(answer)

    def recovery_code(self, email: str) -> str:
        """A code that proves once that it is this admin: those of an app are good once in thirty seconds."""
        if email not in self.recovery_codes:
            command = [sys.executable, "-m", "socialshop", "member", "code", "--email", email]
            shown = subprocess.run(
                [*command, "--data-dir", str(self.folder)], cwd=ROOT, capture_output=True, text=True, check=True
            )
            self.call("POST", "/sessions/current/step-up", email, {"totp": shown.stdout.strip()})
            renewed = self.call("POST", "/me/totp/recovery-codes", email, {})
            self.recovery_codes[email] = renewed["recovery_codes"]
        return self.recovery_codes[email].pop()

    def processes(self, module: str) -> list[int]:
        """The running processes of this module."""
        return running_shop.Shop(self.folder).children(module)

    def new_member(self, name: str) -> str:
        """Somebody new, who signs in as all of the demo do; returns the e-mail address."""
        email = f"{name.lower()}-{os.urandom(4).hex()}@example.com"
        body = {"email": email, "password": PASSWORD, "display_name": name, "accept_terms": True}
        self.tokens[email] = self.call("POST", "/members", None, body)["token"]
        return email


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A demo shop of its own: servers, provider, workers, web."""
    assert (ROOT / "node_modules" / "axe-core").is_dir(), "make setup fetches what the pages show themselves with"
    folder, port = tmp_path_factory.mktemp("shop"), free_port()
    command = [sys.executable, "-m", "socialshop", "run", "--port", str(port), "--data-dir", str(folder)]
    without = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "REDIS_URL"}}
    # A member of the demo, who has an account, names another and asks for money to it.
    without["SOCIALSHOP_PAYOUT_COOLDOWN_HOURS"] = "0"
    log = (folder / "run.log").open("wb")
    running = subprocess.Popen(command, cwd=ROOT, env=without, stdout=log, stderr=log, start_new_session=True)
    try:
        late = time.monotonic() + SHOP_PATIENCE
        while b"Ctrl-C stops everything" not in (folder / "run.log").read_bytes():
            said = (folder / "run.log").read_text()[-4000:]
            assert running.poll() is None, said
            assert time.monotonic() < late, said
            time.sleep(0.3)
        yield Shop(f"http://127.0.0.1:{port}", folder)
    finally:
        running.send_signal(signal.SIGINT)
        running.wait(PATIENCE)
        log.close()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium."""
    path = shutil.which("chromium")
    assert path, "install chromium (Debian: apt install chromium)"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS, headless=True)
        yield browser
        browser.close()


class Visitor:
    """Somebody with a browser; counts the taps, and hears what the browser complains of."""

    def __init__(self, page: Page, shop: Shop, language: str) -> None:
        self.page, self.shop, self.language = page, shop, language
        self.taps = 0
        self.complaints: list[str] = []
        page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def open(self, path: str) -> int:
        """Go there without a tap: a link in a chat, a bookmark; returns the page's status."""
        answer = self.page.goto(f"{self.shop.address}{path}{'&' if '?' in path else '?'}lang={self.language}")
        return answer.status if answer else 0

    def tap(self, chosen: str) -> None:
        """Tap on what a selector finds, and wait for the page that follows."""
        self.taps += 1
        self.page.locator(chosen).first.click()
        self.page.wait_for_load_state()

    def sign_in(self, email: str) -> None:
        """Sign in; not counted, for a phone stays signed in."""
        self.open("/sign-in")
        self.page.fill("#email", email)
        self.page.fill("#password", PASSWORD)
        self.page.click("main button")
        self.page.wait_for_load_state()


@contextmanager
def visiting(
    browser: Browser, shop: Shop, size: tuple[int, int] = PHONE, language: str = "en", **options: Any
) -> Iterator[Visitor]:
    """A fresh browser window of this size."""
    context = browser.new_context(viewport={"width": size[0], "height": size[1]}, **options)
    context.set_default_timeout(30_000)
    try:
        yield Visitor(context.new_page(), shop, language)
    finally:
        context.close()
