"""Who is paid and what is taken off, on pages: said, decided, published, shown before it is asked for."""

from __future__ import annotations

import re

from flask import Flask
from money_people import IBAN, earn, number_of
from visitors import member
from web_client import counts, sign_up

from socialshop.kernel.roles import Role
from tests.integration.test_payouts import released, results
from tests.payment_shop import rows

_TODAY = "SELECT (now() AT TIME ZONE 'Asia/Shanghai')::date"


def test_a_name_is_said_again_or_decided_and_what_is_taken_off_is_shown_before(site: Flask) -> None:
    admin, lin = member(site, role=Role.ADMIN, name="Ada"), member(site, name="Lin")
    earn(number_of(lin), 200_000)  # type: ignore[arg-type]
    # given an account in a name that does not match, then the page says so and asks for another
    lin.send("/payouts", "/payout-destinations", channel="bank", holder="Lin Mismatch", account=IBAN)
    assert "could not be verified" in lin.look("/payouts").text
    assert "不一致" in lin.look("/payouts", "zh").text
    lin.send("/payouts", "/payee", real_name="Lin Unclear", kind="person")
    assert "Somebody of the shop looks at your name." in lin.look("/payouts").text
    # when an admin decides, then money may be asked for
    listed = admin.look("/admin/payees").text
    assert "Lin Unclear" in listed
    action = re.search(r'action="(/admin/payees/mbr_[^"]+)"', listed)
    assert action is not None
    reason = {f"reason-{action[1].rpartition('/')[2]}": "Seen the passport."}
    admin.send("/admin/payees", action[1], decision="verified", **reason)
    assert "Nothing waits here" in admin.look("/admin/payees").text
    # given a table and a fee, published on the page
    today = rows(_TODAY)[0][0].isoformat()
    whose = {"country": "CN", "kind": "person", "span": "month", "rounding": "half_up", "law": "A law"}
    tax = {**whose, "from_on": today}
    wrong = admin.send("/admin/deductions", "/admin/deductions/tax", bands="0 0%\nmuch", **tax)
    assert (wrong.status_code, "A line a band, such as 800.00 20%." in wrong.text) == (422, True)
    admin.send("/admin/deductions", "/admin/deductions/tax", bands="0 0%\n800.00 20%", **tax)
    fee = {"channel": "bank", "fixed": "1.00", "rate": "0", "fee_from_on": today}
    admin.send("/admin/deductions", "/admin/deductions/fee", **fee)
    published = admin.look("/admin/deductions").text
    assert ("from CN¥800.00 on" in published, "A law" in published, counts("tax_tables")) == (
        True,
        True,
        {"tax_tables": 1},
    )
    # when 1,000.00 are asked for, then what is taken off is shown first, and asked for as it was shown
    place = re.search(r'<option value="(pod_[^"]+)"', lin.look("/payouts").text)
    assert place is not None
    shown = lin.send("/payouts", "/payouts", amount_minor="1000.00", destination=place[1]).headers["Location"]
    assert counts("payout_requests") == {"payout_requests": 0}
    page = lin.look(shown).text
    assert [figure in page for figure in ("CN¥40.00", "CN¥1.00", "CN¥959.00")] == [True] * 3
    assert "税款由商店代为缴纳，依据：A law" in lin.look(shown, "zh").text
    request = lin.send(shown, "/payouts").headers["Location"]
    assert "CN¥959.00" in lin.look(request).text
    # when it is paid, then the statement can be taken along and the year be certified
    admins = [sign_up(site, role=Role.ADMIN, name=name) for name in ("First", "Second", "Third")]
    public_id = request.rpartition("/")[2]
    results(admins[1], released(admins, public_id), **{public_id: "paid"})
    table = lin.look(f"{request}/statement.csv").text.splitlines()
    assert [line.split(",")[0] for line in table[1:7]] == ["gross", "tax", "fee", "net", "netted", "commission"]
    assert "Take the statement along (CSV)" in lin.look(request).text
    other = member(site, name="Chen").send("/tax-certificates", "/tax-certificates", year=today[:4])
    assert (other.status_code, "No tax was withheld of your payouts in that year." in other.text) == (422, True)
    certificate = lin.send("/tax-certificates", "/tax-certificates", year=today[:4]).headers["Location"]
    told = lin.look(certificate).text
    assert [words in told for words in ("000001", "Lin Unclear", "CN¥40.00", "CN¥1,000.00")] == [True] * 4
    assert "完税证明" in lin.look(certificate, "zh").text
    assert lin.look("/payouts/check").headers["Location"] == "/payouts"
