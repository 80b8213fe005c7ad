"""News items and light rewritings of them, as other outlets print a story of an agency: made the same in every run."""

import csv
import random
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
_FILLERS = ("reportedly", "officials", "earlier", "on record", "according", "meanwhile", "again", "local")


@dataclass(frozen=True, slots=True)
class Item:
    """One news item; items of the same `story` are rewritings of one another."""

    id: str
    story: str
    title: str
    text: str


def near_duplicates(folder: Path, size: int) -> tuple[list[Item], set[frozenset[str]]]:
    """Read the corpus of `size` texts with known near-duplicates; return its items and the pairs that are true."""
    lines = (folder / f"articles_{size}.train").read_text(encoding="utf-8").splitlines()
    texts = [line.split(" ", 1) for line in lines if " " in line]
    truth = (folder / f"articles_{size}.truth").read_text(encoding="utf-8").splitlines()
    return [Item(name, name, "", text) for name, text in texts], {frozenset(p.split()) for p in truth if p}


def rewritten(csv_file: Path, stories: int, seed: int) -> list[Item]:
    """Return so many items of AG's news, each followed by its rewritings, in a shuffled order.

    Args:
        csv_file: `test.csv`: class, title, text.
        stories: how many originals to take.
        seed: which ones, and how they are rewritten.
    """
    dice = random.Random(seed)  # noqa: S311  the same set in every run
    with csv_file.open(encoding="utf-8", newline="") as file:
        rows = [(title, text.replace("\\", " ")) for _, title, text in csv.reader(file)]
    chosen = dice.sample([row for row in rows if len(row[1].split()) >= 25], stories)
    titles = [title for title, _ in rows]
    items = []
    for number, (title, text) in enumerate(chosen):
        story = f"s{number}"
        items.append(Item(f"{story}-original", story, title, text))
        for name, rewrite in REWRITINGS.items():
            other_title, other_text = rewrite(title, text, titles, dice)
            items.append(Item(f"{story}-{name}", story, other_title, other_text))
    dice.shuffle(items)
    return items


def same_story(items: Iterable[Item]) -> set[frozenset[str]]:
    """Return the pairs that are true: an item and another of the same story."""
    by_story: dict[str, list[str]] = {}
    for item in items:
        by_story.setdefault(item.story, []).append(item.id)
    return {
        frozenset((one, other)) for ids in by_story.values() for one in ids for other in ids if one < other
    }


Rewriting = Callable[[str, str, list[str], random.Random], tuple[str, str]]


def _swapped(title: str, text: str, _titles: list[str], dice: random.Random) -> tuple[str, str]:
    sentences = _SENTENCE_END.split(text)
    if len(sentences) == 1:
        words = text.split()
        middle = len(words) // 2
        sentences = [" ".join(words[middle:]), " ".join(words[:middle])]
    else:
        dice.shuffle(sentences)
    return title, " ".join(sentences)


def _reworded(title: str, text: str, _titles: list[str], dice: random.Random) -> tuple[str, str]:
    words = text.split()
    for place in dice.sample(range(len(words)), max(1, len(words) // 15)):
        words[place] = dice.choice(_FILLERS)
    return title, " ".join(words)


def _cut(title: str, text: str, _titles: list[str], dice: random.Random) -> tuple[str, str]:
    words = text.split()
    return title, " ".join(words[: round(len(words) * dice.uniform(0.6, 0.85))])


def _retitled(_title: str, text: str, titles: list[str], dice: random.Random) -> tuple[str, str]:
    return dice.choice(titles), text


REWRITINGS: dict[str, Rewriting] = {
    "swapped": _swapped,
    "reworded": _reworded,
    "cut": _cut,
    "retitled": _retitled,
}
"""How a story is rewritten: sentences in another order, one word in fifteen changed, the end cut, another title."""
