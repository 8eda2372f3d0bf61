"""Make the PDF faces from the Inter OTF files: ``python derive.py FOLDER_WITH_OTF`` (needs fonttools; not used at run time).

PDF embedding by reportlab wants TrueType outlines, so the cubic curves become quadratic ones (error at most 1/1000 of
the size). The glyph set is cut to Latin and a few signs, hints and layout tables are dropped, and the ten digits are the
font's own tabular ones, because tables of numbers are what these papers mostly hold.
"""

from __future__ import annotations

import sys
from pathlib import Path

from fontTools import subset
from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont, newTable

WEIGHTS = ("Regular", "Medium", "SemiBold", "Bold")
RANGES = (
    (0x20, 0x7E), (0xA0, 0x24F), (0x259, 0x259), (0x2B9, 0x2DD), (0x300, 0x36F), (0x1E00, 0x1EFF), (0x2010, 0x2027),
    (0x202F, 0x203A), (0x2044, 0x2044), (0x20AC, 0x20AC), (0x2116, 0x2116), (0x2122, 0x2122), (0x2190, 0x2193),
    (0x2212, 0x2212), (0x2248, 0x2248), (0x2260, 0x2265), (0x25A0, 0x25A1), (0x25CF, 0x25CF), (0x2713, 0x2717),
)
MAXP_FIELDS = (
    "maxTwilightPoints", "maxStorage", "maxFunctionDefs", "maxInstructionDefs", "maxStackElements", "maxSizeOfInstructions",
    "maxComponentElements", "maxPoints", "maxContours", "maxCompositePoints", "maxCompositeContours", "maxComponentDepth",
)


def tabular_digits(font: TTFont) -> None:
    """Point the digits at the glyphs of the ``tnum`` feature."""
    table = font["GSUB"].table
    swaps: dict[str, str] = {}
    for record in table.FeatureList.FeatureRecord:
        if record.FeatureTag == "tnum":
            for index in record.Feature.LookupListIndex:
                for sub in table.LookupList.Lookup[index].SubTable:
                    swaps.update(getattr(getattr(sub, "ExtSubTable", sub), "mapping", {}))
    for cmap in font["cmap"].tables:
        for code in range(0x30, 0x3A):
            if code in cmap.cmap:
                cmap.cmap[code] = swaps.get(cmap.cmap[code], cmap.cmap[code])  # subtables may share one mapping


def derive(source: Path, target: Path) -> None:
    font = TTFont(source, recalcTimestamp=False)
    tabular_digits(font)
    options = subset.Options()
    options.layout_features, options.name_IDs, options.notdef_outline, options.hinting = [], ["*"], True, False
    options.drop_tables += ["GPOS", "GSUB", "GDEF", "VORG"]
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=[c for first, last in RANGES for c in range(first, last + 1)])
    cutter.subset(font)
    order, outlines = font.getGlyphOrder(), font.getGlyphSet()
    glyphs = {}
    for name in order:
        pen = TTGlyphPen(outlines)
        outlines[name].draw(Cu2QuPen(pen, font["head"].unitsPerEm / 1000, reverse_direction=True))
        glyphs[name] = pen.glyph()
    font["loca"] = newTable("loca")
    glyf = font["glyf"] = newTable("glyf")
    glyf.glyphOrder, glyf.glyphs = order, glyphs
    del font["CFF "]
    glyf.compile(font)
    for name in order:
        advance, _ = font["hmtx"][name]
        font["hmtx"][name] = (advance, getattr(glyf[name], "xMin", 0))
    maxp = font["maxp"]
    maxp.tableVersion, maxp.maxZones = 0x00010000, 1
    for field in MAXP_FIELDS:
        setattr(maxp, field, 0)
    maxp.recalc(font)
    font["post"].formatType = 3.0
    font.sfntVersion = "\0\1\0\0"
    font.save(target)


if __name__ == "__main__":
    for weight in WEIGHTS:
        derive(Path(sys.argv[1]) / f"Inter-{weight}.otf", Path(__file__).with_name(f"Inter-{weight}.ttf"))
