"""The forms of signing in and of choosing a new password."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib.auth.forms import AuthenticationForm, PasswordResetForm, SetPasswordForm
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from assurance.actions.messages import send_password_link
from assurance.text import canonical_email


def name_of_attempt(request: HttpRequest, credentials: Mapping[str, Any] | None = None) -> str:
    """The name under which a try to sign in is counted: the address as it is kept."""
    name = (credentials or {}).get("username") or request.POST.get("username", "")
    return canonical_email(str(name))


class SignInForm(AuthenticationForm):
    """E-mail address and password."""

    error_messages = {
        "invalid_login": _("Check your email address and password"),
        "inactive": _("This account has been closed"),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["label_suffix"] = ""
        super().__init__(*args, **kwargs)
        self.use_required_attribute = False
        self.fields["username"].label = _("Email address")
        self.fields["username"].widget.input_type = "email"
        self.fields["username"].widget.attrs |= {"autocomplete": "username", "spellcheck": "false", "autofocus": False}
        self.fields["username"].error_messages["required"] = _("Enter your email address")
        self.fields["password"].error_messages["required"] = _("Enter your password")

    def clean_username(self) -> str:
        """Addresses are kept in lower case."""
        return canonical_email(str(self.cleaned_data["username"]))


class AskForPasswordForm(PasswordResetForm):
    """The address to which the link for a password goes, also if its owner was invited and never chose one."""

    use_required_attribute = False

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Have the link sent in the background: the answer hardly takes longer than where nobody has the address."""
        send_password_link(address=self.cleaned_data["email"], at=timezone.now())

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["label_suffix"] = ""
        super().__init__(*args, **kwargs)
        self.fields["email"].label = _("Email address")
        self.fields["email"].error_messages["required"] = _("Enter your email address")


class NewPasswordForm(SetPasswordForm):
    """A new password, twice."""

    use_required_attribute = False

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["label_suffix"] = ""
        super().__init__(*args, **kwargs)
        self.fields["new_password1"].label = _("New password")
        self.fields["new_password2"].label = _("New password again")
        for name in ("new_password1", "new_password2"):
            self.fields[name].error_messages["required"] = _("Enter your new password")
