// The Boards view as rows: boards, what they told of themselves, their file systems, folders and files. A board that was not asked
// yet has no rows below it, so that opening the view, or VS Code with the view open, opens no port.

import type { BoardEntry } from '../core/board/board-files.ts';
import { type PortFacts, rankPorts } from '../core/board/boards.ts';
import type { BoardFacts, FileSystem } from '../core/board/probe.ts';
import { nameOf, shortName } from './board-rows.ts';

export type BoardNode = {
  /** Of all nodes, stable. */
  readonly id: string;
  readonly address: string;
  readonly label: string;
  readonly description: string;
  readonly tooltip: string;
  readonly icon: string;
} & (
  | { readonly kind: 'board'; readonly facts: BoardFacts | undefined; readonly isChosen: boolean }
  | { readonly kind: 'fact' }
  /** `isRoot`: a file system's, which can't be deleted. */
  | { readonly kind: 'folder'; readonly path: string; readonly isRoot: boolean }
  | { readonly kind: 'file'; readonly path: string; readonly size: number }
);
export type FolderNode = BoardNode & { readonly kind: 'folder' };
export type FileNode = BoardNode & { readonly kind: 'file' };

/**
 * @param chosen the address that a deploy goes to
 * @param known what boards told in this session, by address
 */
export function boardNodes(
  ports: readonly PortFacts[],
  chosen: string | undefined,
  known: ReadonlyMap<string, BoardFacts>,
): readonly BoardNode[] {
  const ranked = rankPorts(ports);
  const others = new Set([...known.keys(), ...(chosen === undefined ? [] : [chosen])]);
  for (const { path } of ranked) others.delete(path);
  const rows = [
    ...ranked.map(({ path, label, kind }) => ({ address: path, label, isBoard: kind === 'board' })),
    ...[...others].map((address) => ({ address, label: '', isBoard: true })),
  ];
  return rows.map(({ address, label, isBoard }) => {
    const facts = known.get(address);
    const isChosen = address === chosen;
    const told = facts ? nameOf(facts) : label;
    return {
      kind: 'board',
      id: address,
      address,
      facts,
      isChosen,
      label: shortName(address),
      description: [told, isChosen ? 'deploy goes here' : ''].filter(Boolean).join(' \u00b7 '),
      tooltip: facts ? `${address}: ${nameOf(facts)}` : `${address}: click to connect`,
      icon: isBoard || facts ? 'circuit-board' : 'plug',
    };
  });
}

/** What is below a board that has told: facts, then its file systems. */
export function factNodes(address: string, facts: BoardFacts): readonly BoardNode[] {
  const fact = (name: string, value: string, icon: string): BoardNode => ({
    kind: 'fact',
    id: `${address} ${name}`,
    address,
    label: value,
    description: name,
    tooltip: `${name}: ${value}`,
    icon,
  });
  const { mpy } = facts;
  return [
    fact(
      'native modules',
      mpy?.arch ? `${mpy.arch}, ABI ${mpy.version}.${mpy.subVersion}` : 'none: the firmware lacks the loader',
      mpy?.arch ? 'chip' : 'circle-slash',
    ),
    fact('free heap', size(facts.freeHeap), 'database'),
    ...facts.fileSystems.map((system) => fileSystemNode(address, system)),
    // A board that does not tell of file systems may have files all the same.
    ...(facts.fileSystems.length > 0 ? [] : [folderNode(address, '/', '/', '', true)]),
  ];
}

/** What is in a folder. */
export function entryNodes(address: string, entries: readonly BoardEntry[]): readonly BoardNode[] {
  return entries.map((entry): BoardNode => {
    const label = shown(entry.name);
    if (entry.isFolder) return folderNode(address, entry.path, label, '', false);
    return {
      kind: 'file',
      id: `${address}\0${entry.path}`,
      address,
      path: entry.path,
      size: entry.size,
      label,
      description: size(entry.size),
      tooltip: `${shown(entry.path)}, ${entry.size.toLocaleString('en-US')} bytes`,
      icon: entry.name.endsWith('.mpy') ? 'file-binary' : 'file',
    };
  });
}

function fileSystemNode(address: string, { path, free, total, readOnly }: FileSystem): BoardNode {
  const room = total === 0 ? '' : `${size(free)} of ${size(total)} free`;
  return folderNode(address, path, path, [room, readOnly ? 'read-only' : ''].filter(Boolean).join(', '), true);
}

function folderNode(address: string, path: string, label: string, description: string, isRoot: boolean): FolderNode {
  return {
    kind: 'folder',
    id: `${address}\0${path}`,
    address,
    path,
    isRoot,
    label,
    description,
    tooltip: shown(path),
    icon: isRoot ? 'server' : 'folder',
  };
}

function size(bytes: number): string {
  if (bytes < 1000) return `${bytes} B`;
  return bytes < 1_000_000 ? `${(bytes / 1000).toFixed(1)} KB` : `${(bytes / 1e6).toFixed(1)} MB`;
}

/** A name is shown in one line, whatever a board calls a file. */
function shown(name: string): string {
  return name.replace(/[\p{C}\u2028\u2029]/gu, '\ufffd');
}
