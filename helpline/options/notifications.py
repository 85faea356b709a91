"""How messages leave."""

import re
from datetime import timedelta
from typing import Annotated, Literal, Self

from pydantic import Field, SecretStr, model_validator

from helpline.options.group import Group, Wait
from messages.drivers.fields import check_fields
from messages.errors import TemplateError
from messages.retry import RetryRule


class _ChannelOptions(Group):
    per_second: Annotated[int, Field(ge=1, le=1000)] = 20
    """Most messages begun in a second, over all processes: what the gateway's contract allows."""
    at_once: Annotated[int, Field(ge=1, le=200)] = 8
    """Most under way at once in this process."""


class FileChannel(_ChannelOptions):
    """The embedded default: lines in `<state_dir>/outbox`."""

    driver: Literal["file"] = "file"


class HttpChannel(_ChannelOptions):
    """A gateway that takes one HTTP request for each message."""

    driver: Literal["http"]
    url: SecretStr
    """Where; a secret, since some gateways want their key in it."""
    method: Literal["POST", "PUT", "GET"] = "POST"
    format: Literal["json", "form", "query"] = "json"
    fields: dict[str, str]
    """The gateway's names; values with placeholders such as `{number}` and `{text}`."""
    headers: dict[str, SecretStr] = Field(default_factory=dict)
    accepted: str | None = None
    already_accepted: tuple[int, ...] = ()
    reference: str | None = None

    @model_validator(mode="after")
    def _placeholders_exist(self) -> Self:
        try:
            check_fields(self.fields)
            re.compile(self.accepted or "")
        except (TemplateError, re.error) as error:
            raise ValueError(f"fields or accepted: {error}") from error
        return self


class SmtpChannel(_ChannelOptions):
    """E-mail through one server."""

    driver: Literal["smtp"]
    host: str
    port: Annotated[int, Field(ge=1, le=65535)] = 587
    sender: str
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str | None = None
    password: SecretStr | None = None


class WebhookChannel(_ChannelOptions):
    """Signed JSON to another system."""

    driver: Literal["webhook"]
    url: SecretStr
    secret: Annotated[SecretStr, Field(min_length=16)]
    complaints: bool = True
    """Whether it is told what happens to complaints; alarms it is told always."""


class ReceiptsGroup(Group):
    """What the SMS gateway reports afterwards, to `POST /receipts/sms`."""

    token: Annotated[SecretStr, Field(min_length=16)]
    header: str = "Authorization"
    key: str = "key"
    reference: str = "reference"
    status: str = "status"
    delivered: tuple[str, ...] = ("delivered", "DELIVRD")
    failed: tuple[str, ...] = ("failed", "undelivered", "UNDELIV", "REJECTD", "EXPIRED")


class NotificationOptions(Group):
    """How messages leave."""

    enabled: bool = True
    send_seconds: Annotated[float, Field(gt=0, le=120)] = 15.0
    retry_pauses: tuple[Wait, ...] = (
        timedelta(seconds=30),
        timedelta(minutes=2),
        timedelta(minutes=10),
        timedelta(minutes=30),
        timedelta(hours=2),
        timedelta(hours=6),
    )
    """After each failure in a row; after them a message is held."""
    sms: Annotated[FileChannel | HttpChannel, Field(discriminator="driver")] = FileChannel()
    email: Annotated[FileChannel | SmtpChannel, Field(discriminator="driver")] = FileChannel()
    webhook: Annotated[FileChannel | WebhookChannel, Field(discriminator="driver")] = FileChannel()
    receipts: ReceiptsGroup | None = None

    @model_validator(mode="after")
    def _pauses_grow(self) -> Self:
        RetryRule(self.retry_pauses)
        return self
