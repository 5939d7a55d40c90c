"""Addresses of the app `sources`."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
