// Third stage: an assembler gives a branch that goes far a jump to go over, and later nobody looks whether it still has to. Branches
// reach what they can, by way of another jump if need be; jumps to jumps, to a return and to what comes next anyway are spared.
// Only in compiled code that its assembler describes and leaves to the linker to move (Xtensa's).

import type { Rearranging } from '../arch/architecture.ts';
import { cutPieces } from './cut-pieces.ts';
import { Cuts } from './cuts.ts';
import { Editor, viewOf } from './edit-pieces.ts';
import { type Instruction, readCode } from './flow.ts';
import { movableCode } from './movable-code.ts';
import type { Piece, PieceRelocation, Program } from './program.ts';

/** Each brings code nearer to what it goes to. */
const mostRounds = 8;

export function shortenBranches(program: Program): void {
  const { rearranging } = program.arch;
  if (!rearranging) return;
  for (let round = 0; round < mostRounds; round++) {
    const changed = [...movableCode(program, rearranging)].flatMap(([piece, labels]) => {
      const code = readCode(program, piece, labels, rearranging);
      const changes = code && new Changes(program, piece, code, rearranging);
      return changes?.find() ? [changes] : [];
    });
    if (changed.length === 0) return;
    apply(program, changed);
  }
}

/** What takes the place of an instruction, and of a jump behind it. */
interface Change {
  readonly code: readonly number[];
  /** In bytes: of what it replaces. */
  readonly span: number;
  /** Index of the instruction it goes to. */
  readonly to: number | undefined;
}

/** Of one function. */
class Changes {
  cuts = new Cuts();
  readonly changed = new Map<number, Change>();
  readonly removed = new Set<number>();
  /** Jumps that branches go by way of. */
  private readonly ways = new Set<number>();
  private readonly view: DataView;
  private forms: 'all' | 'longest' = 'all';

  constructor(
    private readonly program: Program,
    readonly piece: Piece,
    readonly code: readonly Instruction[],
    private readonly rearranging: Rearranging,
  ) {
    this.view = viewOf(piece);
  }

  /** @returns whether there is something to change */
  find(): boolean {
    return this.findWith('all') || this.findWith('longest');
  }

  private findWith(forms: 'all' | 'longest'): boolean {
    this.forms = forms;
    this.cuts = new Cuts();
    for (const found of [this.changed, this.removed, this.ways]) found.clear();
    const run = this.reachable();
    for (const index of this.code.keys()) if (!run.has(index)) this.removed.add(index);
    for (const index of run) if (this.kindOf(index) === 'jump') this.changeJump(index);
    for (const index of this.code.keys())
      if (run.has(index) && this.kindOf(index) === 'branch') this.changeBranch(index);
    if (this.changed.size === 0 && this.removed.size === 0) return false;
    this.cut();
    return this.allReach();
  }

  private reachable(): ReadonlySet<number> {
    const work = this.code.flatMap(({ isEntry }, index) => (isEntry ? [index] : []));
    const found = new Set(work);
    for (let index = work.pop(); index !== undefined; index = work.pop())
      for (const next of this.code[index].next) if (!found.has(next)) work.push(next) && found.add(next);
    return found;
  }

  private changeJump(index: number): void {
    const { size, at } = this.code[index];
    const to = this.targetOf(index);
    if (to === undefined) return;
    const end = this.follow(to);
    const last = this.code[end];
    if (this.isNext(index, end)) this.removed.add(index);
    else if (last.operation.effect?.kind === 'return' && last.size < size)
      this.changed.set(index, { code: this.bytesOf(last.at, last.size), span: size, to: undefined });
    else if (end !== to) this.changed.set(index, { code: this.bytesOf(at, size), span: size, to: end });
  }

  private changeBranch(index: number): void {
    const { size, at } = this.code[index];
    const to = this.targetOf(index);
    if (to === undefined) return;
    if (this.goOver(index, to)) return;
    const end = this.follow(to);
    const direct = this.formFor(index, end, false);
    const code = direct ?? this.formFor(index, to, false);
    const goal = direct ? end : to;
    if (!code || code.length > size || (goal === to && code.length === size)) return;
    this.changed.set(index, { code: code.length === size ? this.bytesOf(at, size) : code, span: size, to: goal });
  }

  /** The branch leads over a jump: the opposite one goes where that does, or to another jump that goes there. */
  private goOver(index: number, to: number): boolean {
    const jump = this.code[index + 1];
    const goal = this.kindOf(index + 1) === 'jump' ? this.targetOf(index + 1) : undefined;
    if (goal === undefined || to !== index + 2 || jump.isLabel || this.ways.has(index + 1)) return false;
    const end = this.follow(goal);
    const others = this.code.flatMap((_, other) =>
      other !== index + 1 && this.kindOf(other) === 'jump' && !this.removed.has(other) && this.follow(other) === end
        ? [other]
        : [],
    );
    for (const way of [end, ...others]) {
      const code = this.formFor(index, way, true);
      if (!code) continue;
      if (way !== end) this.ways.add(way);
      this.changed.delete(index + 1);
      this.removed.add(index + 1);
      this.changed.set(index, { code, span: this.code[index].size + jump.size, to: way });
      return true;
    }
    return false;
  }

  /** @returns the shortest branch of this kind that reaches; all distances but those of what is put in get shorter */
  private formFor(index: number, to: number, isOpposite: boolean): readonly number[] | undefined {
    const forms = this.rearranging.branchForms(this.view, this.code[index].at, isOpposite);
    const distance = this.code[to].at - this.code[index].at;
    const allowed = this.forms === 'all' ? forms : forms.slice(-1);
    return allowed.find((code) => this.reaches(new DataView(Uint8Array.from(code).buffer), 0, distance));
  }

  private reaches(view: DataView, at: number, distance: number): boolean {
    const row = this.program.arch.relocations[this.rearranging.jump.type];
    const field = 'field' in row && 'choose' in row.field ? row.field.choose(view, at) : undefined;
    return field !== undefined && distance >= field.range[0] && distance <= field.range[1];
  }

  private cut(): void {
    for (const [index, { at, size }] of this.code.entries()) {
      const change = this.changed.get(index);
      if (change && change.code.length < change.span) this.cuts.add(at + change.code.length, at + change.span);
      else if (this.removed.has(index) && !this.isCovered(index)) this.cuts.add(at, at + size);
    }
  }

  private isCovered(index: number): boolean {
    const before = this.changed.get(index - 1);
    return before !== undefined && before.span > this.code[index - 1].size;
  }

  /** A narrow branch has a least distance, too: what gets shorter may come too near. */
  private allReach(): boolean {
    return this.code.every(({ at }, index) => {
      const change = this.changed.get(index);
      const to = change ? change.to : this.targetOf(index);
      if (to === undefined || this.removed.has(index)) return true;
      const view = change ? new DataView(Uint8Array.from(change.code).buffer) : this.view;
      return this.reaches(view, change ? 0 : at, this.cuts.move(this.code[to].at) - this.cuts.move(at));
    });
  }

  private isNext(index: number, to: number): boolean {
    if (to <= index) return false;
    for (let between = index + 1; between < to; between++) if (!this.removed.has(between)) return false;
    return true;
  }

  /** Where jumps lead in the end. */
  private follow(index: number): number {
    const seen = new Set<number>();
    for (let at = index; ; ) {
      const to = this.kindOf(at) === 'jump' ? this.targetOf(at) : undefined;
      if (to === undefined) return at;
      // A loop of jumps, or one that goes to itself.
      if (seen.has(at)) return index;
      seen.add(at);
      at = to;
    }
  }

  private kindOf(index: number) {
    return this.code[index]?.operation.effect?.kind;
  }

  /** Undefined for what is no branch or jump, or leaves the function. */
  private targetOf(index: number): number | undefined {
    const { next, leaves } = this.code[index];
    const kind = this.kindOf(index);
    return (kind === 'jump' || kind === 'branch') && !leaves ? next[0] : undefined;
  }

  private bytesOf(at: number, size: number): readonly number[] {
    return [...new Uint8Array(this.view.buffer, this.view.byteOffset + at, size)];
  }
}

function apply(program: Program, changed: readonly Changes[]): void {
  const editor = new Editor(program);
  const added = new Map<Piece, PieceRelocation[]>();
  const cuts = new Map<Piece, Cuts>();
  for (const { piece, code, changed: changes, removed, cuts: cut } of changed) {
    const { object } = piece;
    if (!object) continue;
    const bytes = new Uint8Array(editor.bytesOf(piece).buffer);
    const gone = new Set([...removed, ...changes.keys()].map((index) => code[index].at));
    piece.relocations = piece.relocations.filter(({ offset }) => !gone.has(offset));
    const relocations: PieceRelocation[] = [];
    for (const [index, { code: made, to }] of changes) {
      const { at } = code[index];
      bytes.set(made, at);
      if (to === undefined) continue;
      const symbol = editor.symbol(object, '', { kind: 'piece', piece, offset: code[to].at });
      relocations.push({ offset: at, type: program.arch.rearranging?.jump.type ?? 0, symbol, addend: 0 });
    }
    added.set(piece, relocations);
    cuts.set(piece, cut);
  }
  editor.finish();
  for (const [piece, relocations] of added) piece.relocations = [...piece.relocations, ...relocations];
  cutPieces(program, cuts);
}
