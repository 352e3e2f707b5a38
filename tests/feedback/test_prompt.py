from __future__ import annotations

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from bot.feedback.answers import Status, answers_of
from bot.feedback.prompt import ANSWERS, OTHER_LENGTH, PROMPT_VERSION, NothingToJudge, schema
from bot.feedback.report import Criterion
from tests.feedback.talk import GOOD, asked, interview, request, rubrics, said, written


def elements(content: str) -> list[dict[str, Any]]:
    return json.loads(content.split("\n", 1)[1].rsplit("\n", 1)[0])


def test_only_answers_that_can_be_scored_are_sent() -> None:
    found = answers_of(
        [
            asked(0, 0, "A?", "a"),
            said(1, 1, 30, GOOD),
            asked(2, 40, "B?", "b"),
            said(3, 41, 45, "I do not know."),
            said(4, 46, 47, "Too bad.", own=False),
        ]
    )

    sent = request(found)

    assert [element["question"] for element in elements(sent.prompt.content)] == ["A?"]
    assert sent.statuses == {1: Status.SCORED, 2: Status.SHORT}
    assert "do not know" not in sent.prompt.content


def test_words_of_others_are_sent_only_where_they_agreed_and_never_at_length() -> None:
    turns = [asked(0, 0), said(1, 1, 30, GOOD), said(2, 31, 60, "question " * 100, own=False)]

    alone = request(answers_of(turns))
    together = request(answers_of(turns, agreed={2}))

    assert (len(elements(alone.prompt.content)[0]["lines"]), alone.withheld) == (1, 1)
    assert together.withheld == 0
    assert len(elements(together.prompt.content)[0]["lines"][1]["text"]) <= OTHER_LENGTH + 2


def test_nobodys_name_is_sent() -> None:
    turns = [
        asked(0, 0, "Anna, tell Oleg about a problem."),
        said(1, 1, 30, GOOD),
        said(2, 31, 32, "Thanks, Anna.", own=False),
    ]

    content = request(answers_of(turns, agreed={2})).prompt.content

    assert "Anna" not in content
    assert "Oleg" not in content
    assert elements(content)[0]["lines"][1] == {"line": 3, "speaker": "Interviewer 1", "text": "Thanks, [Candidate]."}


def test_without_anything_to_score_nothing_is_asked() -> None:
    for turns in ([], [asked(0, 0), said(1, 1, 2, "I do not know.")]):
        with pytest.raises(NothingToJudge):
            request(answers_of(turns))


def test_what_does_not_fit_one_request_is_left_out_and_said_to_be() -> None:
    turns = [
        turn
        for n in range(ANSWERS + 2)
        for turn in (asked(2 * n, 100 * n, f"{n}?", f"q{n}"), said(2 * n + 1, 100 * n + 1, 100 * n + 50, GOOD))
    ]
    long = [asked(0, 0), said(1, 1, 30, GOOD), asked(2, 40, "B?", "b"), said(3, 41, 90, "word " * 13_000)]

    many, huge = request(answers_of(turns)), request(answers_of(long))

    assert list(many.statuses.values()) == [Status.SCORED] * ANSWERS + [Status.LEFT_OUT] * 2
    assert list(huge.statuses.values()) == [Status.SCORED, Status.LEFT_OUT]


def test_the_schema_takes_a_good_answer_and_nothing_else() -> None:
    validator: Any = Draft202012Validator(schema([1]))
    wrong_number = written()
    wrong_number["answers"][0]["answer"] = 2

    assert validator.is_valid(written())
    assert validator.is_valid(written(action={"score": None, "evidence": []}))
    assert not validator.is_valid(written(6))
    assert not validator.is_valid(written() | {"hire": True})
    assert not validator.is_valid(wrong_number)
    assert not validator.is_valid({"answers": []})


def test_the_schema_is_strict_all_the_way_down() -> None:
    def objects(node: Any) -> list[dict[str, Any]]:
        if isinstance(node, list):
            return [found for each in node for found in objects(each)]  # pyright: ignore[reportUnknownVariableType]
        if not isinstance(node, dict):
            return []
        inner = [found for each in node.values() for found in objects(each)]  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType, reportUnknownMemberType]
        return [node, *inner] if node.get("type") == "object" else inner  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]

    for each in objects(schema([1, 2])):
        assert each["additionalProperties"] is False
        assert each["required"] == list(each["properties"])


def test_the_instructions_have_the_rubric_of_each_kind_that_is_sent_and_the_language() -> None:
    prompt = request(interview(), language="uk").prompt

    assert rubrics()[interview().answers[0].kind].as_text() in prompt.instructions
    assert "Rubric for the kind case" not in prompt.instructions
    assert "Ukrainian" in prompt.instructions
    assert request(interview(), language="xx").language == "en"


def test_nothing_about_a_person_is_asked_for() -> None:
    names = json.dumps(schema([1]))

    assert {c.value for c in Criterion} == {"relevance", "context", "action", "result", "depth", "structure"}
    for word in ("confidence", "attitude", "emotion", "hire", "accent", "personality", "total"):
        assert word not in names


def test_two_requests_about_one_interview_differ_in_their_mark_alone() -> None:
    first, second = request(interview()), request(interview())

    assert first.prompt.content.replace(first.mark, "") == second.prompt.content.replace(second.mark, "")
    assert first.prompt.instructions == second.prompt.instructions
    assert (first.versions.prompt, first.versions.rubric) == (PROMPT_VERSION, rubrics().version)


def test_nothing_that_was_said_shows_in_a_repr() -> None:
    text = repr(request(interview()))

    assert "checkout" not in text
    assert "Anna" not in text
