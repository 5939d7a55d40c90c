"""Addresses of what is done with webhooks."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
