// What C hands around beside objects and what holds some: arguments in a row, maps of keywords, buffers.
// Structures: mp_map_t in py/obj.h, mp_buffer_info_t in py/obj.h of https://github.com/micropython/micropython

import { decodeBuffer, decodeDict, sequence } from './containers.ts';
import type { Reader, Shape } from './shape.ts';

/** @param address of the first mp_obj_t */
export function objectsShape(reader: Reader, address: number, count: number): Shape {
  return { ...sequence(reader, address, '', count, address, ['[', ']']), address };
}

/** @param address of an mp_map_t: a dict without its head */
export async function mapShape(reader: Reader, address: number): Promise<Shape> {
  const head = address - reader.layout.wordSize;
  return { ...(await decodeDict(reader, head, { address: 0, name: 'map', kind: 'dict', parents: [] })), address };
}

/** @param address of an mp_buffer_info_t */
export async function bufferShape(reader: Reader, address: number): Promise<Shape> {
  const { wordSize } = reader.layout;
  const [items, bytes] = await reader.memory.words(address, 2);
  // A C int.
  const code = Number(await reader.memory.wide(address + 2 * wordSize, 4));
  return { ...decodeBuffer(reader, code, bytes, items), address };
}
