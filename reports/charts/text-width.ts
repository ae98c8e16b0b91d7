// Computes the width of a text without a screen, so that charts are the same on every machine, byte
// for byte. Advance widths of Helvetica in 1/1000 em, from Adobe's Core 14 font metrics
// (Helvetica.afm, 1997). Arial and Liberation Sans have the same widths.

const FIRST = 32; // space
const ascii = [
  278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556,
  556, 556, 556, 556, 556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667,
  611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667,
  667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500,
  222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584,
];
/** Of what the table lacks: about a wide letter. */
const OTHER = 600;
const BOLD = 1.06;
/** Labels must have room in a wider sans-serif too: DejaVu Sans, Verdana. */
const WIDER = 1.12;

/** Width of `text` in pixels. */
export function textWidth(text: string, fontPixels: number, bold: boolean): number {
  let thousandths = 0;
  for (const character of text)
    thousandths += ascii[(character.codePointAt(0) ?? 0) - FIRST] ?? OTHER;
  return (thousandths / 1000) * fontPixels * (bold ? BOLD : 1) * WIDER;
}
