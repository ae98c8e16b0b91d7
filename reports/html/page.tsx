// A result as one HTML file: it works from disk, loads nothing, and nothing in it but its own
// script can run.

import { createHash } from 'node:crypto';
import type { ComponentChildren } from 'preact';
import { renderToStaticMarkup } from 'preact-render-to-string';
import { slug } from '../charts/chart.js';
import { patternSheet, printTints } from '../charts/looks.js';
import { declarations } from '../charts/palette.js';
import type { Section, View } from '../document.js';
import { wordsIn } from '../glossary.js';
import { pageAsset } from './assets.node.js';
import { runsOf } from './contents.js';
import { drawChart, Figure, type RenderedChart } from './figure.js';
import { Scroll, Table, together } from './table.js';

/** A page is as wide as it is: sections show all their columns. */
const COLUMNS = Number.POSITIVE_INFINITY;

interface RenderedGroup {
  readonly heading: string;
  readonly charts: readonly RenderedChart[];
}

/** The whole page: what it comes to, then charts, tables and the words' meanings. */
export async function renderHtml(view: View): Promise<string> {
  const groups: RenderedGroup[] = [];
  for (const { heading, charts } of view.charts?.() ?? []) {
    if (charts.length === 0) continue;
    groups.push({ heading, charts: await Promise.all(charts.map(drawChart)) });
  }
  const sections = view.sections({
    ...{ columns: COLUMNS, color: false },
    ...{ isDocument: true, hasCharts: true },
  });
  const of = view.subject ?? sections[0]?.heading ?? 'zeroskip';
  const page = <Page {...{ subject: of, kind: view.title ?? 'zeroskip', groups, sections }} />;
  return `<!doctype html>\n${renderToStaticMarkup(page)}\n`;
}

interface PageParts {
  readonly subject: string;
  /** The command that it answers. */
  readonly kind: string;
  readonly groups: readonly RenderedGroup[];
  readonly sections: readonly Section[];
}

/** What belongs together in the contents. */
interface Chapter {
  readonly title: string;
  readonly entries: readonly Entry[];
}

interface Entry {
  readonly heading: string;
  readonly id: string;
  readonly content: ComponentChildren;
}

function Page({ subject, kind, groups, sections }: PageParts) {
  const style = `:root{${declarations('light')}}@media screen and (prefers-color-scheme:dark){:root{${declarations('dark')}}}${pageAsset('report-style.css')}${printTints(drawingsOf(groups))}`;
  const script = pageAsset('report.js');
  const chapters = chaptersOf(groups, sections);
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
        <title>{subject === kind ? kind : `${subject} · ${kind}`}</title>
        <Verbatim tag="style" text={style} />
      </head>
      <body className="report">
        <a className="skip" href="#main">
          Skip the contents
        </a>
        <Patterns groups={groups} />
        <header>
          <p className="kind">{kind}</p>
          <h1>{subject}</h1>
        </header>
        <Contents chapters={chapters} />
        <main id="main" tabIndex={-1}>
          {chapters.flatMap(({ entries }) =>
            entries.map(({ heading, id, content }) => (
              <section key={id} id={id}>
                {heading !== subject && <h2>{heading}</h2>}
                {content}
              </section>
            )),
          )}
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

/** Chapters with something in them, an anchor for each entry, named by its heading. */
function chaptersOf(
  groups: readonly RenderedGroup[],
  sections: readonly Section[],
): readonly Chapter[] {
  const charts = groups.flatMap((group) => group.charts.map(({ chart }) => chart.id));
  const taken = new Set(['main', ...charts]);
  const idFor = (heading: string) => {
    const name = slug(titleOf(heading)) || 'section';
    let id = name;
    for (let times = 2; taken.has(id); times++) id = `${name}-${times}`;
    taken.add(id);
    return id;
  };
  const entry = (heading: string, content: ComponentChildren): Entry => ({
    ...{ heading, id: idFor(heading), content },
  });
  const tables = (isSummary: boolean) =>
    sections
      .filter(({ summary = false }) => summary === isSummary)
      .map((section) => entry(section.heading, <SectionBody section={section} />));
  const words = wordsIn(sections.flatMap(textsOf));
  const chapters = [
    { title: 'Result', entries: tables(true) },
    {
      title: 'Charts',
      entries: groups.map(({ heading, charts: own }) =>
        entry(
          heading,
          <div className="figures">
            {own.map((rendered) => (
              <Figure key={rendered.chart.id} {...rendered} />
            ))}
          </div>,
        ),
      ),
    },
    { title: 'Tables', entries: tables(false) },
    { title: 'Words', entries: words.length > 0 ? [entry('Words', <Words of={words} />)] : [] },
  ];
  return chapters.filter(({ entries }) => entries.length > 0);
}

/** What a heading names, without what it says of it. */
const titleOf = (heading: string) => heading.split(' · ')[0] ?? heading;

function Contents({ chapters }: { readonly chapters: readonly Chapter[] }) {
  if (chapters.flatMap(({ entries }) => entries).length < 2) return null;
  const titles = chapters.flatMap(({ entries }) => entries.map(({ heading }) => titleOf(heading)));
  const textOf = ({ heading }: Entry) => {
    const title = titleOf(heading);
    // What several entries are called says nothing: all of it, then.
    return titles.filter((other) => other === title).length === 1 ? title : heading;
  };
  const link = (entry: Entry) => <a href={`#${entry.id}`}>{textOf(entry)}</a>;
  return (
    <nav aria-label="Contents">
      <ul>
        {chapters.map(({ title, entries }) => {
          const [first, ...others] = entries;
          return first && others.length === 0 && titleOf(first.heading) === title ? (
            <li key={title}>{link(first)}</li>
          ) : (
            <li key={title}>
              <span>{title}</span>
              <ul>
                {runsOf(entries.map(textOf)).map(({ from, before, middles, after }) => {
                  const own = entries.slice(from, from + middles.length);
                  const [one] = own;
                  return one && own.length === 1 ? (
                    <li key={one.id}>{link(one)}</li>
                  ) : (
                    <li key={one?.id} className="alike">
                      {before}{' '}
                      {own.map((each, at) => (
                        <>
                          {at > 0 && ', '}
                          <a key={each.id} href={`#${each.id}`} aria-label={textOf(each)}>
                            {middles[at]}
                          </a>
                        </>
                      ))}
                      {after}
                    </li>
                  );
                })}
              </ul>
            </li>
          );
        })}
      </ul>
    </nav>
  );
}

function SectionBody({ section }: { readonly section: Section }) {
  const { heading, lines = [], table, text = [], notes = [], doubts = [] } = section;
  return (
    <>
      {lines.map((line) => (
        <p key={line}>{together(line)}</p>
      ))}
      {table && <Table {...table} caption={heading} />}
      {text.length > 0 && (
        <Scroll label={`${heading}, as text`}>
          <pre>{text.join('\n')}</pre>
        </Scroll>
      )}
      {notes.length + doubts.length > 0 && <Notes notes={notes} doubts={doubts} />}
    </>
  );
}

/** Notes that stand open on a page: more would hide what comes after them. */
const OPEN_NOTES = 6;

function Notes({ notes, doubts }: Required<Pick<Section, 'notes' | 'doubts'>>) {
  const list = (
    <ul className="notes">
      {doubts.map((doubt) => (
        <li key={doubt} className="doubt">
          {together(doubt)}
        </li>
      ))}
      {notes.map((note) => (
        <li key={note}>{together(note)}</li>
      ))}
    </ul>
  );
  const all = notes.length + doubts.length;
  if (all <= OPEN_NOTES) return list;
  return (
    <details className="many-notes">
      <summary>
        {all} notes{doubts.length > 0 && `, ${doubts.length} on estimates`}
      </summary>
      {list}
    </details>
  );
}

/** What the words on the page mean. */
function Words({ of: entries }: { readonly of: ReturnType<typeof wordsIn> }) {
  return (
    <dl className="words">
      {entries.map(({ words, meaning }) => (
        <div key={words[0]}>
          <dt>{words.join(', ')}</dt>
          <dd>{meaning.replaceAll('`', '')}</dd>
        </div>
      ))}
    </dl>
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
  // Made of the palette's names alone
  return <div dangerouslySetInnerHTML={{ __html: patternSheet(drawingsOf(groups)) }} />;
}

const drawingsOf = (groups: readonly RenderedGroup[]): string =>
  groups.flatMap(({ charts }) => charts.map(({ drawing }) => drawing)).join('');

/** Our own style or script, as it was built. */
function Verbatim({ tag: Tag, text }: { readonly tag: 'style' | 'script'; readonly text: string }) {
  // Built from the sources; no result is in it
  return <Tag dangerouslySetInnerHTML={{ __html: text }} />;
}

const hash = (text: string) => `sha256-${createHash('sha256').update(text).digest('base64')}`;
