"""What a mail says beside its sentence, in English and Chinese: its subject, and the words around. Pure."""

from __future__ import annotations

from collections.abc import Mapping

# Subjects of the kinds that also go by mail. No name or title stands in one: it is read over a shoulder.
SUBJECTS: Mapping[str, tuple[str, str]] = {
    "room_filled": ("Your group is full", "你的团已成团"),
    "room_expired": ("Your group did not fill", "你的团到时未成团"),
    "room_cancelled": ("Your group was cancelled", "你的团已取消"),
    "counts_struck_out": ("Clicks or views were struck out", "点击或展示已被剔除"),
    "late_payment": ("Your payment came after your seat was lost", "你的付款到账时名额已失效"),
    "bargain_at_floor": ("Your bargain is at its lowest price", "你的砍价已到最低价"),
    "session_begun": ("What you waited for has begun", "你预约的专场已开场"),
    "coupon_given": ("A coupon for you", "你收到一张优惠券"),
    "deal_offered": ("An offer for you", "为你准备的优惠"),
    "refund_paid": ("Your refund was paid", "你的退款已到账"),
    "passkey_added": ("A passkey was added to your account", "你的账户已添加通行密钥"),
    "passkey_removed": ("A passkey was removed from your account", "你的账户已移除通行密钥"),
    "totp_added": ("An authenticator app was added to your account", "你的账户已添加验证器应用"),
    "totp_removed": ("The authenticator app was removed from your account", "你的账户已移除验证器应用"),
    "recovery_code_used": ("A recovery code of your account was used", "你的账户使用了一个恢复码"),
    "phone_linked": ("A phone was linked to your account", "你的账户已绑定手机"),
    "phone_removed": ("The phone was removed from your account", "你的账户已移除手机"),
    "payouts_overdue": ("Payouts wait too long", "提现等待超时"),
    "payout_approved": ("Your payout was approved", "你的提现已通过"),
    "payout_held": ("Your payout is on hold", "你的提现暂缓"),
    "payout_rejected": ("Your payout was refused", "你的提现未通过"),
    "payout_account_added": ("Another account for your payouts", "新的提现账户"),
    "payout_paid": ("Your payout was paid", "你的提现已打款"),
    "payout_failed": ("Your payout did not arrive", "你的提现未到账"),
    "payout_returned": ("Your payout came back", "你的提现被退回"),
    "tier_warned": ("Your tier is about to change", "你的会员等级即将变化"),
    "tier_downgraded": ("Your tier has changed", "你的会员等级已变化"),
    "question_answered": ("The shop has answered you", "商店已回复你"),
    "standing_limited": ("What you may do in the shop is limited", "你在商店的部分功能受到限制"),
    "standing_frozen": ("Your account in the shop is frozen", "你在商店的账户已被冻结"),
    "plan_renewal_soon": ("Your plan renews soon", "你的会员计划即将续费"),
    "plan_ending_soon": ("Your plan ends soon", "你的会员计划即将到期"),
    "plan_renewed": ("Your plan was renewed", "你的会员计划已续费"),
    "plan_payment_due": ("Your plan waits for a payment", "你的会员计划待付款"),
    "plan_payment_failed": ("The payment for your plan failed", "你的会员计划扣款失败"),
    "plan_ended": ("Your plan has ended", "你的会员计划已结束"),
    "plan_refunded": ("Your plan was refunded", "你的会员计划已退款"),
    "webhook_disabled": ("A webhook endpoint is switched off", "一个 Webhook 端点已停用"),
    "stock_differs": ("A count of the stock does not agree", "库存计数不符"),
    "subtrees_crossed": ("Parts of the sponsor tree came to what the law counts", "推荐树的部分分支达到法规所计规模"),
    "digest": ("What is new for you", "你的近期动态"),
    "email_verification": ("Confirm your e-mail address", "确认你的邮箱"),
    "password_reset": ("Choose a new password", "设置新密码"),
    "email_change": ("Confirm your new e-mail address", "确认你的新邮箱"),
    "email_change_asked": ("Your e-mail address is to change", "你的邮箱即将更换"),
}
WORDS: Mapping[str, tuple[str, str]] = {
    "open": ("Open", "打开"),
    "unsubscribe": ("No more mails of this kind:", "不再接收此类邮件："),
    "unwanted": (
        "You choose which mails you get: in the shop, under Me, What you hear of.",
        "接收哪些邮件由你决定：在商店“我的”里的“消息设置”。",
    ),
}
