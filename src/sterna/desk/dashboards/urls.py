"""Addresses of the pages that only read."""

from django.urls import URLPattern, path

from sterna.desk.dashboards.views import (
    contacts,
    customers,
    home,
    installation,
    places,
    plans,
    results,
    runs,
    sources,
)

urlpatterns: list[URLPattern] = [
    path("", home.home, name="home"),
    path("customers", customers.customers, name="customers"),
    path("customers/<uuid:pk>", customers.customer, name="customer"),
    path("search", customers.search, name="search"),
    path("value", places.values, name="values"),
    path("tiers", places.tiers, name="tiers"),
    path("moves", places.moves, name="moves"),
    path("moves/<str:source>/<str:target>", places.move_names, name="move_names"),
    path("plans", plans.plan_list, name="plan_list"),
    path("plans/<uuid:pk>", plans.plan, name="plan"),
    path("contacts", contacts.outbox, name="contacts"),
    path("contacts/left-out", contacts.left_out, name="left_out"),
    path("contacts/tasks", contacts.tasks, name="tasks"),
    path("contacts/<uuid:pk>", contacts.contact, name="contact"),
    path("results", results.results, name="results"),
    path("runs", runs.runs, name="runs"),
    path("runs/<uuid:pk>", runs.run, name="run"),
    path("runs/<uuid:pk>/<str:name>", runs.run_stage, name="run_stage"),
    path("sources", sources.sources, name="sources"),
    path("imports/<uuid:pk>", sources.one_import, name="import"),
    path("imports/<uuid:pk>/rejects", sources.import_rejects, name="import_rejects"),
    path("data-quality", sources.data_quality, name="data_quality"),
    path("settings", installation.settings, name="settings"),
    path("audit", installation.audit, name="audit"),
]
