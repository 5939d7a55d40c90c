"""E-mail as a channel: what an author writes, its check, and its rendering for one person."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sterna.channels.base import AddressKind, Content, ContentError, Field, Rendered, read_settings
from sterna.channels.content import fill, lint_fields
from sterna.channels.email.smtp import SmtpSettings, SmtpTransport
from sterna.channels.email.templates import compile_mjml, lint_mjml

FIELDS = (
    Field("subject", True, "the subject, in one line"),
    Field("mjml", True, "the letter in MJML, for readers that show HTML"),
    Field("text", True, "the same in plain text, for all other readers"),
)
EXAMPLE = {
    "subject": "{{ customer.name | default: 'Good day' }}, a word from {{ company.name }}",
    "mjml": """<mjml>
  <mj-body>
    <mj-section>
      <mj-column>
        <mj-text font-size="16px" line-height="24px">
          Dear {{ customer.name | default: "customer" }},
        </mj-text>
        {% if offer.name %}
        <mj-text font-size="16px" line-height="24px">{{ offer.name }}</mj-text>
        {% endif %}
        <mj-text font-size="16px" line-height="24px">Yours, {{ company.name }}</mj-text>
      </mj-column>
    </mj-section>
  </mj-body>
</mjml>
""",
    "text": """Dear {{ customer.name | default: "customer" }},
{% if offer.name %}
{{ offer.name }}
{% endif %}
Yours, {{ company.name }}
""",
}


@dataclass(frozen=True)
class EmailChannel:
    """E-mail over SMTP."""

    name: str = "email"
    address_kind: AddressKind = "email"
    fields: tuple[Field, ...] = FIELDS

    @property
    def example(self) -> Mapping[str, str]:
        """A complete variant to start from."""
        return EXAMPLE

    def lint(self, variant: Mapping[str, str]) -> tuple[str, ...]:
        """Findings about missing parts, Liquid, MJML, and Liquid that MJML cannot carry."""
        written = list(lint_fields(variant, self.fields))
        findings = [*written, *lint_mjml(variant.get("mjml", ""))]
        if "\n" in variant.get("subject", "").strip():
            findings.append("subject: it has a line break, which no header may have; write one line")
        return tuple(dict.fromkeys(findings))

    def render(self, content: Content) -> Rendered:
        """Subject, text and HTML; in the HTML every value of the context is escaped."""
        for field in self.fields:
            if not content.variant.get(field.name, "").strip():
                raise ContentError(field.name, f"it is required; write {field.help}")
        subject = fill("subject", content.variant["subject"], content.context).strip()
        text = fill("text", content.variant["text"], content.context)
        html = fill("mjml", compile_mjml(content.variant["mjml"]), content.context, markup=True)
        return Rendered(self.name, subject, text, html, (), html)

    def transport(self, settings: Mapping[str, Any]) -> SmtpTransport:
        """SMTP by the settings of `SmtpSettings`."""
        return SmtpTransport(read_settings(SmtpSettings, settings, self.name))


CHANNEL = EmailChannel()
