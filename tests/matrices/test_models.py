"""Every model is a tenant's, shared or a log, and the database holds each to what that means.

A tenant's row belongs to one authority: it says so itself, row-level security compares it, its history does the same,
and it agrees with the record that it hangs on. Here the second lock is tried alone: raw SQL, as the role that the
application connects with, past everything that ``access.py`` would say.
"""

# ruff: noqa: S608 (the tables are named by the models, not by anybody outside)

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, ProgrammingError, connection, models, transaction

from assurance import access, scope
from assurance.access import SIGHT, Actor, Grant, visible
from assurance.models import Assessment, Membership
from assurance.models.base import Tenant
from assurance.vocabulary import LetterState, Role
from letters.models import BoardPack
from tests.matrices.world import CAST, in_a_batch, is_history, our_models, pointed_out, translate, undone, whole_life
from tests.universe import Universe, all_rows, as_actor, forget_scope

TENANT, SHARED, LOG, WORKING = "tenant", "shared", "log", "working"

KINDS = {
    # Text that is published, and what everybody goes by.
    "benchmarks.Scheme": SHARED,
    "benchmarks.SchemeVersion": SHARED,
    "benchmarks.Level": SHARED,
    "benchmarks.Benchmark": SHARED,
    "benchmarks.Criterion": SHARED,
    "benchmarks.CrosswalkEntry": SHARED,
    "benchmarks.WeightsVersion": SHARED,
    "letters.Wording": SHARED,
    "letters.CycleWording": SHARED,
    # Who and what there is, as public knowledge.
    "assurance.Programme": SHARED,
    "assurance.Authority": SHARED,
    "assurance.Succession": SHARED,
    "assurance.Partnership": SHARED,
    "assurance.PartnershipMember": SHARED,
    "assurance.Cycle": SHARED,
    "assurance.CycleBenchmark": SHARED,
    "assurance.User": SHARED,
    "assurance.LibraryEntry": SHARED,
    # Read before there is a scope, and locked by a policy of its own: see below.
    "assurance.Membership": SHARED,
    # What an authority says, and what is said about it.
    "assurance.Assessment": TENANT,
    "assurance.SelfAssessment": TENANT,
    "assurance.GivenBenchmark": TENANT,
    "assurance.Review": TENANT,
    "assurance.AgreedOutcome": TENANT,
    "assurance.Strength": TENANT,
    "assurance.Recommendation": TENANT,
    "assurance.Question": TENANT,
    "assurance.Dispute": TENANT,
    "assurance.FollowUp": TENANT,
    "assurance.Evidence": TENANT,
    "assurance.EvidenceFile": TENANT,
    "assurance.FollowUpReview": TENANT,
    "assurance.MeetingPoint": TENANT,
    "assurance.ProposalResponse": TENANT,
    "assurance.GoodPractice": TENANT,
    # A tenant's too, and never shown to it.
    "assurance.PrivateNote": TENANT,
    "assurance.Overrule": TENANT,
    "assurance.SecondReading": TENANT,
    "letters.Letter": TENANT,
    "letters.Edition": TENANT,
    "letters.LetterCheck": TENANT,
    "letters.CheckPoint": TENANT,
    "letters.LetterTranslation": TENANT,
    "letters.BoardPack": TENANT,
    "letters.BatchItem": WORKING,
    "letters.Batch": LOG,
    "letters.LetterDelivery": LOG,
    "assurance.HistoryImport": LOG,
    # A tenant's as well, and no decision: kept while people work, without history.
    "assurance.Draft": WORKING,
    "assurance.Document": WORKING,
    "assurance.Upload": WORKING,
    # Kept by triggers, which no code writes: the picture, and the counts that belong to nobody.
    "assurance.PictureRow": WORKING,
    "assurance.PictureCount": SHARED,
    # What happened.
    "assurance.Event": LOG,
    "assurance.Comment": LOG,
    "assurance.Message": LOG,
    "assurance.ReferenceEvent": LOG,
    "assurance.Export": LOG,
}
"""Of each model. Its history is of its kind too."""

LOCKED_OTHERWISE = {
    "assurance_membership",
    "assurance_historicalmembership",
    "assurance_message",
    "letters_batch",
    "assurance_export",
    "assurance_historyimport",
}
"""Not a tenant's, and yet not for everybody: people see their own memberships, and those within their scope; a
message may be about nobody's authority, as one about a password is; a batch is seen by whoever asked for it, an
export by whoever took it and by auditors, and a table of earlier years by whoever brought it."""

WRITTEN_IN_SCOPE = {"assurance_membership", "assurance_historicalmembership"}
"""People read their own wherever they are, and write none that their scope does not reach."""

ALTERABLE = {
    "assurance.Message": "says what became of it; what it said is written once",
    "assurance.Export": "says what came of it and that its bytes are gone; who took what is written once",
    "letters.Batch": "says whether it goes on; what was asked for is written once",
    "assurance.HistoryImport": "says what becomes of it and was corrected; what was decided is told by events",
    "letters.LetterDelivery": "says when the letter was first opened, downloaded and reminded of",
}
"""Logs whose rows change."""

HANGS_LOOSELY = {
    ("letters_letter", "replaces_id"): "the letters of one assessment, and that has a key of its own",
}
"""Ties between tenants' tables that no composite foreign key holds together, and why that is borne."""


def original(model: type[models.Model]) -> type[models.Model]:
    """The model itself, or the one whose history it is."""
    return model.instance_type if is_history(model) else model  # type: ignore[attr-defined]


def kind(model: type[models.Model]) -> str:
    return KINDS[original(model)._meta.label]


MODELS = [model for model in our_models() if not is_history(model)]
TENANTS = [model for model in MODELS if KINDS.get(model._meta.label) == TENANT]
WORKINGS = [model for model in MODELS if KINDS.get(model._meta.label) == WORKING]
TENANT_LOGS = {"assurance.Event", "assurance.Comment", "letters.LetterDelivery"}
LOGS = [model for model in MODELS if KINDS.get(model._meta.label) == LOG]
SCOPED = [
    model
    for model in our_models()
    if KINDS.get(original(model)._meta.label) in (TENANT, WORKING) or model._meta.label in TENANT_LOGS
]
"""Every table that a scope decides about: those of tenants, of their history and their work, and their logs."""
HOME_OFFICE = {"assurance.PrivateNote", "assurance.Overrule", "assurance.SecondReading"}
"""Tenants' rows that no authority ever sees: their policy asks for a role of the Home Office."""


def named(model: type[models.Model]) -> str:
    return model._meta.db_table


def rows(statement: str, *values: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall() if cursor.description else []


def affected(statement: str, *values: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.rowcount


def test_every_model_is_classified() -> None:
    assert {model._meta.label for model in MODELS} == set(KINDS)


@pytest.mark.parametrize("model", MODELS, ids=named)
def test_a_model_is_what_the_table_says(model: type[models.Model]) -> None:
    """Tenants are built as tenants, and nothing else is."""
    assert (kind(model) in (TENANT, WORKING) or model._meta.label in TENANT_LOGS) == issubclass(model, Tenant)


@pytest.mark.parametrize("model", TENANTS, ids=named)
def test_a_tenants_table_says_whose_each_row_is_and_so_does_its_history(model: type[models.Model]) -> None:
    assert not model._meta.get_field("authority").null
    assert model.history.model in our_models()  # type: ignore[attr-defined]
    assert model.history.model._meta.get_field("authority").column == "authority_id"  # type: ignore[attr-defined]


def test_row_level_security_is_on_and_forced_for_these_and_no_others(db: None) -> None:
    """Forced: it binds the owner of the table as well. One policy, which lets nobody write what they may not read."""
    locked = rows(
        """
        SELECT c.relname, c.relrowsecurity, c.relforcerowsecurity,
               array_agg(p.polname::text), bool_and(p.polcmd = '*' AND p.polpermissive AND p.polroles = '{0}'),
               bool_and(p.polqual IS NOT NULL AND pg_get_expr(p.polqual, c.oid) = pg_get_expr(p.polwithcheck, c.oid))
          FROM pg_class c LEFT JOIN pg_policy p ON p.polrelid = c.oid
         WHERE c.relkind IN ('r', 'p') AND c.relnamespace = 'public'::regnamespace
         GROUP BY c.oid HAVING c.relrowsecurity OR c.relforcerowsecurity OR count(p.polname) > 0
        """
    )
    assert {name for name, *_ in locked} == {named(model) for model in SCOPED} | LOCKED_OTHERWISE
    for name, *found in locked:
        assert found == [True, True, ["in_scope"], True, name not in WRITTEN_IN_SCOPE], name


def test_every_tenants_policy_is_the_same_comparison(db: None) -> None:
    """Of two settings: whose rows are in scope at all, and whose by a role of the Home Office."""
    policies = dict(rows("SELECT tablename::text, qual FROM pg_policies WHERE schemaname = 'public'"))
    for of_home_office, setting in ((False, "assurance.authorities"), (True, "assurance.home_office")):
        models = [model for model in SCOPED if is_home_office(model) == of_home_office]
        (policy,) = {policies[named(model)] for model in models}
        assert "authority_id IN ( SELECT unnest(" in policy
        assert setting in policy


def test_an_authoritys_scope_holds_nothing_of_the_home_offices_own(two_lives: Universe) -> None:
    """Its own rows are there, and still it reads and writes none of these."""
    alder = two_lives.alder.pk
    for who in ("lead", "contributor", "viewer"):
        for model in filter(is_home_office, SCOPED):
            with as_actor(two_lives.cast[who]):
                assert counted(Assessment, alder)
                assert counted(model, alder) == 0, named(model)
                with undone():
                    assert affected(f"DELETE FROM {named(model)}") == 0
    with as_actor(two_lives.adviser):
        for model in filter(is_home_office, SCOPED):
            assert counted(model, alder), named(model)


def is_home_office(model: type[models.Model]) -> bool:
    return original(model)._meta.label in HOME_OFFICE


@contextmanager
def seeing(authority_id: int) -> Iterator[None]:
    """A transaction that sees all rows of one authority, those of the Home Office's own too."""
    with transaction.atomic():
        scope._set(f"{{{authority_id}}}", "off", f"{{{authority_id}}}")
        yield
    forget_scope()


def test_what_hangs_on_a_tenants_record_is_the_same_tenants(db: None) -> None:
    """A composite foreign key for each tie between tenants' tables, or a reason."""
    tables = {named(model) for model in SCOPED if not is_history(model)}
    ties = {
        (named(model), field.column)
        for model in SCOPED
        if not is_history(model)
        for field in model._meta.concrete_fields
        if field.related_model is not None and named(field.related_model) in tables
    }
    composite = rows(
        """
        SELECT t.conrelid::regclass::text, t.confrelid::regclass::text,
               array(SELECT attname::text FROM unnest(t.conkey) WITH ORDINALITY k(n, i)
                       JOIN pg_attribute ON attrelid = t.conrelid AND attnum = k.n ORDER BY i),
               array(SELECT attname::text FROM unnest(t.confkey) WITH ORDINALITY k(n, i)
                       JOIN pg_attribute ON attrelid = t.confrelid AND attnum = k.n ORDER BY i),
               t.convalidated
          FROM pg_constraint t WHERE t.contype = 'f' AND cardinality(t.conkey) > 1
        """
    )
    held = set()
    for table, _parent, columns, parents, validated in composite:
        assert columns[1:] == ["authority_id"]
        assert parents == ["id", "authority_id"]
        assert validated
        held.add((table, columns[0]))
    assert held | set(HANGS_LOOSELY) == ties
    assert not held & set(HANGS_LOOSELY)
    on_assessment = {(table, column) for table, column in ties if column == "assessment_id"}
    assert on_assessment <= held


@pytest.mark.parametrize("model", [model for model in LOGS if model._meta.label not in ALTERABLE], ids=named)
def test_a_log_only_grows(universe: Universe, model: type[models.Model]) -> None:
    """Even for whoever sees everything: the trigger refuses every change, whatever column it is about."""
    whole_life(universe, universe.alder)
    with all_rows():
        assert rows(f"SELECT count(*) FROM {named(model)}")[0][0] > 0
        for statement in (f"UPDATE {named(model)} SET id = id", f"DELETE FROM {named(model)}"):
            with pytest.raises(IntegrityError, match="are never changed or deleted"), transaction.atomic():
                affected(statement)


@pytest.mark.parametrize("model", [*LOGS, *WORKINGS], ids=named)
def test_a_log_needs_no_history_and_neither_does_work_in_progress(model: type[models.Model]) -> None:
    assert not hasattr(model, "history")


def test_the_application_is_bound_by_all_this(db: None) -> None:
    """Its role is no superuser, is not exempt, owns no table, and cannot become somebody who is any of these."""
    (found,) = rows("SELECT rolsuper, rolbypassrls, rolcreaterole FROM pg_roles WHERE rolname = current_user")
    assert found == (False, False, False)
    assert rows("SELECT session_user = current_user") == [(True,)]
    owners = rows("SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'")
    assert len(owners) == 1
    assert rows("SELECT pg_has_role(current_user, %s, 'MEMBER')", owners[0][0]) == [(False,)]
    assert not rows(
        "SELECT rolname FROM pg_roles WHERE (rolsuper OR rolbypassrls) AND pg_has_role(current_user, oid, 'MEMBER')"
    )
    assert not rows(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v', 'm') "
        "AND has_table_privilege(oid, 'TRUNCATE')"
    )


def test_no_function_of_ours_runs_as_somebody_else(db: None) -> None:
    """A function that runs with its owner's rights would be a way round."""
    assert not rows("SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef")


# What is hidden is hidden


@pytest.fixture
def two_lives(universe: Universe) -> Iterator[Universe]:
    """Alder and Birch, each with a row in every tenant's table."""
    for authority in (universe.alder, universe.birch):
        whole_life(universe, authority)
        letter = universe.letter(LetterState.DRAFT, authority=authority)
        translate(universe, letter, authority)
        pointed_out(universe, letter)
        with all_rows():
            BoardPack.objects.create(
                authority=authority, letter=letter, saved_by=universe.lead_of(authority), saved_at=universe.at
            )
        in_a_batch(universe, letter)
    yield universe
    forget_scope()


def counted(model: type[models.Model], authority_id: int) -> int:
    return rows(f"SELECT count(*) FROM {named(model)} WHERE authority_id = %s", authority_id)[0][0]


def test_every_table_has_something_to_hide(two_lives: Universe) -> None:
    """Otherwise the tests below would prove nothing."""
    with all_rows():
        for model in SCOPED:
            assert counted(model, two_lives.alder.pk), named(model)
            assert counted(model, two_lives.birch.pk), named(model)


def test_no_row_of_another_authority_can_be_read_or_touched(two_lives: Universe) -> None:
    alder, birch = two_lives.alder.pk, two_lives.birch.pk
    for model in SCOPED:
        table = named(model)
        with scope.everything():
            sample = rows(f"SELECT to_jsonb(t) FROM {table} t WHERE authority_id = %s LIMIT 1", birch)[0][0]
            sample = json.loads(sample) if isinstance(sample, str) else sample
            total = counted(model, birch)
        with seeing(alder):
            assert counted(model, birch) == 0, f"{table}: read"
            assert model._base_manager.filter(authority_id=birch).count() == 0, f"{table}: read by the ORM"
            assert rows(f"SELECT DISTINCT authority_id FROM {table}") == [(alder,)], f"{table}: read"
            with undone():
                assert affected(f"UPDATE {table} SET authority_id = %s WHERE authority_id = %s", alder, birch) == 0
                assert affected(f"DELETE FROM {table} WHERE authority_id = %s", birch) == 0
            key = model._meta.pk.column
            sample[key] = 10**9
            # Without what the database works out by itself.
            columns = ", ".join(
                f'"{name}"'
                for (name,) in rows(
                    "SELECT column_name FROM information_schema.columns "
                    "WHERE table_schema = 'public' AND table_name = %s AND is_generated = 'NEVER'",
                    table,
                )
            )
            with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
                affected(
                    f"INSERT INTO {table} ({columns}) SELECT {columns} FROM jsonb_populate_record(NULL::{table}, %s)",
                    json.dumps(sample),
                )
            # Nor can one's own row be pushed over. A log's trigger comes before the policy.
            with (
                pytest.raises(DatabaseError, match=r"row-level security|never changed or deleted"),
                transaction.atomic(),
            ):
                affected(f"UPDATE {table} SET authority_id = %s WHERE authority_id = %s", birch, alder)
        with scope.everything():
            assert counted(model, birch) == total


def test_without_a_scope_nothing_is_there(two_lives: Universe) -> None:
    alder = two_lives.alder.pk
    forget_scope()
    for model in SCOPED:
        table = named(model)
        assert rows(f"SELECT count(*) FROM {table}") == [(0,)], table
        with undone():
            assert affected(f"DELETE FROM {table}") == 0, table
            assert affected(f"UPDATE {table} SET authority_id = %s", alder) == 0, table
    for table in LOCKED_OTHERWISE:
        assert rows(f"SELECT count(*) FROM {table}") == [(0,)], table


def test_a_scope_that_is_nonsense_opens_nothing(two_lives: Universe) -> None:
    for authorities, everything in (("", ""), ("{}", "yes"), ("{NULL}", "ON"), ("{}", "true")):
        with transaction.atomic():
            scope._set(authorities, everything, authorities)
            for model in SCOPED:
                assert rows(f"SELECT count(*) FROM {named(model)}") == [(0,)], (authorities, everything)


SEES = {
    "lead": "Alder", "contributor": "Alder", "viewer": "Alder", "adviser": "Alder",
    "other_lead": "Birch Cedar", "other_adviser": "Birch Cedar",
    "manager": "Alder Birch", "other_manager": "Cedar",
    "signatory": "Alder Birch Cedar", "administrator": "Alder Birch Cedar", "auditor": "Alder Birch Cedar",
    "stranger": "",
}  # fmt: skip
"""Whose rows the database lets each of the cast touch at all."""


def test_the_database_works_out_each_persons_scope_by_itself(two_lives: Universe) -> None:
    assert set(SEES) == set(CAST)
    names = {one.pk: one.short_name for one in two_lives.authorities}
    for who, expected in SEES.items():
        with as_actor(two_lives.cast[who]):
            found = {names[pk] for (pk,) in rows("SELECT DISTINCT authority_id FROM assurance_assessment")}
        assert found == set(expected.split()), who


def test_memberships_are_seen_by_whose_they_are_and_within_a_scope(universe: Universe) -> None:
    with as_actor(universe.stranger):
        assert not Membership.objects.exists()
    with as_actor(universe.other_lead):
        people = set(Membership.objects.values_list("person_id", flat=True))
        assert people == {universe.other_lead.pk, universe.other_adviser.pk}
    with as_actor(universe.manager):
        # A national role is nobody's row but its holder's.
        people = set(Membership.objects.values_list("person_id", flat=True))
        assert universe.manager.pk in people
        assert not people & {universe.signatory.pk, universe.auditor.pk, universe.other_manager.pk}


@pytest.mark.parametrize("whose", ["stranger", "lead"])
def test_memberships_cannot_be_written_into_another_scope(universe: Universe, whose: str) -> None:
    """Nobody whose scope is one authority can give a role at another, or one that knows no place: not to themselves."""
    with as_actor(universe.lead):
        for place in ({"authority_id": universe.birch.pk}, {"region": "South"}, {}):
            role = Role.LEAD if "authority_id" in place else Role.REGIONAL_MANAGER if place else Role.AUDITOR
            with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
                Membership._base_manager.bulk_create(
                    [Membership(person=universe.cast[whose], role=role, starts="2020-01-01", **place)]
                )


# Sight


def test_every_tenant_has_a_rule_of_sight_and_every_rule_a_model() -> None:
    """The authority itself and what happened to it are looked at under a rule too."""
    beside = {"assurance.Authority", "assurance.Message", *TENANT_LOGS}
    assert set(SIGHT) == {model._meta.label for model in (*TENANTS, *WORKINGS)} | beside
    for label, sight in SIGHT.items():
        assert sight, f"{label} has a rule that shows it to nobody"


def test_a_model_without_a_rule_is_visible_to_nobody(two_lives: Universe) -> None:
    """Not even to whoever holds every role everywhere, with the database wide open."""
    mighty = Actor(None, "every role", tuple(Grant(role, authority_id=None) for role in Role))
    with all_rows():
        ruled = []
        for model in our_models():
            if model._meta.label in SIGHT:
                ruled.append(visible(mighty, model).count())
                continue
            if model._base_manager.exists():
                assert not visible(mighty, model).exists(), model._meta.label
        assert min(ruled) > 0


def test_a_rule_taken_away_hides_the_model(two_lives: Universe, monkeypatch: pytest.MonkeyPatch) -> None:
    with as_actor(two_lives.auditor) as auditor:
        for model in TENANTS:
            assert visible(auditor, model).exists(), model._meta.label
            with monkeypatch.context() as patch:
                patch.delitem(access.SIGHT, model._meta.label)
                assert not visible(auditor, model).exists(), model._meta.label


def test_what_access_shows_is_within_what_the_database_shows(two_lives: Universe) -> None:
    """Both locks, asked apart: the policy alone gives no row that the scope alone would not."""
    for who in CAST:
        with as_actor(two_lives.cast[who]) as actor:
            by_database = {model: set(model._base_manager.values_list("pk", flat=True)) for model in TENANTS}
            scope._set("{}", "on", "{}")
            for model in TENANTS:
                by_policy = set(visible(actor, model).values_list("pk", flat=True))
                assert by_policy <= by_database[model], (who, model._meta.label)
