"""The people of the story: what they say, in what voice, and when they press which key."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import soundfile

from helpline.lab.media import Samples, load_speech
from helpline.lab.script import Press, Say, Wait
from speech.prompts import Prompt

CITIZEN_NAME = "रामलाल अहिरवार"
CITIZEN_NUMBER = "+919876543210"
COMPLAINT = (
    "मेरे गाँव सिंदवाहा में प्राथमिक विद्यालय के पास लगा सरकारी हैंडपंप पंद्रह दिन से खराब है। "
    "पीने के पानी के लिए एक किलोमीटर जाना पड़ता है।"
)
STILL_BROKEN = "हैंडपंप अब भी खराब है। कोई देखने नहीं आया।"
FALSE_REPORT = "आख्या गलत है। कोई मिस्त्री गाँव में आया ही नहीं।"
AGENT_GREETING = "नमस्कार, मैं आपकी क्या सहायता कर सकती हूँ?"

Step = Say | Press | Wait

# After a prompt has begun a person takes a moment before the key; it falls into the prompt itself.
_REACTION = 0.8


def seconds_of(path: Path) -> float:
    """How long a sound file lasts."""
    return float(soundfile.info(path).duration)


@dataclass(frozen=True)
class Script:
    """Builds what a citizen does from the prompts that they hear."""

    prompt_seconds: Callable[[Prompt], float]

    def after(self, *prompts: Prompt) -> Wait:
        """Listen to these prompts to their end, and a moment longer."""
        return Wait(sum(map(self.prompt_seconds, prompts)) + _REACTION)

    def to_agent(self, talk: Samples, ring: float) -> tuple[Step, ...]:
        """Call in: hear greeting and notice, press 1, wait for the agent, talk."""
        return (
            self.after(Prompt.GREETING, Prompt.RECORDING_NOTICE),
            Press("1"),
            Wait(self.prompt_seconds(Prompt.CONNECTING) + ring + 3.5),
            Say(talk),
            Wait(4.0),
        )

    def dissatisfied(self, reason_key: str, words: Samples) -> tuple[Step, ...]:
        """Asked for feedback: it is I; not satisfied; because; in my own words; done."""
        return (
            self.after(Prompt.FEEDBACK_GREETING, Prompt.RECORDING_NOTICE),
            Press("5"),
            Wait(1.5),
            Press("2"),
            Wait(1.5),
            Press(reason_key),
            Wait(self.prompt_seconds(Prompt.FEEDBACK_OWN_WORDS) + 1.5),
            Say(words),
            Wait(0.5),
            Press("#"),
        )

    def satisfied(self) -> tuple[Step, ...]:
        """Asked for feedback: it is I; satisfied."""
        return (
            self.after(Prompt.FEEDBACK_GREETING, Prompt.RECORDING_NOTICE),
            Press("5"),
            Wait(1.5),
            Press("1"),
        )


def speech(path: Path) -> Samples:
    """A person's rendered words, as a phone sends them."""
    return load_speech(path)
