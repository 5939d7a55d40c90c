"""Addresses of the app `dashboards`."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
