"""Addresses of the app `api`."""

from django.urls import URLPattern, path

from sterna.desk.api import views

urlpatterns: list[URLPattern] = [
    path("v1/batch", views.batch, name="batch"),
    path("health", views.health, name="health"),
]
