// Disassembles beside the page, so that the page never waits. Gets the file's bytes, gives rows piece by piece.

import { type DebugImage, inspect } from '../extension/core/inspect/describe.ts';
import { dump, textInHand } from '../extension/core/inspect/dump.ts';
import { type ListingLine, listCode } from '../extension/core/inspect/listing.ts';
import type { Decode, Instruction } from '../extension/core/inspect/machine-code.ts';
import { decodeFromListings, objdumpPrograms } from '../extension/core/inspect/objdump.ts';
import { loadCapstone } from '../extension/disassembler/capstone.ts';
import { hex, type Row } from './sections.ts';

export interface WorkerRequest {
  readonly kind: 'disassemble' | 'dump';
  readonly turn: number;
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly wasm: Uint8Array;
  readonly image: DebugImage | undefined;
  readonly sources: readonly (readonly [file: string, lines: readonly string[]])[];
  readonly listings: readonly (readonly [number, readonly Instruction[]])[];
  readonly note: string | undefined;
}

export type WorkerAnswer =
  | { readonly kind: 'rows'; readonly turn: number; readonly rows: readonly Row[]; readonly last: boolean }
  | { readonly kind: 'text'; readonly turn: number; readonly text: string }
  | { readonly kind: 'failed'; readonly turn: number; readonly message: string };

const answer = (message: WorkerAnswer) =>
  (self as unknown as { postMessage(message: WorkerAnswer): void }).postMessage(message);

/** A page that gets rows more often only draws more often. */
const batchMs = 50;
/** A list can show no more. */
const mostLines = 350_000;
/** In characters, all lines together: what a page can hold. */
const mostText = 50_000_000;

let capstone: Promise<Decode> | undefined;
/** A newer request makes the older one pointless. */
let latest = 0;

self.addEventListener('message', (event: MessageEvent<WorkerRequest>) => {
  const request = event.data;
  if (request.kind === 'disassemble') latest = request.turn;
  work(request).catch((fault) =>
    answer({ kind: 'failed', turn: request.turn, message: fault instanceof Error ? fault.message : String(fault) }),
  );
});

/** What failed is not kept: the next request tries again. */
function loadOnce(wasm: Uint8Array): Promise<Decode> {
  capstone ??= loadCapstone(wasm).catch((fault) => {
    capstone = undefined;
    throw fault;
  });
  return capstone;
}

async function work(request: WorkerRequest): Promise<void> {
  const { kind, turn, name, bytes, wasm, image, listings, note } = request;
  const inspection = inspect(bytes, name, image);
  const sources = new Map(request.sources);
  const source = (file: string) => sources.get(file);
  const isListed = objdumpPrograms(inspection.description.header.arch).length > 0;
  const decode = isListed ? decodeFromListings(bytes, new Map(listings)) : await loadOnce(wasm);
  if (kind === 'dump') {
    const text = dump(inspection, name, { decode, source, note, mostCode: textInHand });
    return answer({ kind: 'text', turn, text });
  }

  let waiting: Row[] = note ? [{ cells: ['', note], tone: 'note' }] : [];
  let count = 0;
  let length = 0;
  let since = performance.now();
  for (const code of inspection.description.codes) {
    const raw = inspection.codes.get(code.path);
    if (!raw) continue;
    const title = `code ${code.path}: ${code.kind}${code.signature ? ` ${code.signature}` : ''}, ${code.text} bytes`;
    waiting.push({ cells: ['', title], tone: 'heading' });
    count++;
    for (const lines of listCode(inspection, raw, { decode, source })) {
      if (count > mostLines || length > mostText) {
        const from = hex(code.textStart + (lines[0]?.offset ?? 0));
        const left = `The code from ${from} on is left out, after ${count.toLocaleString('en-US')} lines: natmod inspect --disassemble shows all of it.`;
        waiting.push({ cells: ['', left], tone: 'note' });
        return answer({ kind: 'rows', turn, rows: waiting, last: true });
      }
      for (const line of lines) {
        waiting.push(rowOf(line, code.textStart, sources));
        length += line.text.length + line.comment.length;
      }
      count += lines.length;
      if (performance.now() - since < batchMs) continue;
      answer({ kind: 'rows', turn, rows: waiting, last: false });
      waiting = [];
      await new Promise((resolve) => setTimeout(resolve));
      if (latest !== turn) return;
      since = performance.now();
    }
  }
  answer({ kind: 'rows', turn, rows: waiting, last: true });
}

function rowOf(line: ListingLine, textStart: number, sources: ReadonlyMap<string, unknown>): Row {
  const { offset, size, text, comment, jump, role, place } = line;
  return {
    cells: role === 'source' ? ['', text, comment] : [hex(offset), text, comment],
    ...(role ? { tone: role } : { start: textStart + offset, end: textStart + offset + size }),
    ...(jump === undefined ? {} : { jump: textStart + jump }),
    ...(place && sources.has(place.file) ? { place } : {}),
  };
}
