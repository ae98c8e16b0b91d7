// A text that needs no download: sentences of a small made-up language, drawn from a grammar with
// agreement, clauses inside clauses and a hero for each paragraph. The same seed gives the same
// language and the same text. Every choice of the grammar is counted, so that what no model can do
// better than is known.

import { createRandom, type Random } from '../base/random.js';
import type { PartName, Text, TextSet } from './dataset.js';

/** The characters in the order of their numbers. */
export const ALPHABET = "\n ,.?'abcdefghijklmnopqrstuvwxyz";

/** Characters. */
export const TEXT_SIZES = { train: 204_801, validation: 16_385, test: 32_769 } as const;

/** Each part is a text of its own, drawn from its own stream. */
export function proceduralText(
  seed: number,
  sizes: Readonly<Record<PartName, number>> = TEXT_SIZES,
): TextSet {
  const lexicon = drawLexicon(createRandom(seed, 'procedural text/words'));
  const part = (name: PartName) =>
    drawText(lexicon, sizes[name], createRandom(seed, `procedural text/${name}`));
  return {
    kind: 'text',
    name: 'procedural',
    title: 'sentences of a made-up language',
    alphabet: ALPHABET,
    origin: 'synthetic',
    train: part('train'),
    validation: part('validation'),
    test: part('test'),
  };
}

/** The characters of `codes` as they are read. */
export function textOf(codes: Uint8Array, alphabet = ALPHABET): string {
  return Array.from(codes, (code) => alphabet[code] ?? '').join('');
}

/** Words by what they may be. No word is in two lists, so that a sentence has one reading. */
interface Lexicon {
  /** The first half are called 'he', the others 'she'. */
  readonly names: readonly string[];
  readonly nouns: readonly string[];
  readonly adjectives: readonly string[];
  readonly transitive: readonly string[];
  readonly intransitive: readonly string[];
  readonly adverbs: readonly string[];
}

const WORDS = {
  names: 10,
  nouns: 40,
  adjectives: 20,
  transitive: 20,
  intransitive: 16,
  adverbs: 8,
} as const;

const ONSETS = 'b d f g k l m n p r t v z bl dr gr kl pr st tr'.split(' ');
const VOWELS = 'a e i o u'.split(' ');
const CODAS = ['', '', 'n', 'r', 'l', 'm', 'k'];

/** Words of the grammar itself, which the drawn ones may not be. */
const FIXED = 'the a some that and but says say he she does do how often'.split(' ');

function drawLexicon(random: Random): Lexicon {
  const taken = new Set<string>(FIXED);
  const pick = (list: readonly string[]) => list[random.below(list.length)] as string;
  const word = (): string => {
    for (;;) {
      const syllables = 1 + random.below(3);
      const parts = Array.from({ length: syllables }, () => pick(ONSETS) + pick(VOWELS));
      const drawn = parts.join('') + pick(CODAS);
      if (drawn.length < 3 || taken.has(drawn)) continue;
      taken.add(drawn);
      return drawn;
    }
  };
  const words = (count: number) => Array.from({ length: count }, word);
  return {
    names: words(WORDS.names),
    nouns: words(WORDS.nouns),
    adjectives: words(WORDS.adjectives),
    transitive: words(WORDS.transitive),
    intransitive: words(WORDS.intransitive),
    adverbs: words(WORDS.adverbs),
  };
}

/** Deepest nesting of clauses. */
const MAX_DEPTH = 2;
/** Sentences of a paragraph: at least, and of how many more one number is drawn. */
const SENTENCES = { min: 4, spread: 5 } as const;

interface Subject {
  readonly text: string;
  readonly plural: boolean;
}

function drawText(lexicon: Lexicon, size: number, random: Random): Text {
  const pieces: string[] = [];
  let length = 0;
  let nats = 0;
  while (length < size) {
    const paragraph = new Paragraph(lexicon, random);
    const text = paragraph.draw();
    pieces.push(text);
    length += text.length;
    nats += paragraph.nats;
  }
  const whole = pieces.join('');
  const codes = Uint8Array.from({ length: size }, (_, at) => ALPHABET.indexOf(whole[at] as string));
  return { codes, floor: nats / length };
}

/** A few sentences, most of them about one hero. */
class Paragraph {
  nats = 0;
  private readonly hero: number;

  constructor(
    private readonly lexicon: Lexicon,
    private readonly random: Random,
  ) {
    this.hero = this.below(lexicon.names.length);
  }

  draw(): string {
    const count = SENTENCES.min + this.below(SENTENCES.spread);
    const sentences = Array.from({ length: count }, (_, at) => this.sentence(at === 0));
    return `${sentences.join(' ')}\n`;
  }

  /** The first sentence names the hero. */
  private sentence(isFirst: boolean): string {
    if (!isFirst && this.happens(0.1)) return this.question();
    const first = this.clause(isFirst ? this.named() : this.subject(0), 0);
    if (!this.happens(0.2)) return `${first}.`;
    const conjunction = this.happens(0.7) ? 'and' : 'but';
    return `${first}, ${conjunction} ${this.clause(this.subject(0), 0)}.`;
  }

  private question(): string {
    const { text, plural } = this.subject(0);
    const often = this.happens(0.3) ? 'how often ' : '';
    return `${often}${plural ? 'do' : 'does'} ${text} ${this.predicate(true, 1)}?`;
  }

  private clause(subject: Subject, depth: number): string {
    return `${subject.text} ${this.predicate(subject.plural, depth)}`;
  }

  /** A verb in the subject's number and what it asks for. */
  private predicate(plural: boolean, depth: number): string {
    const { transitive, intransitive, adverbs } = this.lexicon;
    const inNumber = (verb: string) => (plural ? verb : `${verb}s`);
    if (depth < MAX_DEPTH && this.happens(0.12)) {
      const inner = this.clause(this.subject(depth + 1), depth + 1);
      return `${inNumber('say')} that ${inner}`;
    }
    if (this.happens(0.6)) return `${inNumber(this.word(transitive))} ${this.object(depth)}`;
    const verb = inNumber(this.word(intransitive));
    return this.happens(0.4) ? `${verb} ${this.word(adverbs)}` : verb;
  }

  private named(): Subject {
    return { text: this.lexicon.names[this.hero] as string, plural: false };
  }

  private subject(depth: number): Subject {
    if (this.happens(0.5)) {
      const isHe = this.hero < this.lexicon.names.length / 2;
      if (this.happens(0.4)) return { text: isHe ? 'he' : 'she', plural: false };
      return this.named();
    }
    return this.nounPhrase(depth);
  }

  private object(depth: number): string {
    if (this.happens(0.15)) return `${this.named().text}'s ${this.word(this.lexicon.nouns)}`;
    return this.nounPhrase(depth).text;
  }

  private nounPhrase(depth: number): Subject {
    const plural = this.happens(0.3);
    const article = plural ? 'some' : this.happens(0.5) ? 'the' : 'a';
    const adjective = this.happens(0.35) ? `${this.word(this.lexicon.adjectives)} ` : '';
    const noun = `${this.word(this.lexicon.nouns)}${plural ? 's' : ''}`;
    const phrase = `${article} ${adjective}${noun}`;
    if (depth >= MAX_DEPTH || !this.happens(0.1)) return { text: phrase, plural };
    return { text: `${phrase} that ${this.predicate(plural, MAX_DEPTH)}`, plural };
  }

  private happens(probability: number): boolean {
    const does = this.random.uniform() < probability;
    this.nats -= Math.log(does ? probability : 1 - probability);
    return does;
  }

  private below(count: number): number {
    this.nats += Math.log(count);
    return this.random.below(count);
  }

  /** The k-th word of a list with a chance in proportion to 1 / k (Zipf). */
  private word(list: readonly string[]): string {
    const total = list.reduce((sum, _, at) => sum + 1 / (at + 1), 0);
    let rest = this.random.uniform() * total;
    let at = 0;
    while (at + 1 < list.length && rest >= 1 / (at + 1)) {
      rest -= 1 / (at + 1);
      at++;
    }
    this.nats -= Math.log(1 / (at + 1) / total);
    return list[at] as string;
  }
}
