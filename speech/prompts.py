"""Every prompt that a citizen hears, in Hindi, as it is spoken.

Numbers stand as words: engines read छः and 1076 badly. A menu names the choice first and the key
last, so that the key is still in the ear when the caller presses it.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Prompt(StrEnum):
    """The value is the file's name."""

    GREETING = "greeting"
    RECORDING_NOTICE = "recording_notice"
    MENU = "menu"
    INVALID_KEY = "invalid_key"
    CONNECTING = "connecting"
    PLEASE_WAIT = "please_wait"
    TECHNICAL_FAULT = "technical_fault"
    ALL_BUSY = "all_busy"
    NO_AGENT = "no_agent"
    QUEUE_FULL = "queue_full"
    CALL_BACK_PROMISE = "call_back_promise"
    CALL_AGAIN = "call_again"
    FEEDBACK_GREETING = "feedback_greeting"
    FEEDBACK_CONFIRM = "feedback_confirm"
    FEEDBACK_QUESTION = "feedback_question"
    FEEDBACK_REASON = "feedback_reason"
    FEEDBACK_OWN_WORDS = "feedback_own_words"
    FEEDBACK_THANKS_SATISFIED = "feedback_thanks_satisfied"
    FEEDBACK_THANKS_DISSATISFIED = "feedback_thanks_dissatisfied"
    WRONG_PERSON_THANKS = "wrong_person_thanks"
    GOODBYE = "goodbye"
    DIGIT_0 = "digit_0"
    DIGIT_1 = "digit_1"
    DIGIT_2 = "digit_2"
    DIGIT_3 = "digit_3"
    DIGIT_4 = "digit_4"
    DIGIT_5 = "digit_5"
    DIGIT_6 = "digit_6"
    DIGIT_7 = "digit_7"
    DIGIT_8 = "digit_8"
    DIGIT_9 = "digit_9"


HINDI: Final[Mapping[Prompt, str]] = MappingProxyType(
    {
        Prompt.GREETING: "नमस्कार। मुख्यमंत्री हेल्पलाइन एक शून्य सात छह में आपका स्वागत है।",
        Prompt.RECORDING_NOTICE: "सेवा की गुणवत्ता के लिए यह बातचीत रिकॉर्ड की जा रही है।",
        Prompt.MENU: "शिकायत, माँग या सुझाव दर्ज कराने के लिए एक दबाएँ।",
        Prompt.INVALID_KEY: "क्षमा कीजिए, यह विकल्प सही नहीं है। कृपया फिर से चुनें।",
        Prompt.CONNECTING: "आपकी कॉल हमारे प्रतिनिधि से जोड़ी जा रही है।",
        Prompt.PLEASE_WAIT: "कृपया लाइन पर बने रहें।",
        Prompt.TECHNICAL_FAULT: (
            "क्षमा कीजिए, तकनीकी कारण से अभी कॉल नहीं ली जा सकती। कृपया कुछ देर बाद फिर कॉल करें।"
        ),
        Prompt.ALL_BUSY: "क्षमा कीजिए, इस समय हमारे सभी प्रतिनिधि व्यस्त हैं।",
        Prompt.NO_AGENT: "क्षमा कीजिए, इस समय कोई प्रतिनिधि उपलब्ध नहीं है।",
        Prompt.QUEUE_FULL: "क्षमा कीजिए, इस समय बहुत अधिक कॉल आ रही हैं।",
        Prompt.CALL_BACK_PROMISE: "हम आपके इसी नंबर पर जल्द ही कॉल करेंगे।",
        Prompt.CALL_AGAIN: "कृपया कुछ समय बाद फिर से कॉल करें।",
        Prompt.FEEDBACK_GREETING: (
            "नमस्कार। यह कॉल मुख्यमंत्री हेल्पलाइन से, आपकी शिकायत के निस्तारण के बारे में है।"
        ),
        Prompt.FEEDBACK_CONFIRM: (
            "यदि शिकायत आपकी है, या आप शिकायतकर्ता की ओर से बोल रहे हैं, तो पाँच दबाएँ। नहीं, तो छह।"
        ),
        Prompt.FEEDBACK_QUESTION: (
            "क्या आप शिकायत के निस्तारण से संतुष्ट हैं? हाँ के लिए एक, नहीं के लिए दो दबाएँ।"
        ),
        Prompt.FEEDBACK_REASON: (
            "कारण चुनें। काम नहीं हुआ, तीन। अधूरा हुआ, चार। अधिकारी ने संपर्क नहीं किया, पाँच। "
            "गलत रिपोर्ट, छह। अन्य कारण, सात।"
        ),
        Prompt.FEEDBACK_OWN_WORDS: (
            "बीप के बाद अपनी बात अपने शब्दों में बताएँ। पूरी होने पर कोई भी बटन दबाएँ।"
        ),
        Prompt.FEEDBACK_THANKS_SATISFIED: "धन्यवाद। आपका उत्तर दर्ज कर लिया गया है।",
        Prompt.FEEDBACK_THANKS_DISSATISFIED: (
            "धन्यवाद। आपकी असंतुष्टि दर्ज कर ली गई है, और शिकायत की फिर से जाँच होगी।"
        ),
        Prompt.WRONG_PERSON_THANKS: "असुविधा के लिए क्षमा करें। धन्यवाद।",
        Prompt.GOODBYE: "कॉल करने के लिए धन्यवाद। नमस्कार।",
        Prompt.DIGIT_0: "शून्य",
        Prompt.DIGIT_1: "एक",
        Prompt.DIGIT_2: "दो",
        Prompt.DIGIT_3: "तीन",
        Prompt.DIGIT_4: "चार",
        Prompt.DIGIT_5: "पाँच",
        Prompt.DIGIT_6: "छह",
        Prompt.DIGIT_7: "सात",
        Prompt.DIGIT_8: "आठ",
        Prompt.DIGIT_9: "नौ",
    }
)
