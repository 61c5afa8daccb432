// Every identifier that package.json contributes and the extension host uses; a test holds the two against each other.

export const commands = {
  build: 'natmod.build',
  cancelBuild: 'natmod.cancelBuild',
  showOutput: 'natmod.showOutput',
} as const;

export const settings = {
  archs: 'natmod.archs',
  compilers: 'natmod.compilers',
  micropythonDir: 'natmod.micropythonDir',
} as const;

/** Set by us, read by the `when` clauses of menus. */
export const contextKeys = {
  /** The file in the active editor belongs to a native module. */
  project: 'natmod.project',
  building: 'natmod.building',
} as const;
