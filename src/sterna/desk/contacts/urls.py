"""Addresses of the app `contacts`."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
