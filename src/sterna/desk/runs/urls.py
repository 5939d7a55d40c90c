"""Addresses of what is done to runs."""

from django.urls import URLPattern, path

from sterna.desk.runs import views

urlpatterns: list[URLPattern] = [
    path("runs/start", views.start, name="run_start"),
    path("segments/discover/start", views.discovery_start, name="discovery_start"),
]
