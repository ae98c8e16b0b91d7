// The part of write-good, which has no types of its own, that the test of the pages uses.

declare module 'write-good' {
  interface Suggestion {
    readonly index: number;
    readonly offset: number;
    readonly reason: string;
  }
  export default function writeGood(
    text: string,
    options: Readonly<Record<string, boolean | readonly string[]>>,
  ): readonly Suggestion[];
}
