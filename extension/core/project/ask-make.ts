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
  readonly environment?: Readonly<Record<string, string | undefined>> | undefined;
  readonly cancel?: CancelSignal | undefined;
}

const timeoutMs = 60_000;

/** Asked for by parts that our reader tells apart by their place, which a value does not show. */
const notAsked = new Set(['CFLAGS']);

/** Make goes on where there is no MicroPython tree, whose file it could not read: it takes a file with a rule for made. */
const withoutTree = '%/dynruntime.mk: ;';

/** @returns the values, as our reader takes them; undefined when make is not there or fails, or can't be asked for one of them. */
export async function askMake(
  question: MakeQuestion,
  processes: Processes,
): Promise<Record<string, string> | undefined> {
  const { dir, file, overrides, doubts, cancel } = question;
  if (doubts.length === 0 || doubts.some((name) => notAsked.has(name))) return undefined;
  const program = (await processes.find('gmake')) ?? (await processes.find('make'));
  if (program === undefined) return undefined;
  // Expanded when make has read everything, though not run (-n).
  const rule = `natmod-values: ; $(foreach name,${doubts.join(' ')},$(info natmod:$(name)=$($(name))))`;
  const given = Object.entries(overrides).map(([name, value]) => `${name}=${value}`);
  const argv = [program, '-n', '-s', '-f', file, ...given, '--eval', withoutTree, '--eval', rule, 'natmod-values'];
  const result = await processes.run({ argv, cwd: dir, timeoutMs, cancel, env: { LC_ALL: 'C', MAKEFLAGS: '' } });
  if (result.end !== 'exited' || result.code !== 0) return undefined;
  const values: Record<string, string> = {};
  for (const [, name, value] of result.stdout.matchAll(/^natmod:(\w+)=(.*)$/gm)) {
    values[name] = value.trim().replaceAll('$', '$$$$');
  }
  return doubts.every((name) => name in values) ? values : undefined;
}
