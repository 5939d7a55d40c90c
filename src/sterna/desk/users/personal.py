"""People who log in work here: their records are not those of customers."""

from sterna.desk.config.personal import Impersonal

KEEPERS = (
    Impersonal("users.User", "people who work here, not customers"),
    Impersonal("users.User_groups", "people who work here, not customers"),
    Impersonal("users.User_user_permissions", "people who work here, not customers"),
    Impersonal("users.Token", "programs of people who work here"),
    Impersonal("auth.Permission", "names of rights"),
    Impersonal("auth.Group", "names of rights"),
    Impersonal("auth.Group_permissions", "names of rights"),
    Impersonal("contenttypes.ContentType", "names of models"),
    Impersonal("sessions.Session", "who of the staff is logged in"),
    Impersonal("secret", "signs sessions and links"),
    Impersonal("serve.pid", "the process that serves"),
    Impersonal("demo-password", "the demonstration's own"),
)
