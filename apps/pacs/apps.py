from django.apps import AppConfig


class PacsConfig(AppConfig):
    name = "apps.pacs"
    label = "pacs"
