/** 'a, b and c', or 'a, b and 4 more' where there are more than `max`. */
export function listed(names: readonly string[], max = 3): string {
  const all = [...new Set(names)];
  const shown = all.length > max ? all.slice(0, max - 1) : all.slice(0, -1);
  const last = all.length > max ? `${all.length - shown.length} more` : all.at(-1);
  return shown.length > 0 ? `${shown.join(', ')} and ${last}` : (last ?? '');
}
