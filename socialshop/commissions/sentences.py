"""The one catalogue of sentences in which commissions are explained, in English and Chinese. Pure.

`{name:money}` is an amount in minor units of the figure `currency`; all else is written as it stands.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping

from socialshop.kernel.languages import LANGUAGES, Language
from socialshop.kernel.money import Money

Figures = Mapping[str, int | str]

_FIELD = re.compile(r"\{(\w+)(:money)?\}")

SENTENCES: dict[str, tuple[str, str]] = {
    # steps of an explanation
    "sale": (
        "Line {line} of order {order_id} was sold at {sale_at}: {quantity} for {base_minor:money}.",
        "订单 {order_id} 第 {line} 行于 {sale_at} 成交：{quantity} 件，共 {base_minor:money}。",
    ),
    "plan": (
        "Version {number} of the plan “{name}” was in force, since {effective_at}.",
        "当时生效的是佣金方案“{name}”第 {number} 版，自 {effective_at} 起。",
    ),
    "leg_sale": ("You stand above the buyer, at level {level}.", "你是买家的第 {level} 级上级。"),
    "leg_host": ("You were the host of the room.", "你是该团的团主。"),
    "leg_deal_host": (
        "You were the host of the room, and the deal itself gives its host a commission.",
        "你是该团的团主，该团购另给团主佣金。",
    ),
    "leg_leader_margin": (
        "You opened the deal, and the shop leaves you what it brings above the price of supply.",
        "你是该团购的团长，商店将高于供货价的部分留给你。",
    ),
    "leg_self": ("You are the buyer, and the plan rewards that.", "你是买家，方案对此给予奖励。"),
    "leg_sale_passed_up": (
        "You stand {depth} levels above the buyer. Who had not bought within {within_days} days was passed over, so "
        "you earn as level {level}.",
        "你在买家之上第 {depth} 级。{within_days} 天内未购买的上级已跳过，因此你按第 {level} 级计佣。",
    ),
    "leg_lead": ("You brought the buyer in.", "买家是你带来的。"),
    "leg_tier": (
        "You stand {level} levels above the buyer, in the tier {tier}.",
        "你在买家之上第 {level} 级，会员等级为 {tier}。",
    ),
    "tally_click": (
        "On {day} your link {link} was clicked {counted} times that count.",
        "{day}，你的链接 {link} 获得 {counted} 次有效点击。",
    ),
    "tally_view": (
        "On {day} the banner of your link {link} was seen {counted} times that count.",
        "{day}，你的链接 {link} 的横幅获得 {counted} 次有效展示。",
    ),
    "tally_before": (
        "{before} of that day had been counted before; these came later.",
        "当日此前已计 {before} 次，这些为其后补计。",
    ),
    "tally_milestone": (
        "By {day} {counted} orders of {min_order_minor:money} or more, by members whom you brought in, counted.",
        "至 {day}，你带来的会员有 {counted} 笔满 {min_order_minor:money} 的订单计数。",
    ),
    "tally_milestone_buyers": (
        "By {day} {counted} members whom you brought in had bought for {min_order_minor:money} or more.",
        "至 {day}，你带来的会员中有 {counted} 位购买满 {min_order_minor:money}。",
    ),
    "leg_milestone": ("The plan has a milestone for what you bring in.", "方案为你带来的成绩设有里程碑。"),
    "milestone": (
        "At {reaches} the plan gives {fixed_minor:money}, once.",
        "达到 {reaches} 时，方案一次性给予 {fixed_minor:money}。",
    ),
    "milestone_day": (
        "At {reaches} in a day the plan gives {fixed_minor:money}, once.",
        "一天内达到 {reaches} 时，方案一次性给予 {fixed_minor:money}。",
    ),
    "milestone_month": (
        "At {reaches} in a month the plan gives {fixed_minor:money}, once.",
        "一个月内达到 {reaches} 时，方案一次性给予 {fixed_minor:money}。",
    ),
    "fell_below": (
        "Refund {refund_id} let it fall below {reaches}, so {clawed_minor:money} was taken back: "
        "{pending_minor:money} of it before it settled, {wallet_minor:money} from the wallet, {owed_minor:money} owed.",
        "退款 {refund_id} 使其低于 {reaches}，故收回 {clawed_minor:money}：结算前 {pending_minor:money}，"
        "从钱包 {wallet_minor:money}，记为欠款 {owed_minor:money}。",
    ),
    "leg_click": ("You are a publisher, and the plan pays for clicks.", "你是推广者，方案按点击付费。"),
    "leg_view": ("You are a publisher, and the plan pays for views.", "你是推广者，方案按展示付费。"),
    "click": (
        "The plan gives {fixed_minor:money} for each of {counted} clicks.",
        "方案按每次点击 {fixed_minor:money} 给予，共 {counted} 次。",
    ),
    "view": (
        "The plan gives {per_thousand_minor:money} for a thousand views: for {counted} of them {exact_minor} minor "
        "units.",
        "方案按每千次展示 {per_thousand_minor:money} 给予：{counted} 次为 {exact_minor} 最小货币单位。",
    ),
    "view_before": (
        "With the {before} before them that is {day_minor:money} for the day, of which {before_minor:money} were paid.",
        "连同此前的 {before} 次，当日共 {day_minor:money}，其中 {before_minor:money} 已计。",
    ),
    "when_product": ("It is paid for certain goods, and this is one of them.", "限指定商品，该商品在其中。"),
    "when_deal": ("It is paid in rooms of certain deals, and this is one of them.", "限指定团购，该团在其中。"),
    "when_channel": ("It is paid for what came by this channel: {channel}.", "限此渠道带来的订单：{channel}。"),
    "when_buyer_tier": ("It is paid as the buyer was in the tier {tier}.", "买家下单时等级为 {tier}，符合条件。"),
    "when_tier": ("It is paid as you were in the tier {tier}.", "下单时你的等级为 {tier}，符合条件。"),
    "when_first_order": ("It is paid as this was the buyer's first order.", "这是买家的首单，符合条件。"),
    "when_sold_from": ("It is paid for what was sold from {from} on.", "限 {from} 起的订单。"),
    "when_sold_until": ("It is paid for what was sold before {until}.", "限 {until} 之前的订单。"),
    "tier_rate": (
        "The plan gives your tier {tier_bps} basis points, of which {below_bps} are paid below you: {rate_bps} of "
        "{base_minor:money} are {exact_minor} minor units.",
        "方案给予你的等级万分之 {tier_bps}，其中万分之 {below_bps} 已付给下级："
        "{base_minor:money} 的万分之 {rate_bps} 为 {exact_minor} 最小货币单位。",
    ),
    "rate": (
        "The plan gives {rate_bps} basis points of {base_minor:money}: {exact_minor} minor units.",
        "方案给予 {base_minor:money} 的万分之 {rate_bps}：{exact_minor} 最小货币单位。",
    ),
    "fixed": (
        "The plan gives {fixed_minor:money} for each of {quantity}.",
        "方案按每件 {fixed_minor:money} 给予，共 {quantity} 件。",
    ),
    "deal_rate": (
        "The deal gives {rate_bps} basis points of {base_minor:money}: {exact_minor} minor units.",
        "团购给予 {base_minor:money} 的万分之 {rate_bps}：{exact_minor} 最小货币单位。",
    ),
    "deal_fixed": (
        "The deal gives {fixed_minor:money} for each of {quantity}.",
        "团购按每件 {fixed_minor:money} 给予，共 {quantity} 件。",
    ),
    "margin_promised": (
        "The deal promises its host {promised_minor:money} of the line: that comes off before your margin.",
        "团购承诺该行给团主 {promised_minor:money}，先从差额中扣除。",
    ),
    "margin": (
        "The line brought {base_minor:money}; the price of supply is {supply_minor:money} for each of {quantity}: "
        "above it lies {surplus_minor:money}. You have {share_bps} basis points of that: {exact_minor} minor units.",
        "该行收入 {base_minor:money}，供货价每件 {supply_minor:money}，共 {quantity} 件，差额 {surplus_minor:money}；"
        "你得差额的万分之 {share_bps}：{exact_minor} 最小货币单位。",
    ),
    "margin_cut": (
        "With what the plan gives others it would be more than the sale: cut to the {amount_minor:money} left.",
        "与方案给予他人的合计将超过销售额，故减至剩余的 {amount_minor:money}。",
    ),
    "rounding": (
        "Rounded down to {amount_minor:money}; the rest stays with the shop.",
        "向下取整为 {amount_minor:money}，余数归商店。",
    ),
    "no_rounding": ("Nothing to round: {amount_minor:money}.", "无需取整：{amount_minor:money}。"),
    "lead": (
        "The plan gives {fixed_minor:money} once for a buyer's first order from {min_order_minor:money} on; this one "
        "came to {order_minor:money}.",
        "买家首单满 {min_order_minor:money}，方案一次性给予 {fixed_minor:money}；该单为 {order_minor:money}。",
    ),
    "cap_not_reached": (
        "The plan has caps; what it gave was within them.",
        "方案设有上限，本笔未超出。",
    ),
    "cap_order": (
        "The plan pays {cap_minor:money} at most for an order: of {asked_minor:money} {cut_minor:money} were cut, "
        "which leaves {amount_minor:money}.",
        "方案每单最多支付 {cap_minor:money}：{asked_minor:money} 中扣减 {cut_minor:money}，余 {amount_minor:money}。",
    ),
    "cap_member": (
        "The plan pays a member {cap_minor:money} at most: of {asked_minor:money} {cut_minor:money} were cut, which "
        "leaves {amount_minor:money}.",
        "方案每位会员最多得 {cap_minor:money}：{asked_minor:money} 中扣减 {cut_minor:money}，余 {amount_minor:money}。",
    ),
    "cap_member_day": (
        "The plan pays a member {cap_minor:money} at most in a day: of {asked_minor:money} {cut_minor:money} were cut, "
        "which leaves {amount_minor:money}.",
        "方案每位会员每天最多得 {cap_minor:money}："
        "{asked_minor:money} 中扣减 {cut_minor:money}，余 {amount_minor:money}。",
    ),
    "cap_member_month": (
        "The plan pays a member {cap_minor:money} at most in a month: of {asked_minor:money} {cut_minor:money} were "
        "cut, which leaves {amount_minor:money}.",
        "方案每位会员每月最多得 {cap_minor:money}："
        "{asked_minor:money} 中扣减 {cut_minor:money}，余 {amount_minor:money}。",
    ),
    "cap_plan": (
        "The plan's budget is {cap_minor:money}: of {asked_minor:money} {cut_minor:money} were cut, which leaves "
        "{amount_minor:money}.",
        "方案预算为 {cap_minor:money}：{asked_minor:money} 中扣减 {cut_minor:money}，余 {amount_minor:money}。",
    ),
    "cap_plan_day": (
        "The plan pays {cap_minor:money} at most in a day: of {asked_minor:money} {cut_minor:money} were cut, which "
        "leaves {amount_minor:money}.",
        "方案每天最多支付 {cap_minor:money}：{asked_minor:money} 中扣减 {cut_minor:money}，余 {amount_minor:money}。",
    ),
    "cap_plan_month": (
        "The plan pays {cap_minor:money} at most in a month: of {asked_minor:money} {cut_minor:money} were cut, which "
        "leaves {amount_minor:money}.",
        "方案每月最多支付 {cap_minor:money}：{asked_minor:money} 中扣减 {cut_minor:money}，余 {amount_minor:money}。",
    ),
    "no_cap": ("The plan has no cap.", "方案没有上限。"),
    "hold_unknown": (
        "Held until the goods are received and can no longer be sent back, and then for the plan's own days: "
        "{hold_days}.",
        "冻结至买家收货且退货期满，再加 {hold_days} 天。",
    ),
    "hold": (
        "Held from {held_from} for the plan's own days, {hold_days}, until {matures_at}.",
        "自 {held_from} 起再冻结 {hold_days} 天，至 {matures_at}。",
    ),
    "stopped": (
        "A refund of the order is being decided: nothing settles until then.",
        "该订单有退款待处理，在此之前不结算。",
    ),
    "reversal": (
        "Refund {refund_id} gave {refunded_minor:money} back. On the {net_base_minor:money} left the same rule gives "
        "{net_minor:money}, so {clawed_minor:money} was taken back: {pending_minor:money} of it before it settled, "
        "{wallet_minor:money} from the wallet, {owed_minor:money} owed.",
        "退款 {refund_id} 退回 {refunded_minor:money}。"
        "对剩余的 {net_base_minor:money} 按同一规则应得 {net_minor:money}，"
        "故收回 {clawed_minor:money}：结算前 {pending_minor:money}，从钱包 {wallet_minor:money}，"
        "记为欠款 {owed_minor:money}。",
    ),
    "disallowed": (
        "{counted} of them were found to be none, because: {reason}. So {clawed_minor:money} was taken back: "
        "{pending_minor:money} of it before it settled, {wallet_minor:money} from the wallet, {owed_minor:money} owed.",
        "其中 {counted} 次被认定无效，原因：{reason}。"
        "故收回 {clawed_minor:money}：结算前 {pending_minor:money}，从钱包 {wallet_minor:money}，"
        "记为欠款 {owed_minor:money}。",
    ),
    "status_held": ("{net_minor:money} is pending.", "{net_minor:money} 待结算。"),
    "status_settled": (
        "{net_minor:money} is left of it; it settled at {settled_at}.",
        "净额 {net_minor:money}，已于 {settled_at} 结算。",
    ),
    "status_paid_out": ("It was paid out; {net_minor:money} is left of it.", "已提现；净额 {net_minor:money}。"),
    "status_reversed": ("Nothing is left of it.", "已全部收回。"),
    "status_rejected": ("It was rejected.", "已被拒绝。"),
    # why a leg paid nothing
    "no_upline": ("The buyer has no upline at this level.", "买家在这一级没有上级。"),
    "no_host": ("The order was made in no room.", "该订单不是在团中购买的。"),
    "own_order": ("A buyer earns nothing on the buyer's own order.", "买家不能从自己的订单获得佣金。"),
    "zero_amount": ("The line cost nothing.", "该行金额为零。"),
    "rounds_to_zero": ("It comes to less than one minor unit.", "不足一个最小货币单位。"),
    "no_margin": (
        "The line brought nothing above the price of supply that was left for the leader.",
        "该行没有可归团长的高于供货价的部分。",
    ),
    "amount_too_large": ("It is more than the books take.", "超出账簿可记的金额。"),
    "other_product": ("It is for other goods.", "该项限其他商品。"),
    "other_deal": ("It is for rooms of other deals.", "该项限其他团购。"),
    "other_channel": ("It is for sales that come by another channel.", "该项限其他渠道的订单。"),
    "other_time": ("The sale was made outside its time.", "下单时间不在该项的期限内。"),
    "other_buyer_tier": ("It is for buyers in another tier.", "该项限其他等级的买家。"),
    "other_tier": ("It is for members in another tier.", "该项限其他等级的会员。"),
    "not_first_order": ("It is for a buyer's first order.", "该项限买家首单。"),
    "another_leg": ("A share of the same kind stands first, and is paid.", "同类的前一项已支付。"),
    "inactive": (
        "The upline had not bought for too long, so this stays with the shop.",
        "该上级太久未购买，此项归商店。",
    ),
    "passed_up": ("The upline had not bought for too long and was passed over.", "该上级太久未购买，已跳过。"),
    "no_active_upline": ("Nobody above within reach had bought lately.", "可及范围内的上级近期均未购买。"),
    "tier_without_rate": ("The plan names no rate for this tier.", "方案未给该等级设定比例。"),
    "tier_not_above": ("Somebody below is paid as high a rate.", "下级已按不低于此的比例获得佣金。"),
    "below_minimum": ("The first order is smaller than the plan asks.", "首单金额未达到方案要求。"),
    "on_another_line": ("It hangs on another line of the order.", "该项计在订单的另一行。"),
    "cap_of_order": ("What the plan pays for an order was paid.", "该单佣金已达上限。"),
    "cap_of_member": ("What the plan pays a member was earned.", "该会员佣金已达上限。"),
    "cap_of_plan": ("What the plan may spend was spent.", "方案可用金额已用完。"),
    "no_tier_earns": ("No upline within reach is in a tier that earns.", "可及范围内的上级都没有可得佣金的等级。"),
    "not_a_publisher": (
        "Clicks and views are paid to publishers alone.",
        "点击与展示只付给推广者。",
    ),
    "no_plan_in_force": ("No plan in this currency was in force.", "当时没有该币种的有效方案。"),
    # what an entry of the wallet was
    "entry_accrual": ("Commission of an order, held.", "订单佣金，待结算。"),
    "entry_settlement": ("A commission matured: you can withdraw it.", "佣金已解冻，可以提现。"),
    "entry_netting": ("A debt was paid from what came in.", "以入账款项抵扣欠款。"),
    "entry_clawback": ("Commission taken back: the order was refunded.", "订单已退款，收回佣金。"),
    "entry_tally": ("What was counted of your links, held.", "链接计数佣金，待结算。"),
    "entry_disallowance": (
        "Commission taken back: what was counted was found to be none.",
        "计数被认定无效，收回佣金。",
    ),
    "entry_payout_reserved": ("You asked for a payout: the money is set aside.", "你申请了提现，款项已预留。"),
    "entry_payout_paid": ("Paid out to your account.", "已打款到你的收款账户。"),
    "entry_payout_rejected": (
        "Your payout was refused: the money is yours again.",
        "提现未通过，款项退回钱包。",
    ),
    "entry_payout_cancelled": (
        "You took your payout back: the money is yours again.",
        "你撤回了提现，款项退回钱包。",
    ),
    "entry_payout_failed": (
        "Your payout did not arrive: the money is yours again.",
        "提现未到账，款项退回钱包。",
    ),
    "entry_payout_returned": ("The bank sent your payout back into your wallet.", "提现被银行退回，款项回到钱包。"),
    "entry_merge": ("Two accounts of yours became one.", "你的两个账户已合并。"),
    "entry_other": ("Moved by the shop.", "商店操作。"),
}


def say(language: Language, code: str, figures: Figures, *, money: Callable[[Money], str] = str) -> str:
    """The sentence `code` in `language`, with its figures; `money` writes an amount."""
    sentence = SENTENCES[code][LANGUAGES.index(language)]
    return _FIELD.sub(lambda field: _written(field[1], field[2], figures, money), sentence)


def _written(name: str, form: str | None, figures: Figures, money: Callable[[Money], str]) -> str:
    value = figures[name]
    return str(value) if form is None else money(Money(int(value), str(figures["currency"])))
