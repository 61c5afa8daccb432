// The inspector's page, run by VS Code inside a webview: gets a file's bytes from the extension host, reads them with the
// core's reader and shows its parts beside the bytes. What is chosen in one is marked in the other.

import '@vscode-elements/elements/dist/vscode-textfield/index.js';
import { equalBytes } from '../extension/core/bytes/equal-bytes.ts';
import { type Description, describe } from '../extension/core/inspect/describe.ts';
import type { FromPage, ToPage } from '../extension/core/inspect/messages.ts';
import { showBanner } from './banners.ts';
import { bytesView } from './bytes-view.ts';
import { disassembly } from './disassembly.ts';
import { renderRow } from './row-view.ts';
import { noResults, type SearchResults, searchRows } from './search.ts';
import {
  type BoardState,
  hex,
  type Row,
  rowAt,
  rowsOf,
  type SectionName,
  sectionNames,
  sectionOf,
} from './sections.ts';
import { symbolTreemap } from './treemap.ts';
import { virtualList } from './virtual-list.ts';

interface PageState {
  readonly section: SectionName;
}
declare function acquireVsCodeApi(): {
  postMessage(message: FromPage): void;
  getState(): PageState | undefined;
  setState(state: PageState): void;
};

const host = acquireVsCodeApi();
const byId = (id: string) => document.getElementById(id) as HTMLElement;
const started = performance.now();

let name = '';
let bytes = new Uint8Array();
let description: Description | undefined;
let board: BoardState | undefined;
let section: SectionName = host.getState()?.section ?? 'header';
let rows: readonly Row[] = [];
const rowsBySection = new Map<SectionName, readonly Row[]>();
/** Kept while another part is shown, and when the file changes. */
const scrolls = new Map<SectionName, number>();
const activeRows = new Map<SectionName, number>();
/** Where in the code the user wants to be as soon as it is disassembled. */
let awaited: number | undefined;
let results: SearchResults = noResults;
/** Where the user was, and is again when the search is given up. */
let beforeSearch: SectionName = 'header';

const code = disassembly({
  onRows(all, isComplete) {
    rowsBySection.set('disassembly', all);
    if (section === 'disassembly') {
      showRows(all);
      if (awaited !== undefined) goTo('disassembly', awaited);
    }
    drawOutline();
    if (isComplete && searchText()) refreshResults();
    if (isComplete && problem === 'code') fail(undefined);
  },
  onFailed(message) {
    fail(`The code could not be disassembled: ${message}`, 'code');
    if (section === 'disassembly') showRows(rows);
  },
});
const list = virtualList({
  label: 'Rows',
  render: (index, element) => rows[index] && renderRow(rows[index], element, followRow),
  onActive: (index) => activate(index),
  onOpen: (index) => follow(index),
});
const hexView = bytesView((offset) => chooseByte(offset));
const sizes = symbolTreemap((symbol) => {
  if (symbol.start === null) return show('symbols');
  goTo(symbol.kind === 'function' ? 'disassembly' : 'symbols', symbol.start);
});
byId('sizes').append(sizes.element);
byId('rows').append(list.element);
byId('bytes').append(hexView.element);

function activate(index: number): void {
  activeRows.set(section, index);
  const row = rows[index];
  if (row?.start !== undefined && row.end !== undefined) {
    hexView.select(row.start, row.end);
    sayBytes(row.start, row.end);
  }
}

/** Enter or a double click: a branch leads to its target, a C line to its file, a search result to its row. */
function follow(index: number): void {
  const result = section === 'search' ? results.places[index] : undefined;
  if (result) {
    show(result.section);
    list.setActive(result.index);
    activate(result.index);
  } else if (rows[index]) followRow(rows[index]);
}

function followRow({ jump, place }: Row): void {
  if (place) host.postMessage({ kind: 'show-source', ...place });
  else if (jump !== undefined) goTo('disassembly', jump);
}

function goTo(where: SectionName, offset: number): void {
  if (section !== where) show(where);
  const index = rowAt(rows, offset);
  awaited = index === undefined && where === 'disassembly' ? offset : undefined;
  if (index === undefined) return;
  list.setActive(index);
  activate(index);
}

/** A byte was chosen: the part that is shown follows if it knows the byte, else the part that knows most about it. */
function chooseByte(offset: number): void {
  if (!description) return;
  let index = rowAt(rows, offset);
  const isWhole = section === 'code' || section === 'search';
  if (index === undefined || isWhole) {
    const better = sectionOf(description, offset);
    if (better !== section) show(better);
    index = rowAt(rows, offset);
  }
  const row = index === undefined ? undefined : rows[index];
  if (index !== undefined) {
    list.setActive(index);
    activeRows.set(section, index);
  }
  const start = row?.start ?? offset;
  const end = row?.end ?? offset + 1;
  hexView.select(start, end);
  sayBytes(offset, offset + 1);
}

function sayBytes(start: number, end: number): void {
  const span = description?.spans.find((each) => start >= each.start && start < each.end);
  const size = end - start;
  byId('status').textContent = `${hex(start)}, ${size} byte${size === 1 ? '' : 's'}: ${span?.what ?? ''}`;
}

function show(next: SectionName): void {
  scrolls.set(section, list.scroll);
  section = next;
  host.setState({ section: next === 'search' ? 'header' : next });
  if (next === 'disassembly') code.start();
  list.element.setAttribute('aria-label', sectionNames[next]);
  list.element.className = `list section-${next}`;
  byId('rows-title').textContent = sectionNames[next];
  byId('sizes').hidden = next !== 'cost';
  byId('ask-board').hidden = next !== 'compatibility' || !board;
  if (next === 'cost') sizes.show(description?.symbols ?? []);
  list.setActive(undefined);
  showRows(rowsBySection.get(next) ?? []);
  list.scroll = scrolls.get(next) ?? 0;
  drawOutline();
}

function showRows(next: readonly Row[]): void {
  rows = next;
  list.setCount(rows.length);
  const isCode = section === 'disassembly' && !code.isComplete;
  const none = !isCode ? 'Nothing here.' : code.isWorking ? 'Disassembling ...' : 'Not disassembled.';
  byId('empty').textContent = rows.length > 0 ? '' : none;
}

function drawOutline(): void {
  const outline = byId('outline');
  const items = (Object.keys(sectionNames) as SectionName[]).filter((key) => key !== 'search' || searchText() !== '');
  outline.replaceChildren(
    ...items.map((key) => {
      const item = document.createElement('div');
      item.setAttribute('role', 'treeitem');
      item.setAttribute('aria-selected', String(key === section));
      item.tabIndex = key === section ? 0 : -1;
      item.dataset.section = key;
      const count = document.createElement('span');
      count.className = 'count';
      const known = key === 'disassembly' && !code.isComplete ? undefined : rowsBySection.get(key);
      // A note stands before or behind the rows that count.
      const notes = new Set([known?.[0], known?.at(-1)].filter((row) => row?.tone === 'note')).size;
      count.textContent = known === undefined ? '' : (known.length - notes).toLocaleString('en-US');
      item.append(sectionNames[key], count);
      return item;
    }),
  );
}

byId('outline').addEventListener('click', (event) => {
  const chosen = (event.target as HTMLElement).closest<HTMLElement>('[data-section]')?.dataset.section;
  if (chosen) show(chosen as SectionName);
});
byId('outline').addEventListener('keydown', (event) => {
  const items = [...byId('outline').querySelectorAll<HTMLElement>('[data-section]')];
  const at = items.findIndex((item) => item.dataset.section === section);
  const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key];
  if (event.key === 'Enter' || event.key === 'ArrowRight') {
    list.element.focus();
    event.preventDefault();
  }
  if (next === undefined || !items[next]) return;
  event.preventDefault();
  show(items[next].dataset.section as SectionName);
  byId('outline').querySelector<HTMLElement>('[aria-selected="true"]')?.focus();
});

const searchField = byId('search') as HTMLElement & { value: string };
const searchText = () => (searchField.value ?? '').trim().toLowerCase();

/** Over every part, the code included: it is disassembled for that if it has not been yet. */
function search(): void {
  const text = searchText();
  if (text === '') {
    if (section === 'search') show(beforeSearch);
    drawOutline();
    return;
  }
  code.start();
  if (section !== 'search') {
    beforeSearch = section;
    show('search');
  }
  refreshResults();
}

/** What is shown stays: the code may be complete long after the user went elsewhere. */
function refreshResults(): void {
  results = searchRows(rowsBySection, searchText());
  rowsBySection.set('search', results.rows);
  drawOutline();
  if (section !== 'search') return;
  showRows(results.rows);
  byId('status').textContent = results.summary;
}

let typing: ReturnType<typeof setTimeout> | undefined;
searchField.addEventListener('input', () => {
  clearTimeout(typing);
  typing = setTimeout(search, 150);
});
searchField.addEventListener('keydown', (event) => {
  if (event.key === 'Enter' || event.key === 'ArrowDown') list.element.focus();
  if (event.key !== 'Escape') return;
  event.preventDefault();
  searchField.value = '';
  search();
});
window.addEventListener('keydown', (event) => {
  if (event.key !== 'f' || !(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey) return;
  event.preventDefault();
  searchField.focus();
});
byId('ask-board').addEventListener('click', () => host.postMessage({ kind: 'ask-board' }));
byId('copy').addEventListener('click', () => {
  code.text().then(
    async (text) => {
      await navigator.clipboard.writeText(text);
      byId('status').textContent = `Copied ${text.split('\n').length} lines`;
    },
    (fault) => fail(`Nothing was copied: ${fault instanceof Error ? fault.message : fault}`),
  );
});

function open(message: Extract<ToPage, { kind: 'open' }>): void {
  const before = description;
  const old = bytes;
  name = message.name;
  bytes = new Uint8Array(message.bytes);
  description = describe(bytes, name, message.image);
  const keep = { section, rows: list.scroll, hex: hexView.scroll, active: activeRows.get(section) };
  // The old code stays in view until the new one is there, and with it the scroll.
  for (const key of rowsBySection.keys()) if (key !== 'disassembly') rowsBySection.delete(key);
  for (const key of Object.keys(sectionNames) as SectionName[])
    if (key !== 'search' && key !== 'disassembly') rowsBySection.set(key, rowsOf(key, description, board));
  const { image, sources, listings, note } = message;
  code.reset({ name, bytes, image, sources, listings, note });
  drawTitle(description);
  if (before) drawChange(old);
  drawFault(description);
  hexView.show(bytes, description.fault?.where?.offset);
  show(keep.section === 'search' && !searchText() ? 'header' : keep.section);
  if (searchText()) refreshResults();
  if (before) {
    list.scroll = keep.rows;
    hexView.scroll = keep.hex;
  }
  document.body.dataset.paintMs = String(Math.round(performance.now() - started));
  document.body.classList.remove('waiting');
}

/** The host says it after each `open`, and when a board was asked. */
function showBoard({ verdict }: BoardState): void {
  board = { verdict };
  if (!description) return;
  rowsBySection.set('compatibility', rowsOf('compatibility', description, board));
  if (section === 'compatibility') show(section);
  drawOutline();
}

function drawTitle({ size, header }: Description): void {
  byId('name').textContent = name;
  const kind = `${header.flavour ?? 'not a .mpy file'} ${header.abi ?? ''} ${header.arch ?? ''}`.trim();
  byId('kind').textContent = `${kind}, ${size.toLocaleString('en-US')} bytes`;
}

/** One build may be told of twice: the second time there is nothing new, and what changed stays in view. */
function drawChange(old: Uint8Array): void {
  const shown = byId('change');
  const change = bytes.length - old.length;
  if (shown.textContent !== '' && equalBytes(old, bytes)) return;
  const sign = change > 0 ? '+' : '';
  const unit = Math.abs(change) === 1 ? 'byte' : 'bytes';
  shown.textContent = change === 0 ? 'reloaded, same size' : `${sign}${change.toLocaleString('en-US')} ${unit}`;
}

function drawFault({ fault }: Description): void {
  const offset = fault?.where?.offset;
  const isThere = offset !== undefined && offset < bytes.length;
  // Some messages go on where another surface has the file's name.
  const subject = fault?.message.startsWith('is ') ? `${name} ` : '';
  const message = fault ? `${subject}${fault.message}${fault.hint ? `. ${fault.hint}` : ''}` : undefined;
  const show = isThere ? { label: `Show byte ${hex(offset)}`, press: () => goTo('spans', offset) } : undefined;
  showBanner(byId('fault'), message, show);
}

/** The page's own; of another kind than 'code' it stays until the file is opened again. */
let problem: 'code' | 'other' | undefined;

function fail(message: string | undefined, about: typeof problem = 'other'): void {
  problem = message === undefined ? undefined : about;
  showBanner(byId('problem'), message, about === 'code' ? { label: 'Try Again', press: disassembleAgain } : undefined);
}

function disassembleAgain(): void {
  fail(undefined);
  code.start();
  if (section === 'disassembly') showRows(rows);
}

window.addEventListener('message', ({ data }: MessageEvent<ToPage>) => {
  try {
    switch (data.kind) {
      case 'open':
        fail(undefined);
        open(data);
        break;
      case 'board':
        showBoard(data);
        break;
      case 'reveal':
        goTo('spans', data.offset);
        break;
      case 'failed':
        fail(data.message);
        return;
      default:
        return;
    }
    host.postMessage({ kind: 'done', id: data.id });
  } catch (fault) {
    const message = fault instanceof Error ? (fault.stack ?? fault.message) : String(fault);
    fail(`The inspector failed: ${message}`);
    if ('id' in data) host.postMessage({ kind: 'failed', id: data.id, message });
  }
});
window.addEventListener('error', (event) => fail(`The inspector failed: ${event.message}`));

host.postMessage({ kind: 'ready' });
