// Figures that a suite measures in passing and that its report carries out of the extension host.

const key = Symbol.for('natmod.suite.notes');
const holder = globalThis as { [key]?: string[] };

/** Each file of a suite is a bundle with modules of its own, so the list lives outside them. */
export const notes = (holder[key] ??= []);
