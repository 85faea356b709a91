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
    CALL_BACK_GREETING = "call_back_greeting"
    CALL_AGAIN = "call_again"
    FEEDBACK_GREETING = "feedback_greeting"
    FEEDBACK_CONFIRM = "feedback_confirm"
    FEEDBACK_QUESTION = "feedback_question"
    FEEDBACK_REASON = "feedback_reason"
    FEEDBACK_OWN_WORDS = "feedback_own_words"
    FEEDBACK_THANKS_SATISFIED = "feedback_thanks_satisfied"
    FEEDBACK_THANKS_DISSATISFIED = "feedback_thanks_dissatisfied"
    FEEDBACK_NO_ANSWER = "feedback_no_answer"
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
    SUGGESTION_NOTICE = "suggestion_notice"
    SCHEMES_NOTICE = "schemes_notice"
    OUT_OF_SCOPE = "out_of_scope"
    STATUS_ASK = "status_ask"
    STATUS_WRONG_NUMBER = "status_wrong_number"
    STATUS_UNKNOWN = "status_unknown"
    STATUS_NONE_OF_CALLER = "status_none_of_caller"
    STATUS_UNAVAILABLE = "status_unavailable"
    STATUS_NUMBER = "status_number"
    STATUS_SUBJECT = "status_subject"
    STATUS_OFFICER = "status_officer"
    STATUS_DUE = "status_due"
    STATUS_OVERDUE = "status_overdue"
    STATE_TRIAGE = "state_triage"
    STATE_WITH_OFFICER = "state_with_officer"
    STATE_PAUSED = "state_paused"
    STATE_RETURNED = "state_returned"
    STATE_AWAITING_FEEDBACK = "state_awaiting_feedback"
    STATE_CLOSED_SATISFIED = "state_closed_satisfied"
    STATE_UNVERIFIED = "state_unverified"
    STATE_SPECIAL_CLOSED = "state_special_closed"
    STATE_WITHDRAWN = "state_withdrawn"
    STATE_ADVISED = "state_advised"
    STATE_ANSWERED = "state_answered"
    STATE_THANKED = "state_thanked"
    STATE_MERGED = "state_merged"
    LEVEL_1 = "level_1"
    LEVEL_2 = "level_2"
    LEVEL_3 = "level_3"
    LEVEL_4 = "level_4"
    MISSED_FEEDBACK = "missed_feedback"
    FEEDBACK_NOT_TAKEN = "feedback_not_taken"
    FEEDBACK_SETTLED = "feedback_settled"
    EMERGENCY_CONNECTING = "emergency_connecting"
    EMERGENCY_FIRST = "emergency_first"
    CHOICE_FOR = "choice_for"
    CHOICE_PRESS = "choice_press"
    EMERGENCY_FAILED = "emergency_failed"
    EMERGENCY_KEY = "emergency_key"
    CALLER_BLOCKED = "caller_blocked"
    CALLER_LIMIT = "caller_limit"
    LINES_FULL = "lines_full"
    CLOSED = "closed"
    CLOSED_SERVICES = "closed_services"
    OPENS_AGAIN = "opens_again"
    OPENS_FROM = "opens_from"
    TODAY = "today"
    TOMORROW = "tomorrow"
    ON_DAY = "on_day"
    MORNING = "morning"
    AFTERNOON = "afternoon"
    EVENING = "evening"
    NIGHT = "night"
    OCLOCK = "oclock"
    PAST = "past"
    MINUTES = "minutes"
    CALL_BACK_OFFER = "call_back_offer"
    QUEUE_WHERE = "queue_where"
    QUEUE_POSITION = "queue_position"
    QUEUE_WAIT_MINUTES = "queue_wait_minutes"
    QUEUE_WAIT_SHORT = "queue_wait_short"
    QUEUE_WAIT_LONG = "queue_wait_long"
    KEEP_PLACE_OFFER = "keep_place_offer"
    KEEP_PLACE_DONE = "keep_place_done"
    OFFICER_WELCOME = "officer_welcome"
    OFFICER_WITHHELD = "officer_withheld"
    OFFICER_NUMBER = "officer_number"
    OFFICER_PIN = "officer_pin"
    OFFICER_PIN_WRONG = "officer_pin_wrong"
    OFFICER_PIN_LOCKED = "officer_pin_locked"
    OFFICER_NO_POST = "officer_no_post"
    OFFICER_COMPLAINT = "officer_complaint"
    OFFICER_NOT_YOURS = "officer_not_yours"
    OFFICER_ALREADY = "officer_already"
    OFFICER_NOT_NOW = "officer_not_now"
    OFFICER_KIND = "officer_kind"
    OFFICER_REMARK = "officer_remark"
    OFFICER_REMARK_SHORT = "officer_remark_short"
    OFFICER_REMARK_HEARD = "officer_remark_heard"
    OFFICER_CONFIRM = "officer_confirm"
    OFFICER_TAKEN = "officer_taken"
    OFFICER_NOT_TAKEN = "officer_not_taken"


HINDI: Final[Mapping[Prompt, str]] = MappingProxyType(
    {
        Prompt.GREETING: "नमस्कार। मुख्यमंत्री हेल्पलाइन एक शून्य सात छह में आपका स्वागत है।",
        Prompt.RECORDING_NOTICE: "सेवा की गुणवत्ता के लिए यह बातचीत रिकॉर्ड की जा रही है।",
        Prompt.MENU: (
            "आपात स्थिति में नौ दबाएँ। शिकायत दर्ज कराने के लिए एक। शिकायत की स्थिति जानने के लिए दो। "
            "माँग या सुझाव के लिए तीन। सरकारी योजनाओं की जानकारी के लिए चार। "
            "जो विषय यहाँ नहीं लिए जाते, उनके लिए पाँच। फिर से सुनने के लिए स्टार दबाएँ।"
        ),
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
        Prompt.CALL_BACK_GREETING: (
            "नमस्कार। आपने मुख्यमंत्री हेल्पलाइन पर कॉल की थी। हम आपको वापस कॉल कर रहे हैं।"
        ),
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
        Prompt.FEEDBACK_OWN_WORDS: ("बीप के बाद अपनी बात अपने शब्दों में बताएँ। पूरी होने पर हैश दबाएँ।"),
        Prompt.FEEDBACK_THANKS_SATISFIED: "धन्यवाद। आपका उत्तर दर्ज कर लिया गया है।",
        Prompt.FEEDBACK_THANKS_DISSATISFIED: (
            "धन्यवाद। आपकी असंतुष्टि दर्ज कर ली गई है, और शिकायत की फिर से जाँच होगी।"
        ),
        Prompt.FEEDBACK_NO_ANSWER: "हमें आपका उत्तर नहीं मिला। धन्यवाद। नमस्कार।",
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
        Prompt.SUGGESTION_NOTICE: "आपकी माँग या सुझाव हमारे प्रतिनिधि दर्ज करेंगे।",
        Prompt.SCHEMES_NOTICE: "सरकारी योजनाओं की जानकारी हमारे प्रतिनिधि देंगे।",
        Prompt.OUT_OF_SCOPE: (
            "ये विषय यहाँ नहीं लिए जाते। सूचना का अधिकार, इसके लिए विभाग के जन सूचना अधिकारी को लिखें। "
            "न्यायालय में चल रहे मामले, इनके लिए विधिक सेवा प्राधिकरण जाएँ। "
            "केंद्र या दूसरे राज्य के विषय, इनके लिए उनकी हेल्पलाइन पर कॉल करें। "
            "सरकारी कर्मचारियों के सेवा संबंधी मामले, इनके लिए अपने विभाग में आवेदन करें।"
        ),
        Prompt.STATUS_ASK: ("अपनी शिकायत संख्या के नौ अंक दबाएँ। इसी फ़ोन नंबर की शिकायतों के लिए हैश दबाएँ।"),
        Prompt.STATUS_WRONG_NUMBER: "यह शिकायत संख्या सही नहीं है। कृपया फिर से दबाएँ।",
        Prompt.STATUS_UNKNOWN: "इस संख्या की कोई शिकायत नहीं मिली।",
        Prompt.STATUS_NONE_OF_CALLER: (
            "केवल इस फ़ोन नंबर से कोई खुली शिकायत नहीं बताई जा सकती। शिकायत संख्या से पूछिए।"
        ),
        Prompt.STATUS_UNAVAILABLE: "क्षमा कीजिए, स्थिति अभी नहीं बताई जा सकती।",
        Prompt.STATUS_NUMBER: "शिकायत संख्या",
        Prompt.STATUS_SUBJECT: "विषय",
        Prompt.STATUS_OFFICER: "यह इनके पास है",
        Prompt.STATUS_DUE: "समय सीमा",
        Prompt.STATUS_OVERDUE: "इसकी समय सीमा बीत चुकी है। यह मुख्यमंत्री कार्यालय की सूची में है।",
        Prompt.STATE_TRIAGE: "इसे संबंधित अधिकारी को भेजा जाना है।",
        Prompt.STATE_WITH_OFFICER: "इस पर अधिकारी कार्यवाही कर रहे हैं।",
        Prompt.STATE_PAUSED: "इस पर कार्यवाही अभी रुकी है।",
        Prompt.STATE_RETURNED: "इसे सही अधिकारी को भेजा जाना है।",
        Prompt.STATE_AWAITING_FEEDBACK: "इसका निस्तारण हुआ है, और आपकी संतुष्टि पूछी जानी है।",
        Prompt.STATE_CLOSED_SATISFIED: "यह आपकी संतुष्टि के बाद बंद है।",
        Prompt.STATE_UNVERIFIED: "यह बंद है, क्योंकि आपसे संपर्क नहीं हो सका।",
        Prompt.STATE_SPECIAL_CLOSED: "यह विशेष परिस्थिति में बंद की गई है।",
        Prompt.STATE_WITHDRAWN: "यह आपके अनुरोध पर वापस ली गई है।",
        Prompt.STATE_ADVISED: "इसका विषय हेल्पलाइन के दायरे में नहीं है।",
        Prompt.STATE_ANSWERED: "इसका उत्तर आपको भेज दिया गया है।",
        Prompt.STATE_THANKED: "आपका सुझाव दर्ज किया गया है। धन्यवाद।",
        Prompt.STATE_MERGED: "यह आपकी पहली शिकायत में मिला दी गई है। कृपया उसकी संख्या से पूछें।",
        Prompt.LEVEL_1: "पहले स्तर के अधिकारी",
        Prompt.LEVEL_2: "दूसरे स्तर के अधिकारी",
        Prompt.LEVEL_3: "तीसरे स्तर के अधिकारी",
        Prompt.LEVEL_4: "चौथे स्तर के अधिकारी",
        Prompt.MISSED_FEEDBACK: (
            "आपकी शिकायत के निस्तारण के बारे में हमने आपको कॉल की थी। एक छोटा प्रश्न है।"
        ),
        Prompt.FEEDBACK_NOT_TAKEN: "क्षमा कीजिए, उत्तर अभी दर्ज नहीं हो सका। हम आपको फिर कॉल करेंगे।",
        Prompt.FEEDBACK_SETTLED: (
            "धन्यवाद। यह प्रश्न इस बीच पूरा हो चुका है। आपकी बात शिकायत के साथ रखी गई है।"
        ),
        Prompt.EMERGENCY_CONNECTING: "आपको आपात सेवा से जोड़ा जा रहा है।",
        Prompt.EMERGENCY_FIRST: "से आपको जोड़ा जा रहा है। तुरंत जुड़ने के लिए नौ दबाएँ।",
        Prompt.CHOICE_FOR: "के लिए",
        Prompt.CHOICE_PRESS: "दबाएँ",
        Prompt.EMERGENCY_FAILED: "आपात सेवा की लाइन नहीं मिली। आपको हमारे प्रतिनिधि से जोड़ा जा रहा है।",
        Prompt.EMERGENCY_KEY: "आपात स्थिति में नौ दबाएँ।",
        Prompt.CALLER_BLOCKED: "क्षमा कीजिए, इस नंबर से कॉल अभी नहीं ली जा रही है।",
        Prompt.CALLER_LIMIT: "क्षमा कीजिए, इस नंबर से बहुत अधिक कॉल आई हैं। कुछ देर बाद फिर कॉल करें।",
        Prompt.LINES_FULL: "क्षमा कीजिए, इस समय सभी लाइनें व्यस्त हैं। कुछ देर बाद फिर कॉल करें।",
        Prompt.CLOSED: "इस समय हमारे प्रतिनिधि उपलब्ध नहीं हैं।",
        Prompt.CLOSED_SERVICES: "शिकायत की स्थिति और आपात सेवा इस समय भी उपलब्ध हैं।",
        Prompt.OPENS_AGAIN: "हमारे प्रतिनिधि",
        Prompt.OPENS_FROM: "से फिर उपलब्ध होंगे।",
        Prompt.TODAY: "आज",
        Prompt.TOMORROW: "कल",
        Prompt.ON_DAY: "को",
        Prompt.MORNING: "सुबह",
        Prompt.AFTERNOON: "दोपहर",
        Prompt.EVENING: "शाम",
        Prompt.NIGHT: "रात",
        Prompt.OCLOCK: "बजे",
        Prompt.PAST: "बजकर",
        Prompt.MINUTES: "मिनट",
        Prompt.CALL_BACK_OFFER: "हम आपको इसी नंबर पर कॉल करें, इसके लिए एक दबाएँ।",
        Prompt.QUEUE_WHERE: "कृपया लाइन पर बने रहें। आपकी बारी आने पर बात होगी।",
        Prompt.QUEUE_POSITION: "आपकी बारी की संख्या है",
        Prompt.QUEUE_WAIT_MINUTES: "मिनट में आपकी बारी आने का अनुमान है।",
        Prompt.QUEUE_WAIT_SHORT: "एक मिनट के भीतर आपकी बारी आने का अनुमान है।",
        Prompt.QUEUE_WAIT_LONG: "प्रतीक्षा बहुत लंबी हो सकती है।",
        Prompt.KEEP_PLACE_OFFER: (
            "अपनी बारी रखकर फ़ोन रखने के लिए आठ दबाएँ। बारी आने पर हम आपको कॉल करेंगे।"
        ),
        Prompt.KEEP_PLACE_DONE: "आपकी बारी रख ली गई है। बारी आने पर हम आपको इसी नंबर पर कॉल करेंगे।",
        Prompt.OFFICER_WELCOME: "नमस्कार। यह मुख्यमंत्री हेल्पलाइन की अधिकारी लाइन है।",
        Prompt.OFFICER_WITHHELD: "क्षमा कीजिए, आपका नंबर दिखाई नहीं दे रहा है। अपना नंबर दिखाकर कॉल करें।",
        Prompt.OFFICER_NUMBER: "अपने पंजीकृत मोबाइल नंबर के दस अंक दबाएँ।",
        Prompt.OFFICER_PIN: ("अपने पिन के छह अंक दबाएँ। दूसरे पंजीकृत नंबर के लिए स्टार और हैश दबाएँ।"),
        Prompt.OFFICER_PIN_WRONG: "क्षमा कीजिए, नंबर और पिन मेल नहीं खाते।",
        Prompt.OFFICER_PIN_LOCKED: ("क्षमा कीजिए, पिन कई बार गलत दबाया गया। कृपया कुछ देर बाद कॉल करें।"),
        Prompt.OFFICER_NO_POST: "इस समय आपके नाम कोई पद दर्ज नहीं है। कृपया अपने प्रशासक से बात करें।",
        Prompt.OFFICER_COMPLAINT: "जिस शिकायत का निस्तारण बताना है, उसकी संख्या के नौ अंक दबाएँ।",
        Prompt.OFFICER_NOT_YOURS: "यह शिकायत आपके पद के पास नहीं है।",
        Prompt.OFFICER_ALREADY: "इस शिकायत का निस्तारण पहले ही बताया जा चुका है।",
        Prompt.OFFICER_NOT_NOW: "इस शिकायत का निस्तारण फ़ोन पर नहीं बताया जा सकता। कृपया पोर्टल देखें।",
        Prompt.OFFICER_KIND: "निस्तारण हो गया है, तो तीन दबाएँ। निस्तारण संभव नहीं है, तो चार।",
        Prompt.OFFICER_REMARK: ("बीप के बाद बताएँ कि क्या कार्यवाही हुई। पूरी होने पर कोई भी बटन दबाएँ।"),
        Prompt.OFFICER_REMARK_SHORT: "क्षमा कीजिए, कुछ सुनाई नहीं दिया।",
        Prompt.OFFICER_REMARK_HEARD: "आपने यह बताया है।",
        Prompt.OFFICER_CONFIRM: "यही दर्ज करने के लिए एक दबाएँ। फिर से बोलने के लिए दो।",
        Prompt.OFFICER_TAKEN: "धन्यवाद। निस्तारण दर्ज कर लिया गया है। इसका संदेश आपको भेजा जाएगा।",
        Prompt.OFFICER_NOT_TAKEN: (
            "क्षमा कीजिए, निस्तारण दर्ज नहीं हो सका। कृपया कुछ देर बाद फिर कॉल करें।"
        ),
    }
)
