import contextlib

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from agi.errors import ProtocolError, UnsafeArgumentError
from agi.protocol import (
    MAX_COMMAND_BYTES,
    Reply,
    app_argument,
    build,
    clean,
    parse_reply,
    parse_request,
    quote,
    readable_name,
    variable_name,
)
from tests.agi.asterisk import headers, parse_args

OTHER = "01990000-0000-7000-8000-00000000000f"
_untimed = settings(deadline=None)  # the machine may be busy
_anything = st.text(max_size=150) | st.text(alphabet='\\" \t\n\r\0,|${}()abc', max_size=60)


@_untimed
@given(_anything)
@example('\\" EXEC System "rm -rf /')
@example("\\")
@example('a\nEXEC System "x"')
def test_a_quoted_value_is_exactly_one_argument(value: str) -> None:
    assert parse_args(f"SET VARIABLE X {quote(value)} after") == [
        "SET",
        "VARIABLE",
        "X",
        clean(value),
        "after",
    ]


@_untimed
@given(_anything)
def test_cleaning_takes_control_characters_and_nothing_else(value: str) -> None:
    kept = "".join(c for c in value if c >= " " and not "\x7f" <= c <= "\x9f")
    assert clean(value) == kept


@_untimed
@given(st.lists(_anything, max_size=5))
def test_a_command_is_one_line_with_as_many_arguments_as_were_given(values: list[str]) -> None:
    try:
        line = build("STREAM FILE", *values)
    except UnsafeArgumentError:
        assert sum(len(value.encode("utf-8", "replace")) for value in values) > 800
        return
    assert line.count(b"\n") == 1
    assert line.endswith(b"\n")
    assert b"\0" not in line
    assert parse_args(line[:-1].decode())[2:] == [clean(value) for value in values]


def test_a_command_longer_than_asterisk_reads_as_one_line_is_refused() -> None:
    with pytest.raises(UnsafeArgumentError):
        build("SET VARIABLE X", "x" * MAX_COMMAND_BYTES)


@pytest.mark.parametrize("name", ["A B", 'A"', "A\n", "A(b)", "", "${X}", "___A", "अ"])
def test_only_plain_names_are_set(name: str) -> None:
    with pytest.raises(UnsafeArgumentError):
        variable_name(name)


def test_inherited_variables_and_plain_functions_are_names() -> None:
    assert variable_name("__HELPLINE_CALL") == "__HELPLINE_CALL"
    assert readable_name("CALLERID(num)") == "CALLERID(num)"
    with pytest.raises(UnsafeArgumentError):
        readable_name("SHELL(rm -rf /)")


@pytest.mark.parametrize(
    "value", ["a,b", "a|b", "${X}", "a b", "a;b", 'a"', "`x`", "a\n", "(x)", "अ"]
)
def test_application_arguments_with_a_meaning_are_refused(value: str) -> None:
    with pytest.raises(UnsafeArgumentError):
        app_argument(value)


def test_paths_are_application_arguments() -> None:
    path = "/var/lib/helpline/rec/0192f0c1-aaaa-7bbb-8ccc-123456789abc.raw"
    assert app_argument(path) == path


@pytest.mark.parametrize(
    ("raw", "reply"),
    [
        (b"200 result=0", Reply(200, "0", None, None)),
        (b"200 result=1 (timeout) endpos=123", Reply(200, "1", "timeout", 123)),
        (b"200 result=49 endpos=8000", Reply(200, "49", None, 8000)),
        (b"200 result=1 (value with ) paren)", Reply(200, "1", "value with ) paren", None)),
        (b"200 result=1 ((a) endpos=5)", Reply(200, "1", "(a) endpos=5", None)),
        (b"200 result=1 ()", Reply(200, "1", "", None)),
        (b"200 result=", Reply(200, "", None, None)),
        (b"200 result=-1 (hangup) endpos=16000", Reply(200, "-1", "hangup", 16000)),
        (b"200 result=0 endpos=-1", Reply(200, "0", None, None)),
        (b"510 Invalid or unknown command", Reply(510, "", "Invalid or unknown command", None)),
        ("200 result=1 (सीता)".encode(), Reply(200, "1", "सीता", None)),
        (b"200 result=1 (Jos\xe9)", Reply(200, "1", "José", None)),
    ],
)
def test_replies_are_read(raw: bytes, reply: Reply) -> None:
    assert parse_reply(raw) == reply


@_untimed
@given(st.binary(max_size=200))
def test_any_bytes_are_a_reply_or_a_protocol_error(raw: bytes) -> None:
    with contextlib.suppress(ProtocolError):
        parse_reply(raw)


@_untimed
@given(st.binary(max_size=200) | st.binary(max_size=200).map(lambda raw: b"agi_x: " + raw))
def test_any_bytes_are_a_request_or_a_protocol_error(raw: bytes) -> None:
    with contextlib.suppress(ProtocolError):
        parse_request(raw)


def test_script_query_and_arguments_are_told_apart() -> None:
    block = headers("inbound?a=1&b=%20x&c=", ["first", "", "third"])
    request = parse_request(block[:-2])
    assert request.script == "inbound"
    assert request.query == {"a": "1", "b": " x", "c": ""}
    assert request.args == ["first", "", "third"]


def test_a_latin1_name_does_not_harm_the_hindi_one_beside_it() -> None:
    block = "agi_network: yes\nagi_calleridname: सीता देवी\n".encode()
    request = parse_request(block + b"agi_x: Jos\xe9")
    assert request.env["agi_calleridname"] == "सीता देवी"
    assert request.env["agi_x"] == "José"


@pytest.mark.parametrize(
    "number",
    [
        "0\nagi_network_script: other",
        "0\nagi_uniqueid: 1",
        f"0\nagi_arg_1: {OTHER}\nagi_dnid: 112",
        f"0\nagi_arg_2: {OTHER}",
        "0\nagi_threadid: 1",
        "0\nno header",
        f"0\nagi_arg_1: {OTHER}\n",
        f"0\nagi_arg_1: {OTHER}\nagi_threadid: 1\n",
    ],
)
def test_a_number_with_headers_in_it_is_no_request(number: str) -> None:
    block = headers("ended", ["mine"], callerid=number)
    whole = block.partition(b"\n\n")[0]
    with pytest.raises(ProtocolError):
        parse_request(whole)


@_untimed
@given(st.text(max_size=79))
@example("0\nagi_x: 1")
@example(f"0\nagi_arg_2: {OTHER}\n")
def test_of_a_number_with_anything_in_it_all_else_is_as_asterisk_says_or_there_is_no_request(
    number: str,
) -> None:
    block = headers("ended", ["mine"], callerid=number.encode()[:79].decode(errors="ignore"))
    with contextlib.suppress(ProtocolError):
        request = parse_request(block.partition(b"\n\n")[0])
        assert (request.script, request.args) == ("ended", ["mine"])
        said = parse_request(headers("ended", ["mine"])[:-2]).env
        assert {name: request.env[name] for name in said} | {"agi_callerid": ""} == said | {
            "agi_callerid": ""
        }


def test_a_flood_of_headers_is_refused() -> None:
    with pytest.raises(ProtocolError):
        parse_request(b"\n".join(b"agi_x%d: 1" % number for number in range(1000)))
