// The interactive parts of a report's page: the mark under the pointer shows its numbers, and
// charts can be saved as SVG, PNG or CSV, tables sorted by a column. The page is readable without them. Embedded in the page;
// loads nothing.

import { compareCells } from './cells.js';
import { save } from './save.browser.js';

const sized = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    if (!(target instanceof HTMLElement)) continue;
    const { scrollWidth, clientWidth, scrollHeight, clientHeight, dataset } = target;
    const scrolls = scrollWidth > clientWidth || scrollHeight > clientHeight;
    if (scrolls) {
      target.tabIndex = 0;
      target.role = 'group';
      target.ariaLabel = dataset.label ?? null;
    } else for (const name of ['tabindex', 'role', 'aria-label']) target.removeAttribute(name);
    tellMore(target);
  }
});
for (const part of document.querySelectorAll<HTMLElement>('.scroll')) {
  sized.observe(part);
  part.addEventListener('scroll', () => tellMore(part), { passive: true });
}

/** The most of a view's width that names which stay in it may take. */
const NAMES = 0.45;

/** For the page's style: on which sides there is more, and whether a table's first column stays. */
function tellMore(part: HTMLElement): void {
  const beyond = part.scrollWidth - part.clientWidth;
  const sides = [
    ...(part.scrollLeft > 0 ? ['left'] : []),
    ...(beyond - part.scrollLeft > 1 ? ['right'] : []),
  ];
  part.dataset.more = sides.join(' ');
  const first = part.querySelector('tbody td');
  const fits = first !== null && first.clientWidth <= NAMES * part.clientWidth;
  part.toggleAttribute('data-names', beyond > 1 && fits);
}

// Paper cannot be unfolded.
addEventListener('beforeprint', () => {
  for (const notes of document.querySelectorAll<HTMLDetailsElement>('.many-notes'))
    notes.open = true;
});

/** What a column is sorted by after the next press; a third one restores the first order. */
const NEXT: Readonly<Record<string, string>> = {
  none: 'ascending',
  ascending: 'descending',
  descending: 'none',
};

const tip = document.createElement('div');
tip.id = 'tip';
tip.hidden = true;
document.body.append(tip);

document.addEventListener('pointermove', (event) => {
  const mark = event.target instanceof Element ? event.target.closest('svg [aria-label]') : null;
  const text =
    mark?.getAttribute('aria-roledescription') === 'axis' ? null : mark?.getAttribute('aria-label');
  tip.hidden = !text;
  if (!text) return;
  tip.textContent = text;
  const room = 14;
  const beyond = event.clientX + room + tip.offsetWidth > innerWidth;
  tip.style.left = `${Math.max(4, beyond ? event.clientX - room - tip.offsetWidth : event.clientX + room)}px`;
  tip.style.top = `${Math.min(event.clientY + room, innerHeight - tip.offsetHeight - 4)}px`;
});

for (const table of document.querySelectorAll<HTMLTableElement>('table.sortable')) {
  const [body] = table.tBodies;
  const heads = [...table.querySelectorAll('th')];
  const all = [...(table.tHead?.rows[0]?.cells ?? [])];
  const published = [...(body?.rows ?? [])];
  for (const head of heads) {
    const at = all.indexOf(head);
    const button = document.createElement('button');
    button.type = 'button';
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener('click', () => {
      const next = NEXT[head.getAttribute('aria-sort') ?? 'none'] ?? 'none';
      for (const other of heads) other.removeAttribute('aria-sort');
      if (next !== 'none') head.setAttribute('aria-sort', next);
      const cell = (row: HTMLTableRowElement) => row.cells[at]?.textContent ?? '';
      const sign = next === 'descending' ? -1 : 1;
      const rows =
        next === 'none'
          ? published
          : published.toSorted((a, b) => sign * compareCells(cell(a), cell(b)));
      body?.append(...rows);
    });
  }
}

/** Twice the size on screen: sharp on paper. */
const PNG_SCALE = 2;

for (const figure of document.querySelectorAll('figure')) {
  const below = figure.querySelector('.below');
  const csv = figure.querySelector('.csv')?.textContent ?? '';
  const add = (label: string, make: () => Blob | Promise<Blob>) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = label;
    button.title = `Save this chart as ${label}`;
    button.addEventListener('click', async () =>
      save(await make(), `${figure.id}.${label.toLowerCase()}`),
    );
    below?.append(button);
  };
  add('SVG', () => new Blob([drawing(figure).text], { type: 'image/svg+xml' }));
  add('PNG', () => rasterize(drawing(figure)));
  add('CSV', () => new Blob([csv], { type: 'text/csv' }));
}

interface Drawing {
  readonly text: string;
  readonly width: number;
  readonly height: number;
}

/**
 * The chart as a file by itself: its colours, now variables of the page, written out on the page's
 * panel colour.
 */
function drawing(figure: Element): Drawing {
  const shown = figure.querySelector('.drawing svg');
  if (!(shown instanceof SVGSVGElement)) throw new Error('a figure without a drawing');
  const { width, height } = shown.viewBox.baseVal;
  const copy = shown.cloneNode(true) as SVGSVGElement;
  copy.setAttribute('width', `${width}`);
  copy.setAttribute('height', `${height}`);
  const back = document.createElementNS('http://www.w3.org/2000/svg', 'rect');
  for (const [name, value] of [
    ['width', '100%'],
    ['height', '100%'],
    ['fill', 'var(--panel)'],
  ] as const)
    back.setAttribute(name, value);
  copy.prepend(back, patternsOf(copy));
  const colors = getComputedStyle(document.documentElement);
  const text = new XMLSerializer()
    .serializeToString(copy)
    .replace(
      /var\((--[\w-]+)\)/g,
      (whole, name: string) => colors.getPropertyValue(name).trim() || whole,
    );
  return { text, width, height };
}

/** The page's patterns to which fills in `svg` point. */
function patternsOf(svg: Element): Element {
  const defs = document.createElementNS('http://www.w3.org/2000/svg', 'defs');
  const ids = [...svg.querySelectorAll('[fill^="url(#"]')].map((mark) =>
    mark.getAttribute('fill')?.slice('url(#'.length, -1),
  );
  for (const id of new Set(ids)) {
    const pattern = document.getElementById(id ?? '');
    if (pattern) defs.append(pattern.cloneNode(true));
  }
  return defs;
}

async function rasterize({ text, width, height }: Drawing): Promise<Blob> {
  const picture = new Image();
  picture.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  await picture.decode();
  const canvas = document.createElement('canvas');
  canvas.width = width * PNG_SCALE;
  canvas.height = height * PNG_SCALE;
  canvas.getContext('2d')?.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve, reject) =>
    canvas.toBlob(
      (blob) => (blob ? resolve(blob) : reject(new Error('the picture cannot be drawn'))),
      'image/png',
    ),
  );
}
