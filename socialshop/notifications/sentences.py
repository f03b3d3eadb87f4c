"""The one catalogue of sentences in which notices are told, in English and Chinese. Pure.

`{amount:money}` is the fact `amount_minor` in `currency`, `{at:time}` an instant,
`{reason:why}` a reason of the list; all else is written as it stands.
`_paid` and the like are variants of a kind: the fact `say` chooses one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from socialshop.infra.locales import instant_text, money_text
from socialshop.kernel.languages import Language
from socialshop.kernel.money import Money
from socialshop.kernel.time import parse_instant
from socialshop.notifications.reasons import reason_words

SENTENCES: Mapping[str, tuple[str, str]] = {
    "seat_joined": ("{name} took a seat in your room “{title}”.", "{name} 加入了你的团「{title}」。"),
    "room_filled": (
        "“{title}” is full: your order is being confirmed.",
        "「{title}」已成团，订单确认中。",
    ),
    "room_expired": ("“{title}” ran out of time before it filled.", "「{title}」到时未成团。"),
    "room_expired_paid": (
        "“{title}” ran out of time before it filled; your money is on its way back.",
        "「{title}」到时未成团，你的钱正在退回。",
    ),
    "room_cancelled": ("“{title}” was cancelled: its host left.", "「{title}」已取消：团主已退出。"),
    "room_cancelled_paid": (
        "“{title}” was cancelled; your money is on its way back.",
        "「{title}」已取消，你的钱正在退回。",
    ),
    "room_cancelled_by_shop": (
        "The shop cancelled “{title}”. The reason: {reason}",
        "商店取消了「{title}」。原因：{reason}",
    ),
    "room_cancelled_by_shop_paid": (
        "The shop cancelled “{title}”; your money is on its way back. The reason: {reason}",
        "商店取消了「{title}」，你的钱正在退回。原因：{reason}",
    ),
    "room_reminder": (
        "Your seat in “{title}” is not paid yet. The room closes at {until:time}.",
        "你在「{title}」的名额还未付款，{until:time} 截止。",
    ),
    "room_reminder_paid": (
        "Seats left in “{title}”: {left}. Invite one more: the room closes at {until:time}.",
        "「{title}」还差 {left} 人，邀请一位朋友吧，{until:time} 截止。",
    ),
    "session_begun": (
        "“{title}” of {brand} has begun. It lasts until {until:time}.",
        "{brand}「{title}」已开场，{until:time} 结束。",
    ),
    "bargain_chopped": (
        "{name} brought the price of “{title}” down by {amount:money}.",
        "{name} 帮你把「{title}」砍了 {amount:money}。",
    ),
    "bargain_at_floor": (
        "“{title}” is at its lowest price, {amount:money}. Buy it before {until:time}.",
        "「{title}」已砍到最低价 {amount:money}，请在 {until:time} 前购买。",
    ),
    "leading_approved": (
        "You are a leader now: {reason} Your first steps wait at the leaders' desk.",
        "你已成为团长：{reason} 团长后台有你的新手任务。",
    ),
    "leading_rejected": ("Your application to lead was refused: {reason}", "你的团长申请未通过：{reason}"),
    "banner_taken_down": (
        "The shop has taken the banner of your storefront down: {reason}",
        "商店撤下了你店铺的横幅：{reason}",
    ),
    "publisher_approved": (
        "You are a publisher now: {reason} Your clicks and views are paid as the plan says, from tomorrow on.",
        "你已成为推广者：{reason} 自明日起，你的点击与展示按方案计酬。",
    ),
    "publisher_rejected": ("Your application to publish was refused: {reason}", "你的推广者申请未通过：{reason}"),
    "publisher_ended": ("You are a publisher no more: {reason}", "你的推广者资格已终止：{reason}"),
    "bargain_over": ("The time of your bargain “{title}” is over.", "你的砍价「{title}」已到时结束。"),
    "money_back": ("{amount:money} for “{title}” went back to you.", "「{title}」的 {amount:money} 已退还给你。"),
    "late_payment_rerouted": (
        "Your payment for “{title}” came after your seat was lost. You have a seat in another room now.",
        "「{title}」的付款到账时你的名额已失效，已为你换到另一个团。",
    ),
    "late_payment_new_room": (
        "Your payment for “{title}” came after your seat was lost. A new room was opened, and you are its host.",
        "「{title}」的付款到账时你的名额已失效，已为你新开一团，你是团主。",
    ),
    "late_payment_refunded": (
        "Your payment for “{title}” came after your seat was lost; {amount:money} is on its way back.",
        "「{title}」的付款到账时你的名额已失效，{amount:money} 正在退回。",
    ),
    "order_shipped": (
        "“{title}” is on its way: {carrier}, {tracking}.",
        "「{title}」已发货：{carrier}，单号 {tracking}。",
    ),
    "refund_approved": (
        "Your refund of {amount:money} for “{title}” was approved.",
        "「{title}」的退款 {amount:money} 已通过。",
    ),
    "refund_rejected": (
        "Your refund of {amount:money} for “{title}” was refused: {reason}",
        "「{title}」的退款 {amount:money} 未通过：{reason}",
    ),
    "refund_paid": ("{amount:money} for “{title}” was refunded.", "「{title}」已退款 {amount:money}。"),
    "commission_accrued": (
        "An order brings you {amount:money}. It is yours once the goods can no longer be sent back.",
        "一笔订单为你带来 {amount:money}，退货期满后归你。",
    ),
    "commission_settled": (
        "{amount:money} of commission is in your wallet now.",
        "{amount:money} 佣金已进入你的钱包。",
    ),
    "commission_clawed_back": (
        "An order was refunded: {amount:money} of commission was taken back.",
        "有订单退款，收回佣金 {amount:money}。",
    ),
    "counts_struck_out_none": (
        "Clicks or views of {first_day} to {last_day} were found to be none: {reason}. They had earned nothing.",
        "{first_day} 至 {last_day} 的点击或展示已被剔除：{reason}。其未产生收益。",
    ),
    "counts_struck_out_taken": (
        "Clicks or views of {first_day} to {last_day} were found to be none: {reason}. {amount:money} was taken back.",
        "{first_day} 至 {last_day} 的点击或展示已被剔除：{reason}。已收回 {amount:money}。",
    ),
    "counts_struck_out_owed": (
        "Clicks or views of {first_day} to {last_day} were found to be none: {reason}. {amount:money} was taken"
        " back. Your wallet had too little: {owed:money} of it is paid from what you earn next.",
        "{first_day} 至 {last_day} 的点击或展示已被剔除：{reason}。已收回 {amount:money}；余额不足，其中"
        " {owed:money} 将从你以后的收益中扣除。",
    ),
    "payout_approved": ("Your payout of {amount:money} was approved.", "你的提现 {amount:money} 已通过。"),
    "payout_held": (
        "Your payout of {amount:money} is on hold: {reason:why}",
        "你的提现 {amount:money} 暂缓：{reason:why}",
    ),
    "payout_rejected": (
        "Your payout of {amount:money} was refused and is in your wallet again. The reason: {reason:why}",
        "你的提现 {amount:money} 未通过，款项已回到钱包。原因：{reason:why}",
    ),
    "payouts_overdue": (
        "Payouts that wait longer than they should: {count}. The oldest was asked for on {at:time}.",
        "有 {count} 笔提现等待超时，最早的申请于 {at:time}。",
    ),
    "payout_account_added": (
        "Another account for your payouts was added, ending in {account}. Was it not you? Then change your password"
        " now: it takes money only after some days.",
        "你添加了新的提现账户，尾号 {account}。若非本人操作，请立即修改密码：新账户几天后才能收款。",
    ),
    "payout_paid": ("Your payout of {amount:money} was paid.", "你的提现 {amount:money} 已打款。"),
    "payout_failed": (
        "Your payout of {amount:money} did not arrive. The money is in your wallet again.",
        "你的提现 {amount:money} 未到账，款项已回到钱包。",
    ),
    "payout_returned": (
        "The bank sent your payout of {amount:money} back. The money is in your wallet again.",
        "你的提现 {amount:money} 被银行退回，款项已回到钱包。",
    ),
    "points_expiring": (
        "Points of yours that end soon: {points}, the first on {until:time}.",
        "你有 {points} 积分即将到期，最早 {until:time}。",
    ),
    "mission_done": (
        "You finished “{title_en}”. Points for it: {points}.",
        "你完成了「{title_zh}」，获得 {points} 积分。",
    ),
    "campaign_begun": ("“{title_en}” has begun: {notice_en}", "「{title_zh}」开始了：{notice_zh}"),
    "coupon_given": (
        "A coupon for you: “{title}”, good until {until:time}.",
        "你收到一张优惠券「{title}」，{until:time} 前有效。",
    ),
    "deal_offered": (
        "“{title}” is offered to you and some others, {why_en}.",
        "「{title}」专为你和部分会员提供，{why_zh}。",
    ),
    "member_invited": ("{name} joined the shop through your link.", "{name} 通过你的链接加入了。"),
    "tier_upgraded": ("You are in the tier {tier_en} now.", "恭喜升级为{tier_zh}！"),
    "tier_warned": (
        "Your growth is {growth}, {missing} short of what your tier asks. At {until:time} it becomes {tier_en}.",
        "你的成长值为 {growth}，距保级还差 {missing}，{until:time} 后将变为{tier_zh}。",
    ),
    "tier_kept": ("You keep your tier {tier_en}.", "你已保级：{tier_zh}。"),
    "tier_downgraded": (
        "Your tier is {tier_en} now. Your growth is {growth}; the tier before asks {threshold}.",
        "你的等级已变为{tier_zh}。当前成长值 {growth}，原等级需要 {threshold}。",
    ),
    "tier_moved": ("The tiers have changed: yours is {tier_en} now.", "会员等级已调整，你现在是{tier_zh}。"),
    "plan_started": ("{plan_en} has begun. It lasts until {until:time}.", "{plan_zh}已生效，有效期至 {until:time}。"),
    "plan_renewal_soon": (
        "{plan_en} renews at {until:time} for {amount:money}. You can cancel with one tap until then.",
        "{plan_zh}将于 {until:time} 自动续费 {amount:money}，此前可一键取消。",
    ),
    "plan_renewal_soon_by_hand": (
        "{plan_en} is due at {until:time}: you will be asked to pay {amount:money}. Nothing is charged by itself.",
        "{plan_zh}将于 {until:time} 到期续费，届时请支付 {amount:money}，不会自动扣款。",
    ),
    "plan_renewal_soon_month": (
        "{plan_en} is followed by {next_en} for a month, charged at {until:time}: {amount:money}, as you chose. You can"
        " change your mind with one tap until then.",
        "按你的选择，{plan_zh}到期后将转为{next_zh}（月付），于 {until:time} 扣款 {amount:money}，此前可一键更改。",
    ),
    "plan_renewal_soon_quarter": (
        "{plan_en} is followed by {next_en} for a quarter, charged at {until:time}: {amount:money}, as you chose. You"
        " can change your mind with one tap until then.",
        "按你的选择，{plan_zh}到期后将转为{next_zh}（季付），于 {until:time} 扣款 {amount:money}，此前可一键更改。",
    ),
    "plan_renewal_soon_year": (
        "{plan_en} is followed by {next_en} for a year, charged at {until:time}: {amount:money}, as you chose. You can"
        " change your mind with one tap until then.",
        "按你的选择，{plan_zh}到期后将转为{next_zh}（年付），于 {until:time} 扣款 {amount:money}，此前可一键更改。",
    ),
    "plan_ending_soon": (
        "{plan_en} ends at {until:time}. It does not renew by itself.",
        "{plan_zh}将于 {until:time} 到期，不会自动续费。",
    ),
    "plan_renewed": (
        "{plan_en} was renewed for {amount:money}. It lasts until {until:time}.",
        "{plan_zh}已续费 {amount:money}，有效期至 {until:time}。",
    ),
    "plan_payment_due": (
        "{plan_en} waits for your payment of {amount:money}. What it gives stays until {until:time}.",
        "{plan_zh}待你付款 {amount:money}，权益保留至 {until:time}。",
    ),
    "plan_payment_failed": (
        "The payment of {amount:money} for {plan_en} failed. It is tried again, or pay it yourself: what the plan gives"
        " stays until {until:time}.",
        "{plan_zh}续费 {amount:money} 扣款失败，我们会再次尝试，你也可以自行付款；权益保留至 {until:time}。",
    ),
    "plan_ended": ("{plan_en} has ended. Nothing more is charged.", "{plan_zh}已结束，不会再扣款。"),
    "plan_month": (
        "A new month of {plan_en} has begun. Vouchers that wait for you: {vouchers}.",
        "{plan_zh}新的一个月已开始，有 {vouchers} 张礼券待领取。",
    ),
    "plan_refunded": ("{amount:money} for your plan was refunded.", "你的会员计划已退款 {amount:money}。"),
    "post_published_review": ("Your review of “{title}” is published.", "你对「{title}」的评价已发布。"),
    "post_published_note": ("Your note about “{title}” is published.", "你关于「{title}」的笔记已发布。"),
    "post_rejected_review": (
        "Your review of “{title}” is not shown. The reason: {reason} You may write it anew.",
        "你对「{title}」的评价未展示。原因：{reason} 你可以修改后重新提交。",
    ),
    "post_rejected_note": (
        "Your note about “{title}” is not shown. The reason: {reason} You may write it anew.",
        "你关于「{title}」的笔记未展示。原因：{reason} 你可以修改后重新提交。",
    ),
    "question_answered": ("The shop has answered your question.", "商店已回复你的问题。"),
    "circle_notice": ("{name} has told the circle something.", "{name} 在圈子里发布了消息。"),
    "report_decided": (
        "Somebody of the shop has looked at what you reported. Thank you.",
        "你举报的内容已有人处理，谢谢。",
    ),
    "standing_warned": (
        "The shop warns you: {reason} You may appeal once, under Me, How you stand.",
        "商店提醒你：{reason} 你可在“我的”里的“我的状态”申诉一次。",
    ),
    "standing_limited": (
        "Until {until:time} you can write nothing for others and open no room. The reason: {reason} You may appeal"
        " once, under Me, How you stand.",
        "在 {until:time} 之前，你不能发布内容或开团。原因：{reason} 你可在“我的”里的“我的状态”申诉一次。",
    ),
    "standing_frozen": (
        "Until {until:time} you can write nothing for others and take no seat. What you paid for and what the shop owes"
        " you stays yours. The reason: {reason} You may appeal once, under Me, How you stand.",
        "在 {until:time} 之前，你不能发布内容或参团。你已付款的商品和商店欠你的钱仍归你。原因：{reason}"
        " 你可在“我的”里的“我的状态”申诉一次。",
    ),
    "appeal_upheld": ("The decision stands after your appeal: {reason}", "你的申诉未被采纳，决定维持：{reason}"),
    "appeal_lifted": ("Your appeal was right, the decision is lifted: {reason}", "你的申诉成立，决定已撤销：{reason}"),
    "webhook_disabled": (
        "The webhook endpoint {endpoint} took nothing any more and is switched off. Look at it and switch it on again.",
        "Webhook 端点 {endpoint} 已无法接收消息，已停用。请检查后重新启用。",
    ),
    "stock_low": ("Of “{product}”, {unit}, only {left} are left.", "「{product}」{unit} 仅剩 {left} 件。"),
    "stock_low_gone": ("“{product}”, {unit}, is sold out.", "「{product}」{unit} 已售罄。"),
    "stock_differs": (
        "{what} counts {found} where {expected} follow from what came in and what was sold. Nothing was changed.",
        "{what} 的计数为 {found}，而按入库与售出记录应为 {expected}。未作任何更改。",
    ),
    "subtrees_crossed": (
        "Sub-trees of the sponsor tree that came to {heads} people on {levels} levels: {count}. The largest has"
        " {most_heads} people. The page of the legal guard says what that means under the plan in force.",
        "推荐树中有 {count} 个分支达到 {heads} 人、{levels} 层，其中最大的有 {most_heads} 人。"
        "合规页说明了在当前方案下这意味着什么。",
    ),
    "digest": ("This is what happened:", "以下是最近的动态："),
    "email_verification": (
        "Open this link to say that this e-mail address is yours. It works once, for a day.",
        "点击链接以确认这是你的邮箱，仅可使用一次，一天内有效。",
    ),
    "password_reset": (
        "Open this link to choose a new password. It works once, for an hour. Was it not you? Then do nothing.",
        "点击链接以设置新密码，仅可使用一次，一小时内有效。若非本人操作，请忽略。",
    ),
    "password_link": (
        "The shop made a link to a new password for you. Did you not ask for it? Tell the shop at once.",
        "商店为你生成了设置新密码的链接。如果不是你要求的，请立即告知商店。",
    ),
    "passkey_added": (
        "A passkey was added to your account: the device that has it signs in. Was it not you? Then change your"
        " password and remove the passkey now.",
        "你的账户已添加通行密钥，持有它的设备可以登录。若非本人操作，请立即修改密码并移除该密钥。",
    ),
    "passkey_removed": (
        "A passkey was removed from your account: it signs in no more. Was it not you? Then change your password now.",
        "你的账户已移除一个通行密钥，不能再用它登录。若非本人操作，请立即修改密码。",
    ),
    "totp_added": (
        "An authenticator app was added to your account: its codes approve and release payouts. Was it not you? Then"
        " change your password and tell another admin now.",
        "你的账户已添加验证器应用，其验证码可用于审批和放款。若非本人操作，请立即修改密码并告知其他管理员。",
    ),
    "totp_removed": (
        "The authenticator app was removed from your account. Was it not you? Then change your password and tell"
        " another admin now.",
        "你的账户已移除验证器应用。若非本人操作，请立即修改密码并告知其他管理员。",
    ),
    "recovery_code_used": (
        "A recovery code of your account was used. Was it not you? Then change your password and tell another admin"
        " now.",
        "你的账户使用了一个恢复码。若非本人操作，请立即修改密码并告知其他管理员。",
    ),
    "phone_linked": (
        "A phone was linked to your account: codes that it is sent sign in. Was it not you? Then change your password"
        " and remove the phone now.",
        "你的账户已绑定手机，可用短信验证码登录。若非本人操作，请立即修改密码并移除该手机。",
    ),
    "phone_removed": (
        "The phone was removed from your account: it signs in no more. Was it not you? Then change your password now.",
        "你的账户已移除手机，不能再用它登录。若非本人操作，请立即修改密码。",
    ),
    "email_change": (
        "Open this link to say that this is your e-mail address from now on. It works once, for a day.",
        "点击链接以确认今后使用此邮箱，仅可使用一次，一天内有效。",
    ),
    "email_change_asked": (
        "Somebody who knows your password asked for another e-mail address for your account. Was it not you? Then"
        " change your password now.",
        "有人用你的密码申请更换账户邮箱。若非本人操作，请立即修改密码。",
    ),
}
SOMEBODY = ("A member", "一位会员")
_FIELD = re.compile(r"\{(\w+)(?::(money|time|why))?\}")


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads: in which language, and by which clock."""

    language: Language
    zone: str

    def choose(self, texts: tuple[str, str]) -> str:
        """Of a text in English and Chinese, the one for this reader."""
        return texts[1] if self.language == "zh" else texts[0]


def code_of(kind: str, facts: Mapping[str, Any]) -> str:
    """Which sentence tells this notice."""
    variant = facts.get("say")
    return kind if variant is None else f"{kind}_{variant}"


def say(kind: str, facts: Mapping[str, Any], reader: Reader) -> str:
    """The notice in the reader's language, money and time in the reader's way."""
    sentence = reader.choose(SENTENCES[code_of(kind, facts)])
    return _FIELD.sub(lambda found: _written(found[1], found[2], facts, reader), sentence)


def _written(name: str, form: str | None, facts: Mapping[str, Any], reader: Reader) -> str:
    if form == "money":
        return money_text(Money(int(facts[f"{name}_minor"]), str(facts["currency"])), reader.language)
    if form == "time":
        return instant_text(parse_instant(facts[name]), reader.language, reader.zone)
    if form == "why":
        return reason_words(str(facts[name]), reader.language)
    if name == "name" and not facts.get("name"):
        return reader.choose(SOMEBODY)
    return str(facts[name])
