// Disassembles beside the page, so that the page never waits. Gets the file's bytes, gives rows piece by piece.

import { type DebugImage, inspect } from '../extension/core/inspect/describe.ts';
import { dump } from '../extension/core/inspect/dump.ts';
import { listCode } from '../extension/core/inspect/listing.ts';
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

async function work(request: WorkerRequest): Promise<void> {
  const { kind, turn, name, bytes, wasm, image, listings, note } = request;
  const inspection = inspect(bytes, name, image);
  const sources = new Map(request.sources);
  const source = (file: string) => sources.get(file);
  const isListed = objdumpPrograms(inspection.description.header.arch).length > 0;
  const decode = isListed ? decodeFromListings(bytes, new Map(listings)) : await (capstone ??= loadCapstone(wasm));
  if (kind === 'dump') return answer({ kind: 'text', turn, text: dump(inspection, name, { decode, source, note }) });

  if (note) answer({ kind: 'rows', turn, rows: [{ cells: ['', note], tone: 'note' }], last: false });
  for (const code of inspection.description.codes) {
    const raw = inspection.codes.get(code.path);
    if (!raw) continue;
    const title = `code ${code.path}: ${code.kind}${code.signature ? ` ${code.signature}` : ''}, ${code.text} bytes`;
    answer({ kind: 'rows', turn, rows: [{ cells: ['', title], tone: 'heading' }], last: false });
    for (const lines of listCode(inspection, raw, { decode, source })) {
      const rows = lines.map(({ offset, size, text, comment, jump, role, place }) => ({
        cells: role === 'source' ? ['', text, comment] : [hex(offset), text, comment],
        ...(role ? { tone: role } : { start: code.textStart + offset, end: code.textStart + offset + size }),
        ...(jump === undefined ? {} : { jump: code.textStart + jump }),
        ...(place && sources.has(place.file) ? { place } : {}),
      }));
      answer({ kind: 'rows', turn, rows, last: false });
      await new Promise((resolve) => setTimeout(resolve));
      if (latest !== turn) return;
    }
  }
  answer({ kind: 'rows', turn, rows: [], last: true });
}
