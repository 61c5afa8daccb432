// Looking for a text in every part of the page.

import { type Row, type SectionName, sectionNames } from './sections.ts';

export interface SearchResults {
  /** As `places`: what was found, named by its part. */
  readonly rows: readonly Row[];
  readonly places: readonly { readonly section: SectionName; readonly index: number }[];
  /** e.g. `12 results for "memset"` */
  readonly summary: string;
}

export const noResults: SearchResults = { rows: [], places: [], summary: '' };

const mostResults = 5000;

/** @param text in lower case */
export function searchRows(parts: ReadonlyMap<SectionName, readonly Row[]>, text: string): SearchResults {
  const rows: Row[] = [];
  const places: { section: SectionName; index: number }[] = [];
  for (const [section, all] of parts) {
    if (section === 'search') continue;
    for (let index = 0; index < all.length && rows.length < mostResults; index++) {
      const row = all[index];
      if (!row.cells.some((cell) => cell.toLowerCase().includes(text))) continue;
      places.push({ section, index });
      rows.push({ ...row, cells: [sectionNames[section], ...row.cells] });
    }
  }
  const count = rows.length === mostResults ? `The first ${mostResults.toLocaleString('en-US')}` : String(rows.length);
  return { rows, places, summary: `${count} result${rows.length === 1 ? '' : 's'} for "${text}"` };
}
