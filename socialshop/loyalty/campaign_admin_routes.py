"""Missions, campaigns and surveys as the shop plans and reads them over HTTP."""

from __future__ import annotations

import uuid

from socialshop.infra.uow import UnitOfWork
from socialshop.infra.wired import settings
from socialshop.loyalty.errors import CampaignDrawn, CampaignTooLate
from socialshop.loyalty.schemas.campaigns import (
    CampaignDraft,
    CampaignMissionDraft,
    CampaignPage,
    CampaignResultsWire,
    CampaignWire,
)
from socialshop.loyalty.schemas.missions import MissionDraft, MissionPage, MissionTerms, MissionWire
from socialshop.loyalty.schemas.surveys import SurveyDraft, SurveyPage, SurveyResultsWire, SurveyWire
from socialshop.loyalty.service import campaigns, missions, surveys
from socialshop.loyalty.service.campaigns import CAMPAIGN_PREFIX
from socialshop.loyalty.service.missions import MISSION_PREFIX, MissionRow
from socialshop.loyalty.service.surveys import SURVEY_PREFIX, SurveyRow
from socialshop.web.auth import ADMINS, READS_ALL
from socialshop.web.languages import best_language
from socialshop.web.operations import Answer, Call, Reply, Room
from socialshop.web.paging import PageQuery, cut_page
from socialshop.web.schemas import Nothing

room = Room("campaigns_admin", __name__, tag="Missions and campaigns, for the shop")

_MISSION = {"mission_id": MISSION_PREFIX}
_CAMPAIGN = {"campaign_id": CAMPAIGN_PREFIX}
_SURVEY = {"survey_id": SURVEY_PREFIX}
_IN_A_LANGUAGE = {"Vary": "Accept-Language"}


@room.operation(
    "GET", "/admin/missions", access=READS_ALL, query=PageQuery, replies=Reply(200, MissionPage, "Missions.")
)
def list_all_missions(call: Call[Nothing, PageQuery]) -> Answer:
    """Every mission, the newest first, with how many began and finished it."""
    query, before = call.query, call.query.after()

    def read(uow: UnitOfWork) -> Answer:
        shown, cursor = cut_page(missions.missions(uow, before, query.limit + 1), query.limit, lambda row: row.id)
        reach = missions.reach(uow, list(shown))
        return Answer(MissionPage(data=[MissionWire.of(row, reach[row.id]) for row in shown], next_cursor=cursor))

    return call.transact(read)


@room.operation(
    "POST",
    "/admin/missions",
    access=ADMINS,
    body=MissionDraft,
    replies=Reply(201, MissionWire, "Published; it counts from `opens_at` on."),
)
def add_mission(call: Call[MissionDraft, Nothing]) -> Answer:
    """Publish a mission."""
    new = call.body.new()
    return call.transact(lambda uow: _mission(uow, missions.add(uow, call.caller.member_id, new), 201))


@room.operation(
    "POST",
    "/admin/missions/<mission_id>",
    access=ADMINS,
    body=MissionTerms,
    replies=Reply(200, MissionWire, "The mission by its new version."),
    ids=_MISSION,
)
def change_mission(call: Call[MissionTerms, Nothing]) -> Answer:
    """Publish another version. What members have begun ends by the version that they began by."""
    actor, mission_id, terms = call.caller.member_id, call.ids["mission_id"], call.body.terms()
    return call.transact(lambda uow: _mission(uow, missions.change(uow, actor, mission_id, terms)))


@room.operation(
    "POST",
    "/admin/missions/<mission_id>/withdraw",
    access=ADMINS,
    replies=Reply(200, MissionWire, "It counts nothing any more; what it gave stays."),
    ids=_MISSION,
)
def withdraw_mission(call: Call[Nothing, Nothing]) -> Answer:
    """End a mission before its time. Said again, nothing changes."""
    mission_id: uuid.UUID = call.ids["mission_id"]
    return call.transact(lambda uow: _mission(uow, missions.withdraw(uow, call.caller.member_id, mission_id)))


@room.operation(
    "GET", "/admin/campaigns", access=READS_ALL, query=PageQuery, replies=Reply(200, CampaignPage, "Campaigns.")
)
def list_campaigns(call: Call[Nothing, PageQuery]) -> Answer:
    """Every campaign, the newest first."""
    query, before = call.query, call.query.after()

    def read(uow: UnitOfWork) -> Answer:
        shown, cursor = cut_page(campaigns.campaigns(uow, before, query.limit + 1), query.limit, lambda row: row.id)
        return Answer(CampaignPage(data=[CampaignWire.of(row) for row in shown], next_cursor=cursor))

    return call.transact(read)


@room.operation(
    "POST",
    "/admin/campaigns",
    access=ADMINS,
    body=CampaignDraft,
    replies=Reply(201, CampaignWire, "A draft: nobody is in it before it is drawn."),
)
def plan_campaign(call: Call[CampaignDraft, Nothing]) -> Answer:
    """Plan a campaign: for whom, what it gives, and what it is to reach."""
    new = call.body.new()
    return call.transact(lambda uow: Answer(CampaignWire.of(campaigns.add(uow, call.caller.member_id, new)), 201))


@room.operation(
    "GET",
    "/admin/campaigns/<campaign_id>",
    access=READS_ALL,
    replies=Reply(200, CampaignWire, "The campaign, and how far its draw is."),
    ids=_CAMPAIGN,
)
def show_campaign(call: Call[Nothing, Nothing]) -> Answer:
    """One campaign as it was planned."""
    campaign_id = call.ids["campaign_id"]
    return call.transact(lambda uow: Answer(CampaignWire.of(campaigns.campaign(uow, campaign_id))))


@room.operation(
    "POST",
    "/admin/campaigns/<campaign_id>/missions",
    access=ADMINS,
    body=CampaignMissionDraft,
    replies=Reply(201, MissionWire, "A mission for those whom the campaign treats."),
    refuses=(CampaignDrawn, CampaignTooLate),
    ids=_CAMPAIGN,
)
def add_campaign_mission(call: Call[CampaignMissionDraft, Nothing]) -> Answer:
    """Give a draft a mission, for the time of the campaign."""
    actor, campaign_id, body = call.caller.member_id, call.ids["campaign_id"], call.body
    return call.transact(
        lambda uow: _mission(uow, campaigns.add_mission(uow, actor, campaign_id, body.what(), body.terms()), 201)
    )


@room.operation(
    "POST",
    "/admin/campaigns/<campaign_id>/draw",
    access=ADMINS,
    replies=Reply(202, CampaignWire, "Its groups are being drawn; then it begins by itself."),
    refuses=(CampaignTooLate,),
    ids=_CAMPAIGN,
)
def draw_campaign(call: Call[Nothing, Nothing]) -> Answer:
    """Fix by lot who is treated and who is left out, before the start; `GET` says how far it is.

    Said again, nothing changes. A draw that is not over when the campaign starts cancels it.
    """
    actor, campaign_id = call.caller.member_id, call.ids["campaign_id"]
    return call.transact(lambda uow: Answer(CampaignWire.of(campaigns.draw(uow, actor, campaign_id)), 202))


@room.operation(
    "POST",
    "/admin/campaigns/<campaign_id>/cancel",
    access=ADMINS,
    replies=Reply(200, CampaignWire, "It gives nothing any more; what it gave stays."),
    ids=_CAMPAIGN,
)
def cancel_campaign(call: Call[Nothing, Nothing]) -> Answer:
    """End a campaign now. Said again, or once it is over, nothing changes."""
    actor, campaign_id = call.caller.member_id, call.ids["campaign_id"]
    return call.transact(lambda uow: Answer(CampaignWire.of(campaigns.cancel(uow, actor, campaign_id))))


@room.operation(
    "GET",
    "/admin/campaigns/<campaign_id>/results",
    access=READS_ALL,
    replies=Reply(200, CampaignResultsWire, "What was measured so far."),
    ids=_CAMPAIGN,
)
def show_campaign_results(call: Call[Nothing, Nothing]) -> Answer:
    """What a campaign did: the treated against those who were left out."""
    campaign_id, currency, zone = call.ids["campaign_id"], settings().currency, settings().time_zone

    def read(uow: UnitOfWork) -> Answer:
        row = campaigns.campaign(uow, campaign_id)
        found = campaigns.results(uow, row, currency, zone)
        return Answer(CampaignResultsWire.of(row, found, best_language()), headers=_IN_A_LANGUAGE)

    return call.transact(read)


@room.operation("GET", "/admin/surveys", access=READS_ALL, query=PageQuery, replies=Reply(200, SurveyPage, "Surveys."))
def list_all_surveys(call: Call[Nothing, PageQuery]) -> Answer:
    """Every survey, the newest first, with how many answered."""
    query, before = call.query, call.query.after()

    def read(uow: UnitOfWork) -> Answer:
        shown, cursor = cut_page(surveys.surveys(uow, before, query.limit + 1), query.limit, lambda row: row[0].id)
        return Answer(SurveyPage(data=[SurveyWire.of(*row) for row in shown], next_cursor=cursor))

    return call.transact(read)


@room.operation(
    "POST",
    "/admin/surveys",
    access=ADMINS,
    body=SurveyDraft,
    replies=Reply(201, SurveyWire, "Open from `opens_at` on."),
)
def add_survey(call: Call[SurveyDraft, Nothing]) -> Answer:
    """Open a survey."""
    new = call.body.new()
    return call.transact(lambda uow: Answer(SurveyWire.of(surveys.add(uow, call.caller.member_id, new), None), 201))


@room.operation(
    "POST",
    "/admin/surveys/<survey_id>/close",
    access=ADMINS,
    replies=Reply(200, SurveyResultsWire, "Nobody answers it any more; its results."),
    ids=_SURVEY,
)
def close_survey(call: Call[Nothing, Nothing]) -> Answer:
    """End a survey now. Said again, nothing changes."""
    survey_id = call.ids["survey_id"]
    return call.transact(lambda uow: _results(uow, surveys.close(uow, call.caller.member_id, survey_id)))


@room.operation(
    "GET",
    "/admin/surveys/<survey_id>/results",
    access=READS_ALL,
    replies=Reply(200, SurveyResultsWire, "Counts of at least five, and words without names."),
    ids=_SURVEY,
)
def show_survey_results(call: Call[Nothing, Nothing]) -> Answer:
    """What was answered so far."""
    return call.transact(lambda uow: _results(uow, surveys.survey(uow, call.ids["survey_id"])))


def _results(uow: UnitOfWork, row: SurveyRow) -> Answer:
    return Answer(SurveyResultsWire.of(*surveys.tallies(uow, row)))


def _mission(uow: UnitOfWork, row: MissionRow, status: int = 200) -> Answer:
    return Answer(MissionWire.of(row, missions.reach(uow, [row])[row.id]), status)
