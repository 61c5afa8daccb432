import type { BuildableArch } from '../../extension/core/arch/names.ts';
import { micropythonSource } from '../micropython/source.ts';
import { runSuite } from './suite.ts';
for (const arch of process.argv.slice(2) as BuildableArch[]) {
  const t = Date.now();
  const outs = await runSuite(arch, await micropythonSource());
  for (const o of outs) console.log(o.relocation, o.title, '|', o.bytes, o.executed, o.refused, o.faults.join('; '));
  console.log(arch, outs.length, Date.now() - t, 'ms');
}
