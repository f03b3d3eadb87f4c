"""Settings, all from the environment, each with its meaning: docs/settings.md is generated from this class."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from functools import lru_cache
from ipaddress import ip_address
from pathlib import Path
from typing import Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict
from stdnum import iban

from socialshop.kernel.currencies import is_currency
from socialshop.kernel.time import is_time_zone


class Settings(BaseSettings):
    """One field a setting; its name in the environment is `SOCIALSHOP_` and the field in capitals, or its alias."""

    model_config = SettingsConfigDict(env_prefix="SOCIALSHOP_", extra="ignore", frozen=True, populate_by_name=True)

    environment: Literal["development", "test", "production"] = Field(
        "development", description="production refuses the sandbox provider, demo data and crash points"
    )
    data_dir: Path = Field(
        Path("var"), description="folder of the embedded servers, the signing key and logs; created private (0700)"
    )
    database_url: SecretStr | None = Field(
        None,
        validation_alias="DATABASE_URL",
        description="your own PostgreSQL 15 or newer; without it an embedded one is started in the data folder",
    )
    redis_url: SecretStr | None = Field(
        None,
        validation_alias="REDIS_URL",
        description="your own Redis 6.2 or newer, or Valkey; without it an embedded one is started in the data folder",
    )
    secret_key: SecretStr | None = Field(
        None, description="signs the cookie that remembers an invite link; without it the signing key does"
    )
    signing_key: SecretStr | None = Field(
        None,
        description="seed of the Ed25519 key that signs heads of the books, 64 hexadecimal digits; without it one is"
        " made and kept in the data folder; set it where several machines share a database",
    )
    host: str = Field("127.0.0.1", description="address that the web server listens on")
    port: int = Field(8000, ge=1, le=65535, description="port that the web server listens on")
    public_url: str | None = Field(
        None, description="address that members see, in links; default http://host:port, and localhost for this machine"
    )
    packages_dir: Path | None = Field(
        None, description="folder of the pages' packages; default node_modules in the project, filled by make setup"
    )
    design_page: bool = Field(
        False, description="show /design, every part of the pages in every state, in production too"
    )
    web_workers: int = Field(2, ge=1, le=64, description="web processes; one a core serves best")
    job_workers: int = Field(2, ge=1, le=64, description="RQ worker processes started by run and work")
    watch_port: int = Field(
        8001, ge=1, le=65535, description="port that the watch process listens on; run without it takes a free one"
    )
    watch_url: str | None = Field(
        None,
        pattern=r"^https?://[^/?#\s;,']+/?$",
        description="address at which browsers reach the watch process; run sets it; without it open room pages ask"
        " again and again instead",
    )
    watchers: int = Field(
        6000, ge=1, le=100_000, description="members whom a watch process lets watch rooms at the same time"
    )
    watchers_per_address: int = Field(200, ge=1, le=100_000, description="of them from one address")
    stream_hosts: str = Field(
        "live.douyin.com,live.kuaishou.com,live.bilibili.com,taobao.com,channels.weixin.qq.com,youtube.com,twitch.tv",
        pattern=r"^([a-z0-9-]+(\.[a-z0-9-]+)+(,[a-z0-9-]+(\.[a-z0-9-]+)+)*)?$",
        description="hosts, with commas, at which streams of flash sessions may lie, each with what is below it",
    )
    database_pool: int = Field(5, ge=1, le=100, description="database connections a process keeps")
    currency: str = Field("CNY", pattern="^[A-Z]{3}$", description="the shop's currency, ISO 4217")
    shipping_fee_minor: int = Field(
        0, ge=0, le=10**9, description="what sending an order costs its buyer, in minor units of the shop's currency"
    )
    time_zone: str = Field("Asia/Shanghai", description="time zone of calendar rules: birthdays, member days")
    country: str = Field("CN", pattern="^[A-Z]{2}$", description="whose rules the legal guard of plans applies")
    session_days: int = Field(30, ge=1, le=365, description="days a session lasts")
    claim_days: int = Field(
        7, ge=1, le=90, description="days within which an imported member may set the first password with a token"
    )
    trusted_proxies: int = Field(0, ge=0, le=5, description="proxies in front whose X-Forwarded-For is believed")
    registrations_per_minute: int = Field(300, ge=1, description="registrations a minute and address")
    requests_per_minute: int = Field(3000, ge=1, description="requests a minute and address")
    sandbox_url: str | None = Field(
        None, description="address of the sandbox payment provider; run starts one and sets it; never in production"
    )
    sandbox_secret: SecretStr | None = Field(
        None, description="what the shop and the sandbox provider share; run makes one and sets it"
    )
    payment_provider: Literal["sandbox", "stripe"] = Field(
        "sandbox", description="where new payments go; older ones stay with the provider that they were made at"
    )
    stripe_secret_key: SecretStr | None = Field(
        None, description="Stripe's secret or restricted key, sk_… or rk_…; with it and the next one Stripe is set up"
    )
    stripe_webhook_secret: SecretStr | None = Field(
        None, description="signing secret, whsec_…, of the webhook endpoint at Stripe that leads here"
    )
    stripe_publishable_key: str | None = Field(
        None,
        pattern=r"^pk_[A-Za-z0-9_]{1,200}$",
        description="Stripe's publishable key, pk_…, told to buyers' browsers",
    )
    stripe_url: str = Field(
        "https://api.stripe.com",
        pattern=r"^https?://[^/?#@\s]+$",
        description="Stripe's address; another only where something on this machine stands for it",
    )
    payout_sandbox_channels: str = Field(
        "",
        pattern="^((bank|alipay|wechat)(,(bank|alipay|wechat))*)?$",
        description="ways on which a sandbox provider pays released batches, between commas; never in production",
    )
    payout_cooldown_hours: int = Field(
        72, ge=0, le=720, description="hours until an account that a member names in place of another takes payouts"
    )
    payout_minimum_minor: int = Field(
        100, ge=1, le=10**12, description="least sum of a payout request, in minor units of its currency"
    )
    payer_name: str | None = Field(
        None,
        min_length=1,
        max_length=70,
        description="holder of the account that payouts are paid from, for bank files",
    )
    payer_iban: str | None = Field(None, description="that account's IBAN; without it and its holder no pain001 file")
    payer_bic: str | None = Field(
        None,
        pattern="^[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?$",
        description="its bank's BIC; most banks need none",
    )
    attribution_days: int = Field(
        30, ge=1, le=365, description="days after following an invite link within which it counts at registration"
    )
    attribution_touch: Literal["first", "last"] = Field(
        "last", description="which of several invite links that were followed counts: the first or the last"
    )
    automatic_receipt_days: int = Field(
        14, ge=1, le=365, description="days after shipment when an order counts as received without a word of the buyer"
    )
    answer_hours: int = Field(
        24, ge=1, le=720, description="hours within which a member's question should be answered; later it is overdue"
    )
    smtp_url: SecretStr | None = Field(
        None,
        description="smtp://user:password@host:587 (with STARTTLS) or smtps://…, takes mails; without it they are kept"
        " and shown to admins",
    )
    smtp_connections: int = Field(
        8, ge=1, le=50, description="mails that a process hands over side by side; many providers allow few connections"
    )
    mail_from: str = Field("no-reply@localhost", description="address, with or without a name, that mails come from")
    mail_attempts: int = Field(8, ge=1, le=20, description="attempts at a mail before it is set aside for a person")
    quiet_from: int = Field(
        22, ge=0, le=23, description="hour, by the reader's own clock, from which mails wait that can"
    )
    quiet_until: int = Field(8, ge=0, le=23, description="hour until which they wait; the same hour: never")
    digest_hour: int = Field(9, ge=0, le=23, description="hour, by the reader's own clock, at which digests leave")
    mail_requests_per_minute: int = Field(
        30, ge=1, description="requests for a new password or a verification a minute and address"
    )
    code_requests_per_minute: int = Field(
        30, ge=1, description="requests for a code by text message a minute and address"
    )
    code_choices_per_minute: int = Field(
        10, ge=1, description="attempts at a code of one's choice for an invite link a minute and address"
    )
    webhooks_to_loopback: bool = Field(
        False,
        description="let webhooks go to this very machine, also without TLS, to try them out; never in production",
    )
    delivery_attempts: int = Field(
        6, ge=1, le=20, description="attempts at an outbox delivery before it is given up and waits for a person"
    )
    outbox_keep_days: int = Field(14, ge=1, le=365, description="days that finished events and ticks are kept")
    history_keep_days: int = Field(
        400,
        ge=30,
        le=3650,
        description="days that notices, ended mails, counted clicks, what happened in rooms that are over, payment"
        " providers' webhooks, and who looked at a member's data are kept",
    )
    payout_keep_days: int = Field(
        3650,
        ge=30,
        le=36500,
        description="days after a payout that holder and account are kept of a member who has left, and that"
        " reviewers' notes on payouts are kept; the law asks for proof of payments for years",
    )
    signal_keep_days: int = Field(
        180,
        ge=7,
        le=730,
        description="days after they were seen last that hashed marks of members' devices, networks, addresses, phones"
        " and accounts are kept, by which accounts of one hand are found",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="least level that is logged")
    crash_at: str = Field("", description="name of a crash point where the process kills itself; tests only")

    @property
    def public_address(self) -> str:
        """What every link that is handed on begins with, without a slash at its end.

        This very machine is called by its name: passkeys are bound to a name, never to an address.
        """
        if self.public_url is not None:
            return self.public_url.rstrip("/")
        host = f"[{self.host}]" if ":" in self.host else self.host
        with suppress(ValueError):
            address = ip_address(self.host)
            host = "localhost" if address.is_loopback or address.is_unspecified else host
        return f"http://{host}:{self.port}"

    @property
    def payout_cooldown(self) -> timedelta:
        """How long an account that a member names in place of another takes no payout."""
        return timedelta(hours=self.payout_cooldown_hours)

    @property
    def stream_host_names(self) -> frozenset[str]:
        """The hosts at which streams may lie."""
        return frozenset(self.stream_hosts.split(",")) - {""}

    @model_validator(mode="after")
    def _stripe_is_whole(self) -> Self:
        secrets = (self.stripe_secret_key, self.stripe_webhook_secret)
        if any(secrets) != all(secrets) or (self.payment_provider == "stripe" and not all(secrets)):
            raise ValueError("stripe_secret_key and stripe_webhook_secret: Stripe needs both")
        host = urlsplit(self.stripe_url).hostname
        if self.stripe_url != "https://api.stripe.com" and (
            self.environment == "production" or host not in ("127.0.0.1", "localhost", "::1")
        ):
            raise ValueError("stripe_url: only this machine may stand for Stripe, and never in production")
        return self

    @model_validator(mode="after")
    def _loopback_is_for_trying_out(self) -> Self:
        if self.webhooks_to_loopback and self.environment == "production":
            raise ValueError("webhooks_to_loopback: in production a webhook never goes to the shop's own machine")
        return self

    @field_validator("currency")
    @classmethod
    def _known_currency(cls, value: str) -> str:
        if not is_currency(value):
            raise ValueError("not an ISO 4217 currency")
        return value

    @field_validator("payer_iban")
    @classmethod
    def _an_iban(cls, value: str | None) -> str | None:
        if value is None:
            return None
        if not iban.is_valid(value, check_country=False):
            raise ValueError("not an IBAN whose check digits fit")
        return str(iban.compact(value))

    @field_validator("time_zone")
    @classmethod
    def _known_time_zone(cls, value: str) -> str:
        if not is_time_zone(value):
            raise ValueError("not an IANA time zone")
        return value


@lru_cache(maxsize=1)
def current() -> Settings:
    """The process's settings, read once. Tests build their own `Settings` and hand it to `create_app`."""
    return Settings()
