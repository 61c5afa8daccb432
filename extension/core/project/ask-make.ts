// Values of variables that our own reader can't tell, asked of GNU make: it reads the Makefile as it will, and runs no recipe.
// https://www.gnu.org/software/make/manual/make.html#Options-Summary

import type { CancelSignal, Processes } from '../ports.ts';

export interface MakeQuestion {
  readonly dir: string;
  readonly file: string;
  /** As on make's command line. */
  readonly overrides: Readonly<Record<string, string>>;
  /** Variables whose values are wanted. */
  readonly doubts: readonly string[];
  /** For variables that our reader tells apart by their place, which a value does not show: parts of them, as written. */
  readonly flagDoubts: readonly string[];
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
  readonly cancel?: CancelSignal | undefined;
}

const timeoutMs = 60_000;

export interface MakeAnswer {
  /** As our reader takes them. */
  readonly values: Readonly<Record<string, string>>;
  /** By part, as written. */
  readonly parts: ReadonlyMap<string, string>;
}

/** Make goes on where there is no MicroPython tree, whose file it could not read: it takes a file with a rule for made. */
const withoutTree = '%/dynruntime.mk: ;';

/** @returns undefined when make is not there or fails, or can't be asked for one of them. */
export async function askMake(question: MakeQuestion, processes: Processes): Promise<MakeAnswer | undefined> {
  const { dir, file, overrides, flagDoubts, cancel } = question;
  // What is no reference can't be asked for by itself.
  if (question.doubts.length === 0 || flagDoubts.some((part) => !/^\$[({]/.test(part))) return undefined;
  const doubts = question.doubts.filter((name) => name !== 'CFLAGS');
  const program = (await processes.find('gmake')) ?? (await processes.find('make'));
  if (program === undefined) return undefined;
  // Expanded when make has read everything, though not run (-n).
  const parts = flagDoubts.map((part, at) => `$(info natmod:${at}=${part})`).join('');
  const rule = `natmod-values: ; $(foreach name,${doubts.join(' ')},$(info natmod:$(name)=$($(name))))${parts}`;
  const given = Object.entries(overrides).map(([name, value]) => `${name}=${value}`);
  const argv = [program, '-n', '-s', '-f', file, ...given, '--eval', withoutTree, '--eval', rule, 'natmod-values'];
  const result = await processes.run({ argv, cwd: dir, timeoutMs, cancel, env: { LC_ALL: 'C', MAKEFLAGS: '' } });
  if (result.end !== 'exited' || result.code !== 0) return undefined;
  const said = new Map(
    [...result.stdout.matchAll(/^natmod:(\w+)=(.*)$/gm)].map(([, name, value]) => [name, value.trim()]),
  );
  if (![...doubts, ...flagDoubts.keys()].every((name) => said.has(String(name)))) return undefined;
  return {
    values: Object.fromEntries(doubts.map((name) => [name, said.get(name)!.replaceAll('$', '$$$$')])),
    parts: new Map(flagDoubts.map((part, at) => [part, said.get(String(at))!])),
  };
}
