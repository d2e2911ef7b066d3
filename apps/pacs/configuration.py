"""The configuration file that our own Orthanc runs with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

PLUGIN_FOLDERS = (Path("/usr/share/orthanc/plugins"), Path("/usr/lib/orthanc"))
# Where the application itself offers DICOMweb: addresses in answers then need no rewriting.
DICOM_WEB_ROOT = "/dicomweb/"
# Without the second, JPEG 2000 cannot be decoded and compressed frames cannot be transcoded.
PLUGINS = ("OrthancDicomWeb", "OrthancGdcm")

# What deploy/images/orthanc.Dockerfile and deploy/compose.yaml give to the Orthanc in a container.
CONTAINER_STORE = "/var/lib/orthanc"
CONTAINER_HTTP_PORT, CONTAINER_DICOM_PORT = 8042, 4242


class PluginMissing(Exception):
    """An Orthanc plug-in is not installed; the text names the Debian package."""


def plugin_path(name: str, folders: tuple[Path, ...] = PLUGIN_FOLDERS) -> Path:
    """The shared object of the plug-in ``name``, with or without a version at its end."""
    for folder in folders:
        for path in sorted(folder.glob(f"lib{name}.so*")):
            return path.resolve()
    package = {"OrthancDicomWeb": "orthanc-dicomweb", "OrthancGdcm": "orthanc-gdcm"}[name]
    raise PluginMissing(f"The Orthanc plug-in {name} is missing: install {package}.")


def storage_folder(data_dir: Path) -> Path:
    """Where our own Orthanc keeps its files."""
    return data_dir / "orthanc"


def orthanc_config(
    data_dir: Path,
    http_port: int,
    dicom_port: int,
    user: str,
    password: str,
    *,
    any_sender: bool = True,
    aet: str = "SYNOPTIC",
    plugins: list[str] | None = None,
) -> dict[str, Any]:
    """Settings for an Orthanc that belongs to this installation alone.

    The REST API answers this machine only. ``any_sender`` accepts C-STORE from whoever reaches the
    DICOM port: right where that port is on loopback (``loopback.py``), or where a site has opened
    it on purpose. Otherwise nobody who is not listed as a modality may store.
    """
    store = storage_folder(data_dir)
    return {
        "Name": "Synoptic",
        "StorageDirectory": str(store),
        "IndexDirectory": str(store),
        "StorageCompression": False,
        "Plugins": plugins or [str(plugin_path(name)) for name in PLUGINS],
        "HttpServerEnabled": True,
        "HttpPort": http_port,
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": True,
        "RegisteredUsers": {user: password},
        "HttpDescribeErrors": True,
        # Pixels barely compress, and gzip makes each of them thirty times slower to fetch.
        "HttpCompressionEnabled": False,
        "KeepAlive": True,
        "TcpNoDelay": True,
        # Each open connection holds a thread: web, intake and workers have up to 12 each.
        "HttpThreadsCount": 50,
        "HttpRequestTimeout": 60,
        "ExecuteLuaEnabled": False,
        "DicomServerEnabled": True,
        "DicomAet": aet,
        "DicomPort": dicom_port,
        "DicomCheckCalledAet": False,
        "DicomAlwaysAllowStore": any_sender,
        "DicomAlwaysAllowEcho": True,
        "DicomAlwaysAllowFind": False,
        "DicomAlwaysAllowGet": False,
        "DicomAlwaysAllowMove": False,
        "DicomCheckModalityHost": not any_sender,
        "UnknownSopClassAccepted": True,
        "DicomScpTimeout": 30,
        # A scanner that sends an object again means the new one.
        "OverwriteInstances": True,
        # The stable event comes this many seconds after the last instance.
        "StableAge": 3,
        "MaximumStorageSize": 0,
        "MaximumPatientCount": 0,
        "SaveJobs": False,
        "JobsHistorySize": 10,
        "MetricsEnabled": False,
        # A query without a limit must not list a whole archive.
        "LimitFindResults": 1000,
        "LimitFindInstances": 0,
        "DefaultEncoding": "Latin1",
        "CaseSensitivePN": False,
        "DicomWeb": {
            "Enable": True,
            "Root": DICOM_WEB_ROOT,
            "EnableWado": False,
            "Ssl": False,
            "StowMaxInstances": 10,
            "StowMaxSize": 10,
            "QidoCaseSensitive": False,
            "SeriesMetadata": "Full",
            "StudiesMetadata": "Full",
        },
        # GDCM ends the whole of Orthanc by a failed assertion on some odd objects. It gets only
        # what Orthanc cannot decode itself: JPEG 2000.
        "Gdcm": {
            "Enable": True,
            "Throttling": 4,
            "RestrictTransferSyntaxes": [f"1.2.840.10008.1.2.4.{n}" for n in (90, 91, 92, 93)],
        },
    }


def container_config(user: str, password: str, *, aet: str = "SYNOPTIC") -> dict[str, Any]:
    """Settings for the Orthanc of ``deploy/compose.yaml``, alone in its container.

    Its HTTP port is on the inner network only. C-STORE is for modalities that the site lists.
    """
    config = orthanc_config(
        Path(CONTAINER_STORE),
        CONTAINER_HTTP_PORT,
        CONTAINER_DICOM_PORT,
        user,
        password,
        any_sender=False,
        aet=aet,
        plugins=[str(PLUGIN_FOLDERS[0] / f"lib{name}.so") for name in PLUGINS],
    )
    return config | {
        "StorageDirectory": CONTAINER_STORE,
        "IndexDirectory": CONTAINER_STORE,
        "RemoteAccessAllowed": True,
        # As "name": ["AET", "host", port].
        "DicomModalities": {},
    }
