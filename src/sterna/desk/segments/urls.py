"""Addresses of what is done to definitions of best customers, to tiers, groups and segments, and to places in them."""

from django.urls import URLPattern, path

from sterna.desk.segments import tier_views, views, views_groups, views_ruled, views_treatments

urlpatterns: list[URLPattern] = [
    path("best-customers/publish", views.best_publish, name="best_publish"),
    path("best-customers/arbitrate", views.best_arbitrate, name="best_arbitrate"),
    path("best-customers/retire/<str:name>", views.best_retire, name="best_retire"),
    path("tiers/publish", tier_views.tier_publish, name="tier_publish"),
    path("tiers/retire/<str:name>", tier_views.tier_retire, name="tier_retire"),
    path("customers/<uuid:pk>/override", tier_views.override_set, name="override_set"),
    path("tiers/overrides/<uuid:pk>/end", tier_views.override_end, name="override_end"),
    path("tiers/moves/<uuid:pk>/apply", tier_views.moves_apply, name="moves_apply"),
    path("tiers/moves/<uuid:pk>/discard", tier_views.moves_discard, name="moves_discard"),
    path("tiers/moves/<uuid:pk>/undo", tier_views.moves_undo, name="moves_undo"),
    path("segments/publish", views_ruled.segments_publish, name="segments_publish"),
    path("segments/<str:scheme>/retire", views_ruled.segments_retire, name="segments_retire"),
    path(
        "segments/<str:scheme>/place/<str:place>/appoint", views_ruled.segment_appoint, name="segment_appoint"
    ),
    path("segments/<str:scheme>/levels/publish", views_treatments.levels_publish, name="levels_publish"),
    path("segments/<str:scheme>/levels/retire", views_treatments.treatments_retire, name="treatments_retire"),
    path("customers/<uuid:pk>/judge", views_groups.group_judge, name="group_judge"),
    path("customers/<uuid:pk>/group", views_groups.group_propose, name="group_propose"),
    path("customers/<uuid:pk>/group/stays", views_groups.group_review, name="group_review"),
    path("groups/proposals/<uuid:pk>/approve", views_groups.group_approve, name="group_approve"),
    path("groups/proposals/<uuid:pk>/decline", views_groups.group_decline, name="group_decline"),
    path("groups/terms/publish", views_groups.group_terms_publish, name="group_terms_publish"),
    path("groups/checks/start", views_groups.group_check_start, name="group_check_start"),
    path("groups/checks/asked/<int:pk>", views_groups.group_check_answer, name="group_check_answer"),
    path("groups/checks/<uuid:pk>/close", views_groups.group_check_close, name="group_check_close"),
]
