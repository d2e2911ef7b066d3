"""Rows of the study index without an archive behind them."""

from __future__ import annotations

import datetime as dt
import uuid

from django.db import connection, transaction

from apps.studies import search
from apps.studies.models import Patient, Series, Study, StudyTerm

FAMILIES = ("Andersson", "Bianchi", "Çelik", "Dubois", "Evans", "Fernández", "Großmann", "Horváth")
GIVEN = ("Ada", "Bruno", "Chiara", "Dmitri", "Elif", "Farid", "Greta", "Hana")
DESCRIPTIONS = ("MR head", "CT head", "MR spine", "CT chest")
NOW = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def study_row(number: int) -> tuple[Patient, Study]:
    patient = Patient(identity=f"id::P{number:07d}", patient_id=f"P{number:07d}")
    name = f"{FAMILIES[number % 8]}^{GIVEN[number // 8 % 8]}{number}"
    date = dt.date(2000, 1, 1) + dt.timedelta(days=number % 9000)
    study = Study(
        study_uid=f"2.25.{uuid.UUID(int=number + 1).int}",
        orthanc_id=f"o{number}",
        patient=patient,
        patient_name=name,
        name_key=search.name_key(name),
        study_date=date,
        date_key=date,
        description=DESCRIPTIONS[number % 4],
        accession_number=f"ACC{number:07d}",
        modalities=["MR" if number % 2 == 0 else "CT"],
        body_parts=["HEAD"],
        series_count=1,
        instance_count=100,
        received_at=NOW + dt.timedelta(seconds=number),
    )
    return patient, study


def series_row(study: Study) -> Series:
    return Series(
        series_uid=f"{study.study_uid}.1"[-64:],
        orthanc_id=f"s{study.orthanc_id}",
        study=study,
        modality=study.modalities[0],
        kind="image",
        instance_count=100,
        complete=True,
        grew_at=NOW,
    )


def _terms(study: Study) -> set[str]:
    return search.study_terms(
        texts=(study.patient_name, study.description),
        identifiers=(study.patient.patient_id, study.accession_number),
        modalities=study.modalities,
    )


@transaction.atomic
def studies_fill(count: int, *, start: int = 0) -> None:
    """``count`` studies of one series each, as intake would have written them."""
    for first in range(start, start + count, 2000):
        rows = [study_row(i) for i in range(first, min(first + 2000, start + count))]
        Patient.objects.bulk_create([patient for patient, _ in rows])
        Study.objects.bulk_create([study for _, study in rows])
        Series.objects.bulk_create([series_row(study) for _, study in rows])
        _terms_insert([study for _, study in rows])


def _terms_insert(studies: list[Study]) -> None:
    """A dozen words for each study: too many to make a model of each."""
    key = Study._meta.pk
    rows = [
        (key.get_db_prep_save(study.pk, connection), term)
        for study in studies
        for term in _terms(study)
    ]
    columns = f"{StudyTerm._meta.db_table} (study_id, term)"
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {columns} FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            cursor.executemany(f"INSERT INTO {columns} VALUES (%s, %s)", rows)
