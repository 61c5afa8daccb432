// How often a breakpoint must be passed before it stops: `5`, `>5`, `>=5`, `<5`, `<=5`, `=5`, `%5` (every fifth time).

export interface HitCondition {
  readonly operator: '=' | '>' | '>=' | '<' | '<=' | '%';
  readonly count: number;
}

/** @returns undefined for what is no such condition */
export function readHitCondition(text: string): HitCondition | undefined {
  const match = /^\s*(=|==|>|>=|<|<=|%)?\s*(\d{1,9})\s*$/.exec(text);
  if (!match) return undefined;
  const operator = match[1] === '==' || match[1] === undefined ? '=' : match[1];
  const count = Number(match[2]);
  return operator === '%' && count === 0 ? undefined : { operator: operator as HitCondition['operator'], count };
}

/** @param hits this one included */
export function stopsAt({ operator, count }: HitCondition, hits: number): boolean {
  switch (operator) {
    case '=':
      return hits === count;
    case '>':
      return hits > count;
    case '>=':
      return hits >= count;
    case '<':
      return hits < count;
    case '<=':
      return hits <= count;
    case '%':
      return hits % count === 0;
  }
}

/** @returns how many passes in a row, after so many, are of no interest: the debugger below can pass them quickly */
export function passesToSkip(condition: HitCondition, hits: number): number {
  const { operator, count } = condition;
  if (operator === '%') return count - 1 - (hits % count);
  const first = operator === '=' || operator === '>=' ? count : operator === '>' ? count + 1 : 1;
  return Math.max(0, first - 1 - hits);
}
