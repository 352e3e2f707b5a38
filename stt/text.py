"""Text: as a person reads it, and as it is compared.

    what an engine said -> readable -> captions, draft, exports
                        -> repeats  -> whether it ran in circles
    said, heard         -> words    -> word_errors

`readable` is the only place where text is changed after the engine, so everybody reads the same.
"""

# ruff: noqa: RUF001 - Ukrainian has letters that look like others, and they are what this is about.

from __future__ import annotations

import re
import unicodedata
from itertools import groupby
from operator import eq
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

# As it is read.

_APOSTROPHES = "'\u2018\u2019\u02bc\u2032\u0060\u00b4\uff07"
"""What engines and keyboards put between two letters. A word has one apostrophe per language, so that it is found."""

# Controls, soft hyphens, direction marks, tags, and what stands for a character that is none. Not the joiners that
# Persian and the scripts of India are spelt with; and not white space, even of kinds that are controls.
_INVISIBLE = re.compile(
    "(?<=[\u0600-\u0dff])[\u200c\u200d](?=[\u0600-\u0dff])"
    "|([\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\uffff\ud800-\udfff\U000e0000-\U000e007f])"
)

_LATIN = "aceiopxyABCEHIKMOPTXYïÏ"
_TWINS = "асеіорхуАВСЕНІКМОРТХУїЇ"
_TO_CYRILLIC = str.maketrans(_LATIN, _TWINS)
_CYRILLIC = "\u0400-\u052f"
_MIXED = re.compile(rf"(?<![^\W\d_])(?<![{_APOSTROPHES}])[{_LATIN}{_CYRILLIC}{_APOSTROPHES}]++(?![^\W\d_])")
_IS_CYRILLIC = re.compile(f"[{_CYRILLIC}]")
_APOSTROPHE = re.compile(rf"(?<=[^\W\d_])[{_APOSTROPHES}](?=[^\W\d_])")

# What stands between two notes is sung in the background.
_NOTES = "\u2669\u266a\u266b\u266c\U0001f3b5\U0001f3b6\U0001f3bc"
_SUNG = re.compile(rf"(?:[{_NOTES}]\ufe0f?)++(?:[^{_NOTES}]++(?:[{_NOTES}]\ufe0f?)++)?+")

_STAGED = frozenset(
    re.findall(
        r"\w+",
        """
        music song singing sings sang hums humming applause clapping claps cheering cheers laughter laughs laughing
        laugh chuckle chuckles chuckling giggle giggles giggling sigh sighs sighing cough coughs coughing sneeze sneezes
        sneezing sniff sniffs sniffles sniffling gasp gasps gasping groan groans groaning sob sobs sobbing cry cries
        crying scream screams screaming yawn yawns yawning breathing breathes inhales exhales whispers whispering
        mumbles mumbling silence silent noise inaudible unintelligible indistinct crosstalk chatter blank foreign beep
        beeps beeping buzzing ringing rings clicking clicks knocking knocks footsteps barking barks chirping musik
        gesang singt summt applaus beifall klatschen gelächter lachen lacht kichern kichert seufzen seufzt husten hustet
        niesen niest schnieft stöhnt weinen weint schreit gähnt atmen atmet flüstert stille schweigen rauschen geräusch
        geräusche unverständlich stimmengewirr piepen piept klingelt klopfen klopft räuspert hintergrundmusik
        музика музики пісня спів
        співає оплески аплодисменти сміх сміється сміються хихикає зітхає зітхання кашель кашляє чхає стогне плаче плач
        кричить позіхає дихання дихає шепоче тиша мовчання шум нерозбірливо гомін дзвінок стукіт клацання
        """,
    )
)
"""What a subtitle says in brackets of what is heard besides words. Such a word must be there."""

_STAGE_HANDS = frozenset(
    re.findall(
        r"\w+",
        """
        a an the and of in on to with from for is are no by some his her their throat clears clearing playing plays
        speaking speaks language english german ukrainian russian french spanish upbeat soft softly dramatic gentle
        quiet quietly loud loudly light slow slowly sad tense suspenseful eerie ominous mysterious calm instrumental
        piano guitar electronic classical rock jazz pop theme intro outro background audience crowd birds bird dog dogs
        phone door bell keyboard typing mouse continues stops fades out audio sound sounds speech voice voices all both
        man woman men women people speaker everyone nervously heavily deeply die der das und im in mit sich leise laut
        fröhliche fröhlich sanfte ruhige dramatische spannende traurige klassische klavier gitarre publikum menge spielt
        hintergrund er sie alle mann frau vögel hund telefon tastatur sprache ton fremdsprache spricht
        sprechen englisch deutsch ukrainisch і й та у в на з із зі весела тиха тихо гучна гучно спокійна драматична
        сумна напружена грає лунає фонова фоні фоновий публіка зал залі телефону клавіатури пташок собаки говорить
        говорять іноземною мовою англійською німецькою українською голос голоси звук всі усі чоловік жінка
        """,
    )
)
"""What may stand beside. Other words, as in "(foreign key)" or "(music player)", make it part of what was said."""

_STAGED_TOGETHER = frozenset(
    {("clears", "throat"), ("clearing", "throat"), ("no", "audio"), ("no", "speech"), ("keyboard", "typing")}
)

_MOST_STAGED = 12
"""Words of a stage direction at most."""

_BRACKET = re.compile(r"([][()*])")
_OPENS = {")": "(", "]": "[", "*": "*"}
_PART = re.compile(r"[^\W_]+")

_SPACED = re.compile(r" (?=[.,!?;:\u2026]++(?:[ \"'\u00bb\u201c\u201d\u2019)\]]|\Z))")
_SPACED_FRENCH = re.compile(r" (?=[.,\u2026]++(?:[ \"'\u00bb\u201c\u201d\u2019)\]]|\Z))")
_DOTS = re.compile(r"\.*+\u2026[.\u2026]*|\.{3,}|(?<![.!?])\.\.(?= |\Z)")
_LEFT_OVER = re.compile(r"(?:[.,;:!?]++ )++")
_LEFT_BEHIND = re.compile(r"\A *+[.,;:!?]++(?= |\Z)")


def readable(text: str, language: str) -> str:
    """What an engine said, as a person should read it; empty if that is no words.

    Characters are composed, white space is single spaces, and what cannot be seen goes: controls, zero width, soft
    hyphens, direction marks. Punctuation follows its word, but in French, where `:;!?` keep their space. Three dots are
    one character. Notes and what is sung between them go, and so do stage directions such as "[Music]", "(Gelächter)"
    or "*зітхає*", of words that this module lists and no others: "(foreign key)" stays.

    An apostrophe between letters is U+2019 in Ukrainian and straight in every other language, quotation marks stay as
    they are. In Ukrainian, a word of Cyrillic letters with Latin ones that look like them becomes Cyrillic.

    No other word is changed, and what is readable stays as it is: `readable(readable(t, c), c) == readable(t, c)`.

    Args:
        text: At any length; the time grows with it and not with its square.
        language: Code of the language that it was decoded in, such as "uk".
    """
    text = " ".join(_INVISIBLE.sub(_kept_joiner, text).split())
    text = unicodedata.normalize("NFC", text)
    if language == "uk":
        text = unicodedata.normalize("NFC", _MIXED.sub(_in_cyrillic, text))
    text = _APOSTROPHE.sub(_ukrainian_apostrophe if language == "uk" else "'", text)
    text = " ".join(_without_directions(_SUNG.sub(" ", text)).split())
    text = (_SPACED_FRENCH if language == "fr" else _SPACED).sub("", text)
    text = _DOTS.sub("\u2026", text)
    if left_over := _LEFT_OVER.match(text):
        text = text[left_over.end() :]
    return text if any(map(str.isalnum, text)) else ""


def _kept_joiner(found: re.Match[str]) -> str:
    return "" if found[1] else found[0]


def _in_cyrillic(found: re.Match[str]) -> str:
    """A word of Cyrillic letters and Latin ones that look like them, in Cyrillic if that is what it is."""
    word = found[0]
    latin = sum(letter in _LATIN for letter in word)
    cyrillic = len(_IS_CYRILLIC.findall(word))
    # One Cyrillic letter does not make a Ukrainian word of "TCP"; one that Latin has no twin of does.
    sure = any(letter not in _TWINS for letter in _IS_CYRILLIC.findall(word))
    return word.translate(_TO_CYRILLIC) if latin and (sure or cyrillic >= latin) else word


def _ukrainian_apostrophe(found: re.Match[str]) -> str:
    neighbours = found.string[found.start() - 1] + found.string[found.end()]
    return "\u2019" if len(_IS_CYRILLIC.findall(neighbours)) == 2 else "'"


def _without_directions(text: str) -> str:
    """*text* with a space in place of each stage direction, also of one within another."""
    kept: list[str] = []
    opened: list[tuple[str, int]] = []
    how_many = dict.fromkeys("([*", 0)
    gone, just_gone = -1, False
    for piece in _BRACKET.split(text):
        opener = _OPENS.get(piece, "")
        if opener and how_many[opener] and (opener != "*" or opened[-1][0] == "*"):
            while opened[-1][0] != opener:
                how_many[opened.pop()[0]] -= 1
            at = opened[-1][1]
            if _is_direction(kept[at + 1 :], emptied=gone > at):
                del kept[at:]
                if not kept or kept[-1][-1] != " ":
                    kept.append(" ")
                gone, just_gone = len(kept) - 1, True
                how_many[opened.pop()[0]] -= 1
                continue
            if opener != "*":
                kept.append(piece)
                just_gone = False
                how_many[opened.pop()[0]] -= 1
                continue
            # A star that ends nothing may begin something.
        if piece in how_many:
            opened.append((piece, len(kept)))
            how_many[piece] += 1
        # What ended the direction ends nothing now: "Yes. [Laughs]. No."
        over = just_gone and _last(kept) in {"", *".!?\u2026"}
        if rest := _LEFT_BEHIND.sub("", piece) if over else piece:
            kept.append(rest)
            just_gone = False
    return "".join(kept)


def _last(kept: Sequence[str]) -> str:
    """The last character that is no space; empty if there is none."""
    return next((piece.rstrip()[-1] for piece in reversed(kept[-3:]) if piece.strip()), "")


def _is_direction(pieces: Sequence[str], *, emptied: bool) -> bool:
    """Whether what stands between two brackets is a stage direction, or held nothing else and is empty now."""
    found: list[str] = []
    for piece in pieces:
        if piece in _OPENS or piece in _OPENS.values():
            return False
        for part in _PART.finditer(piece.casefold()):
            found.append(part[0])
            if len(found) > _MOST_STAGED or not (part[0] in _STAGED or part[0] in _STAGE_HANDS):
                return False
    if not found:
        return emptied and not any(piece.strip() for piece in pieces)
    return not _STAGED.isdisjoint(found) or tuple(found) in _STAGED_TOGETHER


SUBTITLE_COLUMNS = 42
"""Characters of a subtitle's line. Source: Netflix, English Timed Text Style Guide."""

SUBTITLE_LINES = 2
"""Lines of a subtitle. Source: Netflix, Timed Text Style Guide, general requirements."""


def subtitles(text: str, *, first: str = "") -> list[str]:
    """*text* in pieces that fit a screen: each of at most two lines of at most 42 characters, about equally long.

    No word is cut, so one that is longer than a line makes its line longer; where a script has no spaces, it is cut.

    Args:
        text: With single spaces.
        first: What the first piece begins with, as a speaker's name; part of its first line.
    """
    whole = f"{first} {text}".strip()
    parts = [part for word in whole.split() for part in _cut(word)]
    columns, lines = SUBTITLE_COLUMNS, _filled(parts, SUBTITLE_COLUMNS)
    # The narrowest lines of which there are no more: a last one of a single word is hard to read.
    while columns > 1 and len(narrower := _filled(parts, columns - 1)) == len(lines):
        columns, lines = columns - 1, narrower
    return ["\n".join(lines[at : at + SUBTITLE_LINES]) for at in range(0, len(lines), SUBTITLE_LINES)]


def _cut(word: str) -> list[str]:
    """A word that may be cut, in pieces that fit a line; any other as it is."""
    if not _UNSPACED.search(word):
        return [word]
    return [word[at : at + SUBTITLE_COLUMNS] for at in range(0, len(word), SUBTITLE_COLUMNS)]


def _filled(parts: Sequence[str], columns: int) -> list[str]:
    """Lines with as many of *parts* as fit each, at least one."""
    lines: list[list[str]] = []
    room = 0
    for part in parts:
        if len(part) + 1 > room:
            lines.append([])
            room = columns + 1
        lines[-1].append(part)
        room -= len(part) + 1
    return [" ".join(line) for line in lines]


# As it runs in circles.

_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
)
"""Thai, Lao, Burmese, Khmer, Japanese and Chinese: no space says where a word ends, so each character is looked at."""

LOOPS = 6
"""As often one after the other, a word or phrase is a loop, however short. "No, no, no" is none."""

LONG_WORDS = 24
"""A text is long from here on, and a loop if half of it says the same thing: a phrase three times, less five times."""

LONGEST_PHRASE = 40
PHRASE = 5
LONGEST_WORD = 24
"""Letters; in a longer one each is looked at, as in an endless laugh."""


def repeats(text: str) -> bool:
    """Whether *text* says one word or phrase over and over, as engines do that lost their way.

    In any script. What people say for emphasis is none: it comes five times at most, and is not half of a long text.
    """
    said = [part for word in words(text) for part in (word if _is_chain(word) else (word,))]
    for phrase in range(1, min(len(said) // 3, LONGEST_PHRASE) + 1):
        runs = groupby(map(eq, said[phrase:], said))
        again = max((sum(1 for _ in run) for same, run in runs if same), default=0)
        times = again // phrase + 1
        half = len(said) >= LONG_WORDS and 2 * (again + phrase) >= len(said)
        if times >= LOOPS or (half and times >= (3 if phrase >= PHRASE else 5)):
            return True
    return False


def _is_chain(word: str) -> bool:
    return len(word) > LONGEST_WORD or _UNSPACED.search(word) is not None


# As it is compared.

_ONE_APOSTROPHE = str.maketrans(dict.fromkeys("\u2018\u2019\u02bc\u0060\u00b4", "'"))
"""Ukrainian, French and English write one apostrophe with several characters."""

# A number with its points and commas stays one word; an apostrophe counts inside a word, not around it.
_WORD = re.compile(r"\d+(?:[.,:]\d+)+|[^\W_]+(?:'[^\W_]+)*")


def words(text: str) -> list[str]:
    """The words of *text* as they are compared.

    Case and punctuation do not count, hyphens part words, every apostrophe is the same one, and letters with their
    accents are compared however they are composed. Numbers are left alone: "3" is not "three", and "1,000" not "1000".
    """
    return _WORD.findall(unicodedata.normalize("NFC", text).translate(_ONE_APOSTROPHE).casefold())


def word_errors(said: Sequence[str], heard: Sequence[str]) -> int:
    """The fewest insertions, deletions and substitutions that turn one list of words into the other."""
    row = list(range(len(heard) + 1))
    for i, wanted in enumerate(said, 1):
        last, row[0] = row[0], i
        for j, got in enumerate(heard, 1):
            last, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, last + (wanted != got))
    return row[-1]
