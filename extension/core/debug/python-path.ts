// Names as somebody writes them into a watch while Python is stopped: `samples`, `self.items[2].name`, `table['key']`. They are
// looked up in memory; whatever would have to be computed is not there.

import { literal } from './python-source.ts';
import type { PythonFrame, PythonPart, PythonValue } from './python-value.ts';

/** @returns undefined for what is no such path, or leads nowhere */
export async function findByPath(frame: PythonFrame, path: string): Promise<PythonValue | undefined> {
  const [first, ...rest] = steps(path.trim()) ?? [];
  if (first?.name === undefined) return undefined;
  let value = named(await frame.locals(), first.name) ?? (await keyed(await frame.globals(), literal(first.name)));
  for (const step of rest) {
    if (!value) return undefined;
    value = await (step.name === undefined ? item(value, step.key) : attribute(value, step.name));
  }
  return value;
}

type Step = { readonly name: string; readonly key?: undefined } | { readonly key: string; readonly name?: undefined };

function steps(path: string): Step[] | undefined {
  const found: Step[] = [];
  const pattern = /(^|\.)([A-Za-z_]\w*)|\[(-?\d+|'[^'\\]*'|"[^"\\]*")\]/gy;
  for (let end = 0; end < path.length; end = pattern.lastIndex) {
    const match = pattern.exec(path);
    if (!match) return undefined;
    const [, , name, key] = match;
    found.push(name === undefined ? { key: key.startsWith('"') ? literal(key.slice(1, -1)) : key } : { name });
  }
  return found;
}

function named(parts: readonly PythonPart[], name: string): PythonValue | undefined {
  return parts.find((part) => part.name === name)?.value;
}

async function keyed(value: PythonValue, key: string): Promise<PythonValue | undefined> {
  return named(await value.parts(), key);
}

/** An attribute of the object, else of the one it builds on. */
async function attribute(value: PythonValue, name: string): Promise<PythonValue | undefined> {
  return named(await value.parts(), name);
}

async function item(value: PythonValue, key: string): Promise<PythonValue | undefined> {
  if (!value.indexed || !/^-?\d+$/.test(key)) return keyed(value, key);
  const index = Number(key) < 0 ? value.count + Number(key) : Number(key);
  return index < 0 ? undefined : (await value.parts(index, 1))[0]?.value;
}
