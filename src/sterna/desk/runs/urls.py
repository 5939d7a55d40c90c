"""Addresses of the app `runs`."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
