// Whether a file lies in a folder, told by their paths alone.

/** Both paths as `Files.resolve` gives them. A folder is inside itself. */
export function isInside(path: string, dir: string): boolean {
  if (!path.startsWith(dir)) return false;
  const next = path.charAt(dir.length);
  return next === '' || next === '/' || next === '\\' || /[\\/]$/.test(dir);
}
