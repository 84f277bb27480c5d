from __future__ import annotations

from typing import Any

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from assurance.models.base import history
from assurance.text import canonical_email
from assurance.vocabulary import AUTHORITY_ROLES, NATIONAL_ROLES, PORTFOLIO_ROLES, REGION_ROLES, Role


class UserManager(BaseUserManager["User"]):
    """Finds people by e-mail address, whatever its case."""

    def get_by_natural_key(self, username: str | None) -> User:
        # Not iexact: the database folds letters such as the dotless i, and each spelling would get its own tries.
        return self.get(email=canonical_email(username or ""))


class User(AbstractBaseUser):
    """A person who signs in with an e-mail address. What they may do is in their memberships alone."""

    email = models.EmailField(_("email address"), max_length=254)
    name = models.CharField(_("name"), max_length=200)
    is_active = models.BooleanField(default=True)
    weekly_digest = models.BooleanField(
        default=False, help_text="Whether messages that can wait are gathered into one a week."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = UserManager()
    history = history(excluded_fields=["password", "last_login"])

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: list[str] = ["name"]

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                name="user_email_once",
                violation_error_message=_("Someone already has this email address"),
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        super().clean()
        self.email = canonical_email(self.email)

    def save(self, *args: Any, **kwargs: Any) -> None:
        # Signing in stamps the day of the last visit, which nobody decided and history need not keep.
        if kwargs.get("update_fields") == ["last_login"]:
            self.skip_history_when_saving = True
        try:
            super().save(*args, **kwargs)
        finally:
            self.__dict__.pop("skip_history_when_saving", None)

    @classmethod
    def normalize_username(cls, username: Any) -> Any:
        return canonical_email(super().normalize_username(username))


class Membership(models.Model):
    """A role, where it holds, and from when to when.

    An authority role and an adviser's portfolio name an authority; a regional manager's names a region; the
    national roles name neither. ``programme`` narrows a Home Office role to one programme; empty means all.
    """

    person = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=30, choices=Role)
    authority = models.ForeignKey(
        "assurance.Authority", on_delete=models.PROTECT, null=True, blank=True, related_name="memberships"
    )
    region = models.CharField(max_length=100, blank=True)
    programme = models.ForeignKey(
        "assurance.Programme", on_delete=models.PROTECT, null=True, blank=True, related_name="memberships"
    )
    covering = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="covered_by",
        help_text="The adviser who is away and whose work this is.",
    )  # fmt: skip
    starts = models.DateField()
    ends = models.DateField(null=True, blank=True, help_text=_("the first day on which it no longer holds"))

    history = history()

    class Meta:
        ordering = ["person__name", "role"]
        constraints = [
            models.CheckConstraint(
                name="membership_scope_fits_role",
                condition=(
                    Q(role__in=sorted(AUTHORITY_ROLES | PORTFOLIO_ROLES), authority__isnull=False, region="")
                    & Q(programme__isnull=True)
                )
                | (Q(role__in=sorted(REGION_ROLES), authority__isnull=True) & ~Q(region=""))
                | Q(role__in=sorted(NATIONAL_ROLES), authority__isnull=True, region=""),
            ),
            models.CheckConstraint(
                name="membership_ends_after_start",
                condition=Q(ends__isnull=True) | Q(ends__gt=F("starts")),
            ),
            models.CheckConstraint(
                name="membership_cover_is_anothers_and_ends",
                condition=Q(covering__isnull=True)
                | (Q(role__in=sorted(PORTFOLIO_ROLES), ends__isnull=False) & ~Q(covering=F("person"))),
            ),
            models.UniqueConstraint(
                fields=["person", "role", "authority", "region", "programme"],
                condition=Q(ends__isnull=True),
                nulls_distinct=False,
                name="membership_open_once",
            ),
        ]
        indexes = [models.Index(fields=["authority", "role"], name="membership_by_authority")]

    def __str__(self) -> str:
        return f"{self.person}: {self.get_role_display()}"
