// Opcodes of MicroPython's bytecode, .mpy version 6: https://github.com/micropython/micropython/blob/master/py/bc0.h

/** What follows the opcode: nothing, the index of a qstr that is a name or a value, a number, or a distance to jump. */
export type Operand =
  | 'none'
  | 'qstr'
  | 'string'
  | 'number'
  | 'signed-number'
  | 'object'
  | 'child'
  | 'jump'
  | 'jump-back';

export interface Opcode {
  readonly name: string;
  readonly operand: Operand;
  /** A byte more behind the operand. */
  readonly extra: boolean;
  /** Of opcodes that hold their number in themselves, e.g. LOAD_FAST 3. */
  readonly implied?: string;
}

/** Names in the order of their numbers; `-` leaves a number free. */
const rows: readonly (readonly [first: number, operand: Operand, names: string])[] = [
  [0x10, 'string', 'LOAD_CONST_STRING'],
  [
    0x11,
    'qstr',
    'LOAD_NAME LOAD_GLOBAL LOAD_ATTR LOAD_METHOD LOAD_SUPER_METHOD STORE_NAME STORE_GLOBAL STORE_ATTR DELETE_NAME DELETE_GLOBAL IMPORT_NAME IMPORT_FROM',
  ],
  [0x20, 'child', 'MAKE_CLOSURE MAKE_CLOSURE_DEFARGS'],
  [0x22, 'signed-number', 'LOAD_CONST_SMALL_INT'],
  [0x23, 'object', 'LOAD_CONST_OBJ'],
  [
    0x24,
    'number',
    'LOAD_FAST_N LOAD_DEREF STORE_FAST_N STORE_DEREF DELETE_FAST DELETE_DEREF BUILD_TUPLE BUILD_LIST BUILD_MAP BUILD_SET BUILD_SLICE STORE_COMP UNPACK_SEQUENCE UNPACK_EX',
  ],
  [0x32, 'child', 'MAKE_FUNCTION MAKE_FUNCTION_DEFARGS'],
  [0x34, 'number', 'CALL_FUNCTION CALL_FUNCTION_VAR_KW CALL_METHOD CALL_METHOD_VAR_KW'],
  [0x40, 'jump-back', 'UNWIND_JUMP - JUMP POP_JUMP_IF_TRUE POP_JUMP_IF_FALSE'],
  [
    0x45,
    'jump',
    'JUMP_IF_TRUE_OR_POP JUMP_IF_FALSE_OR_POP SETUP_WITH SETUP_EXCEPT SETUP_FINALLY POP_EXCEPT_JUMP FOR_ITER',
  ],
  [
    0x50,
    'none',
    'LOAD_CONST_FALSE LOAD_CONST_NONE LOAD_CONST_TRUE LOAD_NULL LOAD_BUILD_CLASS LOAD_SUBSCR STORE_SUBSCR DUP_TOP DUP_TOP_TWO POP_TOP ROT_TWO ROT_THREE WITH_CLEANUP END_FINALLY GET_ITER GET_ITER_STACK',
  ],
  [0x62, 'none', 'STORE_MAP RETURN_VALUE RAISE_LAST RAISE_OBJ RAISE_FROM YIELD_VALUE YIELD_FROM IMPORT_STAR'],
];

const unaryOperators = '+ - ~ not';
const binaryOperators =
  '< > == <= >= != in is exception-match |= ^= &= <<= >>= += -= *= @= //= /= %= **= | ^ & << >> + - * @ // / % **';

function table(): (Opcode | undefined)[] {
  const made = new Array<Opcode | undefined>(256).fill(undefined);
  for (const [first, operand, names] of rows) {
    for (const [index, name] of names.split(' ').entries()) {
      const extra = name.startsWith('MAKE_CLOSURE') || name === 'UNWIND_JUMP';
      if (name !== '-') made[first + index] = { name, operand, extra };
    }
  }
  const implied = (first: number, name: string, values: readonly (string | number)[]) => {
    for (const [index, value] of values.entries())
      made[first + index] = { name, operand: 'none', extra: false, implied: String(value) };
  };
  const count = (from: number, length: number) => Array.from({ length }, (_, index) => from + index);
  implied(0x70, 'LOAD_CONST_SMALL_INT', count(-16, 64));
  implied(0xb0, 'LOAD_FAST', count(0, 16));
  implied(0xc0, 'STORE_FAST', count(0, 16));
  implied(0xd0, 'UNARY_OP', unaryOperators.split(' '));
  implied(0xd7, 'BINARY_OP', binaryOperators.split(' '));
  return made;
}

/** By the first byte; undefined where there is no opcode. */
export const opcodes: readonly (Opcode | undefined)[] = table();
