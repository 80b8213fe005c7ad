"""Judged collections of `data/corpora`, read in place: documents, questions, and which documents answer them."""

import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Collection:
    """A judged collection.

    Attributes:
        name: of its folder.
        documents: id -> title and text.
        questions: id -> what is asked; only questions that some document answers.
        answers: id of a question -> ids of the documents that answer it.
    """

    name: str
    documents: dict[str, tuple[str, str]]
    questions: dict[str, str]
    answers: dict[str, frozenset[str]]


def cranfield(corpora: Path) -> Collection:
    """Read Cranfield as TREC documents. Its judgements number the questions from 1 by their place, not by their `num`."""
    folder = corpora / "cranfield-trec"
    documents = {}
    for found in re.finditer(r"<doc>(.*?)</doc>", (folder / "cran.all.1400.xml").read_text(), re.DOTALL):
        document = found[1]
        documents[_tag("docno", document)] = (_tag("title", document), _tag("text", document))
    tops = re.findall(r"<top>(.*?)</top>", (folder / "cran.qry.xml").read_text(), re.DOTALL)
    questions = {str(place): _tag("title", top) for place, top in enumerate(tops, start=1)}
    rows = (line.split() for line in (folder / "cranqrel.trec.txt").read_text().splitlines())
    return _collection("cranfield-trec", documents, questions, [(r[0], r[2]) for r in rows if int(r[3]) > 0])


def cisi(corpora: Path) -> Collection:
    """Read CISI in its own format, fields marked by `.T`, `.W` and others at the beginning of a line."""
    folder = corpora / "cisi"
    documents = {
        name: (fields.get("T", ""), fields.get("W", "")) for name, fields in _marked(folder / "CISI.ALL")
    }
    questions = {
        name: f"{fields.get('T', '')} {fields.get('W', '')}" for name, fields in _marked(folder / "CISI.QRY")
    }
    rows = (line.split() for line in (folder / "CISI.REL").read_text().splitlines() if line.strip())
    return _collection("cisi", documents, questions, [(row[0], row[1]) for row in rows])


def _collection(
    name: str,
    documents: dict[str, tuple[str, str]],
    questions: dict[str, str],
    judged: list[tuple[str, str]],
) -> Collection:
    answers: dict[str, set[str]] = defaultdict(set)
    for question, document in judged:
        if document in documents:
            answers[question].add(document)
    asked = {key: " ".join(text.split()) for key, text in questions.items() if answers.get(key)}
    return Collection(name, documents, asked, {key: frozenset(answers[key]) for key in asked})


def _tag(name: str, text: str) -> str:
    found = re.search(rf"<{name}>(.*?)</{name}>", text, re.DOTALL)
    return found[1].strip() if found else ""


def _marked(file: Path) -> list[tuple[str, dict[str, str]]]:
    """Return the entries of a file in CISI's format: their ids and fields."""
    entries: list[tuple[str, dict[str, str]]] = []
    field = ""
    for line in file.read_text(encoding="latin-1").splitlines():
        mark = re.match(r"\.([A-Z])(?:\s+(\d+))?\s*$", line)
        if mark and mark[1] == "I":
            entries.append((mark[2], {}))
        elif mark:
            field = mark[1]
        else:
            fields = entries[-1][1]
            fields[field] = f"{fields.get(field, '')}\n{line}"
    return entries
