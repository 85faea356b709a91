"""What is sealed opens in any part, and in no way when a bit of it was changed."""

import secrets
from collections.abc import Iterator
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from recordings.errors import MasterKeyError, SealBrokenError
from recordings.master import MasterKeys, WrappedKey, master_id
from recordings.seal import HEADER, SEGMENT, TAG, Seal, covering, sealed_size, segments

KEY = bytes(range(32))
ONE, OTHER = UUID(int=1), UUID(int=2)
_WHOLE = SEGMENT + TAG
_NOISE = secrets.token_bytes(5 * SEGMENT)

sizes = st.one_of(
    st.integers(0, 5 * SEGMENT),
    st.builds(
        lambda n, d: max(0, min(n * SEGMENT + d, 5 * SEGMENT)),
        st.integers(0, 5),
        st.integers(-2, 2),
    ),
)


def sealed(plain: bytes, object_id: UUID = ONE, key: bytes = KEY) -> bytes:
    return b"".join(Seal(key, object_id).close([plain]))


def opened(file: bytes, start: int, end: int, plain: int, object_id: UUID = ONE) -> bytes:
    span = covering(start, end, plain)
    return Seal(KEY, object_id).open(file[span.start : span.end], start, end, plain)


@given(sizes, st.data())
@example(0, None)
@example(SEGMENT, None)
def test_any_range_of_any_size_comes_back(size: int, data: st.DataObject | None) -> None:
    plain = _NOISE[:size]
    file = sealed(plain)
    assert len(file) == sealed_size(size)
    start = data.draw(st.integers(0, size)) if data else 0
    end = data.draw(st.integers(start, size)) if data else size
    assert opened(file, start, end, size) == plain[start:end]
    span = covering(start, end, size)
    assert span.end - span.start <= (end - start) + 2 * _WHOLE  # no more than what is needed


@given(sizes, st.integers(1, 3 * SEGMENT))
def test_the_size_of_the_pieces_makes_no_difference(size: int, piece: int) -> None:
    plain = _NOISE[:size]

    def pieces() -> Iterator[bytes]:
        for start in range(0, size, piece):
            yield plain[start : start + piece]

    assert b"".join(Seal(KEY, ONE).close(pieces())) == sealed(plain)


@given(sizes.filter(lambda size: size <= 2 * SEGMENT), st.data())
def test_a_flipped_bit_anywhere_is_noticed(size: int, data: st.DataObject) -> None:
    file = bytearray(sealed(_NOISE[:size]))
    at = data.draw(st.integers(0, len(file) * 8 - 1))
    file[at // 8] ^= 1 << at % 8
    if at // 8 < HEADER:
        with pytest.raises(SealBrokenError):
            Seal(KEY, ONE).check_header(bytes(file[:HEADER]))
        return
    with pytest.raises(SealBrokenError):
        opened(bytes(file), 0, size, size)


def test_a_file_that_was_cut_at_a_segment_does_not_pass_for_a_shorter_one() -> None:
    file = sealed(_NOISE[: 3 * SEGMENT])
    for plain in (SEGMENT, 2 * SEGMENT):
        with pytest.raises(SealBrokenError):
            opened(file[: sealed_size(plain)], 0, plain, plain)
    with pytest.raises(SealBrokenError):
        opened(file[: sealed_size(2 * SEGMENT)], 0, 3 * SEGMENT, 3 * SEGMENT)


def test_a_file_that_was_lengthened_is_noticed() -> None:
    file = sealed(_NOISE[:SEGMENT]) + sealed(_NOISE[:SEGMENT])[HEADER:]
    with pytest.raises(SealBrokenError):
        opened(file, 0, 2 * SEGMENT, 2 * SEGMENT)


def test_segments_that_changed_places_are_noticed() -> None:
    file = sealed(_NOISE[: 3 * SEGMENT])
    first, second = file[HEADER : HEADER + _WHOLE], file[HEADER + _WHOLE : HEADER + 2 * _WHOLE]
    swapped = file[:HEADER] + second + first + file[HEADER + 2 * _WHOLE :]
    for start in (0, SEGMENT):
        with pytest.raises(SealBrokenError):
            opened(swapped, start, start + 1, 3 * SEGMENT)


def test_another_recordings_object_does_not_open_even_under_the_same_key() -> None:
    file = sealed(_NOISE[:SEGMENT], OTHER)
    with pytest.raises(SealBrokenError):
        opened(file, 0, SEGMENT, SEGMENT)
    with pytest.raises(SealBrokenError):
        Seal(KEY, ONE).check_header(file[:HEADER])


@pytest.mark.parametrize(("start", "end"), [(-1, 1), (2, 1), (0, 11), (11, 11)])
def test_a_range_outside_is_refused(start: int, end: int) -> None:
    with pytest.raises(ValueError, match="no bytes"):
        covering(start, end, 10)


def test_an_empty_file_has_one_segment() -> None:
    assert (segments(0), segments(SEGMENT), segments(SEGMENT + 1)) == (1, 1, 2)
    assert sealed_size(0) == HEADER + TAG


def test_a_data_key_survives_a_change_of_the_master_key() -> None:
    old, new = secrets.token_bytes(32), secrets.token_bytes(32)
    key, wrapped = MasterKeys([old]).new_data_key(ONE)
    both = MasterKeys([new, old])
    assert both.unwrap(wrapped, ONE) == key
    again = both.rewrap(wrapped, ONE)
    assert (again.master_id, again.wrapped != wrapped.wrapped) == (master_id(new), True)
    assert MasterKeys([new]).unwrap(again, ONE) == key


def test_a_wrapped_key_opens_only_its_own_object_with_its_own_master() -> None:
    keys = MasterKeys([KEY])
    _, wrapped = keys.new_data_key(ONE)
    with pytest.raises(MasterKeyError, match="not what was wrapped"):
        keys.unwrap(wrapped, OTHER)
    with pytest.raises(MasterKeyError, match="not among ours"):
        MasterKeys([bytes(32)]).unwrap(wrapped, ONE)
    flipped = bytes([wrapped.wrapped[0] ^ 1]) + wrapped.wrapped[1:]
    with pytest.raises(MasterKeyError):
        keys.unwrap(WrappedKey(wrapped.master_id, flipped), ONE)


@pytest.mark.parametrize("keys", [[], [b"short"], [KEY, b"short"]])
def test_a_master_key_of_another_size_is_refused(keys: list[bytes]) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        MasterKeys(keys)


def test_a_process_that_runs_learns_of_a_new_master_key() -> None:
    old, new = secrets.token_bytes(32), secrets.token_bytes(32)
    on_disk = [old]
    running = MasterKeys(on_disk, again=lambda: on_disk)
    key, wrapped = running.new_data_key(ONE)
    on_disk = [new, old]
    again = MasterKeys(on_disk).rewrap(wrapped, ONE)
    assert running.unwrap(again, ONE) == key
    assert running.current == master_id(new)
