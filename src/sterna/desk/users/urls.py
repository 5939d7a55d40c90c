"""Addresses of logging in and out."""

from django.contrib.auth.views import LoginView, LogoutView
from django.urls import URLPattern, path

urlpatterns: list[URLPattern] = [
    path(
        "login",
        LoginView.as_view(template_name="web/login.html", redirect_authenticated_user=True),
        name="login",
    ),
    path("logout", LogoutView.as_view(), name="logout"),
]
