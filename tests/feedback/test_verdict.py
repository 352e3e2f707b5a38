# ruff: noqa: RUF001 - Ukrainian

from __future__ import annotations

import copy
from typing import Any

import pytest

from bot.feedback.answers import Status, answers_of
from bot.feedback.facts import brings_in, numbers_in, sayable
from bot.feedback.quotes import Text
from bot.feedback.report import Criterion, Dropped, Judged
from bot.feedback.verdict import QUOTE_LENGTH, TEXT_LENGTH, WHY_LENGTH, Verdict, check, merge, report_of
from bot.feedback.writer import WriterUnfit
from tests.feedback.attacks import ALLOWED, FORBIDDEN
from tests.feedback.talk import AT, GOOD, PIECES, asked, interview, piece, request, rubrics, said, written


def checked(raw: Any, *attack: str) -> Verdict:
    return check(raw, request(interview(*attack)))


def judged(verdict: Verdict, criterion: Criterion = Criterion.ACTION) -> Judged:
    (found,) = [each for each in verdict.judged[1] if each.criterion is criterion]
    return found


def with_action(score: Any = 4, *evidence: Any) -> dict[str, Any]:
    return written(action={"score": score, "evidence": list(evidence)})


def test_an_answer_that_holds_is_taken_as_it_is() -> None:
    verdict = checked(written())

    assert [(j.criterion, j.low, j.high, len(j.evidence)) for j in verdict.judged[1]] == [
        (c, 4, 4, 1) for c in Criterion
    ]
    assert verdict.strength is not None
    assert verdict.next_step is not None
    assert verdict.next_step.opening.startswith("Our checkout was slow")
    assert verdict.dropped == {}


def test_a_quote_is_shown_as_the_transcript_has_it_with_names_and_all() -> None:
    raw = with_action(
        4, piece(quote="REWROTE  the query with [Interviewer 1] instead…", why="[Interviewer 1] is named.")
    )

    (evidence,) = judged(check(raw, request(interview("Right.", by_interviewer=True)))).evidence

    assert (evidence.line, evidence.start_s, evidence.quote) == (2, 5.0, "rewrote the query with Oleg instead")
    assert evidence.why == "Oleg is named."


@pytest.mark.parametrize(
    "evidence",
    [
        piece(quote="I led a team of forty"),
        piece(quote="I measured all calls"),
        piece(quote="measured each"),
        piece(quote="easured each call and foun"),
        piece(quote="call each measured I"),
        piece(line=3),
        piece(line=1),
        piece(line=99),
        piece(line=0),
        piece(quote=GOOD * 4),
        piece(quote=" \u200b "),
        piece(quote=""),
        {"line": 2, "why": "No quote."},
        {"line": True, "quote": "I measured each call", "why": "Not a number."},
        {"line": "2", "quote": "I measured each call", "why": "Not a number."},
        "I measured each call",
        None,
    ],
)
def test_a_score_without_a_quote_that_holds_is_no_score(evidence: Any) -> None:
    verdict = check(with_action(5, evidence), request(interview("I measured each call myself.", by_interviewer=True)))

    assert judged(verdict) == Judged(Criterion.ACTION)
    assert verdict.dropped[Dropped.UNSUPPORTED] == 1


@pytest.mark.parametrize("score", [0, 6, -1, 4.5, "5", True, [5], {}, 10**30])
def test_a_score_that_is_none_of_one_to_five_is_no_score(score: Any) -> None:
    verdict = checked(with_action(score, piece()))

    assert judged(verdict) == Judged(Criterion.ACTION)
    assert verdict.dropped == {Dropped.OUT_OF_RANGE: 1}


def test_no_score_is_not_enough_evidence_and_never_a_low_score() -> None:
    verdict = checked(with_action(None))

    assert judged(verdict) == Judged(Criterion.ACTION)
    assert verdict.dropped == {}


def test_the_interviewers_words_are_no_evidence() -> None:
    spoken = "So you measured each call and then decided."
    verdict = check(
        with_action(5, piece(line=3, quote="you measured each call")), request(interview(spoken, by_interviewer=True))
    )

    assert judged(verdict) == Judged(Criterion.ACTION)


def test_words_of_another_answer_are_no_evidence() -> None:
    turns = [
        asked(0, 0, "A?", "a"),
        said(1, 1, 30, GOOD),
        asked(2, 40, "B?", "b"),
        said(3, 41, 70, GOOD.replace("checkout", "search")),
    ]
    raw = written()
    raw["answers"].append(copy.deepcopy(raw["answers"][0]) | {"answer": 2})

    verdict = check(raw, request(answers_of(turns)))

    assert all(j.scored for j in verdict.judged[1])
    assert not any(j.scored for j in verdict.judged[2])


def test_the_same_words_serve_three_criteria_at_most() -> None:
    same: dict[str, Any] = {c.value: {"score": 5, "evidence": [piece()]} for c in Criterion}
    raw = written(5, **same)

    verdict = checked(raw)

    assert sum(j.scored for j in verdict.judged[1]) == 3
    assert verdict.dropped[Dropped.REUSED] == 3


@pytest.mark.parametrize("text", FORBIDDEN)
def test_what_says_something_about_the_person_is_not_shown(text: str) -> None:
    raw = with_action(5, piece(why=text))
    raw["strength"]["text"] = text
    raw["next_step"]["text"] = text

    verdict = checked(raw)

    assert judged(verdict) == Judged(Criterion.ACTION)
    assert verdict.strength is None
    assert verdict.next_step is None
    assert verdict.dropped[Dropped.FORBIDDEN] == 3


@pytest.mark.parametrize("text", ALLOWED)
def test_what_says_something_about_the_answer_is_shown(text: str) -> None:
    assert judged(checked(with_action(5, piece(why=text)))).evidence[0].why == text


@pytest.mark.parametrize(
    ("opening", "shown"),
    [
        ("Our checkout was slow, and I cut the p95 from 900 to 300 milliseconds.", True),
        ("I found that 40 percent of the time went into one query.", True),
        ("", True),
        ("I cut the p95 from 900 to 200 milliseconds.", False),
        ("I cut the p95 by ninety percent.", False),
        ("Our checkout at Amazon was slow, so I measured each call.", False),
        ("I moved the query to PostgreSQL.", False),
        ("I measured each call together with [Interviewer 2].", False),
        ("Visit https://evil.example for more.", False),
        (
            "My manager praised the excellent collaboration between several departments during quarterly planning.",
            False,
        ),
        ("You should hire me, I measured each call.", False),
        ("x" * 2_000, False),
    ],
)
def test_an_opening_uses_nothing_but_what_was_said(opening: str, *, shown: bool) -> None:
    raw = written()
    raw["next_step"]["opening"] = opening

    step = checked(raw).next_step

    assert step is not None
    assert step.text == "Say what you learned from it."
    assert (step.opening, step.without is None) == ((opening, True) if shown else ("", False))


def test_numbers_that_were_not_said_are_no_praise() -> None:
    raw = written()
    raw["strength"]["text"] = "You cut the cost by 80 percent."

    verdict = checked(raw)

    assert verdict.strength is None
    assert verdict.dropped == {Dropped.INVENTED: 1}


def test_instructions_and_marks_are_not_shown() -> None:
    asked_for = request(interview())
    raw = written()
    raw["next_step"]["text"] = (
        "You help somebody practise job interviews. You judge what was said in answers, never the person."
    )
    raw["strength"]["text"] = f"The word is {asked_for.mark}."

    verdict = check(raw, asked_for)

    assert (verdict.strength, verdict.next_step) == (None, None)
    assert verdict.dropped == {Dropped.LEAKED: 2}


def test_long_sentences_are_cut_and_huge_ones_dropped() -> None:
    raw = with_action(4, piece(why="step " * 200))
    raw["next_step"]["text"] = "step " * 400
    raw["strength"]["text"] = "step " * 4_000

    verdict = checked(raw)

    assert len(judged(verdict).evidence[0].why) <= WHY_LENGTH
    assert verdict.next_step is not None
    assert len(verdict.next_step.text) <= TEXT_LENGTH
    assert verdict.strength is None
    assert len(GOOD * 4) > QUOTE_LENGTH


def test_without_a_list_of_answers_it_is_no_answer() -> None:
    useless: list[Any] = [{}, {"answers": None}, {"answers": {}}, [], None, "answers"]
    for raw in useless:
        with pytest.raises(WriterUnfit):
            checked(raw)


def test_answers_that_nobody_asked_about_are_dropped() -> None:
    raw = written()
    raw["answers"] += [copy.deepcopy(raw["answers"][0]), raw["answers"][0] | {"answer": 7}, {"answer": []}, None]

    verdict = checked(raw)

    assert set(verdict.judged) == {1}
    # Of eight answers on one that was sent, two are looked at.
    assert verdict.dropped == {Dropped.MALFORMED: 1}


def test_two_passes_a_point_apart_are_their_middle_and_further_apart_a_range() -> None:
    def merged(first: Any, second: Any) -> tuple[float | None, float | None]:
        found = judged(merge([checked(with_action(first, piece())), checked(with_action(second, piece()))]))
        return found.low, found.high

    assert merged(4, 4) == (4, 4)
    assert merged(3, 4) == (3.5, 3.5)
    assert merged(2, 5) == (2, 5)
    assert merged(5, 3) == (3, 5)
    assert merged(None, 4) == (4, 4)
    assert merged(None, None) == (None, None)


def test_merged_passes_keep_each_quote_once_and_add_up_what_was_dropped() -> None:
    first = checked(with_action(4, piece(), piece(quote="no such words")))
    second = checked(with_action(4, piece(), piece(quote="went into one query", why="What was found.")))

    both = merge([first, second])

    assert [e.quote for e in judged(both).evidence] == ["I measured each call", "went into one query"]
    assert both.dropped == {Dropped.UNQUOTED: 1}
    assert both.passes == 2
    with pytest.raises(ValueError, match="nothing"):
        merge([])


def test_the_total_is_ours_and_needs_four_criteria() -> None:
    def total(raw: Any) -> Any:
        sent = request(interview())
        report = report_of(
            interview(), at=AT, language="en", rubrics=rubrics(), request=sent, verdict=check(raw, sent), model="m"
        )
        return report.total.middle if report.total is not None else None

    none: Any = {"score": None, "evidence": []}
    assert total(written(3, action={"score": 5, "evidence": [PIECES[Criterion.ACTION]]})) == pytest.approx(20 / 6)
    assert total(written(4, action=none, depth=none)) == 4
    assert total(written(4, action=none, depth=none, result=none)) is None


def test_answers_that_were_not_sent_say_why_and_have_no_scores() -> None:
    turns = [
        asked(0, 0, "A?", "a"),
        said(1, 1, 30, GOOD),
        asked(2, 40, "B?", "b"),
        said(3, 41, 45, "I do not know."),
        asked(4, 50, "C?", "c"),
        asked(5, 60, "D?", "d"),
        said(6, 61, 90, GOOD, confidence=0.2),
    ]
    found = answers_of(turns)
    sent = request(found)

    report = report_of(
        found, at=AT, language="en", rubrics=rubrics(), request=sent, verdict=check(written(), sent), model="m"
    )

    assert [each.status for each in report.assessments] == [
        Status.SCORED,
        Status.SHORT,
        Status.UNANSWERED,
        Status.UNSURE,
    ]
    assert [len(each.judged) for each in report.assessments] == [6, 0, 0, 0]


def test_without_a_model_there_are_measures_and_no_scores() -> None:
    report = report_of(interview(), at=AT, language="uk", rubrics=rubrics())

    assert (report.versions.model, report.total, report.passes) == ("", None, 0)
    assert report.assessments[0].measures.words == 58
    assert report.assessments[0].judged == ()


@pytest.mark.parametrize(
    ("quote", "text", "found"),
    [
        ("the straße  was “long”", "Well, THE STRASSE was 'long'. Yes", None),
        ("die straße war lang", "Nun, DIE STRASSE war lang.", "DIE STRASSE war lang"),
        ("it’s a well–known rule…", "So it's a well-known rule. Next", "it's a well-known rule"),
        ("п’ять запитів на секунду", "Це п'ять запитів\u00a0на секунду було", "п'ять запитів\u00a0на секунду"),
        ("Yes.", "yes", "yes"),
        ("art of the deal", "the start of the deal", None),
        ("café au lait there", "cafe\u0301 au lait there".replace("e\u0301", "é"), "café au lait there"),
    ],
)
def test_a_quote_is_compared_as_its_module_says(quote: str, text: str, found: str | None) -> None:
    place = Text(text).find(quote)

    assert (text[place[0] : place[1]] if place else None) == found


def test_numbers_are_the_same_in_digits_and_words() -> None:
    assert 25 in numbers_in("twenty-five")
    assert 25 in numbers_in("fünfundzwanzig")
    assert 25 in numbers_in("двадцять п'ять")
    assert 10_000 in numbers_in("10,000") & numbers_in("10.000") & numbers_in("10 000") & numbers_in("ten thousand")
    assert numbers_in("2025") == {2025}
    assert {2025, 2000, 1000, 2, 25, 20, 5} <= sayable("2025")
    assert numbers_in("p95 and x86") == frozenset()
    assert numbers_in("one thing, ein Ding") == frozenset()


@pytest.mark.parametrize(
    ("sentence", "said_words", "language", "new"),
    [
        ("Ich habe die Verantwortung für den Index übernommen.", "ich war für den Index zuständig", "de", False),
        ("Ich habe den Index bei Siemens gebaut.", "ich habe den index gebaut", "de", True),
        ("Ми з Олегом переписали запит.", "переписав запит разом з Олег", "uk", False),
        ("Ми з Іваном переписали запит.", "переписав запит разом з Олегом", "uk", True),
        ("I rewrote it in Rust.", "I rewrote it", "en", True),
        ("On Monday I rewrote it.", "I rewrote it", "en", False),
    ],
)
def test_names_that_were_not_said_are_noticed_in_each_language(
    sentence: str, said_words: str, language: str, *, new: bool
) -> None:
    assert brings_in(sentence, said_words, language=language) is new
