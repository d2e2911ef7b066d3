"""How what a study says of itself becomes words, and how a query finds them.

A query's words must each be the beginning of a word of the study: ``smi jo`` finds SMITH^JOHN. One
range of an index answers each word, on SQLite and PostgreSQL alike.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from django.db.models import Exists, OuterRef, QuerySet

from apps.studies.models import Study, StudyTerm

TERM_MAX = 64
WORDS_MAX = 8
# So many studies are still sorted quickly.
NAMED_MAX = 20_000
_WORD = re.compile(r"\w+", re.UNICODE)
# Greater than every character that follows a prefix.
_END = "\U0010ffff"


def fold(text: str) -> str:
    """Without case, accents and width: ``Müller`` and ``MULLER`` are one name."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in parts if not unicodedata.combining(c))


def words(text: str) -> list[str]:
    return [word[:TERM_MAX] for word in _WORD.findall(fold(text).replace("_", " "))]


def name_key(name: str) -> str:
    """A patient name as it is sorted: family name first, as DICOM has it."""
    return " ".join(words(name))[:200]


def facet(field: str, value: str) -> str:
    """A term that no beginning of a word can find: words have no equals sign."""
    return f"={field}:{value}"[:TERM_MAX]


def study_terms(
    *, texts: Iterable[str], identifiers: Iterable[str], modalities: Iterable[str]
) -> set[str]:
    """Every word of ``texts``; each identifier also whole, its punctuation taken out."""
    found = {word for text in texts for word in words(text)}
    for identifier in identifiers:
        pieces = words(identifier)
        found.update(pieces)
        if len(pieces) > 1:
            found.add("".join(pieces)[:TERM_MAX])
    return found | {facet("modality", modality) for modality in modalities}


def with_words(studies: QuerySet[Study], query: str) -> QuerySet[Study]:
    for word in words(query)[:WORDS_MAX]:
        studies = _having(studies, StudyTerm.objects.filter(term__gte=word, term__lt=word + _END))
    return studies


def with_modality(studies: QuerySet[Study], modality: str) -> QuerySet[Study]:
    term = facet("modality", modality.upper())
    return _having(studies, StudyTerm.objects.filter(term=term))


def _having(studies: QuerySet[Study], hits: QuerySet[StudyTerm]) -> QuerySet[Study]:
    """A word that not too many studies have names them. A common one is looked up study by study,
    in the order of the list, and a page is full before many have been passed: sorting all of its
    hits would make the list slower the more it holds."""
    if hits.order_by()[: NAMED_MAX + 1].count() <= NAMED_MAX:
        return studies.filter(pk__in=hits.values("study_id"))
    return studies.filter(Exists(hits.filter(study_id=OuterRef("pk"))))
