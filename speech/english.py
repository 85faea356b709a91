"""What citizens hear who chose English, after that choice, and whom we call who once did.

What is not here is said in Hindi.

Flows string prompts together in the order of Hindi, so these fit that order: "for an ambulance,"
"two", "is the key".
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from speech.prompts import Prompt

CODE: Final = "en"
_UNITS: Final = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen"),
    "nineteen",
)
_TENS: Final = (
    *("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"),
)
_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June", "July", "August", "September"),
    *("October", "November", "December"),
)


def number_word(value: int) -> str:
    """0 to 100."""
    if value < len(_UNITS):
        return _UNITS[value]
    if value == 100:
        return "one hundred"
    tens, unit = divmod(value, 10)
    return f"{_TENS[tens]} {_UNITS[unit]}" if unit else _TENS[tens]


ENGLISH: Final[Mapping[Prompt, str]] = MappingProxyType(
    {
        Prompt.MENU: (
            "In an emergency press nine. To register a complaint, one. For the status of a "
            "complaint, two. For a demand or a suggestion, three. For information on government "
            "schemes, four. For matters that are not taken here, five. To hear this again press "
            "star."
        ),
        Prompt.INVALID_KEY: "Sorry, that is not one of the choices. Please choose again.",
        Prompt.CONNECTING: "Your call is being connected to one of our agents.",
        Prompt.PLEASE_WAIT: "Please stay on the line.",
        Prompt.TECHNICAL_FAULT: (
            "Sorry, for a technical reason your call cannot be taken now. Please call again later."
        ),
        Prompt.ALL_BUSY: "Sorry, all our agents are busy at this moment.",
        Prompt.NO_AGENT: "Sorry, no agent is available at this moment.",
        Prompt.QUEUE_FULL: "Sorry, very many people are calling at this moment.",
        Prompt.CALL_BACK_PROMISE: "We will soon call you on this number.",
        Prompt.CALL_BACK_GREETING: (
            "You had called the Chief Minister's helpline. We are calling you back."
        ),
        Prompt.CALL_AGAIN: "Please call again after some time.",
        Prompt.RECORDING_NOTICE: "This call is being recorded.",
        Prompt.FEEDBACK_GREETING: (
            "This is a call from the Chief Minister's helpline, about the disposal of your "
            "complaint."
        ),
        Prompt.FEEDBACK_CONFIRM: (
            "If the complaint is yours, or you speak for the complainant, press five. If not, six."
        ),
        Prompt.FEEDBACK_QUESTION: (
            "Are you satisfied with the disposal of the complaint? For yes press one, for no two."
        ),
        Prompt.FEEDBACK_REASON: (
            "Please choose the reason. The work was not done, three. It was done in part, four. "
            "The officer did not contact me, five. The report is false, six. Another reason, seven."
        ),
        Prompt.FEEDBACK_OWN_WORDS: (
            "After the tone, tell us in your own words. When you have finished, press hash."
        ),
        Prompt.FEEDBACK_THANKS_SATISFIED: "Thank you. Your answer has been recorded.",
        Prompt.FEEDBACK_THANKS_DISSATISFIED: (
            "Thank you. It is recorded that you are not satisfied, and the complaint will be "
            "looked into again."
        ),
        Prompt.MISSED_FEEDBACK: (
            "We called you about the disposal of your complaint. There is one short question."
        ),
        Prompt.FEEDBACK_NOT_TAKEN: (
            "Sorry, your answer could not be recorded now. We will call you again."
        ),
        Prompt.FEEDBACK_SETTLED: (
            "Thank you. This question has been settled meanwhile. What you said is kept with the "
            "complaint."
        ),
        Prompt.FEEDBACK_NO_ANSWER: "We have not received your answer. Thank you. Goodbye.",
        Prompt.WRONG_PERSON_THANKS: "We are sorry to have troubled you. Thank you.",
        Prompt.EMERGENCY_KEY: "In an emergency press nine.",
        Prompt.GOODBYE: "Thank you for calling. Goodbye.",
        **{Prompt(f"digit_{digit}"): _UNITS[digit] for digit in range(10)},
        Prompt.SUGGESTION_NOTICE: "An agent will take down your demand or suggestion.",
        Prompt.SCHEMES_NOTICE: "An agent will tell you about government schemes.",
        Prompt.OUT_OF_SCOPE: (
            "These matters are not taken here. Right to information: write to the public "
            "information officer of the department. Matters before a court: go to the legal "
            "services authority. Matters of the central government or of another state: call "
            "their helpline. Service matters of government employees: apply to your own "
            "department."
        ),
        Prompt.STATUS_ASK: (
            "Key in the nine digits of your complaint number. For the complaints of this telephone "
            "number press hash."
        ),
        Prompt.STATUS_WRONG_NUMBER: "This complaint number is not right. Please key it in again.",
        Prompt.STATUS_UNKNOWN: "There is no complaint with this number.",
        Prompt.STATUS_NONE_OF_CALLER: (
            "This telephone number alone opens no complaint. Please ask by the complaint number."
        ),
        Prompt.STATUS_UNAVAILABLE: "Sorry, the status cannot be told now.",
        Prompt.STATUS_NUMBER: "Complaint number",
        Prompt.STATUS_SUBJECT: "Subject",
        Prompt.STATUS_OFFICER: "It is with",
        Prompt.STATUS_DUE: "The time limit is",
        Prompt.STATUS_OVERDUE: (
            "Its time limit has passed. It is on the list of the Chief Minister's office."
        ),
        Prompt.STATE_TRIAGE: "It is to be sent to the officer concerned.",
        Prompt.STATE_WITH_OFFICER: "An officer is working on it.",
        Prompt.STATE_PAUSED: "Work on it stands still at present.",
        Prompt.STATE_RETURNED: "It is to be sent to the right officer.",
        Prompt.STATE_AWAITING_FEEDBACK: (
            "It has been disposed of, and you are to be asked whether you are satisfied."
        ),
        Prompt.STATE_CLOSED_SATISFIED: "It is closed, as you said that you are satisfied.",
        Prompt.STATE_UNVERIFIED: "It is closed, because we could not reach you.",
        Prompt.STATE_SPECIAL_CLOSED: "It has been closed under special circumstances.",
        Prompt.STATE_WITHDRAWN: "It has been withdrawn at your request.",
        Prompt.STATE_ADVISED: "Its subject is outside what this helpline takes.",
        Prompt.STATE_ANSWERED: "The answer has been sent to you.",
        Prompt.STATE_THANKED: "Your suggestion has been recorded. Thank you.",
        Prompt.STATE_MERGED: (
            "It has been joined to your first complaint. Please ask by the number of that one."
        ),
        Prompt.LEVEL_1: "the officer of the first level",
        Prompt.LEVEL_2: "the officer of the second level",
        Prompt.LEVEL_3: "the officer of the third level",
        Prompt.LEVEL_4: "the officer of the fourth level",
        Prompt.EMERGENCY_CONNECTING: "You are being connected to the emergency service.",
        Prompt.EMERGENCY_FIRST: "is being called for you. To be connected at once press nine.",
        Prompt.CHOICE_FOR: "press",
        Prompt.CHOICE_PRESS: "now, please.",
        Prompt.EMERGENCY_FAILED: (
            "The emergency service could not be reached. You are being connected to our agent."
        ),
        Prompt.CLOSED: "Our agents are not available at this hour.",
        Prompt.CLOSED_SERVICES: (
            "The status of a complaint and emergency services are available at this hour, too."
        ),
        Prompt.OPENS_AGAIN: "They will be available again",
        Prompt.OPENS_FROM: "and from then on.",
        Prompt.TODAY: "today",
        Prompt.TOMORROW: "tomorrow",
        Prompt.ON_DAY: "that is the day,",
        Prompt.MORNING: "in the morning at",
        Prompt.AFTERNOON: "in the afternoon at",
        Prompt.EVENING: "in the evening at",
        Prompt.NIGHT: "at night at",
        Prompt.OCLOCK: "o'clock",
        Prompt.PAST: "hours and",
        Prompt.MINUTES: "minutes",
        Prompt.CALL_BACK_OFFER: "If we are to call you on this number, press one.",
        Prompt.QUEUE_WHERE: "Please stay on the line. You will be served in your turn.",
        Prompt.QUEUE_POSITION: "Your place in the queue is",
        Prompt.QUEUE_WAIT_MINUTES: "minutes is the expected wait.",
        Prompt.QUEUE_WAIT_SHORT: "We expect to serve you within a minute.",
        Prompt.QUEUE_WAIT_LONG: "The wait may be very long.",
        Prompt.KEEP_PLACE_OFFER: (
            "To keep your place and hang up, press eight. We will call you when it is your turn."
        ),
        Prompt.KEEP_PLACE_DONE: (
            "Your place has been kept. We will call you on this number when it is your turn."
        ),
    }
)

#: As `speech.numbers.TEXTS`.
TEXTS: Final[Mapping[str, str]] = MappingProxyType(
    {str(key): text for key, text in ENGLISH.items()}
    | {f"number_{value}": number_word(value) for value in range(101)}
    | {f"month_{value}": word for value, word in enumerate(_MONTHS, 1)}
)
