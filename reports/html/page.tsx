// A result as one HTML file: it works from disk, loads nothing, and nothing in it but its own
// script can run.

import { createHash } from 'node:crypto';
import { renderToStaticMarkup } from 'preact-render-to-string';
import { patternSheet } from '../charts/looks.js';
import { declarations } from '../charts/palette.js';
import type { Section, View } from '../document.js';
import { wordsIn } from '../glossary.js';
import { pageAsset } from './assets.node.js';
import { drawChart, Figure, type RenderedChart } from './figure.js';
import { Table } from './table.js';

/** A page is as wide as it is: sections show all their columns. */
const COLUMNS = Number.POSITIVE_INFINITY;

interface RenderedGroup {
  readonly heading: string;
  readonly charts: readonly RenderedChart[];
}

/** The whole page. Charts come first, tables below. */
export async function renderHtml(view: View): Promise<string> {
  const groups: RenderedGroup[] = [];
  for (const { heading, charts } of view.charts?.() ?? []) {
    groups.push({ heading, charts: await Promise.all(charts.map(drawChart)) });
  }
  const sections = view.sections({ columns: COLUMNS, color: false, isDocument: true });
  const title = view.title ?? sections[0]?.heading ?? 'zeroskip';
  return `<!doctype html>\n${renderToStaticMarkup(<Page title={title} groups={groups} sections={sections} />)}\n`;
}

interface PageParts {
  readonly title: string;
  readonly groups: readonly RenderedGroup[];
  readonly sections: readonly Section[];
}

function Page({ title, groups, sections }: PageParts) {
  const style = `:root{${declarations('light')}}@media screen and (prefers-color-scheme:dark){:root{${declarations('dark')}}}${pageAsset('report-style.css')}`;
  const script = pageAsset('report.js');
  const first = sections.filter(({ summary }) => summary);
  const rest = sections.filter(({ summary }) => !summary);
  const anchors = [...first, ...groups, ...rest].map(({ heading }, at) => ({
    heading,
    id: `s${at + 1}`,
  }));
  const links = [...anchors, { heading: 'Words', id: 'words' }];
  const anchor = (at: number) => anchors[at]?.id ?? '';
  return (
    <html lang="en">
      <head>
        <meta charSet="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta
          httpEquiv="Content-Security-Policy"
          content={`default-src 'none'; style-src '${hash(style)}'; script-src '${hash(script)}'; img-src data:`}
        />
        <title>{title}</title>
        <Verbatim tag="style" text={style} />
      </head>
      <body>
        <Patterns groups={groups} />
        <header>
          <h1>{title}</h1>
          {anchors.length > 1 && (
            <nav aria-label="Contents">
              <ul>
                {links.map(({ heading, id }) => (
                  <li key={id}>
                    <a href={`#${id}`}>{heading.split(' · ')[0]}</a>
                  </li>
                ))}
              </ul>
            </nav>
          )}
        </header>
        <main>
          {first.map((section, at) => (
            <TextSection key={anchor(at)} id={anchor(at)} section={section} />
          ))}
          {groups.map((group, at) => (
            <section key={anchor(first.length + at)} id={anchor(first.length + at)}>
              <h2>{group.heading}</h2>
              <div className="figures">
                {group.charts.map((rendered) => (
                  <Figure key={rendered.chart.id} {...rendered} />
                ))}
              </div>
            </section>
          ))}
          {rest.map((section, at) => {
            const id = anchor(first.length + groups.length + at);
            return <TextSection key={id} id={id} section={section} />;
          })}
          <Words sections={sections} />
        </main>
        <footer>
          <p>
            Made by zeroskip. A row or bar that really ran says measured; everything else is a
            model. Synthetic weights and activations are random, from a seed at published densities.
          </p>
        </footer>
        <Verbatim tag="script" text={script} />
      </body>
    </html>
  );
}

function TextSection({ id, section }: { readonly id: string; readonly section: Section }) {
  const { heading, lines = [], table, notes = [], doubts = [] } = section;
  return (
    <section id={id}>
      <h2>{heading}</h2>
      {lines.map((line) => (
        <p key={line}>{line}</p>
      ))}
      {table && <Table {...table} />}
      {notes.length + doubts.length > 0 && (
        <ul className="notes">
          {doubts.map((doubt) => (
            <li key={doubt} className="doubt">
              {doubt}
            </li>
          ))}
          {notes.map((note) => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      )}
    </section>
  );
}

/** What the words on the page mean. */
function Words({ sections }: { readonly sections: readonly Section[] }) {
  const entries = wordsIn(sections.flatMap(textsOf));
  if (entries.length === 0) return null;
  return (
    <section id="words">
      <h2>Words</h2>
      <dl className="words">
        {entries.map(({ words, meaning }) => (
          <div key={words[0]}>
            <dt>{words.join(', ')}</dt>
            <dd>{meaning.replaceAll('`', '')}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

/** What a section says, but for the cells of its table that are names of layers and numbers. */
function textsOf({ heading, lines = [], table, notes = [], doubts = [] }: Section) {
  const cells = table?.rows.flatMap((row) => row.filter((cell) => /[a-z]/i.test(cell))) ?? [];
  const headers = table?.columns.map(({ header }) => header) ?? [];
  return [heading, ...lines, ...headers, ...cells, ...notes, ...doubts];
}

/** What the drawings' fills point to. */
function Patterns({ groups }: { readonly groups: readonly RenderedGroup[] }) {
  const drawings = groups.flatMap(({ charts }) => charts.map(({ drawing }) => drawing)).join('');
  // Made of the palette's names alone
  return <div dangerouslySetInnerHTML={{ __html: patternSheet(drawings) }} />;
}

/** Our own style or script, as it was built. */
function Verbatim({ tag: Tag, text }: { readonly tag: 'style' | 'script'; readonly text: string }) {
  // Built from the sources; no result is in it
  return <Tag dangerouslySetInnerHTML={{ __html: text }} />;
}

const hash = (text: string) => `sha256-${createHash('sha256').update(text).digest('base64')}`;
