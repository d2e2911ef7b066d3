"""The ASGI application: static files by WhiteNoise, HTTP by Django, websockets by Channels."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "apps.config.settings.dev")

from django.core.asgi import get_asgi_application

http = get_asgi_application()
# Voxels go out slice by slice, not in eight pieces of each.
http.chunk_size = 1024**2

# Only now: what follows reads models.
from channels.routing import ProtocolTypeRouter

from apps.live.routing import websocket_application
from apps.studies.uploads.limit import BodyLimit
from apps.web.staticfiles import StaticFiles

application = ProtocolTypeRouter(
    {"http": BodyLimit(StaticFiles(http)), "websocket": websocket_application}
)
