"""What may be written of a service, and how it is found."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.directory import LONGEST_TEXT, is_found, names_of_texts, read_words, revision_of, words_of
from app.domain.errors import InvalidInput

ORGANISATIONS = ("o_kela", "o_eskoo", "o_sosiaali")
NOTHING = words_of({})
LONG = "a" * (LONGEST_TEXT + 1)
#: what all texts are but one, which is something else
TEXTS = st.builds(
    lambda name, text: {**dict.fromkeys(names_of_texts(), "Teksti"), name: text},
    st.sampled_from(names_of_texts()),
    st.sampled_from(["", " \t", LONG[1:], LONG, "kaksi  sanaa"]) | st.text(max_size=10),
)


@given(texts=TEXTS, owners=st.lists(st.sampled_from([*ORGANISATIONS, "o_none"]), max_size=4))
def test_what_is_written_is_kept_or_refused_at_its_place(texts, owners):
    written = {name: " ".join(text.split()) for name, text in texts.items()}
    wrong = {name for name, text in written.items() if not 0 < len(text) <= LONGEST_TEXT}
    wrong |= {"owners"} if "o_none" in owners else set()
    if wrong:
        with pytest.raises(InvalidInput) as refused:
            read_words(texts, owners=owners, present=NOTHING, organisations=ORGANISATIONS)
        assert {problem.place for problem in refused.value.problems} == wrong
        return
    words = read_words(texts, owners=owners, present=NOTHING, organisations=ORGANISATIONS)
    assert all(0 < len(text) <= LONGEST_TEXT for text in (*words.description.values(), *words.access.values()))
    assert sorted(words.owners) == sorted(set(owners))
    assert words_of(words.as_value()) == words
    assert revision_of(words) == revision_of(words_of(words.as_value()))


@given(present=st.permutations(ORGANISATIONS), owners=st.lists(st.sampled_from(ORGANISATIONS), unique=True))
def test_who_gave_the_service_before_keeps_the_order(present, owners):
    before = words_of({"owners": present[:2]})
    written = read_words(
        dict.fromkeys(names_of_texts(), "a"), owners=owners, present=before, organisations=ORGANISATIONS
    )
    kept = [owner for owner in before.owners if owner in owners]
    assert list(written.owners[: len(kept)]) == kept


@pytest.mark.parametrize(
    ("query", "found"), [("", True), ("TYÖ kokeilu", True), ("arbets", True), ("työ pension", False)]
)
def test_every_word_has_to_stand_somewhere_in_any_language(query, found):
    assert is_found(query, [{"fi": "Työkokeilu", "sv": "Arbetsprövning"}, {"fi": "Kokeilu työpaikalla"}]) is found
