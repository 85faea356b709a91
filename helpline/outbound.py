"""Messages, wired: one worker for each channel, and what an operator watches."""

import asyncio
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import structlog

from db.errors import AWAY, stop_if_cancelled
from db.pool import Pool
from db.statements import statements
from helpline.clock import Clock
from helpline.clock_watch import Sound
from helpline.metrics import Metrics
from helpline.options.notifications import (
    FileChannel,
    HttpChannel,
    NotificationOptions,
    ReceiptsGroup,
    SmtpChannel,
    WebhookChannel,
)
from helpline.supervise import Service
from messages.delivery import Delivery, DeliveryOptions
from messages.drivers.file import FileDriver
from messages.drivers.http import HttpGateway, HttpGatewayOptions
from messages.drivers.smtp import Smtp, SmtpOptions
from messages.drivers.webhook import Webhook
from messages.model import Channel, Driver
from messages.receipts import ReceiptOptions
from messages.retry import RetryRule
from messages.rows import UNDELIVERED_DAYS, Backlog, backlog

_log = structlog.get_logger(__name__)
_LOOK_SECONDS = 60.0

ChannelSettings = FileChannel | HttpChannel | SmtpChannel | WebhookChannel


class Outbound:
    """All channels of one process. Its `services` belong to the supervisor."""

    def __init__(
        self, pool: Pool, options: NotificationOptions, outbox: Path, now: Clock, sound: Sound
    ) -> None:
        """`sound`: whether that time can be acted on; else nothing leaves but by webhook."""
        self._pool = pool
        self._now = now
        self._drivers: list[Driver] = []
        self._workers: dict[Channel, Delivery] = {}
        self._backlog: dict[str, Backlog] = {}
        chosen: dict[Channel, ChannelSettings] = {
            Channel.SMS: options.sms,
            Channel.EMAIL: options.email,
            Channel.WEBHOOK: options.webhook,
        }
        for channel, settings in chosen.items():
            driver = _driver(settings, outbox, now, options.send_seconds)
            self._drivers.append(driver)
            self._workers[channel] = Delivery(
                pool, channel, driver, now, _delivery_options(options, channel, settings), sound
            )

    @property
    def services(self) -> Mapping[str, Service]:
        """What has to run, by name."""
        workers = {f"messages: {name}": one.run for name, one in self._workers.items()}
        return {**workers, "messages: backlog": self._watch}

    async def close(self) -> None:
        """Let go of the gateways, after the services have stopped."""
        for driver in self._drivers:
            await driver.close()

    def add_metrics(self, metrics: Metrics) -> None:
        """By channel. What waits, is held or undelivered: of all processes, up to a minute old."""
        workers = self._workers
        metrics.gauge(
            "messages_waiting",
            "Messages that are to be sent",
            lambda: {name: self._backlog.get(name, Backlog()).waiting for name in workers},
            "channel",
        )
        metrics.gauge(
            "messages_held",
            "Messages that wait for a person",
            lambda: {name: self._backlog.get(name, Backlog()).held for name in workers},
            "channel",
        )
        metrics.gauge(
            "messages_undelivered",
            f"Messages that a gateway took and did not deliver in the last {UNDELIVERED_DAYS} days",
            lambda: {name: self._backlog.get(name, Backlog()).undelivered for name in workers},
            "channel",
        )
        metrics.counter(
            "messages_sent",
            "Messages that a gateway took",
            lambda: {name: one.counts.sent for name, one in workers.items()},
            "channel",
        )
        metrics.counter(
            "messages_failed",
            "Attempts that failed",
            lambda: {name: one.counts.failed for name, one in workers.items()},
            "channel",
        )

    async def _watch(self) -> None:
        while True:
            try:
                self._backlog = await backlog(self._pool, self._now())
            except AWAY as error:
                stop_if_cancelled()
                _log.warning("database away, backlog not counted", error=repr(error))
            await asyncio.sleep(_LOOK_SECONDS)


async def tell_outside(pool: Pool, options: NotificationOptions, now: datetime) -> None:
    """Whether webhooks are written about complaints, as the settings say from now on."""
    settings, name = options.webhook, "complaints"
    async with pool.acquire(timeout=5) as conn:
        if isinstance(settings, WebhookChannel) and settings.complaints:
            await statements().messages_tell_outside(conn, name=name, at=now)
        else:
            await statements().messages_tell_nobody_outside(conn, name=name)


def receipt_options(group: ReceiptsGroup) -> ReceiptOptions:
    """The same, with the token in the clear."""
    return ReceiptOptions(**{**group.model_dump(), "token": group.token.get_secret_value()})


def _delivery_options(
    options: NotificationOptions, channel: Channel, settings: ChannelSettings
) -> DeliveryOptions:
    return DeliveryOptions(
        by_any_clock=channel is Channel.WEBHOOK,  # alarms go there, also the one about the clock
        retry=RetryRule(options.retry_pauses),
        send_seconds=options.send_seconds,
        at_once=settings.at_once,
        per_second=settings.per_second,
    )


def _driver(settings: ChannelSettings, outbox: Path, now: Clock, timeout: float) -> Driver:
    match settings:
        case FileChannel():
            return FileDriver(outbox, now)
        case HttpChannel():
            headers = {name: value.get_secret_value() for name, value in settings.headers.items()}
            options = HttpGatewayOptions(
                url=settings.url.get_secret_value(),
                method=settings.method,
                format=settings.format,
                fields=settings.fields,
                headers=headers,
                accepted=settings.accepted,
                already_accepted=settings.already_accepted,
                reference=settings.reference,
            )
            return HttpGateway(options, timeout=timeout)
        case SmtpChannel():
            password = settings.password.get_secret_value() if settings.password else None
            return Smtp(
                SmtpOptions(
                    host=settings.host,
                    port=settings.port,
                    sender=settings.sender,
                    security=settings.security,
                    user=settings.user,
                    password=password,
                ),
                timeout=timeout,
                at_once=settings.at_once,
            )
        case WebhookChannel():
            secret = settings.secret.get_secret_value().encode()
            return Webhook(settings.url.get_secret_value(), secret, now, timeout=timeout)
