from __future__ import annotations

from random import Random

from hypothesis import given
from hypothesis import strategies as st

from bot.interview.company import GREETINGS, HOST_GRACE_S, Company
from bot.interview.course import ANSWER_WORDS, OWN_LENGTH, Course, Plan, Reminder
from bot.interview.roles import Role, Roles
from config.questions import Bank, InterviewType, Level
from tests.interview.rooms import a_bank, a_question


def a_course(plan: Plan | None = None, bank: Bank | None = None, **options: object) -> Course:
    return Course(plan or Plan(), bank or a_bank(), random=Random(1), **options)  # pyright: ignore[reportArgumentType]


# -- questions -----------------------------------------------------------------------------------------------------


def test_as_many_questions_are_asked_as_were_planned_and_none_twice() -> None:
    course = a_course(Plan(questions=3))

    asked = [course.next(n) for n in range(4)]

    assert len({q.id for q in asked if q}) == 3
    assert asked[3] is None
    assert course.finished
    assert course.question is asked[2]


def test_a_skipped_question_does_not_count_and_does_not_come_back() -> None:
    course = a_course(Plan(questions=2))
    first = course.next(0)
    others = [course.skip(1), course.next(2)]

    assert course.number == 2
    assert first not in others
    assert course.next(3) is None


def test_a_bank_that_is_used_up_says_so() -> None:
    course = a_course(Plan(questions=20), a_bank(1))
    course.next(0)

    assert course.skip(1) is None
    assert course.next(2) is None
    assert course.finished


def test_the_servers_own_questions_come_first() -> None:
    course = a_course(own=[a_question("ours")])

    first = course.next(0)

    assert first is not None
    assert first.id == "ours"


def test_a_level_that_is_missing_is_replaced_and_a_type_is_not() -> None:
    assert a_course(Plan(level=Level.SENIOR)).next(0) is not None
    assert a_course(Plan(type=InterviewType.CASE)).next(0) is None


def test_what_somebody_makes_up_is_asked_in_their_words_and_cut() -> None:
    course = a_course()

    question = course.choose("  Why   us? " + "x" * 1_000, 0)

    assert question is not None
    assert question.id == ""
    assert question.text.startswith("Why us? xxx")
    assert len(question.text) == OWN_LENGTH
    assert course.choose("   ", 1) is None


def test_a_chosen_id_is_that_question() -> None:
    question = a_course().choose("q-4", 0)

    assert question is not None
    assert question.text == "What about q-4?"


def test_follow_ups_come_one_after_the_other_and_end() -> None:
    course = a_course()
    course.next(0)

    assert [course.follow() for _ in range(3)] == ["And then?", "And if not?", ""]


def test_what_is_offered_while_somebody_types_fits() -> None:
    course = a_course(own=[a_question("ours", text="Why etcd and not q-3?")])

    assert [q.id for q in course.find("q-3", limit=25)] == ["ours", "q-3"]
    assert len(course.find("", limit=4)) == 4


# -- time ----------------------------------------------------------------------------------------------------------


def test_every_reminder_comes_once_and_none_of_them_ends_anything() -> None:
    course = a_course(Plan(minutes=10))
    question = course.next(0)

    assert [(s, course.due(s)) for s in (60.0, 121.0, 122.0, 301.0, 700.0, 800.0)] == [
        (60.0, set()),
        (121.0, {Reminder.QUESTION}),
        (122.0, set()),
        (301.0, {Reminder.SOON}),
        (700.0, {Reminder.END}),
        (800.0, set()),
    ]
    assert course.question is question


def test_a_timer_that_is_set_anew_reminds_anew_and_one_of_nothing_never() -> None:
    course = a_course(Plan(minutes=0))
    course.next(0)
    assert course.due(130) == {Reminder.QUESTION}

    course.set_timer(1, 130)
    assert course.due(189) == set()
    assert course.due(190) == {Reminder.QUESTION}
    course.set_timer(0, 200)
    assert course.due(10_000) == set()


@given(st.integers(0, 200), st.floats(0, 1_000))
def test_a_silence_is_the_end_of_an_answer_only_if_asked_for_and_after_many_words(words: int, silence_s: float) -> None:
    asked_for = a_course(Plan(silence_s=30))
    asked_for.next(0)
    never = a_course(Plan())
    never.next(0)

    assert asked_for.answered(words=words, silence_s=silence_s) == (words >= ANSWER_WORDS and silence_s >= 30)
    assert not never.answered(words=words, silence_s=silence_s)


# -- for the recogniser --------------------------------------------------------------------------------------------


def test_the_recogniser_is_told_the_terms_the_servers_words_and_the_question() -> None:
    course = a_course()
    assert course.prompt("SkillRally") == "SkillRally"

    course.choose("q-1", 0)

    assert course.prompt("SkillRally") == "Kubernetes, etcd. SkillRally. What about q-1?"
    assert course.prompt("") == "Kubernetes, etcd. What about q-1?"


def test_of_who_asks_the_recogniser_expects_the_question_and_its_follow_up_first() -> None:
    course = a_course()
    course.choose("q-1", 0)

    before = course.prompt("SkillRally", Role.INTERVIEWER)
    follow_up = course.follow()

    assert follow_up
    assert before == f"What about q-1? {follow_up}. Kubernetes, etcd. SkillRally"
    assert course.prompt("SkillRally", Role.INTERVIEWER) == before
    assert course.prompt("SkillRally", Role.CANDIDATE) == course.prompt("SkillRally", Role.OBSERVER)


# -- roles and company ---------------------------------------------------------------------------------------------


def test_who_was_what_is_known_for_every_moment() -> None:
    roles = Roles()
    roles.set(1, Role.CANDIDATE, 10)
    roles.set(1, Role.INTERVIEWER, 20)

    assert [roles.at(1, s) for s in (5, 10, 19.9, 20, 99)] == [
        Role.CANDIDATE,
        Role.CANDIDATE,
        Role.CANDIDATE,
        Role.INTERVIEWER,
        Role.INTERVIEWER,
    ]
    assert roles.at(2, 0) is None


@given(st.lists(st.frozensets(st.integers(1, 60)), max_size=30))
def test_nobody_is_greeted_twice_and_not_all_of_a_crowd(comings: list[frozenset[int]]) -> None:
    company = Company()
    company.meet({1, 2})

    greeted = [user for people in comings for user in company.newcomers(people, {3})]

    assert len(greeted) == len(set(greeted)) <= GREETINGS
    assert not {1, 2, 3} & set(greeted)
    everybody = {user for people in comings for user in people}
    assert len(greeted) + company.ungreeted == len(everybody - {1, 2, 3})


def test_a_host_is_missed_only_after_a_while_in_one_piece() -> None:
    company = Company()

    assert not company.host_gone(1, {2}, 0)
    assert not company.host_gone(1, {1, 2}, HOST_GRACE_S)
    assert not company.host_gone(1, {2}, HOST_GRACE_S + 1)
    assert not company.host_gone(1, {2}, 2 * HOST_GRACE_S)
    assert company.host_gone(1, {2}, 2 * HOST_GRACE_S + 1)
