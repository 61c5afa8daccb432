// Benchmarks, as ratios to a peer or a bound measured in the same run.
//
//   npm run bench -- NAME [--json]     with --json the last line is one object of figures; without a name lists the names

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** What each benchmark's file exports. Times are in milliseconds; names of ratios start with `ratio`. */
export type Benchmark = () => Promise<Readonly<Record<string, number>>>;

const here = import.meta.dirname;
const names = readdirSync(here)
  .filter((file) => file.endsWith('.bench.ts'))
  .map((file) => file.replace('.bench.ts', ''));
const args = process.argv.slice(2);
const [name] = args.filter((arg) => !arg.startsWith('--'));
const unknown = args.find((arg) => arg.startsWith('--') && arg !== '--json');

if (unknown || !name || !names.includes(name)) {
  console.error(
    unknown ? `unknown option ${unknown}` : name ? `there is no benchmark "${name}"` : 'npm run bench -- NAME [--json]',
  );
  console.error(`benchmarks: ${names.join(' ')}`);
  process.exitCode = 2;
} else {
  const { run } = (await import(pathToFileURL(join(here, `${name}.bench.ts`)).href)) as { run: Benchmark };
  const figures = await run();
  for (const [figure, value] of Object.entries(figures))
    console.log(`${figure.padEnd(28)} ${Number(value.toPrecision(4))}`);
  if (args.includes('--json')) console.log(JSON.stringify(figures));
}
