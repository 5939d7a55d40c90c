"""Addresses under the names the rail looks for, so that the whole rail is shown."""

from django.urls import path

from tests.desk.web.gallery import views

NAMES = [
    "customers",
    "sources",
    "data_quality",
    "values",
    "tiers",
    "moves",
    "plan_list",
    "contacts",
    "tasks",
    "left_out",
    "results",
    "runs",
    "settings",
    "search",
    "logout",
]

urlpatterns = [
    path("", views.gallery, name="home"),
    path("login", views.login, name="login"),
    path("fail", views.fail),
    path("working", views.working),
    *(path(name, views.plain, name=name) for name in NAMES),
]
