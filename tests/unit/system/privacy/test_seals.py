"""A seal proves a value to whoever has it, and is dear for whoever guesses."""

from __future__ import annotations

import hashlib
import time

from firsttry_tasks.recorder.probes import environ
from firsttry_tasks.system.privacy import seals


def test_the_value_opens_its_seal() -> None:
    """Another value does not, nor the same value of another variable."""
    sealed = seals.seal("PIN", "4711")
    opened = [
        seals.holds(sealed, *pair) for pair in (("PIN", "4711"), ("PIN", "4712"), ("P", "4711"))
    ]
    assert opened == [True, False, False]


def test_no_two_seals_are_alike() -> None:
    """So that a table of all PINs, made once, opens none."""
    assert seals.seal("PIN", "4711") != seals.seal("PIN", "4711")


def test_a_guess_is_dear() -> None:
    """Ten thousand PINs have to take minutes; with a plain digest they take milliseconds."""
    sealed, start = seals.seal("PIN", "4711"), time.process_time()
    seals.holds(sealed, "PIN", "0000")
    assert time.process_time() - start > 0.01


def test_no_digest_of_a_dictionary_is_in_a_seal_or_a_record() -> None:
    """Neither plain, nor of name and value together: without the key nothing can be tried."""
    value, name = b"4711", b"PIN"
    texts = (value, name + b"\0" + value, name + b"=" + value)
    made = {
        hashlib.new(kind, text).hexdigest()
        for kind in hashlib.algorithms_guaranteed
        if not kind.startswith("shake")
        for text in texts
    }
    made |= {hashlib.blake2b(text, digest_size=8).hexdigest() for text in texts}
    told = (seals.seal("PIN", "4711"), environ.variable("PIN", {"PIN": "4711"}, "/r", b"k" * 32))
    assert not [one for one in told for digest in made if one in digest or digest[:16] in one]


def test_only_so_many_are_sealed() -> None:
    """A hostile box can't make a reader work for hours, and a wide test suite no writer."""
    many = {f"V{n}": "00" * 16 + ":" + "00" * 16 for n in range(seals.MOST + 1)}
    assert (seals.good(many), seals.good({"V": many["V0"]}), seals.good({"V": "x"})) == (
        False,
        True,
        False,
    )
    assert len(seals.every((f"V{n}" for n in range(3)), {"V0": "1", "V2": ""}.get)) == 2


def test_what_is_held_here() -> None:
    """Names of variables whose value is the same; one that is not set here is none of them."""
    sealed = seals.every(("A", "B", "C"), {"A": "1", "B": "2", "C": "3"}.get)
    assert seals.held(sealed, {"A": "1", "B": "x"}.get) == {"A"}
