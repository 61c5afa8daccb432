// Which names a module can have: what `import` takes.
// https://docs.python.org/3/reference/lexical_analysis.html#keywords

/** Also listed in extension/schema/natmod.schema.json. */
export const pythonKeywords: readonly string[] =
  `False None True and as assert async await break class continue def del elif else except finally for from global if import
   in is lambda nonlocal not or pass raise return try while with yield`.split(/\s+/);

export const moduleNameRule = 'letters, digits and underscores, not starting with a digit, and not a keyword of Python';

export function isModuleName(text: string): boolean {
  return /^[A-Za-z_]\w*$/.test(text) && !pythonKeywords.includes(text);
}
