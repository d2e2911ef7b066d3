from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "apps.web"
    label = "web"

    def ready(self) -> None:
        from django.contrib import admin

        admin.site.site_header = "Synoptic administration"
        admin.site.site_title = "Synoptic administration"
        admin.site.index_title = "Administration"
        admin.site.enable_nav_sidebar = True
