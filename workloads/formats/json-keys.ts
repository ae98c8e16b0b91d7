// JSON.parse keeps the last of equal keys and says nothing: in a file that others read too, it may
// be another one for them.

/**
 * The first key that stands twice in one object of a JSON text, which is known to be sound; null
 * where none does.
 */
export function repeatedKey(text: string): string | null {
  // Keys of each object that is open; null for an array.
  const open: (Set<string> | null)[] = [];
  let mayBeKey = false;
  for (let at = 0; at < text.length; at++) {
    const sign = text[at];
    if (sign === '{') {
      open.push(new Set());
      mayBeKey = true;
    } else if (sign === '[') {
      open.push(null);
    } else if (sign === '}' || sign === ']') {
      open.pop();
    } else if (sign === ',') {
      mayBeKey = open.at(-1) !== null;
    } else if (sign === '"') {
      const end = endOfString(text, at);
      const keys = open.at(-1);
      if (mayBeKey && keys) {
        const key = String(JSON.parse(text.slice(at, end)));
        if (keys.has(key)) return key;
        keys.add(key);
      }
      mayBeKey = false;
      at = end - 1;
    }
  }
  return null;
}

function endOfString(text: string, from: number): number {
  let at = from + 1;
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1;
  return at + 1;
}
