"""The dialer's settings from the operator's."""

from calls.model import Outcome
from campaigns.callbacks import CallbackSettings
from campaigns.dialer import DialerSettings
from campaigns.pacing import Limits
from helpline.settings import Settings


def callback_settings(settings: Settings) -> CallbackSettings:
    """Window and retries of call-backs, within the dialer's limits."""
    wanted, dialer = settings.callbacks, dialer_settings(settings)
    return CallbackSettings(
        cell=dialer.cell,
        caller_id=dialer.caller_id,
        window=wanted.window,
        limits=dialer.limits,
        ring_seconds=dialer.ring_seconds,
        default_queue=settings.cell.queues[0].name,
        reasons=[Outcome(one) for one in sorted(wanted.reasons)] if wanted.enabled else [],
        most=wanted.most,
        most_a_day=wanted.most_a_day,
        retry=wanted.retry,
        listed_for=wanted.listed_for,
        called=dialer.called,
        refusals=dialer.refusals,
        longest={queue.name: queue.max_length for queue in settings.cell.queues},
    )


def dialer_settings(settings: Settings) -> DialerSettings:
    """Window, limits and retries of the feedback campaign."""
    wanted = settings.feedback
    return DialerSettings(
        cell=settings.cell.name,
        caller_id=settings.cell.trunk.caller_id,
        window=wanted.window,
        limits=Limits(
            max_channels=wanted.max_channels,
            calls_per_second=wanted.calls_per_second,
            inbound_reserve=wanted.inbound_reserve,
            trunk_channels=wanted.trunk_channels - settings.guards.emergency_reserve,
        ),
        retry=wanted.waits,
        policy=settings.rules,
        ring_seconds=wanted.ring_seconds,
        called=settings.guards.called,
        refusals=wanted.refusals,
    )
