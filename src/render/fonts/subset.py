#!/usr/bin/env python3
"""Makes the two font files beside this script out of the whole Titillium Web.

    pip install fonttools==4.68.0 fontpkg-titillium-web==1.2
    python3 subset.py

Keeps the Latin letters of Europe, figures and punctuation; drops hinting and layout tables, and puts
the kerning between the letters that names are made of into a plain `kern` table, which the PDF reads.
"""

from pathlib import Path

import fontpkg_titillium_web
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont, newTable
from fontTools.ttLib.tables._k_e_r_n import KernTable_format_0

RANGES = [(0x20, 0x7E), (0xA0, 0x17F), (0x218, 0x21B), (0x2010, 0x2015), (0x2018, 0x201E), (0x2020, 0x2022)]
SINGLE = [0x2026, 0x2030, 0x2039, 0x203A, 0x20AC, 0x2116, 0x2212]
KERNED = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyzàèéìòùÀÈÉÌÒÙ.,'’-"


def kerning(font):
    """The adjustments of GPOS between pairs of KERNED, by glyph name."""
    cmap, pairs = font.getBestCmap(), {}
    names = [cmap[ord(letter)] for letter in KERNED if ord(letter) in cmap]
    gpos = font["GPOS"].table
    indices = {i for f in gpos.FeatureList.FeatureRecord if f.FeatureTag == "kern" for i in f.Feature.LookupListIndex}
    for lookup in (gpos.LookupList.Lookup[i] for i in sorted(indices)):
        subtables = [s.ExtSubTable if s.LookupType == 9 else s for s in lookup.SubTable]
        for left in names:
            for right in names:
                for table in subtables:
                    value = adjustment(table, left, right)
                    if value is not None:
                        if value:
                            pairs.setdefault((left, right), value)
                        break
    return pairs


def adjustment(table, left, right):
    """What one subtable says of a pair; None where the next one decides."""
    if table.LookupType != 2 or left not in table.Coverage.glyphs:
        return None
    if table.Format == 1:
        for record in table.PairSet[table.Coverage.glyphs.index(left)].PairValueRecord:
            if record.SecondGlyph == right:
                return getattr(record.Value1, "XAdvance", 0)
        return None
    first = table.Class1Record[table.ClassDef1.classDefs.get(left, 0)]
    value = first.Class2Record[table.ClassDef2.classDefs.get(right, 0)].Value1
    return getattr(value, "XAdvance", 0)


def main():
    here, files = Path(__file__).parent, Path(fontpkg_titillium_web.__file__).parent / "files"
    wanted = [c for first, last in RANGES for c in range(first, last + 1)] + SINGLE
    for name in ["TitilliumWeb-Regular", "TitilliumWeb-SemiBold"]:
        font = TTFont(files / f"{name}.ttf", recalcTimestamp=False)
        pairs = kerning(font)
        options = Options(hinting=False, layout_features=[], glyph_names=False, notdef_outline=True,
                          drop_tables=Options._drop_tables_default + ["GPOS", "GSUB", "GDEF", "DSIG"])
        subsetter = Subsetter(options)
        subsetter.populate(unicodes=wanted)
        order = font.getGlyphOrder()
        subsetter.subset(font)
        table = KernTable_format_0()
        table.apple, table.coverage, table.tupleIndex = False, 1, None
        table.kernTable = pairs
        kern = newTable("kern")
        kern.version, kern.kernTables = 0, [table]
        font["kern"] = kern
        font.save(here / f"{name}.ttf")
        print(name, len(order), "->", len(font.getGlyphOrder()), "glyphs,", len(pairs), "kerned pairs,",
              (here / f"{name}.ttf").stat().st_size, "bytes")


if __name__ == "__main__":
    main()
