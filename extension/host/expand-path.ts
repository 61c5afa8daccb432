// Paths in settings as people write them: `~/micropython`, `${workspaceFolder}/lib/micropython`, `../micropython`.

export interface PathRoots {
  readonly home: string;
  readonly workspaceFolder: string;
}

/** @returns an absolute path; a relative one counts from the workspace folder. Undefined for an empty setting. */
export function expandPath(
  setting: string,
  roots: PathRoots,
  resolve: (...parts: string[]) => string,
): string | undefined {
  const text = setting.trim();
  if (!text) return undefined;
  const expanded = text
    .replace(/^~(?=$|[\\/])/, () => roots.home)
    .replaceAll(/\$\{(workspaceFolder|userHome)\}/g, (_, name) =>
      name === 'userHome' ? roots.home : roots.workspaceFolder,
    );
  return resolve(roots.workspaceFolder, expanded);
}
