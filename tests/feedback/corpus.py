"""500 lines of interviews in three languages with made-up people's data in them, always the same ones.

lines(kind …) -> Case: the line, what in it must not be sent, and what must stay
"""

# ruff: noqa: RUF001 - Ukrainian

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

PEOPLE: Final = [
    ("Candidate", "Марічка Шевченко"),
    ("Interviewer 1", "Oleh Kovalchuk"),
    ("Interviewer 2", "Jürgen Weiß"),
    ("Observer 1", "Sophie_Brandt"),
    ("Interviewer 3", "Андрій Гнатюк"),
    ("Observer 2", "tkachenko.dev"),
]

NAMES: Final = {
    "en": ["Oleh", "Oleg's", "Kovalchuk", "Jürgen", "Jurgen", "Sophie", "Sophie's", "Brandt", "Andriy", "Shevchenko"],
    "de": ["Oleh", "Olehs", "Kovalchuk", "Jürgen", "Jürgens", "Weiß", "Sophie", "Sophies", "Brandt", "Marichka"],
    "uk": [
        "Марічка", "Марічки", "Марічці", "Марічкою", "Шевченка", "Шевченку", "Шевченком", "Олег", "Олега", "Олегом",
        "Олегові", "Ковальчуком", "Ковальчука", "Андрій", "Андрія", "Андрієм", "Андрієві", "Гнатюк", "Гнатюком",
        "Ткаченко", "Ткаченка", "Софі",
    ],
}  # fmt: skip
"""As people say them: in cases, and in the other alphabet."""

FRAMES: Final = {
    "en": [
        "You can reach me at {} any time.",
        "So in the end I wrote to {}, and that solved it.",
        "The ticket said {} and nothing else.",
        "It was {}.",
        "I remember that I typed {} by hand",
    ],
    "de": [
        "Du erreichst mich unter {} jederzeit.",
        "Am Ende habe ich an {} geschrieben, und das half.",
        "Im Ticket stand {} und sonst nichts.",
        "Das war {}.",
        "Ich weiß noch, wie ich {} von Hand eingab",
    ],
    "uk": [
        "Зі мною можна зв'язатися через {} будь-коли.",
        "Зрештою я написав на {}, і це допомогло.",
        "У заявці було {} і більше нічого.",
        "Це було {}.",
        "Пам'ятаю, як вводив {} вручну",
    ],
}

TALK: Final = {
    "en": ["Then {} joined the call.", "I asked {} about the index.", "We paired, {} and I.", "That was {}, I think."],
    "de": ["Dann kam {} dazu.", "Ich fragte {} nach dem Index.", "Wir waren zu zweit, {} und ich.", "Das war {}."],
    "uk": ["Потім приєднався {}.", "Ми з {} дивилися на індекс.", "Я питав про {} на зустрічі.", "Це було для {}."],
}

STAYS: Final = [
    "10,000 requests", "8-12 weeks", "in 2019", "2019-2023", "version 1.2.3", "Python 3.11", "v2.4.1", "1,000,000 rows",
    "10 000 000 рядків", "1.000.000 Zeilen", "99.99 %", "300 ms", "16 384 connections", "24/7", "10:30", "2024-05-17",
    "17.05.2024", "version 1.2.3.4", "ISO 27001", "Node.js", "ASP.NET", "std::vector", "C++17", "HTTP/2", "3.14159",
    "p95 of 250 ms", "from 900 to 300", "50.000 Nutzer", "2 000 користувачів", "80/20", "5-7 people", "404 and 503",
    "half a million", "1e9", "port 8080", "10 to 15", "1 000 000 000", "2019, 2020, 2021", "a 5:1 ratio", "max value",
    "4,294,967,296", "GPT-4", "x86-64", "12 GB of 64 GB", "0.0001", "2,5 Millionen", "$1,200,000", "€ 3.500.000",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Case:
    """A line, what must be gone from it, and what must still be there."""

    kind: str
    language: str
    text: str = field(repr=False)
    secret: str = ""
    stays: str = ""


def corpus() -> list[Case]:
    """The 500: 400 with something that has a form, 60 with names, 40 with numbers that are nobody's."""
    random = Random(20_261_123)
    cases: list[Case] = []
    kinds = list(FORMS)
    for at in range(400):
        kind = kinds[at % len(kinds)]
        language = ("en", "de", "uk")[at // len(kinds) % 3]
        secret = FORMS[kind](random)
        cases.append(Case(kind, language, random.choice(FRAMES[language]).format(secret), secret))
    for at in range(60):
        language = ("en", "de", "uk")[at % 3]
        name = NAMES[language][at // 3 % len(NAMES[language])]
        cases.append(Case("name", language, random.choice(TALK[language]).format(name), name))
    for at in range(40):
        language = ("en", "de", "uk")[at % 3]
        stays = STAYS[at]
        cases.append(Case("none", language, random.choice(FRAMES[language]).format(stays), stays=stays))
    return cases


def _digits(random: Random, count: int) -> str:
    return "".join(random.choice("0123456789") for _ in range(count))


def _word(random: Random) -> str:
    return "".join(random.choice("abcdefghijklmnoprstuvz") for _ in range(random.randint(4, 9)))


def _email(random: Random) -> str:
    name = random.choice(["{0}.{1}", "{0}_{1}", "{0}+{1}", "{0}{1}7"]).format(_word(random), _word(random))
    return f"{name}@{random.choice(['gmail.com', 'web.de', 'ukr.net', 'mail.example.co.uk', 'firma.example'])}"


def _spoken_email(random: Random) -> str:
    at, dot = random.choice([("at", "dot"), ("ät", "Punkt"), ("собака", "крапка")])
    return f"{_word(random)} {dot} {_word(random)} {at} gmail {dot} {random.choice(['com', 'com'])}"


def _phone(random: Random) -> str:
    def n(count: int) -> str:
        return _digits(random, count)

    return random.choice(
        [
            f"+380 {random.choice(['67', '50', '63'])} {n(3)} {n(2)} {n(2)}",
            f"+38067{n(7)}",
            f"067 {n(3)} {n(2)} {n(2)}",
            f"(044) {n(3)}-{n(2)}-{n(2)}",
            f"050-{n(3)}-{n(2)}-{n(2)}",
            f"+49 {random.choice(['151', '171', '30'])} {n(4)} {n(4)}",
            f"0049 30 {n(8)}",
            f"030/{n(8)}",
            f"0171 {n(8)}",
            f"+1 (415) 555-{n(4)}",
            f"415-555-{n(4)}",
            f"+44 20 7946 {n(4)}",
        ]
    )


def _link(random: Random) -> str:
    return random.choice(
        [
            f"https://{_word(random)}.example/{_word(random)}?id={_digits(random, 4)}",
            f"http://{_word(random)}.dev",
            f"www.{_word(random)}.org",
            f"github.com/{_word(random)}",
            f"linkedin.com/in/{_word(random)}-{_digits(random, 5)}",
            f"discord.gg/{_word(random)}",
            f"t.me/{_word(random)}",
            f"{_word(random)}.com.ua",
            f"{_word(random)}.de",
        ]
    )


def _discord(random: Random) -> str:
    number = random.choice("123456789") + _digits(random, random.choice([16, 17, 18]))
    return random.choice(
        [f"<@{number}>", f"<@!{number}>", f"<@&{number}>", f"<#{number}>", number, f"{_word(random)}#4821"]
    )


def _handle(random: Random) -> str:
    return f"@{_word(random)}{random.choice(['', '_dev', '.ua', '99'])}"


def _iban(random: Random) -> str:
    country, length = random.choice([("DE", 22), ("UA", 29), ("PL", 28), ("AT", 20), ("NL", 18), ("GB", 22)])
    bank = {"NL": "ABNA", "GB": "WEST"}.get(country, "")
    rest = bank + _digits(random, length - 4 - len(bank))
    check = 98 - int("".join(str(int(c, 36)) for c in rest + country + "00")) % 97
    whole = f"{country}{check:02}{rest}"
    return random.choice([whole, " ".join(whole[at : at + 4] for at in range(0, len(whole), 4)), whole.lower()])


def _card(random: Random) -> str:
    digits = random.choice(["4", "51", "37"])
    length = 15 if digits == "37" else 16
    digits += _digits(random, length - 1 - len(digits))
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 - place % 2)
        total += value - 9 if value > 9 else value
    digits += str(-total % 10)
    groups = [digits[:4], digits[4:10], digits[10:]] if length == 15 else [digits[at : at + 4] for at in (0, 4, 8, 12)]
    return random.choice([digits, " ".join(groups), "-".join(groups)])


def _machine(random: Random) -> str:
    four = ".".join(str(random.randint(1, 254)) for _ in range(4))
    tail = ":".join(f"{random.randint(4_096, 65_535):x}" for _ in range(3))
    return random.choice([four, f"{four}:8080", f"2001:db8::{tail}", f"fe80::1:{tail}"])


FORMS: Final[dict[str, Callable[[Random], str]]] = {
    "Email": _email,
    "Spoken email": _spoken_email,
    "Phone": _phone,
    "Link": _link,
    "Discord": _discord,
    "Handle": _handle,
    "Account": _iban,
    "Card": _card,
    "Machine": _machine,
}
