// What the extension host and the inspector's page say to each other. The page reads the file's bytes itself, so there is
// little to say; every message with an `id` is answered by `done` or `failed` with the same id. What the page asks for is
// answered by `open`, `board`, an editor that opens, or `failed`.

import type { CompatibilityRow } from './compatibility.ts';
import type { DebugImage } from './describe.ts';
import type { Instruction } from './machine-code.ts';

export type ToPage =
  | {
      readonly kind: 'open';
      readonly id: number;
      readonly name: string;
      readonly bytes: Uint8Array;
      /** Instructions that the page's own disassembler does not know, by the offset of their text in the file. */
      readonly listings: readonly (readonly [textStart: number, instructions: readonly Instruction[]])[];
      /** The build's debug image, and the lines of the sources that it names. */
      readonly image: DebugImage | undefined;
      readonly sources: readonly (readonly [file: string, lines: readonly string[]])[];
      /** About code that stays bytes. */
      readonly note: string | undefined;
    }
  /** Whether the board that was asked last loads the file; undefined: none was asked. */
  | { readonly kind: 'board'; readonly id: number; readonly verdict: CompatibilityRow | undefined }
  | { readonly kind: 'reveal'; readonly id: number; readonly offset: number }
  /** The file can't be read; what is shown already stays. */
  | { readonly kind: 'failed'; readonly message: string };

export type FromPage =
  /** Asks for `open`. */
  | { readonly kind: 'ready' }
  /** The user wants the connected board asked. */
  | { readonly kind: 'ask-board' }
  /** The user wants to see a line of a source, named as in `open`. */
  | { readonly kind: 'show-source'; readonly file: string; readonly line: number }
  | { readonly kind: 'done'; readonly id: number }
  | { readonly kind: 'failed'; readonly id: number; readonly message: string };
