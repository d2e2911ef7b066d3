"""DICOMweb (QIDO-RS, WADO-RS, STOW-RS) under our own policy, answered by Orthanc."""

from __future__ import annotations

from asgiref.sync import sync_to_async
from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase

from apps.accounts.policy import guard, require, signed_in_user
from apps.core.errors import ApiError, NotFound
from apps.pacs.dicomweb.addresses import readable, storable
from apps.pacs.dicomweb.relay import relay
from apps.pacs.dicomweb.stow import stow_store
from apps.pacs.trail import objects_exported, study_viewed, viewed_lately


@guard("study.view", POST="study.upload")
async def dicomweb(request: HttpRequest, address: str) -> HttpResponseBase:
    if request.method == "POST":
        return await _store(request, address)
    if request.method not in ("GET", "HEAD"):
        raise ApiError("This is not offered here.", code="method_not_allowed", status=405)
    wanted = readable(address)
    if wanted is None:
        raise NotFound("There is nothing at this address.")
    user = signed_in_user(request)
    if wanted.whole:
        require(user, "artifact.export")
        await sync_to_async(objects_exported)(user, wanted.study_uid, wanted.path)
    elif wanted.study_uid and not viewed_lately(user, wanted.study_uid):
        await sync_to_async(study_viewed)(user, wanted.study_uid)
    return await relay(request, wanted.path)


async def _store(request: HttpRequest, address: str) -> HttpResponseBase:
    wanted = storable(address)
    if wanted is None:
        raise NotFound("Nothing can be stored at this address.")
    status, answer = await sync_to_async(stow_store)(
        request, actor=signed_in_user(request), study_uid=wanted.study_uid
    )
    return JsonResponse(answer, status=status, content_type="application/dicom+json")
