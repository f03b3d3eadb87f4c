"""All of a link in one file to take along: poster and text in both languages, QR code, address.

The same facts give the same bytes.
"""

from __future__ import annotations

import io
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from socialshop.invites import poster, qr, wording
from socialshop.invites.poster import Fonts, Sheet
from socialshop.invites.service import ShareKit

# A file in an archive has a time; what is made anew each time it is asked for has none worth telling.
_NO_TIME = (1980, 1, 1, 0, 0, 0)


def pack(kit: ShareKit, url: str, zone: str, fonts: Fonts) -> bytes:
    """The archive; without the fonts of posters it has none."""
    code = kit.link.shown_code
    files: dict[str, bytes] = {"link.txt": f"{url}\n".encode(), "qr.png": qr.draw(url, "png")}
    for language, said in wording.share_texts(kit.subject, code=code, url=url, zone=zone).items():
        files[f"text-{language}.txt"] = f"{said}\n".encode()
        if fonts.are_there():
            sheet = Sheet(kit.subject, kit.inviter, url, code, language, zone)
            files[f"poster-{language}.png"] = poster.draw(sheet, fonts)
    packed = io.BytesIO()
    with ZipFile(packed, "w", ZIP_STORED) as archive:
        for name in sorted(files):
            archive.writestr(ZipInfo(name, _NO_TIME), files[name])
    return packed.getvalue()
