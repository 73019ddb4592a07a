"""What surely names a person, what may, and what is somebody else's."""

from __future__ import annotations

import random

import pytest

from crm.base.mentions import LEFT_OUT, Cleaning, Mention


@pytest.mark.parametrize(
    ("reference", "text", "left"),
    [
        ("F-204", "Send F-204 og f-204, F-204's CV, F-204s plads, (F-204).", "Send # og #, #'s CV, #s plads, (#)."),
        ("F-204", "F-204-kandidaten og F–204; F-203/F-204", "#-kandidaten og #; F-203/#"),
        ("F-20", "F-204, F-200, XF-20, F-20-4, F-20/21, F-20.5, K-F-20", None),
        ("AB", "AB, AB's, ABs, AB-kandidaten, (AB) AB.", "#, #'s, #s, #-kandidaten, (#) #."),
        ("AB", "ABC, ab, Ab, TAB, AB-12, K-AB, AB-CD, ABS, ab@AB.dk, x@AB, AB@firma.dk, AB.dk", None),
        ("Jo", "Jo kommer, jo, Jonas, JO", "# kommer, jo, Jonas, JO"),
        ("A.B.", "Ring til A.B. i dag, A.B.C. ikke", "Ring til # i dag, A.B.C. ikke"),
        ("SAG 12", "Om SAG\n12 og sag  12, ikke SAG 123", "Om # og #, ikke SAG 123"),
        ("ÅØ", "ÅØ ringer; åø; ÅØL", "# ringer; åø; ÅØL"),
        ("-", "Et - og et -", None),
    ],
)
def test_a_reference_goes_where_it_is_one_and_nowhere_else(reference: str, text: str, left: str | None) -> None:
    wanted = text if left is None else left.replace("#", LEFT_OUT)
    assert Mention(reference).without(text) == wanted


@pytest.mark.parametrize(
    ("reference", "text"),
    [("F-204", "F204"), ("F-204", "f 204"), ("F-20", "F-20/21"), ("AB", "ab"), ("AB", "A.B."), ("AB", "A. B.")],
)
def test_another_way_to_write_it_is_shown_and_not_taken(reference: str, text: str) -> None:
    mention, told = Mention(reference), f"Vi talte om {text} i går"
    assert mention.without(told) == told
    assert mention.excerpts(told, like=False) == []
    assert mention.excerpts(told, like=True) == [told]
    assert text not in mention.without_all(told)


def test_what_is_shown_is_what_stands_around() -> None:
    text = "x" * 100 + " AB " + "y" * 100
    (shown,) = Mention("AB").excerpts(text, like=False)
    assert shown.startswith("…xxx")
    assert " AB " in shown
    assert len(shown) < 90


ALIKE = {
    "F-20": ("F-204", "F-200", "F-20-4", "F-2", "AF-20", "F-20.5", "E-20"),
    "AB": ("ABC", "ab", "Ab", "AB-12", "LAB", "ABS", "AB-CD", "aB"),
}
THEIRS = {
    "F-20": ("F-20", "f-20", "F-20's", "F-20,", "(F-20)", "F-20s", "F-20-sagen", "F-20."),
    "AB": ("AB", "AB's", "AB,", "(AB)", "ABs", "AB-sagen", "AB."),
}


@pytest.mark.parametrize("reference", list(ALIKE))
def test_random_texts_lose_the_person_and_nothing_else(reference: str) -> None:
    rng, mention = random.Random(reference), Mention(reference)
    for _round in range(500):
        words = [
            rng.choice((*ALIKE[reference], *THEIRS[reference], "kok", "på mandag", "2 dage", "–", "\n"))
            for _word in range(rng.randint(1, 12))
        ]
        left = mention.without(" ".join(words))
        found = [
            LEFT_OUT.join(word.split(reference if reference in word else reference.lower()))
            if word in THEIRS[reference]
            else word
            for word in words
        ]
        assert left == " ".join(found)
        assert mention.without(left) == left


def test_a_copied_line_is_known_again_and_a_short_one_is_not() -> None:
    cleaning = Cleaning(Mention("AB"))
    cleaning.remember(["AB", "Hej\n  Send AB's CV & brev til Mette "], Mention("AB").without)
    assert cleaning.copied("- Send AB's CV & brev til Mette (AB)") == "- Send (slettet)'s CV & brev til Mette (AB)"
    assert cleaning.copied_html("<p>Send AB&#39;s CV &amp; brev til Mette</p>") == (
        "<p>Send (slettet)&#39;s CV &amp; brev til Mette</p>"
    )
