"""A batch as a bank's file: customer credit transfer initiation, ISO 20022 pain.001.001.09. Pure.

Written here and by no library, for two reasons. The same batch must be the same file byte for byte, with the same
`MsgId`: a bank that gets it twice pays it once. And a currency has the digits it has, not two.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from socialshop.kernel.money import to_decimal_text

NAMESPACE = "urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"
# Euro goes by SEPA, whose scheme (EPC115-06) allows names of 70 characters and shares the charges.
_SEPA_CURRENCY = "EUR"
_LONGEST_SEPA_NAME = 70


class Payer(NamedTuple):
    """The shop's own account; without `bic` the bank finds itself by the IBAN."""

    name: str
    iban: str
    bic: str | None


class Transfer(NamedTuple):
    """One payment: `key` comes back with the bank's answer (EndToEndId)."""

    key: str
    amount_minor: int
    holder: str
    iban: str


class Message(NamedTuple):
    """What the file says beside its transfers: `key` is its MsgId, `on` the day to pay on."""

    key: str
    made_at: datetime
    on: date
    currency: str


def write(message: Message, payer: Payer, transfers: Sequence[Transfer]) -> bytes:
    """The file, UTF-8. The same arguments give the same bytes."""
    document = ET.Element("Document", xmlns=NAMESPACE)
    root = ET.SubElement(document, "CstmrCdtTrfInitn")
    count, total = str(len(transfers)), _decimal(sum(one.amount_minor for one in transfers), message.currency)
    header = ET.SubElement(root, "GrpHdr")
    _add(header, "MsgId", message.key)
    _add(header, "CreDtTm", message.made_at.strftime("%Y-%m-%dT%H:%M:%SZ"))
    _add(header, "NbOfTxs", count)
    _add(header, "CtrlSum", total)
    _add(header, "InitgPty/Nm", _name(payer.name, message.currency))
    payment = ET.SubElement(root, "PmtInf")
    _add(payment, "PmtInfId", message.key)
    _add(payment, "PmtMtd", "TRF")
    _add(payment, "NbOfTxs", count)
    _add(payment, "CtrlSum", total)
    if message.currency == _SEPA_CURRENCY:
        _add(payment, "PmtTpInf/SvcLvl/Cd", "SEPA")
    _add(payment, "ReqdExctnDt/Dt", message.on.isoformat())
    _add(payment, "Dbtr/Nm", _name(payer.name, message.currency))
    _add(payment, "DbtrAcct/Id/IBAN", payer.iban)
    if payer.bic is None:
        _add(payment, "DbtrAgt/FinInstnId/Othr/Id", "NOTPROVIDED")
    else:
        _add(payment, "DbtrAgt/FinInstnId/BICFI", payer.bic)
    if message.currency == _SEPA_CURRENCY:
        _add(payment, "ChrgBr", "SLEV")
    for one in transfers:
        _transfer(payment, one, message.currency)
    content: bytes = ET.tostring(document, encoding="UTF-8", xml_declaration=True)
    return content


def _transfer(payment: ET.Element, one: Transfer, currency: str) -> None:
    node = ET.SubElement(payment, "CdtTrfTxInf")
    _add(node, "PmtId/EndToEndId", one.key)
    _add(node, "Amt/InstdAmt", _decimal(one.amount_minor, currency)).set("Ccy", currency)
    _add(node, "Cdtr/Nm", _name(one.holder, currency))
    _add(node, "CdtrAcct/Id/IBAN", one.iban)
    _add(node, "RmtInf/Ustrd", one.key)


def _add(parent: ET.Element, path: str, words: str) -> ET.Element:
    """A new child, with the new ones on the way to it."""
    for tag in path.split("/"):
        parent = ET.SubElement(parent, tag)
    parent.text = words
    return parent


def _decimal(amount_minor: int, currency: str) -> str:
    return to_decimal_text(amount_minor, currency)


def _name(name: str, currency: str) -> str:
    return name[:_LONGEST_SEPA_NAME] if currency == _SEPA_CURRENCY else name
