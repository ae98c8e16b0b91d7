// Whether the letters of drawings can be read.

import type { Page } from 'playwright-core';

/** Letters of a chart are at least as large, in pixels as they are shown. */
const MIN_FONT = 11;

/** Texts of drawings, `at` a selector, that are small, or stand out of their drawing. */
export function badTexts(page: Page, at: string): Promise<readonly string[]> {
  return page.evaluate(
    ([selector, smallest]) => {
      const bad: string[] = [];
      for (const text of Array.from(document.querySelectorAll(selector))) {
        const svg = text.closest('svg');
        const box = text.getBoundingClientRect();
        if (!svg || box.width === 0) continue;
        const frame = svg.getBoundingClientRect();
        const scale = frame.width / svg.viewBox.baseVal.width;
        const size = Number.parseFloat(getComputedStyle(text).fontSize) * scale;
        const isCut =
          box.left < frame.left - 2 ||
          box.right > frame.right + 2 ||
          box.top < frame.top - 2 ||
          box.bottom > frame.bottom + 2;
        const what = `${text.closest('figure')?.id ?? ''}: ${text.textContent}`;
        if (size < smallest) bad.push(`${what}: ${size.toFixed(1)} px`);
        if (isCut) bad.push(`${what} is cut`);
      }
      return bad;
    },
    [at, MIN_FONT] as const,
  );
}
