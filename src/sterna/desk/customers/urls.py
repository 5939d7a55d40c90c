"""Addresses of what is done to customers."""

from django.urls import URLPattern, path

from sterna.desk.customers import (
    views,
    views_identity,
    views_privacy,
    views_review,
    views_rules,
    views_serving,
    views_taxonomy,
)

urlpatterns: list[URLPattern] = [
    path("review/<uuid:pk>/answer", views_review.review_answer, name="review_answer"),
    path("identity-rules/kind", views_rules.kind_declare, name="kind_declare"),
    path("identity-rules/kind/restore", views_rules.kind_restore, name="kind_restore"),
    path("identity-rules/values", views_rules.value_block, name="value_block"),
    path("identity-rules/values/<int:pk>/allow", views_rules.value_allow, name="value_allow"),
    path("customers/<uuid:pk>/identity/merge", views_identity.identity_merge, name="identity_merge"),
    path("customers/<uuid:pk>/identity/split", views_identity.identity_split, name="identity_split"),
    path("customers/identity/<uuid:pk>/undo", views_identity.identity_undo, name="identity_undo"),
    path("customers/<uuid:pk>/household", views_identity.household_form, name="household_form"),
    path("customers/<uuid:pk>/household/leave", views_identity.household_leave, name="household_leave"),
    path("customers/<uuid:pk>/privacy/export", views_privacy.person_export, name="person_export"),
    path("customers/<uuid:pk>/privacy/erase", views_privacy.person_erase, name="person_erase"),
    path("customers/<uuid:pk>/notes", views_serving.note_add, name="note_add"),
    path("customers/proposals/<int:pk>", views_serving.proposal_decide, name="proposal_decide"),
    path("customers/facts/<int:pk>/retract", views_serving.fact_retract, name="fact_retract"),
    path("customers/<uuid:pk>/questions", views_serving.question_settle, name="question_settle"),
    path("customers/<uuid:pk>/requests", views_serving.request_take, name="request_take"),
    path("customers/requests/<uuid:pk>/promise", views_serving.request_promise, name="request_promise"),
    path("customers/requests/<uuid:pk>/settle", views_serving.request_settle, name="request_settle"),
    path("customers/<uuid:pk>/occasions", views_serving.occasion_add, name="occasion_add"),
    path("customers/occasions/<uuid:pk>/retract", views_serving.occasion_retract, name="occasion_retract"),
    path("taxonomy/publish", views_taxonomy.taxonomy_publish, name="taxonomy_publish"),
    path("taxonomy/rules/publish", views_taxonomy.rules_publish, name="rules_publish"),
    path("preferences/<str:token>", views.own_page, name="own_page"),
    path("preferences/<str:token>/fact", views.own_fact, name="own_fact"),
    path("preferences/<str:token>/rating", views.own_rating, name="own_rating"),
    path("preferences/<str:token>/export", views.own_export, name="own_export"),
    path("stop/<str:token>", views.stop, name="stop"),
]
