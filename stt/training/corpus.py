"""A small language of job interviews, in English, Ukrainian and German: templates over a few hundred words.

The model learns this language and nothing else. One sentence in ten is kept from training, chosen by a hash of its
text, so that the same sentences are unseen on every machine and in every later run.
"""

# ruff: noqa: RUF001 - Ukrainian has letters that look like others.

import random
import re
import zlib

LANGUAGES = ("en", "uk", "de")

HELD_OUT_ONE_IN = 10

_SLOT = re.compile(r"\{(\w+)\}")

_QUESTION_WORDS = frozenset(
    (
        *("what", "how", "why", "where", "can", "could", "would", "do", "did", "are", "which", "when"),
        *("як", "чому", "що", "де", "коли", "чи"),
        *("wie", "warum", "was", "wo", "können", "haben"),
    )
)

_ENGLISH: dict[str, str] = {
    "TECH": "Python|Java|Rust|Docker|Kubernetes|PostgreSQL|Redis|Kafka|Linux|Git|React|GraphQL|Terraform|Discord",
    "THING": "a queue|a cache|a hash table|a linked list|a binary tree|a database|a load balancer|a message broker"
    "|a rate limiter|a thread pool|a web server|a search index|a stack|a graph|an array|a mobile app"
    "|a payment service|a chat system",
    "PROP": "fast|slow|simple|reliable|scalable|secure|expensive|stable|safe|flexible",
    "ROLE": "a backend engineer|a frontend developer|a data scientist|a product manager|a team lead"
    "|a junior developer|a senior engineer|a test engineer",
    "NUM": "one|two|three|four|five|six|seven|eight|nine|ten|twelve|twenty|fifty|hundred",
    "UNIT": "years|months|weeks|days|hours|minutes",
    "VERB": "design|build|test|scale|explain|improve|deploy|monitor|debug|refactor",
    "PAST": "designed|built|tested|scaled|improved|deployed|fixed|wrote|removed|measured",
    "PERSON": "my manager|my team|the customer|the client|a colleague|the designer|the company|our users",
    "PROBLEM": "a memory leak|a race condition|a deadlock|a bug|an outage|a slow query|a difficult conflict"
    "|a missed deadline|a security problem",
    "COMPLEXITY": "constant time|linear time|quadratic time|logarithmic time",
    "ADVERB": "carefully|quickly|slowly|together|again|first|later|today",
    "NAME": "Anna|Oleg|Maria|David|Sofia|Peter",
    "ACT": "listen to the feedback|write more tests|ask for help|read the logs|talk to the team|measure the latency"
    "|add an index|use fewer threads|review the code|draw a diagram",
    "RELATIVE": "grandmother|doctor|neighbour|sister|brother|husband",
    "PRIVATE": "umbrella|salary|secret|illness|holiday|wedding|guitar|password",
    "PLACE": "garden|kitchen|hospital|village|bank|church",
}

_ENGLISH_TEMPLATES = (
    "tell me about yourself",
    "hello {NAME}, thank you for joining today",
    "hello {NAME}, it is nice to meet you",
    "welcome {NAME}, please tell me about {THING}",
    "tell me about a time when you had {PROBLEM}",
    "how would you {VERB} {THING}",
    "how do you {VERB} {THING} in {TECH}",
    "what is the difference between {THING} and {THING}",
    "I have {NUM} {UNIT} of experience with {TECH}",
    "I worked as {ROLE} for {NUM} {UNIT}",
    "I {PAST} {THING} with {TECH} and {TECH}",
    "we {PAST} {THING} in {NUM} {UNIT}",
    "the solution runs in {COMPLEXITY}",
    "the search takes {COMPLEXITY} and the insert takes {COMPLEXITY}",
    "why do you want to work here",
    "why did you use {TECH} and not {TECH}",
    "what is your greatest strength",
    "what is your biggest weakness",
    "where do you see yourself in {NUM} years",
    "can you {VERB} {THING} and keep it {PROP}",
    "I would {ACT} and then {ACT}",
    "first I would {ACT}",
    "{PERSON} asked me to {VERB} {THING}",
    "{PERSON} wanted {THING} that is {PROP} and {PROP}",
    "the problem was {PROBLEM}",
    "we found {PROBLEM} in {THING}",
    "that is a good question, let me think",
    "please speak {ADVERB}",
    "could you repeat the question, please",
    "let us start with {THING}",
    "let us move to the next question",
    "{TECH} is {PROP}, but {TECH} is more {PROP}",
    "do you have any questions for {PERSON}",
    "thank you {NAME}, that was a great answer",
    "my name is {NAME} and I am {ROLE}",
    "I learned to {ACT}",
    "as {ROLE}, I {PAST} {NUM} services",
    "it was {PROP} because we {PAST} it {ADVERB}",
    "what would you do if {PERSON} said no",
    "I like {TECH} because it is {PROP}",
    "we had {NUM} users and {NUM} servers",
    "the answer is {NUM}",
    "yes, I agree",
    "no, I do not think so",
    "I am not sure",
    "next question, please",
    "one moment, please",
    "sorry, I am late",
    "my {RELATIVE} lost the {PRIVATE} in the {PLACE}",
    "the {PRIVATE} of my {RELATIVE} is in the {PLACE}",
    "please do not tell my {RELATIVE} about the {PRIVATE}",
    "please stop recording me",
    "I do not want to be recorded",
)

_UKRAINIAN: dict[str, str] = {
    "TECH": "пайтон|джава|докер|лінукс",
    "FEW": "два|три|чотири",
    "MANY": "п'ять|шість|сім|десять",
    "THING": "базу даних|веб сервер|чергу|мобільний додаток|пошук|кеш",
    "VERB": "побудувати|перевірити|пояснити|покращити",
    "PAST": "побудувала|перевірила|покращила",
    "PAST_PLURAL": "побудували|перевірили|покращили",
    "NAME": "Олег|Марія|Анна|Петро|Давид",
    "CALLED": "Олеже|Маріє|Анно|Петре|Давиде",
}

_UKRAINIAN_TEMPLATES = (
    "розкажіть про себе",
    "добрий день, {CALLED}, дякую, що прийшли",
    "як ви плануєте {VERB} {THING}",
    "я маю {MANY} років досвіду",
    "я працюю {MANY} років і знаю {TECH}",
    "я знаю {TECH} і {TECH}",
    "мене звати {NAME}",
    "чому ви хочете працювати тут",
    "дякую, {CALLED}, це гарна відповідь",
    "повторіть, будь ласка, питання",
    "я хочу {VERB} {THING}",
    "ми {PAST_PLURAL} {THING} за {FEW} місяці",
    "моя команда {PAST} {THING}",
    "наступне питання",
    "відповідь {MANY}",
)

_GERMAN: dict[str, str] = {
    "TECH": "Python|Java|Docker|Linux",
    "NUM": "zwei|drei|vier|fünf|sechs|zehn",
    "THING": "eine Datenbank|einen Server|eine Warteschlange|eine Suche|einen Speicher",
    "VERB": "bauen|testen|erklären|verbessern",
    "PAST": "gebaut|getestet|erklärt|verbessert",
    "NAME": "Anna|Oleg|Maria|Peter|David",
}

_GERMAN_TEMPLATES = (
    "erzählen Sie von sich",
    "guten Tag {NAME}, danke, dass Sie da sind",
    "wie würden Sie {THING} {VERB}",
    "ich habe {NUM} Jahre Erfahrung mit {TECH}",
    "ich heiße {NAME} und kenne {TECH}",
    "warum möchten Sie hier arbeiten",
    "danke {NAME}, das ist eine gute Antwort",
    "bitte wiederholen Sie die Frage",
    "ich möchte {THING} {VERB}",
    "wir haben {THING} in {NUM} Monaten {PAST}",
    "mein Team hat {THING} {PAST}",
    "die nächste Frage, bitte",
    "die Antwort ist {NUM}",
)

_FILLERS = {
    language: {slot: tuple(fillers.split("|")) for slot, fillers in slots.items()}
    for language, slots in (("en", _ENGLISH), ("uk", _UKRAINIAN), ("de", _GERMAN))
}

TEMPLATES = {"en": _ENGLISH_TEMPLATES, "uk": _UKRAINIAN_TEMPLATES, "de": _GERMAN_TEMPLATES}


def _words(language: str) -> tuple[str, ...]:
    texts = [_SLOT.sub(" ", template) for template in TEMPLATES[language]]
    texts += [filler for fillers in _FILLERS[language].values() for filler in fillers]
    return tuple(sorted({word for text in texts for word in text.replace(",", " ").split()}))


WORDS = {language: _words(language) for language in LANGUAGES}
"""Every word the model can write, per language."""


def written(words: str) -> str:
    """Return *words* as the model shall write them: a capital first, a full stop or a question mark last."""
    first = words.split(maxsplit=1)[0].rstrip(",")
    return words[0].upper() + words[1:] + ("?" if first.lower() in _QUESTION_WORDS else ".")


FIXED = frozenset(
    written(template) for templates in TEMPLATES.values() for template in templates if "{" not in template
)
"""Sentences without a slot. They are trained on always: nothing else would teach them."""


def sentence(rng: random.Random, language: str) -> str:
    """Return one sentence made from a template."""
    template = rng.choice(TEMPLATES[language])
    return written(_SLOT.sub(lambda slot: rng.choice(_FILLERS[language][slot[1]]), template))


def word_salad(rng: random.Random, language: str) -> str:
    """Return up to seven random words, so that the model must listen and cannot win by knowing the templates."""
    return written(" ".join(rng.choice(WORDS[language]) for _ in range(rng.randint(1, 7))))


def held_out(text: str) -> bool:
    """Tell whether *text* is kept from training."""
    return text not in FIXED and zlib.crc32(text.encode()) % HELD_OUT_ONE_IN == 0


def held_out_sentences(rng: random.Random, language: str, count: int) -> list[str]:
    """Return *count* different sentences that training never sees."""
    found: dict[str, None] = {}
    while len(found) < count:
        text = sentence(rng, language)
        if held_out(text):
            found[text] = None
    return list(found)


def normalised(text: str) -> str:
    """Return *text* in small letters without punctuation, as word errors are counted."""
    kept = "".join(letter if letter.isalnum() or letter in "' " else " " for letter in text.lower())
    return " ".join(kept.split())
