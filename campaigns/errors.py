"""What can be wrong with a campaign."""

from datetime import time


class CampaignError(Exception):
    """The base of this package's errors."""


class WindowError(CampaignError):
    """A calling window must open before it closes on the same day, not {opens}-{closes}."""

    def __init__(self, opens: time, closes: time) -> None:
        super().__init__(
            f"a calling window must open before it closes on the same day, not {opens}-{closes}"
        )


class LimitsError(CampaignError):
    """These dialling limits cannot be kept: {what}."""

    def __init__(self, what: str) -> None:
        super().__init__(f"these dialling limits cannot be kept: {what}")


class PolicyError(CampaignError):
    """This retry policy has no meaning: {what}."""

    def __init__(self, what: str) -> None:
        super().__init__(f"this retry policy has no meaning: {what}")
