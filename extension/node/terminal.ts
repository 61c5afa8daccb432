// What is around a process that a person or a makefile runs.

import { complain, print } from './standard-streams.ts';

export const terminal = {
  print,
  complain,
  get colour() {
    return process.stderr.isTTY === true && !process.env.NO_COLOR;
  },
  get live() {
    return process.stderr.isTTY === true;
  },
  cwd: process.cwd(),
  endWith: (code: number) => {
    process.exitCode ||= code;
  },
};
