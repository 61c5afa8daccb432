import type { Processes } from '../core/ports.ts';

const inTheMaking = () => {
  throw new Error('in the making');
};

export const childProcesses: Processes = { run: inTheMaking, find: inTheMaking };
