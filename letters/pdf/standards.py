"""One file that is both PDF/A-2a (it lasts) and PDF/UA-1 (everyone can read it).

WeasyPrint writes one standard's identifier. A file may conform to both, if its metadata claims both and
describes the second claim as an extension, which PDF/A-2 asks for (ISO 19005-2, 6.6.2.3).
"""

from __future__ import annotations

import functools
from importlib.resources import files
from io import BytesIO

import pydyf
from weasyprint.css import ColorProfile

VARIANT = "pdf/a-2a"

_CLAIM = """
<rdf:Description rdf:about="" xmlns:pdfuaid="http://www.aiim.org/pdfua/ns/id/">
  <pdfuaid:part>1</pdfuaid:part>
</rdf:Description>
<rdf:Description rdf:about=""
    xmlns:pdfaExtension="http://www.aiim.org/pdfa/ns/extension/"
    xmlns:pdfaSchema="http://www.aiim.org/pdfa/ns/schema#"
    xmlns:pdfaProperty="http://www.aiim.org/pdfa/ns/property#">
  <pdfaExtension:schemas><rdf:Bag><rdf:li rdf:parseType="Resource">
    <pdfaSchema:schema>PDF/UA identification</pdfaSchema:schema>
    <pdfaSchema:namespaceURI>http://www.aiim.org/pdfua/ns/id/</pdfaSchema:namespaceURI>
    <pdfaSchema:prefix>pdfuaid</pdfaSchema:prefix>
    <pdfaSchema:property><rdf:Seq><rdf:li rdf:parseType="Resource">
      <pdfaProperty:name>part</pdfaProperty:name> <pdfaProperty:valueType>Integer</pdfaProperty:valueType>
      <pdfaProperty:category>internal</pdfaProperty:category> <pdfaProperty:description>Part of the PDF/UA
      standard that the file conforms to</pdfaProperty:description>
    </rdf:li></rdf:Seq></pdfaSchema:property>
  </rdf:li></rdf:Bag></pdfaExtension:schemas>
</rdf:Description>
</rdf:RDF>"""


class _Profile(ColorProfile):
    """A colour profile that is written as it was read: parsed and written anew, its bytes vary."""

    def __init__(self, content: bytes, name: str) -> None:
        super().__init__(BytesIO(content), name, "relative-colorimetric", (["r"], ["g"], ["b"]))
        self._content = content

    @property
    def content(self) -> bytes:
        return self._content


@functools.cache
def colour_profile() -> ColorProfile:
    """The sRGB profile that PDF/A asks for, read once.

    WeasyPrint would open its own file of it for each letter and leave it open.
    """
    name = "sRGB2014.icc"
    return _Profile((files("weasyprint.pdf") / name).read_bytes(), name)


def claim_accessibility(pdf: pydyf.PDF) -> None:
    """Add the PDF/UA-1 claim to the metadata that WeasyPrint wrote for PDF/A, before ``pdf`` is written."""
    metadata = pdf.objects[int(pdf.catalog["Metadata"].split()[0])]
    before, _, after = metadata.stream[0].decode().rpartition("</rdf:RDF>")
    metadata.stream[0] = f"{before}{_CLAIM}{after}".encode()
