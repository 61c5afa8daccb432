// What natmod can be told to do, in the order in which its help lists it.

import { registerBuild } from './build.ts';
import { registerDeploy } from './deploy.ts';
import { registerDoctor } from './doctor.ts';
import { registerInspect } from './inspect.ts';
import { registerLink } from './link.ts';
import { registerNew } from './new.ts';
import { registerPackage } from './package.ts';
import type { Verb } from './program.ts';
import { registerRun } from './run.ts';
import type { CliPorts } from './terminal.ts';

export const verbs: readonly Verb<CliPorts>[] = [
  registerNew,
  registerBuild,
  registerPackage,
  registerDeploy,
  registerRun,
  registerDoctor,
  registerLink,
  registerInspect,
];
