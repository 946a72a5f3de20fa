"""A Word document, written by hand: a paragraph a segment. Pure.

A package of five small parts needs no library: the usual one would add lxml to the layer of every Lambda,
more than all that is in it.
"""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator
from typing import Final
from xml.sax.saxutils import escape

from lambdas.history.exports.passages import clock, notes, passages
from lambdas.history.transcription import Transcription

_NOT_IN_XML: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_DECLARATION: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_WORD: Final = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
_OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PART: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml"
_EARLIEST: Final = (1980, 1, 1, 0, 0, 0)  # an archive has no time before it: the same bytes for the same text

_TYPES: Final = (
    f'{_DECLARATION}<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    f'<Override PartName="/word/document.xml" ContentType="{_PART}.document.main+xml"/>'
    f'<Override PartName="/word/styles.xml" ContentType="{_PART}.styles+xml"/></Types>'
)
_RELATIONS: Final = (
    f'{_DECLARATION}<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/officeDocument" Target="word/document.xml"/></Relationships>'
)
_DOCUMENT_RELATIONS: Final = (
    f'{_DECLARATION}<Relationships xmlns="{_PACKAGE}/relationships">'
    f'<Relationship Id="rId1" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>'
)
_STYLES: Final = (
    f'{_DECLARATION}<w:styles xmlns:w="{_WORD}">'
    '<w:docDefaults><w:rPrDefault><w:rPr><w:rFonts w:ascii="Calibri" w:hAnsi="Calibri"/><w:sz w:val="22"/>'
    '<w:lang w:val="en-US"/></w:rPr></w:rPrDefault>'
    '<w:pPrDefault><w:pPr><w:spacing w:after="120"/></w:pPr></w:pPrDefault></w:docDefaults>'
    '<w:style w:type="paragraph" w:default="1" w:styleId="Normal"><w:name w:val="Normal"/></w:style>'
    '<w:style w:type="paragraph" w:styleId="Title"><w:name w:val="Title"/><w:basedOn w:val="Normal"/>'
    '<w:rPr><w:b/><w:sz w:val="32"/></w:rPr></w:style></w:styles>'
)


def write_docx(transcription: Transcription) -> bytes:
    """Write the document: when it was said, what was said, and what is missing."""
    paragraphs = "".join(_paragraphs(transcription))
    document = f'{_DECLARATION}<w:document xmlns:w="{_WORD}"><w:body>{paragraphs}</w:body></w:document>'
    parts = {
        "[Content_Types].xml": _TYPES,
        "_rels/.rels": _RELATIONS,
        "word/document.xml": document,
        "word/_rels/document.xml.rels": _DOCUMENT_RELATIONS,
        "word/styles.xml": _STYLES,
    }
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            place = zipfile.ZipInfo(name, _EARLIEST)
            place.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(place, content)
    return written.getvalue()


def _paragraphs(transcription: Transcription) -> Iterator[str]:
    created_at = transcription.row.created_at.strftime("%Y-%m-%d %H:%M UTC")
    yield f'<w:p><w:pPr><w:pStyle w:val="Title"/></w:pPr>{_run(f"Transcription of {created_at}")}</w:p>'
    for passage in passages(transcription):
        speaker = "" if passage.speaker is None else f"{passage.speaker}: "
        time = _run(f"{clock(passage.start_ms / 1000)}  ", '<w:rPr><w:color w:val="595959"/></w:rPr>')
        yield f"<w:p>{time}{_run(f'{speaker}{passage.text}')}</w:p>"
    for note in notes(transcription):
        yield f"<w:p>{_run(note, '<w:rPr><w:i/></w:rPr>')}</w:p>"


def _run(text: str, properties: str = "") -> str:
    clean = escape(_NOT_IN_XML.sub("\N{REPLACEMENT CHARACTER}", text))
    return f'<w:r>{properties}<w:t xml:space="preserve">{clean}</w:t></w:r>'
