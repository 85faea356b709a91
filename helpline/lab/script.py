"""What a scripted person does on the telephone."""

from dataclasses import dataclass

from helpline.lab.media import Samples, Stream, silence


@dataclass(frozen=True)
class Say:
    """Speak these samples."""

    samples: Samples


@dataclass(frozen=True)
class Press:
    """Press these keys."""

    keys: str


@dataclass(frozen=True)
class Wait:
    """Listen for `seconds`, silent."""

    seconds: float


@dataclass(frozen=True)
class Jump:
    """Number the packets on so many further, or back: a stream that begins anew elsewhere."""

    packets: int


@dataclass(frozen=True)
class Answer:
    """Ring for `ring` s, answer, do `steps`; then hang up, or wait for the other side to.

    `first`: the number of the stream's first packet; none: anyone, as of a real telephone.
    """

    steps: tuple[Say | Press | Wait | Jump, ...] = ()
    ring: float = 0.5
    hang_up: bool = False
    first: int | None = None


@dataclass(frozen=True)
class Ring:
    """Ring until the caller gives up."""


@dataclass(frozen=True)
class Refuse:
    """Answer with a SIP failure: 486 busy, 603 declined, 404 no such number, 503 no circuit."""

    status: int = 486


Behaviour = Answer | Ring | Refuse


def perform(steps: tuple[Say | Press | Wait | Jump, ...], stream: Stream) -> None:
    """Put `steps` on `stream`, in order."""
    for step in steps:
        match step:
            case Say(samples):
                stream.speak(samples)
            case Press(keys):
                stream.press(keys)
            case Wait(seconds):
                stream.speak(silence(seconds))
            case Jump(packets):
                stream.jump(packets)
