from django.urls import path

from apps.pacs.api.views import dicomweb

urlpatterns = [path("<path:address>", dicomweb)]
