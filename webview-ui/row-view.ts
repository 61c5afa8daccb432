// One row of a part: its cells, and the arrow to where it leads.

import { hex, type Row } from './sections.ts';

/** @param follow the user wants to go where the row leads */
export function renderRow(row: Row, element: HTMLElement, follow: (row: Row) => void): void {
  if (row.tone) element.classList.add(row.tone);
  for (const [index, text] of row.cells.entries()) {
    const cell = document.createElement('span');
    cell.className = `cell cell-${index}`;
    cell.textContent = text;
    if (row.share !== undefined && index === 1) {
      const figure = document.createElement('span');
      figure.className = 'figure';
      figure.textContent = text;
      const bar = document.createElement('span');
      bar.className = 'bar';
      bar.style.width = `${Math.round(row.share * 80)}px`;
      cell.replaceChildren(figure, ...(row.share > 0 ? [bar] : []));
    }
    element.append(cell, ' ');
  }
  // Set late, because a screen reader would read it after the row's text.
  element.addEventListener('pointerenter', () => (element.title = row.cells.filter(Boolean).join('  ')), {
    once: true,
  });
  if (row.jump === undefined && !row.place) return;
  const hint = document.createElement('span');
  hint.className = 'unseen';
  hint.textContent = `, Enter ${whereTo(row)}`;
  // For the mouse; keys and screen readers have Enter.
  const link = document.createElement('span');
  link.textContent = '\u2192';
  link.className = 'jump';
  link.title = whereTo(row);
  link.setAttribute('aria-hidden', 'true');
  link.addEventListener('click', (event) => {
    event.stopPropagation();
    follow(row);
  });
  element.append(hint);
  // A C line may be long: its arrow stands where other rows have their offset.
  if (row.place) element.firstElementChild?.append(link);
  else element.append(link);
}

function whereTo({ jump = 0, place }: Row): string {
  return place ? `opens line ${place.line} of ${place.file}` : `goes to ${hex(jump)} in the file`;
}
