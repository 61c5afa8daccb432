// Numbers and lists in messages.

export const bytes = (count: number) => `${count} byte${count === 1 ? '' : 's'}`;

const mostListed = 8;

/** `a`, `a and b`, `a, b, c and 5 more` */
export function listed(names: readonly string[], last: 'and' | 'or' = 'and'): string {
  const shown = names.length > mostListed ? names.slice(0, mostListed) : names.slice(0, -1);
  const end = names.length > mostListed ? `${names.length - mostListed} more` : names.at(-1);
  return shown.length === 0 ? (end ?? '') : `${shown.join(', ')} ${last} ${end}`;
}

export const hex = (value: number) => (value < 0 ? `-0x${(-value).toString(16)}` : `0x${value.toString(16)}`);
