// The last part of a path, of any platform's: a name that was made on another one may come by a project or a compiler.

export function baseName(path: string): string {
  return path.split(/[\\/]/).filter(Boolean).pop() ?? path;
}
